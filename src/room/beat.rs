//! The pulse: beats by which members prove and compare what they hold.

use rand_core::CryptoRng;

use super::hub::Hub;
use super::inside::Inside;
use super::io::{Event, Timer};
use crate::base::id::{MemberId, Peer};
use crate::base::limits::{
    BEAT_GAP_MS, BEAT_MS, BEAT_PER_MEMBER_MS, ECHO_SPREAD_MS, EVERYBODY, MEET_BEAT_MS, MEET_SPREAD_MS,
    TRIAL_BEAT_MS, TURNS,
};
use crate::base::time::Mono;
use crate::wire::payload::{Beat, Body, Payload};

/// My beats.
#[derive(Default)]
pub(crate) struct Pulse {
    sent: Option<Mono>,
    /// The person said that they are away.
    pub(super) away: bool,
    /// How many more beats are to come with a word of who I am: those who heard it wrong drop all else that I say.
    pub(super) corrections: u8,
}

/// The pause between two beats in a room of so many others.
pub(crate) fn beat_ms(others: usize) -> u64 {
    BEAT_MS.max((others as u64 + 1) * BEAT_PER_MEMBER_MS)
}

impl Inside {
    /// Sends a beat and plans the next.
    pub(crate) fn beat<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        let next = if self.trial.is_some() { TRIAL_BEAT_MS } else { beat_ms(self.roster.count()) };
        let wait = hub.between((next * 4 / 5, next * 6 / 5));
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
        let living = self.living_hint();
        let beat = Beat {
            unconfirmed: self.trial.is_some(),
            serve: hub.serve,
            away: self.pulse.away,
            conf,
            roster: self.roster.hint(&hub.id),
            living,
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
        let spread = hub.between(ECHO_SPREAD_MS);
        hub.within(wait.max(spread), Timer::Echo);
    }

    /// Somebody came into reach: a beat lets both sides compare what they hold.
    pub(crate) fn beat_for_company<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        // Put off, never left out: the beat just sent may have gone into a link that was dead.
        let rest = self.pulse.sent.map_or(0, |at| MEET_BEAT_MS.saturating_sub(hub.now.since(at)));
        let wait = hub.between(MEET_SPREAD_MS).max(rest);
        hub.within(wait, Timer::Beat);
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
        let (mut turned, mut disputes) = (false, false);
        if let Some(member) = self.roster.get_mut(&sender) {
            member.fresh = beat.unconfirmed;
            turned = member.greeted && member.away != beat.away;
            member.away = beat.away;
            member.serve = beat.serve;
            member.came_after(beat.joined);
            if let Some(peer) = Peer::new(&beat.peer) {
                member.peer = Some(peer);
                member.addrs.clone_from(&beat.addrs);
            }
            member.agreed = proved.then_some((set, payload.log_head, hub.now));
            member.proved |= proved && !beat.unconfirmed;
            disputes = expected.is_some() && !proved && member.disputed.replace(set) != Some(set);
        }
        if turned {
            hub.event(Event::Away { who: self.who(&sender), away: beat.away });
        }
        // Told once for each set: whoever lies could fill a screen with it.
        if disputes {
            hub.event(Event::Conflict { by: Some(sender) });
        }
        let asks = beat.unconfirmed && self.trial.is_none();
        let other_roster = beat.roster != self.roster.hint(&hub.id);
        // The hash is over keys: it agrees although a nick never came.
        let nameless = self.roster.lacks_nicks();
        let other_messages = beat.living != self.living_hint();
        // Most beats need no answer, and whose turn it is takes a hash over everybody: looked at only when it matters.
        if (asks || other_roster || nameless || other_messages)
            && self.is_my_turn(hub, &sender, payload.counter)
        {
            if asks {
                self.echo_soon(hub);
            }
            if (other_roster || nameless) && self.seek_roster(hub, &sender) {
                self.roster.nicks_sought();
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
}
