//! What was said in a room and still lives, and what happened between: rows by number, in the order in which they came.
//!
//! A row's number is what people type to name it. When a message dies its text handle is dropped here at once, whether or
//! not anybody looks; the row stays as ash until there is need for its place.

use std::collections::btree_map::OccupiedEntry;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeBounds;

use super::circle::Alone;
use super::event::{Event, Fate, Message};
use super::moves::Moves;
use super::name::BurnWhy;
use super::problem::Problem;
use super::request::Which;
use crate::base::id::{MemberId, MsgId, hex};
use crate::base::limits::LIVING;
use crate::base::time::Mono;

/// Rows kept: all that a room lets live, and a fifth more for ash and for what happened.
pub const ROWS: usize = LIVING + LIVING / 5;

/// Digits of a message's id that are enough to name it.
const ID_DIGITS: usize = 6;

/// The rows of one room.
#[derive(Debug, Default)]
pub struct Scrollback {
    rows: BTreeMap<u64, Row>,
    ids: BTreeMap<MsgId, u64>,
    due: BTreeSet<(Mono, u64)>,
    alone: Alone,
    /// Rows without a living message, which go first when place is needed.
    spent: BTreeSet<u64>,
    last: u64,
}

/// A row.
#[derive(Debug)]
pub enum Row {
    /// A message.
    Said(Box<Said>),
    /// Something that happened, and when: never a message.
    Told(Box<Event>, Mono),
    /// People came and went.
    Moved(Moves),
}

/// A message that is gone.
#[derive(Debug, PartialEq, Eq)]
pub struct Gone {
    /// Which.
    pub id: MsgId,
    /// Nobody had looked at it.
    pub unread: bool,
    /// It was between two.
    pub alone: bool,
}

/// A message in its place.
#[derive(Debug)]
pub struct Said {
    /// The message; its text is gone once it burned.
    pub message: Message,
    /// How far it has come, if it is mine.
    pub fate: Option<Fate>,
    /// Why it burned, if it did.
    pub burned: Option<BurnWhy>,
    /// Somebody looked at it here.
    pub read: bool,
    /// Its author is not shown.
    pub hidden: bool,
}

impl Scrollback {
    /// Puts a message down and gives it a number. One that is known already, a once-message now opened, keeps its own.
    pub fn say(&mut self, message: &Message, hidden: bool) -> u64 {
        let number = match self.ids.get(&message.id) {
            Some(&number) => number,
            None => self.next(),
        };
        if let Some(Row::Said(before)) = self.rows.get(&number)
            && let Some(dies) = before.message.dies
        {
            self.due.remove(&(dies, number));
        }
        if let Some(dies) = message.dies {
            self.due.insert((dies, number));
        }
        if let Some(with) = message.partner().filter(|_| !hidden) {
            self.alone.put(with.id, number);
        }
        self.ids.insert(message.id, number);
        let said = Said { message: message.clone(), fate: None, burned: None, read: message.mine, hidden };
        self.rows.insert(number, Row::Said(Box::new(said)));
        number
    }

    /// Notes something that happened. Who comes and goes shares a row with those before, if nothing came between.
    pub fn tell(&mut self, event: Event, now: Mono) {
        let moves = match &event {
            Event::Member(line) => Moves::first(line, now),
            _ => None,
        };
        let before = self.rows.last_entry().map(OccupiedEntry::into_mut);
        let row = match (moves, before) {
            (Some(moves), Some(Row::Moved(before))) => match before.join(moves) {
                Ok(()) => {
                    // Numbers do not tell whether faces share rows.
                    self.last += 1;
                    return;
                }
                Err(moves) => Row::Moved(moves),
            },
            (Some(moves), _) => Row::Moved(moves),
            (None, _) => Row::Told(Box::new(event), now),
        };
        let number = self.next();
        self.spent.insert(number);
        self.rows.insert(number, row);
    }

    /// A message is kept beyond its time, or no longer. False if it does not live here.
    pub fn keep(&mut self, id: &MsgId, keep: bool, dies: Option<Mono>) -> bool {
        let Some(&number) = self.ids.get(id) else { return false };
        let Some(Row::Said(said)) = self.rows.get_mut(&number) else { return false };
        if let Some(before) = std::mem::replace(&mut said.message.dies, dies) {
            self.due.remove(&(before, number));
        }
        said.message.keep = keep;
        self.due.extend(dies.map(|dies| (dies, number)));
        true
    }

