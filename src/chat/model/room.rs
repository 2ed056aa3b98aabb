//! One room as a face knows it.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::id::MemberId;
use crate::base::nick::Nick;
use crate::base::time::Mono;
use crate::chat::event::{Facts, Person};
use crate::chat::name::{MemberChange, Reach, Standing};
use crate::chat::notice::Said;
use crate::chat::people::People;
use crate::chat::scrollback::{Gone, Scrollback};
use crate::chat::text::Line;
use crate::chat::wait::Wait;

/// A joined room, or one that is being joined.
#[derive(Debug)]
pub struct Room {
    /// Its name.
    pub name: Line,
    /// How it stands.
    pub facts: Facts,
    /// Who is told of it by this node, so that it can be found.
    pub listed: Reach,
    /// Who is in it.
    pub people: People,
    /// Who is at the door, and who was removed: a person can name them to let them in.
    pub outside: People,
    /// What was said in it.
    pub scroll: Scrollback,
    /// Messages to everybody that nobody has looked at; of those to this node alone, [`Scrollback::unread_from`] knows.
    pub unread: usize,
    /// Of those, how many are about me.
    pub mentions: usize,
    /// Messages that burned before anybody looked.
    pub burned_unread: usize,
    /// How long my next messages live, in seconds; `None` for the room's default.
    pub next_ttl_s: Option<u64>,
    /// The standing that was spoken of last, and the lone witness named with it.
    told: Option<(Standing, Option<MemberId>)>,
    /// The same of the lines of the talk.
    stood: Option<(Standing, Option<MemberId>)>,
    pub(super) wait: Option<Pending>,
    /// With whom words were compared here, and what they were called.
    verified: BTreeMap<MemberId, Verified>,
    pub(super) ignored: BTreeSet<MemberId>,
    pub(super) focused: BTreeSet<MemberId>,
}

/// A wait, since when, and how often it was spoken of.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) wait: Wait,
    pub(super) since: Mono,
    pub(super) told: u32,
}

/// Somebody with whom words were compared.
#[derive(Debug)]
struct Verified {
    tag: Line,
    /// What they were called then, and last.
    nicks: [Nick; 2],
}

impl Room {
    pub(super) fn new(name: Line, facts: Facts) -> Room {
        Room {
            name,
            facts,
            listed: Reach::Off,
            people: People::default(),
            outside: People::default(),
            scroll: Scrollback::default(),
            unread: 0,
            mentions: 0,
            burned_unread: 0,
            next_ttl_s: None,
            told: None,
            stood: None,
            wait: None,
            verified: BTreeMap::new(),
            ignored: BTreeSet::new(),
            focused: BTreeSet::new(),
        }
    }

    /// Words were compared with somebody.
    pub(super) fn verified(&mut self, who: &Person) {
        let nicks = [who.nick.clone(), who.nick.clone()];
        self.verified.insert(who.id, Verified { tag: who.tag.clone(), nicks });
    }

    /// Whether words were compared with somebody.
    pub fn has_verified(&self, id: &MemberId) -> bool {
        self.verified.contains_key(id)
    }

    /// The tag of somebody with whom words were compared, where another key comes by their nick.
    pub(super) fn taken_from(&self, who: &Person) -> Option<&Line> {
        let was = |verified: &Verified| verified.nicks.iter().any(|nick| nick.looks_like(&who.nick));
        // Two who were both verified under one nick may both keep it.
        if self.verified.get(&who.id).is_some_and(|own| own.nicks[0].looks_like(&who.nick)) {
            return None;
        }
        let others = self.verified.iter().filter(|(id, _)| **id != who.id);
        others.map(|(_, verified)| verified).find(|verified| was(verified)).map(|verified| &verified.tag)
    }

