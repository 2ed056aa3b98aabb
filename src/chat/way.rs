//! How somebody came to be reached: the steps on the way, each with when. For an address that was given and for a link
//! alike, so that a wait can be read: which step took how long, and which has not come.

use super::event::{BootstrapLine, PeerLine};
use super::name::{BootstrapChange, PeerChange, Route};
use super::text::Line;
use crate::base::time::Mono;

/// Steps kept: the first, and the last ones. An address may fail for days.
const STEPS: usize = 8;

/// A step on the way to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The name is being looked up.
    Lookup,
    /// Its addresses are being dialled.
    Dial,
    /// A link is up, and both sides have proved their keys.
    Secured(Route),
    /// It is reached by another way now.
    Path(Route),
    /// It listens to this room.
    Room(Line),
    /// It could not be reached, and why in words.
    Failed(&'static str),
    /// The link is gone.
    Lost,
}

/// The way to somebody.
#[derive(Debug, Default)]
pub struct Way {
    steps: Vec<(Mono, Step)>,
}

impl Way {
    /// Notes what became of an address that was given.
    pub fn bootstrap(&mut self, line: &BootstrapLine, now: Mono) {
        self.note(
            match (line.change, line.why) {
                (BootstrapChange::Lookup, _) => Step::Lookup,
                (BootstrapChange::Dial, _) => Step::Dial,
                (BootstrapChange::Linked, _) => Step::Secured(line.route),
                (BootstrapChange::Failed, why) => {
                    Step::Failed(why.map_or("nobody answered", |why| why.words().0))
                }
            },
            now,
        );
    }

    /// Notes what became of a link.
    pub fn link(&mut self, line: &PeerLine, now: Mono) {
        self.note(
            match (line.change, &line.room) {
                (PeerChange::Room, Some(room)) => Step::Room(room.clone()),
                (PeerChange::Room, None) => return,
                (PeerChange::Connected, _) if self.steps.is_empty() => Step::Secured(line.route),
                (PeerChange::Connected | PeerChange::Upgraded, _) => Step::Path(line.route),
                (PeerChange::Lost, _) => Step::Lost,
            },
            now,
        );
    }

    fn note(&mut self, step: Step, now: Mono) {
        if self.steps.last().is_some_and(|(_, last)| *last == step) {
            return;
        }
        if self.steps.len() >= STEPS {
            self.steps.remove(1);
        }
        self.steps.push((now, step));
    }

    /// When the first step was made.
    pub fn since(&self) -> Option<Mono> {
        self.steps.first().map(|&(when, _)| when)
    }

    /// Whether it led to a link that still is.
    pub fn is_there(&self) -> bool {
        let last = self.steps.iter().rev().find(|(_, step)| !matches!(step, Step::Room(_)));
        matches!(last, Some((_, Step::Secured(_) | Step::Path(_))))
    }

    /// The steps in words, each with how long after the first it came.
    pub fn words(&self) -> String {
        let begin = self.since().unwrap_or_default();
        let words = self.steps.iter().enumerate().map(|(n, (when, step))| {
            let after = if n == 0 { String::new() } else { format!(" +{}", passed(when.since(begin))) };
            match step {
                Step::Lookup => format!("name asked for{after}"),
                Step::Dial => format!("dialled{after}"),
                Step::Secured(route) => format!("secured, {}{after}", route_words(*route)),
                Step::Path(route) => format!("now {}{after}", route_words(*route)),
                Step::Room(room) => format!("in {}{after}", room.as_str()),
                Step::Failed(why) => format!("{why}{after}"),
                Step::Lost => format!("lost{after}"),
            }
        });
        words.collect::<Vec<_>>().join("; ")
    }
}

/// A way in a few words.
pub fn route_words(route: Route) -> &'static str {
    match route {
        Route::Lan => "local network",
        Route::Direct => "straight",
        Route::Relay => "through a relay",
    }
}

/// Tenths of a second while they matter.
fn passed(ms: u64) -> String {
    match ms {
        0..10_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        _ => super::duration::short(ms / 1_000 * 1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_told_in_their_order_with_what_they_took() {
        let mut way = Way::default();
        way.note(Step::Lookup, Mono(500));
        way.note(Step::Dial, Mono(740));
        assert!(!way.is_there());
        way.note(Step::Secured(Route::Relay), Mono(1_000));
        way.note(Step::Room(Line::clean("lobby")), Mono(1_650));
        way.note(Step::Path(Route::Direct), Mono(70_500));
        assert_eq!(
            way.words(),
            "name asked for; dialled +0.2 s; secured, through a relay +0.5 s; in lobby +1.1 s; now straight +1m10s"
        );
        assert!(way.is_there());
        way.note(Step::Lost, Mono(71_000));
        assert!(!way.is_there());
    }

    #[test]
    fn the_first_step_and_the_last_are_kept_and_a_step_is_told_once() {
        let mut way = Way::default();
        way.note(Step::Lookup, Mono(0));
        for n in 1..100 {
            way.note(Step::Dial, Mono(n));
            way.note(Step::Dial, Mono(n));
            way.note(Step::Failed("nobody answered"), Mono(n));
        }
        assert_eq!((way.steps.len(), way.since()), (STEPS, Some(Mono(0))));
        assert_eq!(way.steps.last(), Some(&(Mono(99), Step::Failed("nobody answered"))));
    }
}