    /// A message is gone. `None` if it was not alive here.
    pub fn burn(&mut self, id: &MsgId, why: BurnWhy) -> Option<Gone> {
        let number = self.ids.remove(id)?;
        let Some(Row::Said(said)) = self.rows.get_mut(&number) else { return None };
        said.message.text = None;
        said.burned = Some(why);
        if let Some(dies) = said.message.dies {
            self.due.remove(&(dies, number));
        }
        let with = said.message.partner().map(|with| with.id);
        if let Some(with) = &with {
            self.alone.remove(with, number);
        }
        self.spent.insert(number);
        Some(Gone { id: *id, unread: !said.read, alone: with.is_some() })
    }

    /// Burns what is over at `now`. The room reports it as well; but no text waits for an event that is on its way.
    pub fn reap(&mut self, now: Mono) -> Vec<Gone> {
        let mut gone = Vec::new();
        while let Some(&(dies, number)) = self.due.first()
            && dies <= now
        {
            self.due.pop_first();
            if let Some(Row::Said(said)) = self.rows.get(&number) {
                let id = said.message.id;
                gone.extend(self.burn(&id, BurnWhy::Ttl));
            }
        }
        gone
    }

    /// When the next one dies.
    pub fn next_due(&self) -> Option<Mono> {
        self.due.first().map(|&(dies, _)| dies)
    }

    /// What became of a message of mine. What was delivered does not become merely sent again, nor what was seen delivered.
    pub fn fate(&mut self, id: &MsgId, fate: &Fate) {
        let Some(Row::Said(said)) = self.ids.get(id).and_then(|number| self.rows.get_mut(number)) else {
            return;
        };
        let less = match said.fate {
            Some(Fate::Delivered { .. }) => matches!(fate, Fate::Sent | Fate::Queued),
            Some(Fate::Seen { .. }) => matches!(fate, Fate::Sent | Fate::Queued | Fate::Delivered { .. }),
            _ => false,
        };
        if !less {
            said.fate = Some(fate.clone());
        }
    }

    /// Somebody looked at this row.
    pub fn read(&mut self, number: u64) {
        if let Some(Row::Said(said)) = self.rows.get_mut(&number) {
            said.read = true;
        }
    }

    /// With whom one talks alone.
    pub fn alone(&self) -> &Alone {
        &self.alone
    }

    /// What somebody wrote to this node alone and nobody looked at.
    pub fn unread_from(&self, with: &MemberId) -> impl DoubleEndedIterator<Item = (u64, &Said)> {
        self.alone.rows(with).filter_map(|row| Some((row, self.get(row)?))).filter(|(_, said)| !said.read)
    }

    /// With whom a message was said alone that lives, or lived.
    pub fn partner(&self, row: u64) -> Option<MemberId> {
        match self.rows.get(&row) {
            Some(Row::Said(said)) => said.message.partner().map(|with| with.id),
            _ => None,
        }
    }

    /// Rows in order.
    pub fn rows(&self) -> impl DoubleEndedIterator<Item = (u64, &Row)> {
        self.rows.iter().map(|(&number, row)| (number, row))
    }

    /// Rows of these numbers, in order.
    pub fn range(&self, numbers: impl RangeBounds<u64>) -> impl DoubleEndedIterator<Item = (u64, &Row)> {
        self.rows.range(numbers).map(|(&number, row)| (number, row))
    }

    /// Rows whose time is over by `now`, and which [`Scrollback::reap`] has not burned yet.
    pub fn dead_by(&self, now: Mono) -> Vec<u64> {
        self.due.range(..=(now, u64::MAX)).map(|&(_, number)| number).collect()
    }

    /// Living messages in order.
    pub fn living(&self) -> impl DoubleEndedIterator<Item = (u64, &Said)> {
        self.rows.iter().filter_map(|(&number, row)| match row {
            Row::Said(said) if said.burned.is_none() => Some((number, said.as_ref())),
            _ => None,
        })
    }

    /// A living message by its number.
    pub fn get(&self, number: u64) -> Option<&Said> {
        match self.rows.get(&number) {
            Some(Row::Said(said)) if said.burned.is_none() => Some(said),
            _ => None,
        }
    }

    /// The number of a living message.
    pub fn number_of(&self, id: &MsgId) -> Option<u64> {
        self.ids.get(id).copied()
    }

