//! The stage: a simulated room, the people in it, and what each of them is shown.
//!
//! Events are taken out of the simulator as they are shown, so that no text outlives its message here either.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::lines::{Printer, What};
use crate::base::id::{EntryId, MemberId, MsgId};
use crate::base::nick::Nick;
use crate::base::text::CleanText;
use crate::base::time::{Epoch, Mono};
use crate::room::entry::Intent;
use crate::room::io::{Burned, Command, Draft, Event, Heard, Standing};
use crate::room::sim::{Links, World};
use crate::wire::log::Act;

/// What several people see within this time is one line.
const TOGETHER_MS: u64 = 400;
/// Columns that a line has for the text of a message.
const TEXT_COLUMNS: usize = 46;

/// Somebody on the stage.
pub(super) type Person = usize;

/// The room, its people and the printer.
pub(super) struct Stage<W> {
    /// The simulator.
    pub(super) world: World,
    printer: Printer<W>,
    begin: Mono,
    said: Mono,
    handed: Mono,
    cast: Vec<&'static str>,
    numbers: BTreeMap<MsgId, usize>,
    last: Option<MsgId>,
    saw: BTreeMap<MsgId, BTreeSet<Person>>,
    opened: BTreeSet<(Person, MsgId)>,
    stood: BTreeMap<Person, Standing>,
}

/// Something that was seen, and by whom.
struct Sight {
    at: Mono,
    by: BTreeSet<Person>,
    what: What,
}

impl<W: Write> Stage<W> {
    pub(super) fn new(seed: u64, printer: Printer<W>) -> Stage<W> {
        let world = World::new(seed, Links::WAN);
        Stage {
            begin: world.now,
            said: world.now,
            handed: world.now,
            world,
            printer,
            cast: Vec::new(),
            numbers: BTreeMap::new(),
            last: None,
            saw: BTreeMap::new(),
            opened: BTreeSet::new(),
            stood: BTreeMap::new(),
        }
    }

    // ---- telling ----

    /// A line of the narrator.
    pub(super) fn tell(&mut self, text: impl Into<String>) -> io::Result<()> {
        self.show("", What::Told(text.into()))
    }

    /// A line that one person sees.
    pub(super) fn tell_to(&mut self, who: Person, text: impl Into<String>) -> io::Result<()> {
        self.show(self.name(who), What::Told(text.into()))
    }

    /// A new scene.
    pub(super) fn scene(&mut self, text: impl Into<String>) -> io::Result<()> {
        self.printer.gap()?;
        self.tell(text)
    }

    fn show(&mut self, view: &str, what: What) -> io::Result<()> {
        self.printer.line(self.world.now.since(self.begin), view, &what)
    }

    // ---- what people do ----

    /// Somebody with this name types `join`.
    pub(super) fn join(&mut self, name: &'static str) -> Person {
        let who = self.world.enter(0, Intent::Join(Box::default()));
        self.world.command(who, Command::Nick(name.to_owned()));
        self.cast.push(name);
        who
    }

    /// Somebody says something that lives for so many seconds. Gives the message, once it is on its way.
    pub(super) fn say(&mut self, who: Person, text: &str, ttl_s: u64) -> io::Result<Option<MsgId>> {
        self.send(who, Draft { ttl_s: Some(ttl_s), ..Draft::plain(0, text) })
    }

    /// Somebody says something that can be opened once, for so many seconds.
    pub(super) fn say_once(
        &mut self,
        who: Person,
        text: &str,
        once_s: u64,
        ttl_s: u64,
    ) -> io::Result<Option<MsgId>> {
        self.send(who, Draft { once_s: Some(once_s), ttl_s: Some(ttl_s), ..Draft::plain(0, text) })
    }

    fn send(&mut self, who: Person, draft: Draft) -> io::Result<Option<MsgId>> {
        self.last = None;
        self.said = self.world.now;
        self.world.command(who, Command::Say(draft));
        self.run(1_500)?;
        Ok(self.last)
    }

    /// Somebody opens a sealed message.
    pub(super) fn open(&mut self, who: Person, id: MsgId) {
        self.opened.insert((who, id));
        self.world.command(who, Command::Open(id));
    }

    // ---- time ----

