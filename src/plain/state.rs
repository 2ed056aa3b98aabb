//! What line mode remembers: the model, whether texts are held back, what is still to be said, what it has just asked.

use crate::base::limits::DAY_MS;
use crate::base::time::{Mono, Unix};
use crate::chat::model::Model;
use crate::chat::request::Asked;

/// Burned messages are spoken of no more often than this: a line for each would drown the talk.
pub(super) const BURNED_GAP_MS: u64 = 30_000;

/// Now, on both clocks.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The clock on which messages die.
    pub now: Mono,
    /// The calendar, for the time of day.
    pub ts: Unix,
}

/// Line mode between two lines.
#[derive(Debug, Default)]
pub struct State {
    pub(super) model: Model,
    zone_minutes: Option<i64>,
    pub(super) hold: bool,
    pub(super) burned: Burns,
    pub(super) asking: Option<Asking>,
    pub(super) unasked: bool,
}

/// Burned messages nobody was told of yet.
#[derive(Debug, Default)]
pub(super) struct Burns {
    pub(super) count: usize,
    /// All that had burned unread when they were last spoken of.
    pub(super) unread: usize,
    /// When they were last spoken of.
    pub(super) told: Option<Mono>,
}

/// A question that the next line answers.
#[derive(Debug)]
pub(super) enum Asking {
    /// Is this meant?
    Sure(Box<Asked>),
    /// The reclaim token. It is read like any line; whoever reads turns the echo off while [`State::is_secret`].
    Token(Box<Asked>),
}

impl State {
    /// Nothing yet. Times of day are shown so many minutes east of Greenwich; where that is not known, in UTC, and it says so.
    pub fn new(zone_minutes: Option<i64>) -> State {
        let mut state = State::default();
        state.stand(zone_minutes);
        state
    }

    /// The clocks on the wall are so many minutes east of Greenwich now.
    pub fn stand(&mut self, zone_minutes: Option<i64>) {
        self.zone_minutes = zone_minutes.map(|minutes| minutes.clamp(-1_080, 1_080));
    }

    /// Times of day are UTC because nobody knows better.
    pub(super) fn is_utc_by_default(&self) -> bool {
        self.zone_minutes.is_none()
    }

    /// Nothing is asked before it is done, as with `--yes`.
    pub fn unasked(self) -> State {
        State { unasked: true, ..self }
    }

    /// What it knows of rooms, people and messages.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The next line is a secret: it is not to be echoed.
    pub fn is_secret(&self) -> bool {
        matches!(self.asking, Some(Asking::Token(_)))
    }

    /// When [`tick`](super::tick) has something to do next.
    pub fn next_due(&self) -> Option<Mono> {
        let burns = (self.burned.count > 0).then(|| self.burned.due());
        [self.model.next_due(), self.model.next_wait(), burns].into_iter().flatten().min()
    }

    /// Hour and minute of a day.
    pub(super) fn clock(&self, at: Unix) -> (u64, u64) {
        let shifted = at.shifted(self.zone_minutes.unwrap_or(0) * 60_000).0 % DAY_MS;
        (shifted / 3_600_000, shifted / 60_000 % 60)
    }
}

impl Burns {
    pub(super) fn due(&self) -> Mono {
        self.told.map_or(Mono(0), |told| told + BURNED_GAP_MS)
    }
}
