//! Who is writing just now, told by those who want to tell. A sign of the moment: it is kept nowhere, said again while it
//! holds, and over by itself.

use std::collections::BTreeMap;

use rand_core::CryptoRng;

use super::hub::Hub;
use super::inside::Inside;
use super::io::Event;
use crate::base::id::MemberId;
use crate::base::limits::{RECEIPT_MEMBERS, TYPING_EACH_MS};
use crate::base::time::Mono;
use crate::wire::payload::{Body, Payload};

/// When it was said last, by me and by others.
#[derive(Default)]
pub(crate) struct Typing {
    told: Option<Mono>,
    heard: BTreeMap<MemberId, Mono>,
}

impl Typing {
    /// Forgets who said so long ago that they may say it again.
    pub(super) fn forget(&mut self, now: Mono) {
        self.heard.retain(|_, at| now.since(*at) < TYPING_EACH_MS);
    }
}

impl Inside {
    /// Somebody here is writing, to all or to one alone, and wants them to know. Whoever may not speak says nothing by it, and
    /// whoever is blocked hears nothing.
    pub(super) fn tell_typing<R: CryptoRng>(&mut self, hub: &mut Hub<R>, to: Option<MemberId>) {
        let soon = self.typing.told.is_some_and(|at| hub.now.since(at) < TYPING_EACH_MS);
        if soon || self.trial.is_some() {
            return;
        }
        let may_speak = !self.log.rights().is_muted(&hub.id, hub.room()) && self.my_quiet_ms(hub.room()) == 0;
        let all: Vec<MemberId> = match to {
            Some(one) => vec![one],
            None if may_speak && self.roster.count() < RECEIPT_MEMBERS => {
                self.roster.present().map(|(id, _)| *id).collect()
            }
            None => return,
        };
        self.typing.told = Some(hub.now);
        for id in all {
            if id != self.me && !hub.blocked.contains(&id) && !self.is_removed(&id) {
                self.direct(hub, &id, Body::Typing { alone: to.is_some() });
            }
        }
    }

    /// Somebody says that they are writing. What something else of theirs overtook is over already.
    pub(super) fn on_typing<R: CryptoRng>(&mut self, hub: &mut Hub<R>, payload: &Payload, alone: bool) {
        let from = payload.sender;
        let silenced = self.log.rights().is_muted(&from, hub.room()) || self.is_quiet(payload, hub.room());
        let crowded = self.roster.count() >= RECEIPT_MEMBERS;
        if hub.blocked.contains(&from) || (!alone && (silenced || crowded)) {
            return;
        }
        // Those who came too fast are not shown sooner by it, nor the sign longer.
        let often = self.typing.heard.get(&from).is_some_and(|at| hub.now.since(*at) < TYPING_EACH_MS / 2);
        if often || !self.roster.knows(&from) || !self.seen.is_latest(&from, payload.counter) {
            return;
        }
        self.typing.heard.insert(from, hub.now);
        hub.event(Event::Typing { who: self.who(&from), alone });
    }
}
