//! Rooms that want to be found, as faces show them: what somebody says of a room, and that nobody has checked it.

use std::collections::BTreeMap;

use super::name::{ListingChange, Mode, Reach};
use super::text::Line;
use crate::base::id::MemberId;
use crate::base::nick::Nick;
use crate::base::tag::Tag;
use crate::base::time::Mono;

/// A room somebody tells of.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Its name.
    pub room: Line,
    /// What it is about.
    pub title: Option<Line>,
    /// What it is filed under.
    pub tags: Vec<Tag>,
    /// What one comes in with.
    pub mode: Mode,
    /// An admin lets people in.
    pub knock: bool,
    /// Nobody comes in now.
    pub locked: bool,
    /// How many are there, by that word.
    pub members: u64,
    /// The mark to compare, where the name alone makes it.
    pub mark: Option<Line>,
    /// The key that says so.
    pub by: MemberId,
    /// Its two words.
    pub tag: Line,
    /// A neighbour in the same network said so.
    pub near: bool,
    /// Until when it holds.
    pub until: Mono,
    /// This node is in a room of this name.
    pub joined: bool,
    /// Its name is easily taken for that of another room, in which this node is.
    pub alike: bool,
}

/// A change in what neighbours tell of.
#[derive(Clone, Debug)]
pub struct ListingLine {
    /// What changed.
    pub change: ListingChange,
    /// The room.
    pub listing: Listing,
}

/// What can be found: rooms this node is in aside.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// What neighbours tell of.
    pub nearby: Vec<Listing>,
    /// What gossip tells of; `None` where it was not asked for.
    pub listed: Option<Vec<Listing>>,
}

/// How one's own room is listed.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Whom it is told to.
    pub reach: Reach,
    /// What it is filed under.
    pub tags: Vec<Tag>,
}

impl Listing {
    /// What one needs to come in.
    pub fn door(&self) -> &'static str {
        match (self.locked, self.knock, self.mode) {
            (true, ..) => "locked",
            (_, true, Mode::Open) => "open, knock first",
            (_, true, Mode::Passphrase) => "passphrase, then knock",
            (_, _, Mode::Open) => "open",
            (_, _, Mode::Passphrase) => "passphrase",
            (_, _, Mode::Invite) => "by invite",
        }
    }

    /// The room on one line: what is the owner's free word comes last, where it can hide nothing.
    pub fn words(&self) -> String {
        let like = match (self.joined, self.alike) {
            (_, true) => " (looks like another room of yours)",
            (true, _) => " (you are in one of this name)",
            _ => "",
        };
        let tags = if self.tags.is_empty() { String::new() } else { format!("; {}", Tag::join(&self.tags)) };
        let mark = self.mark.as_ref().map(|mark| format!("; mark {}", mark.as_str())).unwrap_or_default();
        let title =
            self.title.as_ref().map(|title| format!("; about: {}", title.as_str())).unwrap_or_default();
        let (room, door, members, by) = (self.room.as_str(), self.door(), self.members, self.tag.as_str());
        format!("#{room}{like}: {door}, {members} there; listed by {by}, not checked{tags}{mark}{title}")
    }

    /// Whether a room's name could be taken for another's.
    pub fn looks_like(room: &Line, other: &Line) -> bool {
        let skeleton = |line: &Line| Nick::parse(line.as_str()).map(|name| name.skeleton());
        room != other && matches!((skeleton(room), skeleton(other)), (Ok(a), Ok(b)) if a == b)
    }
}

impl Found {
    /// What to do to find more, where `listed` was or was not asked for; nothing where something was found.
    pub fn more(listed: Option<&[Listing]>) -> Option<&'static str> {
        match listed {
            None => {
                Some("/rooms all, or /rooms and a tag, looks further; whoever is linked to you sees that")
            }
            Some([]) => Some(
                "nothing further is listed yet; whoever lists is asked to say so: look again in a few seconds",
            ),
            Some(_) => None,
        }
    }

    /// All of it on a line each, for people.
    pub fn words(&self) -> Vec<Line> {
        let mut page = Vec::new();
        let rows = |rows: &[Listing], page: &mut Vec<String>| page.extend(rows.iter().map(Listing::words));
        if self.nearby.is_empty() {
            page.push("nearby: nothing is listed in this network".to_owned());
        } else {
            page.push("nearby:".to_owned());
            rows(&self.nearby, &mut page);
        }
        if let Some(listed) = self.listed.as_deref().filter(|listed| !listed.is_empty()) {
            page.push("listed:".to_owned());
            rows(listed, &mut page);
        }
        page.extend(Found::more(self.listed.as_deref()).map(str::to_owned));
        page.iter().map(|line| Line::clean(line)).collect()
    }
}

