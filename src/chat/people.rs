//! Who is in a room, which nicks could be taken for each other, and whom a typed name means.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::event::Person;
use super::problem::Problem;
use super::request::Who;
use super::text::Line;
use crate::base::id::{MemberId, hex};
use crate::base::limits::KNOWN_MEMBERS;
use crate::base::nick::{Nick, Skeleton};

/// Hex digits of an id that are enough to name somebody: two of 256 people share them once in 130,000 rooms, and are
/// then told apart by more.
const ID_DIGITS: usize = 8;

/// The people of a room, in the order of their keys.
#[derive(Debug, Default)]
pub struct People {
    rows: BTreeMap<MemberId, Row>,
}

#[derive(Debug)]
struct Row {
    person: Person,
    away: bool,
    skeleton: Skeleton,
    alike: bool,
    misleads: bool,
}

/// One of several people a name may mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The nick.
    pub nick: Line,
    /// The two words.
    pub tag: Line,
    /// The beginning of the id.
    pub id: String,
}

impl Offer {
    fn of(person: &Person) -> Offer {
        let id = hex(&person.id.0).chars().take(ID_DIGITS).collect();
        Offer { nick: Line::clean(person.nick.as_str()), tag: person.tag.clone(), id }
    }

    /// Nick, tag and id.
    pub fn spelled(&self) -> String {
        format!("{} ({}, {})", self.nick.as_str(), self.tag.as_str(), self.id)
    }
}

impl People {
    /// Somebody is here, or is changed.
    pub fn put(&mut self, person: &Person) {
        if self.rows.len() >= KNOWN_MEMBERS && !self.rows.contains_key(&person.id) {
            return;
        }
        let skeleton = person.nick.skeleton();
        let away = self.rows.get(&person.id).is_some_and(|row| row.away);
        self.rows.insert(
            person.id,
            Row { person: person.clone(), away, skeleton, alike: false, misleads: misleads(&person.nick) },
        );
        self.compare();
    }

    /// Somebody is gone.
    pub fn remove(&mut self, id: &MemberId) {
        if self.rows.remove(id).is_some() {
            self.compare();
        }
    }

    /// Somebody is away, or back.
    pub fn set_away(&mut self, id: &MemberId, away: bool) {
        if let Some(row) = self.rows.get_mut(id) {
            row.away = away;
        }
    }

    /// Everybody, with whether they are away and whether their nick needs its tag beside it.
    pub fn iter(&self) -> impl Iterator<Item = (&Person, bool, bool)> {
        self.rows.values().map(|row| (&row.person, row.away, row.alike))
    }

    /// Somebody by key.
    pub fn get(&self, id: &MemberId) -> Option<&Person> {
        self.rows.get(id).map(|row| &row.person)
    }

    /// How many are known.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether nobody is known.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether a reader could take this nick for somebody else's, or for our own words.
    pub fn needs_tag(&self, person: &Person) -> bool {
        match self.rows.get(&person.id) {
            Some(row) if row.person.nick == person.nick => row.alike || row.misleads,
            // Somebody who has left, or an older nick: compared with all who are here now.
            _ => {
                let skeleton = person.nick.skeleton();
                misleads(&person.nick)
                    || self.rows.values().any(|row| row.person.id != person.id && row.skeleton == skeleton)
            }
        }
    }

    /// Whom a typed name means: a whole id for certain, else whatever nick, tag or beginning of an id is, or looks, so.
    /// More than one is refused, and all are offered.
    pub fn resolve(&self, who: &Who) -> Result<&Person, Problem> {
        let typed = who.0.as_str().trim_start_matches('@');
        if let Some(row) = self.rows.values().find(|row| hex(&row.person.id.0) == typed) {
            return Ok(&row.person);
        }
        let nick = Nick::parse(typed).ok();
        let skeleton = nick.as_ref().map(Nick::skeleton);
        let is_meant = |row: &&Row| {
            let by_id = typed.len() >= ID_DIGITS && hex(&row.person.id.0).starts_with(typed);
            by_id
                || row.person.tag.as_str() == typed
                || skeleton.as_ref().is_some_and(|skeleton| row.skeleton == *skeleton)
                || nick.as_ref().is_some_and(|nick| nick.eq_ignoring_case(&row.person.nick))
        };
        let mut meant = self.rows.values().filter(is_meant);
        match (meant.next(), meant.next()) {
            (None, _) => Err(Problem::Nobody),
            (Some(row), None) => Ok(&row.person),
            (Some(_), Some(_)) => {
                let all = self.rows.values().filter(is_meant);
                Err(Problem::Ambiguous(all.map(|row| Offer::of(&row.person)).take(8).collect()))
            }
        }
    }

