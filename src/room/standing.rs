//! Where one stands: what a member takes for the room, and on whose word.

use std::collections::BTreeSet;

use rand_core::CryptoRng;

use super::hub::Hub;
use super::inside::Inside;
use super::io::{Event, Standing, Timer};
use super::rights::Rank;
use super::roster::Member;
use crate::base::id::MemberId;
use crate::base::limits::{AGREED_MS, HEARD_MS, JOINS_AGAIN, LONE_WITNESS_MS, STRANGER_MS, WITNESSES};
use crate::base::time::Mono;
use crate::crypto::root::Kind;

/// Where I stand, as it was last told, and by whose word.
#[derive(Default)]
pub(crate) struct Footing {
    /// The standing, how many are here, and the one witness where there is only one.
    pub(super) shown: Option<(Standing, usize, Option<MemberId>)>,
    /// Until when I was told that I may only read.
    pub(super) quiet: Option<Mono>,
    /// Who has ever proved to hold what I hold.
    pub(super) vouchers: BTreeSet<MemberId>,
}

impl Inside {
    /// Decides, from what others have proved, whether what I was given is the room.
    pub(crate) fn judge<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        if self.trial.as_mut().is_some_and(|trial| trial.prefer_better(&mut self.ring)) {
            self.roster.forget_agreement();
            hub.event(Event::Conflict { by: None });
            hub.within(0, Timer::Beat);
        }
        let now = hub.now;
        let state = (self.ring.current().hash(), self.log.head());
        let agrees = |m: &Member| {
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
        self.tell_quiet(hub);
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

    /// The founder that settles who owns the room: named by the invite, if there is one.
    fn is_pinned(&self, hub: &Hub<impl CryptoRng>, who: &MemberId) -> bool {
        hub.root.kind() == Kind::Invite && self.log.rights().rank(who) == Rank::Owner
    }
}