impl Listed {
    /// How it stands, on one line.
    pub fn words(&self) -> String {
        let tags = if self.tags.is_empty() {
            "no tags".to_owned()
        } else {
            format!("tags {}", Tag::join(&self.tags))
        };
        match self.reach {
            Reach::Off => format!("not listed; {tags}"),
            Reach::Near => format!("listed in this network; {tags}"),
            Reach::On => format!("listed for everybody who looks; {tags}"),
        }
    }
}

/// What neighbours tell of, as a face remembers it.
#[derive(Debug, Default)]
pub struct Nearby(BTreeMap<(Line, MemberId), Listing>);

impl Nearby {
    /// Rooms remembered: more than a node holds.
    const MOST: usize = 128;

    /// Takes a change in.
    pub fn update(&mut self, line: &ListingLine) {
        let listing = &line.listing;
        let key = (listing.room.clone(), listing.by);
        match line.change {
            ListingChange::Gone => drop(self.0.remove(&key)),
            ListingChange::Listed if self.0.len() < Self::MOST || self.0.contains_key(&key) => {
                self.0.insert(key, listing.clone());
            }
            ListingChange::Listed => {}
        }
    }

    /// Drops what is over.
    pub fn tick(&mut self, now: Mono) {
        self.0.retain(|_, listing| listing.until > now);
    }

    /// When that has something to do next.
    pub fn next_due(&self) -> Option<Mono> {
        self.0.values().map(|listing| listing.until).min()
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Listing> {
        self.0.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(room: &str) -> Listing {
        Listing {
            room: Line::clean(room),
            title: Some(Line::clean("none of it checked")),
            tags: Tag::split("region:eu chess").unwrap(),
            mode: Mode::Open,
            knock: false,
            locked: false,
            members: 6,
            mark: Some(Line::clean("amber-otter-7")),
            by: MemberId([1; 32]),
            tag: Line::clean("otter-lamp"),
            near: true,
            until: Mono(1_000),
            joined: false,
            alike: false,
        }
    }

    #[test]
    fn a_line_says_who_says_so_and_that_nobody_checked_before_anything_they_wrote() {
        let words = listing("tea").words();
        assert_eq!(
            words,
            "#tea: open, 6 there; listed by otter-lamp, not checked; region:eu chess; mark amber-otter-7; \
             about: none of it checked"
        );
        let closed = Listing {
            locked: true,
            alike: true,
            title: None,
            tags: Vec::new(),
            mark: None,
            ..listing("tea")
        };
        assert_eq!(
            closed.words(),
            "#tea (looks like another room of yours): locked, 6 there; listed by otter-lamp, not checked"
        );
    }

    #[test]
    fn names_that_look_the_same_are_alike_and_one_and_the_same_is_not() {
        let alike = |a: &str, b: &str| Listing::looks_like(&Line::clean(a), &Line::clean(b));
        assert!(alike("lobby", "iobby") && alike("tea", "te\u{430}"));
        assert!(!alike("lobby", "lobby") && !alike("lobby", "hobby"));
    }

    #[test]
    fn what_is_remembered_is_bounded_and_goes_with_its_time() {
        let mut nearby = Nearby::default();
        for n in 0..1_000 {
            let line = ListingLine { change: ListingChange::Listed, listing: listing(&format!("room {n}")) };
            nearby.update(&line);
        }
        assert_eq!(nearby.iter().count(), Nearby::MOST);
        nearby.update(&ListingLine { change: ListingChange::Gone, listing: listing("room 0") });
        assert_eq!((nearby.iter().count(), nearby.next_due()), (Nearby::MOST - 1, Some(Mono(1_000))));
        nearby.tick(Mono(1_000));
        assert_eq!((nearby.iter().count(), nearby.next_due()), (0, None));
    }
}
