//! The pulse: beats that prove who holds what, beacons that find the other half, and the verdict on where one stands.

use std::collections::BTreeSet;

use rand_core::CryptoRng;

use super::hub::Hub;
use super::inside::Inside;
use super::io::{Event, Standing, Timer};
use crate::base::id::{MemberId, Peer};
use crate::base::limits::{
    AGREED_MS, BEACON_GAP_MS, BEAT_GAP_MS, BEAT_MS, BEAT_PER_MEMBER_MS, EVERYBODY, HEARD_MS, JOINS_AGAIN,
    LONE_WITNESS_MS, MEET_BEAT_MS, STRANGER_MS, SUPERSEDED_MS, TRIAL_BEAT_MS, TURNS, WITNESSES,
};
use crate::base::time::Mono;
use crate::crypto::identity::rank_hash;
use crate::wire::payload::{Beacon, Beat, Body, KeyAnnounce, KeyUse, Payload};

/// My beats.
#[derive(Default)]
pub(crate) struct Pulse {
    sent: Option<Mono>,
    /// The person said that they are away.
    pub(super) away: bool,
    /// How many more beats are to come with a word of who I am: those who heard it wrong drop all else that I say.
    pub(super) corrections: u8,
}

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

/// Where I stand, as it was last told, and by whose word.
#[derive(Default)]
pub(crate) struct Footing {
    /// The standing, how many are here, and the one witness where there is only one.
    pub(super) shown: Option<(Standing, usize, Option<MemberId>)>,
    /// Who has ever proved to hold what I hold.
    pub(super) vouchers: BTreeSet<MemberId>,
}

/// The pause between two beats in a room of so many others.
pub(crate) fn beat_ms(others: usize) -> u64 {
    BEAT_MS.max((others as u64 + 1) * BEAT_PER_MEMBER_MS)
}

impl Inside {
    // ---- beats ----

