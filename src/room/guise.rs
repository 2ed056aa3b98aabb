//! How members want to be shown beside their nick: told when it changes, and again to whoever has come since.

use std::fmt;

use rand_core::CryptoRng;

use super::hub::Hub;
use super::inside::Inside;
use super::io::{Event, Refused, Timer, Who};
use super::rights::Rank;
use super::roster::Member;
use crate::base::id::MemberId;
use crate::base::limits::{NAME_BYTES, NICK_BYTES, PROFILE_GAP_MS, PROFILE_LATER_MS, PROFILE_PER_MEMBER_MS};
use crate::base::time::Mono;
use crate::wire::payload::{Body, Profile};

/// A line about oneself, a sign and a colour, as their owner signed them: to be cleaned before anybody sees them. Nothing
/// and zero mean that nothing was chosen.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Guise {
    /// The line.
    pub status: String,
    /// The sign, by a number that means something to faces alone.
    pub glyph: u64,
    /// The colour, in the same way.
    pub colour: u64,
}

/// When I have said how I want to be shown, and for whom it may have come too soon.
#[derive(Debug, Default)]
pub(crate) struct Introduced {
    said: Option<Mono>,
    newcomer: Option<Mono>,
}

impl Introduced {
    /// How long it must not be said again.
    fn pause_ms(&self, now: Mono) -> u64 {
        self.said.map_or(0, |at| PROFILE_GAP_MS.saturating_sub(now.since(at)))
    }
}

impl fmt::Debug for Guise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Guise { status, glyph, colour } = self;
        write!(f, "Guise({} bytes, {glyph}, {colour})", status.len())
    }
}

impl<R: CryptoRng> Hub<R> {
    /// This node as events name it, while no log says more of its rank.
    pub(crate) fn myself(&self) -> Who {
        Who {
            id: self.id,
            nick: self.nick.clone(),
            rank: Rank::Member,
            guise: self.guise.clone(),
            serve: self.serve,
        }
    }

    /// Takes a guise for the room that is looked for.
    pub(crate) fn dress(&mut self, nick: Option<String>, guise: Guise) -> Result<(), Refused> {
        let fits = nick.as_ref().is_none_or(|nick| (1..=NICK_BYTES).contains(&nick.len()));
        if !fits || guise.status.len() > NAME_BYTES {
            return Err(Refused::TooLong);
        }
        if let Some(nick) = nick {
            self.nick = nick;
        }
        self.guise = guise;
        Ok(())
    }
}

impl Inside {
    pub(crate) fn on_profile<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        sender: MemberId,
        profile: &Profile,
        counter: u64,
    ) {
        // What was said before and comes after is over.
        let later = |m: &&mut Member| m.profiled < counter;
        let Some(member) = self.roster.get_mut(&sender).filter(later) else { return };
        member.profiled = counter;
        let guise = Guise { status: profile.status.clone(), glyph: profile.glyph, colour: profile.colour };
        let (named, dressed) = (member.nick != profile.nick, member.guise != guise);
        member.nick.clone_from(&profile.nick);
        member.guise = guise;
        if !member.greeted {
            return self.greet(hub, &sender);
        }
        if named {
            hub.event(Event::Changed(self.who(&sender)));
        }
        if dressed {
            hub.event(Event::Guise(self.who(&sender)));
        }
    }

    /// Another nick; how I am shown beside it stays.
    pub(crate) fn rename<R: CryptoRng>(&mut self, hub: &mut Hub<R>, nick: String) {
        hub.nick = nick;
        self.show_myself(hub);
        hub.event(Event::Changed(self.who(&hub.id)));
    }

    /// Another guise, and with it another nick if one is given.
    pub(crate) fn dress<R: CryptoRng>(&mut self, hub: &mut Hub<R>, nick: Option<String>, guise: Guise) {
        match hub.dress(nick, guise) {
            Ok(()) => {
                self.show_myself(hub);
                hub.event(Event::Guise(self.who(&hub.id)));
            }
            Err(why) => hub.event(Event::Refused(why)),
        }
    }

    fn show_myself<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        self.nick.clone_from(&hub.nick);
        self.guise.clone_from(&hub.guise);
        self.introduced.said = Some(hub.now);
        let Guise { status, glyph, colour } = self.guise.clone();
        self.publish(hub, Body::Profile(Profile { nick: self.nick.clone(), status, glyph, colour }));
    }

    /// Somebody came who has not heard how I want to be shown. No row of the roster tells: I say it again, once for many.
    pub(crate) fn introduce_soon<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        // Also where nothing is chosen any more: whoever missed that would go on showing the last choice.
        if self.introduced.said.is_none() && self.guise == Guise::default() {
            return;
        }
        self.introduced.newcomer = Some(hub.now);
        let (from, to) = PROFILE_LATER_MS;
        let to = to + self.roster.count() as u64 * PROFILE_PER_MEMBER_MS;
        let wait = hub.between((from, to)).max(self.introduced.pause_ms(hub.now));
        hub.unless_set(wait, Timer::Profile);
    }

    /// Says it. For whoever came a moment ago it may be too soon: then once more.
    pub(crate) fn introduce<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        if self.is_removed(&hub.id) {
            return;
        }
        // It may have changed, and so have been said, while this was to come.
        let pause = self.introduced.pause_ms(hub.now);
        if pause > 0 {
            return hub.after(pause, Timer::Profile);
        }
        self.show_myself(hub);
        let newcomer = self.introduced.newcomer.take();
        if newcomer.is_some_and(|at| hub.now.since(at) < PROFILE_LATER_MS.0) {
            self.introduce_soon(hub);
        }
    }
}