    /// Compares everybody with everybody, once for each change: looking it up for each message must cost nothing.
    fn compare(&mut self) {
        let mut seen: BTreeMap<&Skeleton, usize> = BTreeMap::new();
        for row in self.rows.values() {
            *seen.entry(&row.skeleton).or_default() += 1;
        }
        let alike: Vec<MemberId> = self
            .rows
            .values()
            .filter(|row| seen.get(&row.skeleton).is_some_and(|&n| n > 1))
            .map(|row| row.person.id)
            .collect();
        for row in self.rows.values_mut() {
            row.alike = alike.binary_search(&row.person.id).is_ok();
        }
    }
}

/// Words our own lines begin with: a nick that begins like one of them is shown with its tag.
const OURS: [&str; 15] = [
    "you",
    "room",
    "notice",
    "warning",
    "error",
    "invite",
    "link",
    "keys",
    "system",
    "help",
    "announcement",
    "report",
    "message",
    "done",
    "ephem-node",
];

/// How those words look.
static OUR_LOOKS: LazyLock<Vec<Skeleton>> = LazyLock::new(|| {
    OURS.iter().filter_map(|ours| Nick::parse(ours).ok()).map(|ours| ours.skeleton()).collect()
});

/// Whether a nick could be read as words of ours, or as the beginning of somebody else's line.
pub fn misleads(nick: &Nick) -> bool {
    let first = nick.as_str().split(' ').next().and_then(|word| Nick::parse(word).ok());
    let imitates = |nick: &Nick| OUR_LOOKS.contains(&nick.skeleton());
    nick.as_str()
        .chars()
        .any(|c| matches!(c, ':' | '(' | ')' | '<' | '>' | '"' | '#' | '@' | '*' | '~' | '!'))
        || imitates(nick)
        || first.is_some_and(|first| imitates(&first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::name::Role;

    fn person(byte: u8, nick: &str, tag: &str) -> Person {
        Person::plain(MemberId([byte; 32]), Nick::parse(nick).unwrap(), Line::clean(tag), Role::Member)
    }

    fn room() -> People {
        let mut people = People::default();
        for (byte, nick, tag) in [
            (1, "ana", "otter-lamp"),
            (2, "bob", "mole-river"),
            (3, "b0b", "lynx-brick"),
            (4, "mole-river", "ibis-cup"),
        ] {
            people.put(&person(byte, nick, tag));
        }
        people
    }

    fn who(typed: &str) -> Who {
        Who(Line::clean(typed))
    }

    #[test]
    fn a_name_means_one_person_or_nobody() {
        let people = room();
        for typed in ["ana", "ANA", "@ana", "otter-lamp", "01010101", &"01".repeat(32)] {
            assert_eq!(people.resolve(&who(typed)).unwrap().id, MemberId([1; 32]), "{typed}");
        }
        for typed in ["", "an", "anna", "0101010", "05050505"] {
            assert_eq!(people.resolve(&who(typed)), Err(Problem::Nobody), "{typed}");
        }
    }

    #[test]
    fn nicks_that_look_alike_are_refused_and_both_are_offered() {
        let people = room();
        for (typed, both) in [("bob", [2, 3]), ("b0b", [2, 3]), ("mole-river", [2, 4])] {
            let Err(Problem::Ambiguous(offers)) = people.resolve(&who(typed)) else { panic!("{typed}") };
            let ids: Vec<String> = offers.iter().map(|o| o.id.clone()).collect();
            assert_eq!(ids, both.map(|b| hex(&[b; 4])), "{typed}");
            // Every offer is a way out.
            for id in ids {
                assert!(people.resolve(&who(&id)).is_ok());
            }
        }
        assert_eq!(people.resolve(&who("lynx-brick")).unwrap().id, MemberId([3; 32]));
    }

    #[test]
    fn tags_come_with_alike_nicks_and_go_with_them() {
        let mut people = room();
        let (ana, bob) = (person(1, "ana", "otter-lamp"), person(2, "bob", "mole-river"));
        assert!(!people.needs_tag(&ana) && people.needs_tag(&bob));
        people.remove(&MemberId([3; 32]));
        assert!(!people.needs_tag(&bob));
        assert!(people.needs_tag(&person(9, "ANA", "wren-dust")), "somebody who has left");
    }

    #[test]
    fn a_nick_that_imitates_our_own_words_comes_with_its_tag() {
        for nick in
            ["Notice", "you", "r00m", "you to bob", "announcement from ana", "ana: hi", "*", "you (ana)"]
        {
            assert!(misleads(&Nick::parse(nick).unwrap()), "{nick}");
        }
        assert!(!misleads(&Nick::parse("ana").unwrap()));
    }
}