    /// Sends a beat and plans the next.
    pub(crate) fn beat<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        let next = if self.trial.is_some() { TRIAL_BEAT_MS } else { beat_ms(self.roster.count()) };
        let wait = hub.between(next * 4 / 5, next * 6 / 5);
        hub.after(wait, Timer::Beat);
        if self.lonely.is_some() && self.roster.count() == 0 {
            return;
        }
        let now = hub.epoch();
        let head = self.log.head();
        let genesis = self.genesis;
        let set = self.ring.current_mut();
        let epoch = set.sending(now);
        let Some(conf) = set.confirm(epoch, now, &genesis, &head) else { return };
        let beat = Beat {
            unconfirmed: self.trial.is_some(),
            serve: hub.serve,
            away: self.pulse.away,
            conf,
            roster: self.roster.hint(&hub.id),
            living: self.timeline.hint(),
            joined: self.joined,
            peer: hub.reach.peer.as_ref().map(|p: &Peer| p.as_bytes().to_vec()).unwrap_or_default(),
            addrs: hub.reach.addrs.clone(),
        };
        self.pulse.sent = Some(hub.now);
        hub.cancel(&Timer::Echo);
        if self.pulse.corrections > 0 {
            self.pulse.corrections -= 1;
            self.announce_myself(hub);
        }
        self.publish(hub, Body::Beat(beat));
    }

    /// A beat that somebody waits for: soon, and one for many.
    pub(crate) fn echo_soon<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        if self.trial.is_some() {
            return;
        }
        let wait = self.pulse.sent.map_or(0, |at| BEAT_GAP_MS.saturating_sub(hub.now.since(at)));
        let spread = hub.between(0, 50);
        hub.within(wait.max(spread), Timer::Echo);
    }

    /// Somebody came into reach: a beat lets both sides compare what they hold.
    pub(crate) fn beat_for_company<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        if self.pulse.sent.is_none_or(|at| hub.now.since(at) >= MEET_BEAT_MS) {
            let wait = hub.between(100, 1_000);
            hub.within(wait, Timer::Beat);
        }
    }

    pub(crate) fn on_beat<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        sender: MemberId,
        beat: &Beat,
        payload: &Payload,
        set: [u8; 32],
    ) {
        let now = hub.epoch();
        let genesis = self.genesis;
        let expected = if self.ring.current().hash() == set {
            self.ring.current_mut().confirm(payload.epoch, now, &genesis, &payload.log_head)
        } else {
            None
        };
        let proved = expected.is_some_and(|conf| conf == beat.conf);
        if let Some(member) = self.roster.get_mut(&sender) {
            member.fresh = beat.unconfirmed;
            member.away = beat.away;
            member.serve = beat.serve;
            member.came_after(beat.joined);
            if let Some(peer) = Peer::new(&beat.peer) {
                member.peer = Some(peer);
                member.addrs.clone_from(&beat.addrs);
            }
            member.agreed = proved.then_some((set, payload.log_head, hub.now));
            member.proved |= proved && !beat.unconfirmed;
        }
        if expected.is_some() && !proved {
            hub.event(Event::Conflict { by: Some(sender) });
        }
        let asks = beat.unconfirmed && self.trial.is_none();
        let other_roster = beat.roster != self.roster.hint(&hub.id);
        let other_messages = beat.living != self.timeline.hint();
        // Most beats need no answer, and whose turn it is takes a hash over everybody: looked at only when it matters.
        if (asks || other_roster || other_messages) && self.is_my_turn(hub, &sender, payload.counter) {
            if asks {
                self.echo_soon(hub);
            }
            if other_roster {
                self.seek_roster(hub, &sender);
            }
            if other_messages {
                self.seek_missed(hub, sender, beat.living);
            }
        }
        self.judge(hub);
    }

    /// In a small room everybody. In a larger one three of all, another three for each beat: enough to answer or to ask,
    /// however large the room.
    fn is_my_turn<R: CryptoRng>(&self, hub: &Hub<R>, sender: &MemberId, counter: u64) -> bool {
        if self.roster.count() <= EVERYBODY {
            return true;
        }
        let what = [&sender.0[..], &counter.to_be_bytes()].concat();
        self.roster.place(&hub.id, &what, |_, m| !m.fresh) < TURNS
    }

    // ---- where one stands ----

    /// Decides, from what others have proved, whether what I was given is the room.
    pub(crate) fn judge<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        if self.trial.as_mut().is_some_and(|trial| trial.prefer_better(&mut self.ring)) {
            self.roster.forget_agreement();
            hub.event(Event::Conflict { by: None });
            hub.within(0, Timer::Beat);
        }
        let now = hub.now;
        let state = (self.ring.current().hash(), self.log.head());
        let agrees = |m: &super::roster::Member| {
            m.agreed.is_some_and(|(set, head, at)| (set, head) == state && now.since(at) <= AGREED_MS)
        };
        let witnesses: Vec<MemberId> = self
            .roster
            .heard_within(now, HEARD_MS)
            .filter(|(id, m)| agrees(m) && !self.is_removed(id))
            .map(|(id, _)| *id)
            .collect();
        if self.trial.is_some() && self.vouched(hub, &witnesses) {
            self.trial = None;
            self.pulse.corrections = self.pulse.corrections.max(JOINS_AGAIN);
            self.arrivals.uncounted = self.log.rights().invites.keys().copied().collect();
            hub.cancel(&Timer::Hello);
            hub.within(0, Timer::Beat);
            self.put_abandoned_founding_under(hub);
            self.seek_keys(hub);
        }
        let standing = match (&self.trial, self.roster.count()) {
            (Some(_), _) => Standing::Unconfirmed,
            (None, 0) => Standing::Alone,
            (None, _) => Standing::Confirmed,
        };
        self.footing.vouchers.extend(&witnesses);
        // Whether there is one or there are more: nobody counts them.
        let mut present =
            self.footing.vouchers.iter().filter(|id| self.roster.get(id).is_some_and(|m| !m.left)).copied();
        let only = match (standing, present.next(), present.next()) {
            (Standing::Confirmed | Standing::Unconfirmed, one, None) => one,
            _ => None,
        };
        let shown = (standing, self.roster.count() + 1, only);
        if self.footing.shown != Some(shown) {
            self.footing.shown = Some(shown);
            hub.event(Event::Standing { standing, members: shown.1, only });
            if standing == Standing::Confirmed {
                hub.within(0, Timer::Queue);
            }
        }
    }

    /// Two who agree are enough; the owner whom an invite names is enough; one alone is enough where nobody else is heard,
    /// nothing speaks against it, and a moment has passed in which others could have spoken.
    fn vouched<R: CryptoRng>(&mut self, hub: &mut Hub<R>, witnesses: &[MemberId]) -> bool {
        let pinned = witnesses.iter().any(|w| self.is_pinned(hub, w));
        let Some(trial) = &self.trial else { return true };
        let heard =
            self.roster.heard_within(hub.now, HEARD_MS).filter(|(id, _)| !self.is_removed(id)).count();
        if pinned || witnesses.len() >= WITNESSES {
            return true;
        }
        if self.roster.count() == 0 && hub.now.since(trial.since) > HEARD_MS {
            return true;
        }
        if witnesses.len() != 1 || heard != 1 {
            return false;
        }
        let strangers =
            trial.stranger.is_some_and(|at| hub.now.since(at) < STRANGER_MS) || trial.has_rivals();
        let waited = hub.now.since(trial.since);
        if strangers || waited < LONE_WITNESS_MS {
            let wait = if strangers { STRANGER_MS } else { LONE_WITNESS_MS - waited };
            hub.within(wait.max(50), Timer::Witness);
            return false;
        }
        true
    }

    // ---- beacons ----

    /// Sends a beacon if nobody of my set has lately.
    pub(crate) fn beacon_due<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        if hub.now.since(self.beacons.heard) >= 5_000 {
            self.beacon(hub);
        }
        let wait = hub.between(5_000, 8_000);
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
            founding: super::roster::short(self.lonely.map_or([0; 32], |f| f.0)),
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
            let theirs_stands = !beacon.never_joined || beacon.founding < super::roster::short(mine.0);
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

    /// Whether a set that I moved on from was in use a moment ago: others may still be moving.
    pub(crate) fn just_superseded(&self, tag: crate::base::id::SetTag, now: Mono) -> bool {
        self.ring.superseded(tag) && now.since(self.renewal.set_since) < SUPERSEDED_MS
    }

    // ---- keys that time wears out ----

    /// Announces a fresh handover key.
    pub(crate) fn fresh_key<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        self.hand.renew(&mut hub.rng, hub.now);
        self.announce_key(hub);
    }

    pub(crate) fn announce_key<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        let Some(kem) = self.hand.public().map(|k| Box::new(*k.as_bytes())) else { return };
        self.publish(hub, Body::Key(KeyAnnounce { used_for: KeyUse::Handover, kem, x25519: None }));
    }

    /// Whether I am the one among the entitled who acts first: the lowest H.
    pub(crate) fn is_first_authority<R: CryptoRng>(&self, hub: &Hub<R>) -> bool {
        let rights = self.log.rights();
        let authority = |id: &MemberId| rights.rank(id) > super::rights::Rank::Member && !self.is_removed(id);
        let beat = beat_ms(self.roster.count());
        let mine = rank_hash(&hub.id);
        authority(&hub.id)
            && !self.roster.present().any(|(id, _)| {
                authority(id) && !self.roster.is_away(id, hub.now, beat) && rank_hash(id) < mine
            })
    }
}
