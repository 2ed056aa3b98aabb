//! What somebody likes a screen to do by itself: when it rings, and when it hides everything.

use std::collections::BTreeMap;

use crate::base::time::Mono;
use crate::chat::name::Ring;
use crate::chat::text::Line;

/// Habits of a screen; commands may change them while it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Habits {
    /// When it rings.
    pub ring: Ring,
    /// Rooms in which it rings otherwise.
    pub rings: BTreeMap<Line, Ring>,
    /// Whoever writes is told when it was seen here.
    pub seen: bool,
    /// The others are told while somebody writes here.
    pub typing: bool,
    /// Hides everything when nothing was typed for so long, in milliseconds.
    pub curtain_after_ms: Option<u64>,
}

impl Default for Habits {
    fn default() -> Habits {
        let (seen, typing) = (false, false);
        Habits { ring: Ring::Mentions, rings: BTreeMap::new(), seen, typing, curtain_after_ms: None }
    }
}

impl Habits {
    /// When it rings in a room.
    pub(super) fn rings_in(&self, room: &Line) -> Ring {
        self.rings.get(room).copied().unwrap_or(self.ring)
    }

    /// Takes a new wish; one for all rooms counts for those as well that had one of their own.
    pub(super) fn ring(&mut self, ring: Ring, room: Option<&Line>) {
        match room {
            Some(room) => drop(self.rings.insert(room.clone(), ring)),
            None => (self.ring, self.rings) = (ring, BTreeMap::new()),
        }
    }

    /// When the curtain falls, with something typed last at `touched`.
    pub(super) fn curtain_at(&self, touched: Mono) -> Option<Mono> {
        self.curtain_after_ms.map(|after| touched + after)
    }
}
