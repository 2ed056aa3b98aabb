//! Somebody in the world whose mind is elsewhere: a real node, say, with a person before it.

use super::{Mind, World};
use crate::room::io::{Input, Output};

impl World {
    /// Somebody who thinks elsewhere comes onto the network: [`World::take_seen`] is what reaches them, [`World::send_as`]
    /// what they do.
    pub fn guest(&mut self) -> usize {
        let peer = self.peer(self.nodes.len());
        self.place(peer, Mind::Guest(Vec::new()), Vec::new())
    }

    /// What has reached a guest.
    pub fn take_seen(&mut self, i: usize) -> Vec<Input> {
        match self.nodes.get_mut(i).map(|n| &mut n.mind) {
            Some(Mind::Guest(seen)) => std::mem::take(seen),
            _ => Vec::new(),
        }
    }

    /// What a guest does.
    pub fn send_as(&mut self, i: usize, out: Vec<Output>) {
        self.carry_out(i, None, out);
    }
}
