//! Members who stop with what they kept of the room, and come back with it.

use super::{Mind, World};
use crate::crypto::identity::Identity;
use crate::room::entry::Intent;
use crate::room::io::Command;
use crate::room::state::State;
use crate::room::{Keepsake, Setup};

/// More numbers than one stay uses.
const RUN: u64 = 1 << 20;

/// Somebody who has stopped, and what they have of the room.
pub struct Away {
    me: Identity,
    nick: String,
    begun: u64,
    /// What they kept.
    pub keepsake: Keepsake,
}

impl World {
    /// Somebody stops, with a goodbye or without; `None` where nothing of the room stays.
    pub fn stop(&mut self, i: usize, goodbye: bool) -> Option<Away> {
        let keepsake = self.state(i)?.keepsake()?;
        if goodbye {
            if let Some(Mind::Honest(state)) = self.nodes.get_mut(i).map(|node| &mut node.mind) {
                state.keeps();
            }
            self.command(i, Command::Leave { panic: false });
        }
        let State { hub, .. } = self.take_out(i)?;
        Some(Away { begun: hub.counter + RUN, nick: hub.nick, me: hub.me, keepsake })
    }

    /// They come back: the same key, under a new number in this world.
    pub fn come_back(&mut self, away: Away) -> usize {
        let Away { me, nick, begun, keepsake } = away;
        let i = self.nodes.len();
        let root = keepsake.root.duplicate();
        let before = self.setup(i, 0, Intent::Reopen(Box::new(keepsake)));
        let (mut state, out) = State::new(self.now, Setup { me, nick, begun, root, ..before });
        state.keeps();
        let peer = self.peer(i);
        self.place(peer, Mind::Honest(Box::new(state)), out)
    }
}