    /// The living message that a typed name means: a number, an id or the beginning of one.
    pub fn find(&self, which: &Which) -> Result<(u64, &Said), Problem> {
        let typed = match which {
            Which::Last => {
                return self.living().rev().find(|(_, said)| said.message.mine).ok_or(Problem::NoMessage);
            }
            Which::Named(typed) => typed.as_str().trim_start_matches('#'),
        };
        let by_id = || {
            let mut meant =
                self.ids.iter().filter(|(id, _)| typed.len() >= ID_DIGITS && hex(&id.0).starts_with(typed));
            let (only, more) = (meant.next(), meant.next());
            only.filter(|_| more.is_none()).map(|(_, &number)| number)
        };
        // A whole id may consist of digits only; as a number it would name a row that never comes.
        let number = typed.parse().ok().filter(|number| self.get(*number).is_some()).or_else(by_id);
        number.and_then(|number| Some((number, self.get(number)?))).ok_or(Problem::NoMessage)
    }

    /// Living, readable messages with this in them, whatever its case.
    pub fn search(&self, wanted: &str, now: Mono) -> Vec<(u64, MsgId)> {
        let has =
            |said: &Said| said.message.readable(now).is_some_and(|text| contains(text.as_str(), wanted));
        self.living()
            .filter(|(_, said)| !said.hidden && has(said))
            .map(|(n, said)| (n, said.message.id))
            .collect()
    }

    fn next(&mut self) -> u64 {
        if self.rows.len() >= ROWS {
            let oldest = self.spent.pop_first().or_else(|| self.rows.keys().next().copied());
            if let Some(Row::Said(said)) = oldest.and_then(|number| self.rows.remove(&number)) {
                if let (Some(number), Some(with)) = (oldest, said.message.partner()) {
                    self.alone.remove(&with.id, number);
                }
                // What burned is in neither already.
                if said.burned.is_none() {
                    self.ids.remove(&said.message.id);
                    self.due.retain(|&(_, number)| Some(number) != oldest);
                }
            }
        }
        self.last += 1;
        self.last
    }
}

/// Whether `wanted` is somewhere in `text`, whatever the case, without a copy of either.
pub fn contains(text: &str, wanted: &str) -> bool {
    text.char_indices().any(|(at, _)| begins(text.get(at..).unwrap_or_default(), wanted))
}

/// Whether `wanted` stands in `text` as a word of its own.
pub fn contains_word(text: &str, wanted: &str) -> bool {
    let part_of_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.char_indices().any(|(at, _)| {
        let (before, from) = text.split_at_checked(at).unwrap_or_default();
        let after = from.chars().nth(wanted.chars().count());
        begins(from, wanted) && !part_of_word(before.chars().next_back()) && !part_of_word(after)
    })
}

