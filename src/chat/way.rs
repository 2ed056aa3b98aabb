//! How somebody came to be reached: the steps on the way, each with when. For an address that was given and for a link
//! alike, so that a wait can be read: which step took how long, and which has not come.

use super::event::{BootstrapLine, NetLine, PeerLine};
use super::name::{BootstrapChange, Nat, PeerChange, Route};
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
    /// The same through a relay, which has this name.
    Relayed(Line),
    /// Both sides met halfway: the relay between them is not needed any more.
    Past(Route),
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
            match (line.change, &line.room, &line.via) {
                (PeerChange::Room, Some(room), _) => Step::Room(room.clone()),
                (PeerChange::Room, None, _) => return,
                (PeerChange::Connected, _, Some(relay)) => Step::Relayed(relay.clone()),
                (PeerChange::Connected, ..) if self.steps.is_empty() => Step::Secured(line.route),
                (PeerChange::Upgraded, ..) if self.is_relayed() && line.route != Route::Relay => {
                    Step::Past(line.route)
                }
                (PeerChange::Connected | PeerChange::Upgraded, ..) => Step::Path(line.route),
                (PeerChange::Lost, ..) => Step::Lost,
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
        matches!(last, Some((_, Step::Secured(_) | Step::Relayed(_) | Step::Past(_) | Step::Path(_))))
    }

    fn is_relayed(&self) -> bool {
        let last = self.steps.iter().rev().find(|(_, step)| !matches!(step, Step::Room(_)));
        matches!(last, Some((_, Step::Relayed(_))))
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
                Step::Relayed(relay) => format!("secured, through the relay {}{after}", short(relay)),
                Step::Past(route) => format!("met halfway, now {}{after}", route_words(*route)),
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

/// Digits of a peer's name that tell it from the others here.
const DIGITS: usize = 6;

/// What tells a peer from the others: its last digits, for all begin alike.
pub fn short(peer: &Line) -> String {
    let from = peer.as_str().char_indices().rev().nth(DIGITS - 1).map_or(0, |(at, _)| at);
    format!("..{}", peer.as_str().get(from..).unwrap_or_default())
}

/// Whether others reach this node.
pub fn reach_words(net: Option<&NetLine>) -> &'static str {
    match net.map(|net| (net.nat, net.relays.is_empty())) {
        Some((Nat::Public, _)) => "others can reach this node",
        Some((_, false)) => "others reach this node through a relay",
        Some((Nat::Private, true)) => {
            "others reach this node only once it calls them: its router lets nobody in"
        }
        None | Some((Nat::Unknown, true)) => "whether others can reach this node is not known yet",
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

    fn link(change: PeerChange, route: Route, via: Option<&str>) -> PeerLine {
        let via = via.map(Line::clean);
        PeerLine {
            change,
            peer: Line::clean("12D3KooWxyz"),
            route,
            via,
            rtt_ms: None,
            addr: None,
            room: None,
        }
    }

    #[test]
    fn steps_are_told_in_their_order_with_what_they_took() {
        let mut way = Way::default();
        way.note(Step::Lookup, Mono(500));
        way.note(Step::Dial, Mono(740));
        assert!(!way.is_there());
        way.link(&link(PeerChange::Connected, Route::Relay, Some("12D3KooWabcdef")), Mono(1_000));
        way.note(Step::Room(Line::clean("lobby")), Mono(1_650));
        way.link(&link(PeerChange::Upgraded, Route::Direct, None), Mono(2_500));
        way.link(&link(PeerChange::Upgraded, Route::Lan, None), Mono(70_500));
        assert_eq!(
            way.words(),
            "name asked for; dialled +0.2 s; secured, through the relay ..abcdef +0.5 s; \
             in lobby +1.1 s; met halfway, now straight +2.0 s; now local network +1m10s"
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
