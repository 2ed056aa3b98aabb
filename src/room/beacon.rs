//! Beacons in the lobby: by them the halves of a room find each other, and a founding that nobody joined gives way.

use rand_core::CryptoRng;

use super::hub::Hub;
use super::inside::Inside;
use super::io::Timer;
use crate::base::id::{MemberId, short};
use crate::base::limits::{BEACON_GAP_MS, BEACON_MS, BEACON_SPARED_MS};
use crate::base::time::Mono;
use crate::wire::payload::{Beacon, Body};

/// When a beacon of my set was last heard, and when I last sent one.
pub(crate) struct Beacons {
    heard: Mono,
    sent: Option<Mono>,
}

impl Beacons {
    pub(super) fn new(now: Mono) -> Beacons {
        Beacons { heard: now, sent: None }
    }
}

impl Inside {
    /// Sends a beacon if nobody of my set has lately.
    pub(crate) fn beacon_due<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        if hub.now.since(self.beacons.heard) >= BEACON_SPARED_MS {
            self.beacon(hub);
        }
        let wait = hub.between(BEACON_MS);
        hub.after(wait, Timer::Beacon);
    }

    pub(crate) fn beacon<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        if self.trial.is_some() {
            return;
        }
        self.beacons.heard = hub.now;
        self.beacons.sent = Some(hub.now);
        let beacon = Beacon {
            set_tag: self.ring.current().tag(),
            topic_tag: hub.doors.topic_tag(),
            members: self.roster.count() as u64 + 1,
            never_joined: self.lonely.is_some(),
            founding: short(self.lonely.map_or([0; 32], |f| f.0)),
        };
        self.lobby(hub, Body::Beacon(beacon));
    }

    /// A beacon at once, but not more than one in three seconds.
    pub(crate) fn beacon_now<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        if self.beacons.sent.is_none_or(|at| hub.now.since(at) >= BEACON_GAP_MS) {
            self.beacon(hub);
        }
    }

    /// True where my founding, which nobody ever joined, has to give way.
    pub(crate) fn on_beacon<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        beacon: &Beacon,
        sender: &MemberId,
        epoch_off: u64,
    ) -> bool {
        let same = beacon.set_tag == self.ring.current().tag() && beacon.topic_tag == hub.doors.topic_tag();
        if self.is_removed(sender) {
            return false;
        }
        if same && epoch_off <= 1 {
            // Only a member's beacon spares mine: whoever merely read the tags could silence a room that way.
            if self.roster.knows(sender) {
                self.beacons.heard = hub.now;
            }
            return false;
        }
        if let Some(mine) = self.lonely {
            let theirs_stands = !beacon.never_joined || beacon.founding < short(mine.0);
            if theirs_stands {
                return self.may_drop(hub.now);
            }
            self.beacon_now(hub);
            return false;
        }
        if beacon.never_joined {
            self.beacon_now(hub);
            return false;
        }
        self.met_other_side(hub, beacon.set_tag);
        self.beacon_now(hub);
        false
    }

    /// A founder who has just welcomed somebody waits to see whether they come.
    pub(crate) fn may_drop(&self, now: Mono) -> bool {
        self.arrivals.welcomed_at.is_none_or(|at| now.since(at) >= BEACON_GAP_MS)
    }
}
