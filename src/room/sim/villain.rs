//! Those who do not play by the rules.

use crate::base::id::Peer;
use crate::base::time::Mono;
use crate::room::io::{Input, Output};
use crate::room::sim::SimRng;
use crate::room::state::State;

/// Somebody who sees what a node sees and sends what they like.
pub trait Villain {
    /// Comes onto the network.
    fn begin(&mut self, now: Mono, me: &Peer) -> Vec<Output>;
    /// Sees something.
    fn handle(&mut self, now: Mono, input: Input) -> Vec<Output>;
    /// The honest state behind the mask, for those who have one.
    fn state(&self) -> Option<&State<SimRng>> {
        None
    }
}
