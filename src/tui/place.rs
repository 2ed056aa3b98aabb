//! What the screen remembers of a room, or of a talk with one person, besides what was said: the draft, how far it is scrolled, which message is chosen.

use std::collections::BTreeMap;

use super::editor::Editor;
use crate::base::secret::Text;
use crate::base::time::Mono;
use crate::chat::event::Person;
use crate::chat::name::Route;

/// How long a burned row stays as a mark, so that lines do not jump under the reader.
pub(super) const ASH_MS: u64 = 4_000;

/// Messages that wait of which the words are kept, to be shown until they go.
const UNSENT: usize = 64;

/// By which way somebody is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Way {
    /// Nobody has said yet.
    #[default]
    Unknown,
    /// Over a link to them.
    Link(Route),
    /// By whatever the others pass on.
    Others,
}

/// One room's place on the screen, or that of a talk with one person in it.
#[derive(Debug, Default)]
pub(super) struct Place {
    /// What is typed.
    pub(super) draft: Editor,
    /// The row that the draft was recalled from: they end together.
    pub(super) recalled: Option<u64>,
    /// The row at the top and how many of its lines are above the edge; `None` where the talk is.
    pub(super) top: Option<(u64, u16)>,
    /// The last row of which its author was told that it was seen, or is not to be.
    pub(super) seen: u64,
    /// The message chosen.
    pub(super) chosen: Option<u64>,
    /// The first row that came while nobody looked.
    pub(super) new_from: Option<u64>,
    /// What takes the room back, until it was looked at.
    pub(super) reclaim: Option<Text>,
    /// What was said here and waits to go, by the number under which it was asked.
    pub(super) unsent: BTreeMap<u64, Text>,
    /// The person, as they were when one came here last.
    pub(super) with: Option<Person>,
    /// By which way they are reached.
    pub(super) way: Way,
    /// The node was asked for it since the links changed last.
    pub(super) way_asked: bool,
    /// Rows up to this one were cleared from view.
    pub(super) cleared: u64,
    /// Rows that burned lately, and until when their mark stays.
    pub(super) ash: BTreeMap<u64, Mono>,
}

impl Place {
    /// A row burned: its mark stays for a while.
    pub(super) fn burned(&mut self, row: u64, now: Mono) {
        self.ash.insert(row, now + ASH_MS);
        if self.chosen == Some(row) {
            self.chosen = None;
        }
        if self.recalled == Some(row) {
            // What was recalled is a copy of what burned.
            self.empty();
        }
    }

    /// Something said here waits to go.
    pub(super) fn waits(&mut self, number: u64, text: Text) {
        if self.unsent.len() >= UNSENT {
            self.unsent.pop_first();
        }
        self.unsent.insert(number, text);
    }

    /// Empties the draft: nothing of it can be put back.
    pub(super) fn empty(&mut self) {
        self.recalled = None;
        self.draft.clear();
    }

    /// Drops marks that have been there long enough.
    pub(super) fn settle(&mut self, now: Mono) {
        self.ash.retain(|_, until| *until > now);
    }

    /// When the next mark goes.
    pub(super) fn next_due(&self) -> Option<Mono> {
        self.ash.values().min().copied()
    }
}