    /// Lets time pass, and shows what everybody saw meanwhile, each thing once.
    pub(super) fn run(&mut self, ms: u64) -> io::Result<()> {
        self.world.run(ms);
        let mut events = Vec::new();
        for who in 0..self.cast.len() {
            events.extend(self.world.take_events(who).into_iter().map(|(at, event)| (at, who, event)));
        }
        events.sort_by_key(|(at, who, _)| (*at, *who));
        let mut sights: Vec<Sight> = Vec::new();
        for (at, who, event) in events {
            let Some(what) = self.seen(who, at, event) else { continue };
            let same = sights.iter_mut().find(|s| s.what == what && at.since(s.at) <= TOGETHER_MS);
            match same {
                Some(sight) => {
                    sight.by.insert(who);
                }
                None => sights.push(Sight { at, by: BTreeSet::from([who]), what }),
            }
        }
        for sight in sights {
            let view = self.names(sight.by.iter().copied());
            self.printer.line(sight.at.since(self.begin), &view, &sight.what)?;
        }
        Ok(())
    }

    // ---- what they see ----

    fn seen(&mut self, who: Person, at: Mono, event: Event) -> Option<What> {
        let told = match event {
            Event::Message(heard) => return Some(self.message(who, at, &heard)),
            Event::Standing { standing, only, .. } => {
                let before = self.stood.insert(who, standing);
                if before == Some(standing) {
                    return None;
                }
                self.standing(before, standing, only)
            }
            // A key may be known a moment before its name is, which comes with the same event again; and whom a
            // newcomer finds inside did not come in.
            Event::Joined(other) if other.nick.is_empty() || self.is_new(who) => return None,
            Event::Joined(other) => format!("{} came in", clean_nick(&other.nick)),
            Event::Left { who: other, said: true } => format!("{} left", clean_nick(&other.nick)),
            Event::Left { who: other, said: false } => format!("{} fell silent", clean_nick(&other.nick)),
            Event::Logged { entry, by, target } => self.act(who, &entry, by, target?)?,
            Event::Burned { id, why } => self.burned(who, id, why),
            Event::Opened { id, by } => format!("{} opened #{}", self.name_of(&by), self.number(id)),
            Event::Keys { generation, chains, merged, .. } => {
                self.handed = at;
                if merged {
                    format!("keys joined: {chains} keys make one set, held by everybody (no vote, no winner)")
                } else {
                    format!("fresh keys, handed to those who are in now (generation {generation})")
                }
            }
            Event::Removed { by, why, .. } => {
                let why = CleanText::line(&why, TEXT_COLUMNS).text;
                format!("removed by {}: {}", self.name_of(&by.id), why.as_str())
            }
            _ => return None,
        };
        Some(What::Told(told))
    }

    fn message(&mut self, who: Person, at: Mono, heard: &Heard) -> What {
        let next = self.numbers.len() + 1;
        let number = *self.numbers.entry(heard.id).or_insert(next);
        if heard.mine {
            self.last = Some(heard.id);
        }
        self.saw.entry(heard.id).or_default().insert(who);
        let head = format!("#{number} {}: ", clean_nick(&heard.from.nick));
        let Some(text) = &heard.text else {
            let seconds = heard.once_s.unwrap_or_default();
            return What::Told(format!("{head}[sealed: opens once, for {seconds} s]"));
        };
        let cleaned = CleanText::line(text.as_str(), TEXT_COLUMNS);
        let left = heard.dies.map_or(0, |dies| (dies.since(at) + 500) / 1_000);
        let tail = match heard {
            _ if cleaned.changed => format!("  [{left} s, hidden characters removed]"),
            Heard { caught_up: true, .. } => format!("  [came late, {left} s left]"),
            Heard { once_s: Some(once_s), mine: true, .. } => format!("  [opens once, for {once_s} s]"),
            Heard { once_s: Some(once_s), .. } => format!("  [opened, {once_s} s]"),
            _ => format!("  [{left} s]"),
        };
        What::Said { head, text: cleaned.text, tail }
    }

    /// Whether somebody has not settled in yet.
    fn is_new(&self, who: Person) -> bool {
        matches!(self.stood.get(&who), Some(Standing::Searching | Standing::Unconfirmed))
    }

    fn standing(&self, before: Option<Standing>, now: Standing, only: Option<MemberId>) -> String {
        match (now, only) {
            (Standing::Searching, _) => "searching: is anybody here?".into(),
            (Standing::Alone, _) => "alone: nobody answered, so the room begins here".into(),
            (Standing::Unconfirmed, _) => {
                "unconfirmed: let in by one member, whom nobody has vouched for".into()
            }
            (Standing::Confirmed, _) if before == Some(Standing::Alone) => {
                "confirmed: no longer alone, under keys that were made here".into()
            }
            (Standing::Confirmed, Some(one)) => {
                format!("confirmed by {} only: same keys, same list of who may do what", self.name_of(&one))
            }
            (Standing::Confirmed, None) => {
                "confirmed: others prove same keys, same list of who may do what".into()
            }
        }
    }