fn begins(text: &str, wanted: &str) -> bool {
    let mut rest = text.chars().flat_map(char::to_lowercase);
    wanted.chars().flat_map(char::to_lowercase).all(|c| rest.next() == Some(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::MemberId;
    use crate::base::nick::Nick;
    use crate::base::secret::Text;
    use crate::base::time::Unix;
    use crate::chat::event::Person;
    use crate::chat::name::{Kind, Role};
    use crate::chat::text::{Body, Line};

    fn message(n: u8, text: &str, dies: Option<u64>) -> Message {
        let nick = Nick::parse("ana").unwrap();
        let from = Person::plain(MemberId([1; 32]), nick, Line::clean("otter-lamp"), Role::Member);
        Message {
            room: Line::clean("lobby"),
            id: MsgId([n; 8]),
            from,
            to: None,
            asks: false,
            about: None,
            text: Some(Body::of(&Text::new(text))),
            kind: Kind::Text,
            sent: Unix(0),
            ttl_ms: 600_000,
            dies: dies.map(Mono),
            once_ms: None,
            keep: false,
            mine: n % 2 == 1,
            caught_up: false,
            reply: None,
        }
    }

    #[test]
    fn the_text_is_dropped_at_its_deadline_and_no_sooner() {
        let mut scroll = Scrollback::default();
        let said = message(1, "north gate", Some(1_000));
        let handle = said.text.clone().unwrap();
        scroll.say(&said, false);
        drop(said);
        assert_eq!(scroll.next_due(), Some(Mono(1_000)));
        assert!(scroll.reap(Mono(999)).is_empty());
        assert_eq!(scroll.get(1).unwrap().message.text.as_ref(), Some(&handle));
        assert_eq!(scroll.reap(Mono(1_000)), [Gone { id: MsgId([1; 8]), unread: false, alone: false }]);
        assert!(scroll.get(1).is_none() && scroll.next_due().is_none());
        assert!(scroll.search("gate", Mono(0)).is_empty());
        let Some((_, Row::Said(ash))) = scroll.rows().next() else { panic!() };
        assert!(ash.message.text.is_none() && ash.burned == Some(BurnWhy::Ttl));
    }

    #[test]
    fn a_message_is_found_by_number_by_id_and_as_the_last_of_mine() {
        let mut scroll = Scrollback::default();
        for n in 1..=4 {
            scroll.say(&message(n, "x", None), false);
        }
        let find = |typed: &str| scroll.find(&Which::Named(Line::clean(typed))).map(|(n, _)| n);
        assert_eq!(find("2"), Ok(2));
        assert_eq!(find("#2"), Ok(2));
        assert_eq!(find(&hex(&[3; 8])), Ok(3));
        assert_eq!(find("030303"), Ok(3));
        assert_eq!(find("03030"), Err(Problem::NoMessage));
        assert_eq!(find("9"), Err(Problem::NoMessage));
        assert_eq!(scroll.find(&Which::Last).map(|(n, _)| n), Ok(3));
    }

    #[test]
    fn an_opened_message_keeps_its_number_and_takes_its_new_deadline() {
        let mut scroll = Scrollback::default();
        let sealed = Message { text: None, once_ms: Some(15_000), ..message(2, "", Some(90_000)) };
        assert_eq!(scroll.say(&sealed, false), 1);
        assert_eq!(scroll.say(&message(2, "9920", Some(15_000)), false), 1);
        assert_eq!(scroll.reap(Mono(15_000)).len(), 1);
        assert_eq!(scroll.next_due(), None);
    }

    #[test]
    fn what_is_said_alone_is_kept_by_key_as_long_as_something_of_it_lives() {
        let person = |key: u8, nick: &str| {
            let nick = Nick::parse(nick).unwrap();
            Person::plain(MemberId([key; 32]), nick, Line::clean("otter-lamp"), Role::Member)
        };
        let from = |n: u8, key: u8, dies: u64| Message {
            kind: Kind::Dm,
            from: person(key, "ana"),
            mine: false,
            ..message(n, "x", Some(dies))
        };
        let (ana, other) = (MemberId([1; 32]), MemberId([2; 32]));
        let mut scroll = Scrollback::default();
        scroll.say(&from(1, 1, 1_000), false);
        scroll.say(&message(2, "to all", None), false);
        scroll.say(&from(3, 2, 3_000), false);
        let to = Some(person(1, "ana"));
        scroll.say(&Message { mine: true, to, ..from(4, 9, 2_000) }, false);
        scroll.say(&from(5, 3, 2_000), true);
        assert_eq!(scroll.alone().all(), [ana, other], "one nick, two keys; who is hidden is not there");
        assert_eq!(scroll.alone().rows(&ana).collect::<Vec<_>>(), [1, 4]);
        assert_eq!((scroll.partner(4), scroll.partner(2)), (Some(ana), None));
        assert_eq!(scroll.unread_from(&ana).map(|(row, _)| row).collect::<Vec<_>>(), [1]);
        scroll.read(1);
        assert_eq!(scroll.unread_from(&ana).count(), 0);
        scroll.reap(Mono(1_000));
        assert_eq!(scroll.alone().all(), [ana, other], "it keeps its place when what began it is gone");
        scroll.reap(Mono(2_000));
        assert_eq!(scroll.alone().all(), [other]);
        scroll.burn(&MsgId([3; 8]), BurnWhy::Sender);
        assert!(scroll.alone().all().is_empty() && !scroll.alone().has(&other));
    }

    #[test]
    fn when_it_is_full_ash_goes_before_what_lives() {
        let mut scroll = Scrollback::default();
        scroll.say(&message(1, "kept", None), false);
        for _ in 0..ROWS + 10 {
            scroll.tell(Event::Listening(Line::clean("x")), Mono(0));
        }
        assert_eq!(scroll.rows().count(), ROWS);
        assert!(scroll.get(1).is_some());
    }

    #[test]
    fn searching_ignores_case_and_mentions_are_whole_words() {
        assert!(contains("Meet at the North Gate", "north g") && !contains("north", "northern"));
        assert!(contains("ÄPFEL", "äpfel") && contains("x", ""));
        assert!(contains_word("hi ANA, look", "ana") && contains_word("@ana", "ana"));
        assert!(!contains_word("banana", "ana") && !contains_word("anagram", "ana"));
    }

    #[test]
    fn delivered_does_not_become_sent_again() {
        let mut scroll = Scrollback::default();
        scroll.say(&message(1, "x", None), false);
        scroll.fate(&MsgId([1; 8]), &Fate::Delivered { count: 1, of: 2 });
        scroll.fate(&MsgId([1; 8]), &Fate::Sent);
        assert!(matches!(scroll.get(1).unwrap().fate, Some(Fate::Delivered { count: 1, of: 2 })));
    }
}