    /// Somebody changed.
    pub(super) fn on_member(&mut self, change: MemberChange, who: &Person) {
        if let Some(verified) = self.verified.get_mut(&who.id) {
            verified.nicks[1] = who.nick.clone();
        }
        match change {
            MemberChange::Join
            | MemberChange::Nick
            | MemberChange::Profile
            | MemberChange::Role
            | MemberChange::Mute
            | MemberChange::Unmute => {
                self.outside.remove(&who.id);
                self.people.put(who);
            }
            MemberChange::Leave => {
                self.outside.remove(&who.id);
                self.people.remove(&who.id);
            }
            MemberChange::Kick | MemberChange::Ban | MemberChange::Knock => {
                self.people.remove(&who.id);
                self.outside.put(who);
            }
            MemberChange::Unban => self.outside.remove(&who.id),
            MemberChange::Away => self.people.set_away(&who.id, true),
            MemberChange::Back => self.people.set_away(&who.id, false),
        }
    }

    /// The room tells of the others; this node is one of those who are here, and its nick can be taken for another's too.
    pub(super) fn put_me(&mut self, mut me: Person) {
        if let Some(known) = self.people.get(&me.id) {
            me = Person { role: me.role, ..known.clone() };
            if me == *known {
                return;
            }
        }
        self.people.put(&me);
    }

    /// Whether somebody's messages are not to be shown.
    pub fn hides(&self, id: &MemberId) -> bool {
        self.ignored.contains(id) || !(self.focused.is_empty() || self.focused.contains(id))
    }

    /// What to say of how it stands, if that has not been said: who comes and goes has lines of their own.
    pub(super) fn stands(&mut self) -> Option<Said> {
        let news = is_news(&mut self.told, &self.facts);
        news.then(|| Said::of_standing(self.facts.state, self.facts.only.clone()))
    }

    /// Whether the talk has a line to get about how the room stands: not twice the same because people came meanwhile.
    pub(super) fn stands_anew(&mut self) -> bool {
        is_news(&mut self.stood, &self.facts)
    }

    /// What it waits for, and since when.
    pub fn waiting(&self) -> Option<(Wait, Mono)> {
        self.wait.as_ref().map(|pending| (pending.wait, pending.since))
    }

    pub(super) fn lost(&mut self, gone: &Gone) {
        self.burned_unread += usize::from(gone.unread);
        self.unread = self.unread.saturating_sub(usize::from(gone.unread && !gone.alone));
    }

    /// How many messages to this node alone nobody has looked at.
    pub fn unread_alone(&self) -> usize {
        self.scroll.alone().all().iter().map(|with| self.scroll.unread_from(with).count()).sum()
    }

    /// Whether words were shown that are to be compared with somebody.
    pub fn is_verified(&self, id: &MemberId) -> bool {
        self.verified.contains_key(id)
    }

    pub(super) fn await_standing(&mut self, now: Mono) {
        let wait = match self.facts.state {
            Standing::Searching => Some(Wait::Searching),
            Standing::Alone => Some(Wait::Company),
            Standing::Unconfirmed => Some(Wait::Vouching),
            Standing::Confirmed => None,
        };
        let knocking =
            wait == Some(Wait::Searching) && self.waiting().is_some_and(|(w, _)| w == Wait::Knocking);
        if wait != self.waiting().map(|(wait, _)| wait) && !knocking {
            self.wait = wait.map(|wait| Pending { wait, since: now, told: 0 });
        }
    }
}

/// Whether how a room stands was not told yet, or has another witness than the one named; told it counts as from now on.
/// "You are in" is not taken back half because all but one of those who said so went.
fn is_news(told: &mut Option<(Standing, Option<MemberId>)>, facts: &Facts) -> bool {
    let before = told.filter(|(told, _)| *told == facts.state);
    let named = before.and_then(|(_, named)| named);
    let witness = facts.only.as_ref().map(|who| who.id);
    *told = Some((facts.state, witness.or(named)));
    let in_already = facts.state == Standing::Confirmed && named.is_none();
    before.is_none() || (witness.is_some() && witness != named && !in_already)
}