    fn act(&self, who: Person, entry: &EntryId, by: MemberId, target: MemberId) -> Option<String> {
        let log = self.world.state(who)?.log()?;
        let (by, target) = (self.name_of(&by), self.name_of(&target));
        match &log.get(entry)?.act {
            Act::Grant { .. } => Some(format!("{by} made {target} an admin")),
            Act::Kick { why, .. } => {
                let why = CleanText::line(why, TEXT_COLUMNS).text;
                Some(format!("{by} removed {target}: {}", why.as_str()))
            }
            _ => None,
        }
    }

    fn burned(&self, who: Person, id: MsgId, why: Burned) -> String {
        let number = self.number(id);
        match why {
            Burned::Once if self.opened.contains(&(who, id)) => {
                format!("#{number} burned: opened once, and its seconds are over")
            }
            Burned::Ttl | Burned::Once => format!("#{number} burned: its time is over"),
            Burned::Sender => format!("#{number} burned: its author took it back"),
            Burned::Admin => format!("#{number} burned: an admin took it back"),
            Burned::Room => format!("#{number} burned: this node is out of the room"),
            Burned::Crowded => format!("#{number} burned: there was no room for it any more"),
        }
    }

    // ---- what is so ----

    /// The number by which the lines name a message.
    pub(super) fn number(&self, id: MsgId) -> usize {
        self.numbers.get(&id).copied().unwrap_or_default()
    }

    /// Names of those who were shown a message.
    pub(super) fn who_saw(&self, id: MsgId) -> String {
        self.names(self.saw.get(&id).into_iter().flatten().copied())
    }

    /// What somebody holds: living messages, minutes whose keys are kept, and when in the story the first of them began.
    pub(super) fn held(&self, who: Person) -> (usize, usize, Option<(u64, u64)>) {
        let Some(state) = self.world.state(who) else { return (0, 0, None) };
        let epochs = state.key_epochs();
        let into_story = |epoch: &Epoch| {
            let ago_ms = state.room_time().offset_from(epoch.start()).max(0).unsigned_abs();
            let at = self.world.now.since(self.begin).saturating_sub(ago_ms) / 1_000;
            (at / 60, at % 60)
        };
        (state.living_count(), epochs.len(), epochs.iter().min().map(into_story))
    }

    /// Whether nobody's computer opens anything that was said: no message lives, and every key that is held, for frames
    /// or for handing keys over, is younger than what it would have to open.
    pub(super) fn is_forgotten(&self) -> bool {
        (0..self.cast.len()).filter_map(|who| self.world.state(who)).all(|state| {
            let said = state.room_time().shifted(-self.ago_ms(self.said));
            state.living_count() == 0
                && state.key_epochs().iter().all(|epoch| epoch.start() > said)
                && state.hand_key_ages().iter().all(|age| *age < self.world.now.since(self.handed))
        })
    }

    /// How many messages there were, and how many frames and KiB went over the network.
    pub(super) fn totals(&self) -> (usize, u64, u64) {
        let t = self.world.traffic;
        (self.numbers.len(), t.frames + t.direct_frames, (t.bytes + t.direct_bytes) / 1_024)
    }

    fn ago_ms(&self, at: Mono) -> i64 {
        i64::try_from(self.world.now.since(at)).unwrap_or(i64::MAX)
    }

    /// Somebody's name.
    pub(super) fn name(&self, who: Person) -> &'static str {
        self.cast.get(who).copied().unwrap_or("?")
    }

    fn name_of(&self, id: &MemberId) -> &'static str {
        (0..self.cast.len()).find(|who| self.world.id(*who) == Some(*id)).map_or("?", |who| self.name(who))
    }

    /// Names, joined.
    fn names(&self, people: impl Iterator<Item = Person>) -> String {
        let names: Vec<&str> = people.map(|who| self.name(who)).collect();
        if names.len() == 4 { "all four".into() } else { names.join("+") }
    }
}

/// A nick as a peer sent it, fit to be shown.
fn clean_nick(raw: &str) -> String {
    Nick::parse(raw).map_or_else(|_| "(no name)".into(), |nick| nick.as_str().to_owned())
}
