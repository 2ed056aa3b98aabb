//! What can be seen of a room from outside. Nothing here changes it, and nothing here is a secret but the texts.

use rand_core::CryptoRng;

use super::envelope::Counts;
use super::io::{Held, Standing, Who};
use super::log::Log;
use super::rights::InviteState;
use super::state::{Phase, State};
use super::trial::Trial;
use crate::base::id::{ChainId, Genesis, InviteId, MemberId, MsgId, Peer, SetTag, Topic};
use crate::base::secret::Text;
use crate::base::time::{Epoch, Mono, Unix};
use crate::crypto::name::RoomName;
use crate::crypto::root::{Kind, Root};

impl<R: CryptoRng> State<R> {
    /// The chains of the set in use.
    pub fn chains(&self) -> Vec<ChainId> {
        self.inside().map(|i| i.ring.current().chains().iter().map(|c| c.id).collect()).unwrap_or_default()
    }

    /// Every chain of which a key is held, in any set.
    pub fn chains_held(&self) -> Vec<ChainId> {
        self.inside().map(|i| i.ring.chains_held()).unwrap_or_default()
    }

    /// What admits.
    pub fn root(&self) -> &Root {
        &self.hub.root
    }

    /// My key for this stay.
    pub fn me(&self) -> MemberId {
        self.hub.id
    }

    /// The room's name, in the spelling that keys are made from.
    pub fn name(&self) -> &RoomName {
        self.hub.root.name()
    }

    /// What one comes in with.
    pub fn kind(&self) -> Kind {
        self.hub.root.kind()
    }

    /// Where this node stands.
    pub fn standing(&self) -> Option<Standing> {
        match &self.phase {
            Phase::Seeking(_) => Some(Standing::Searching),
            Phase::Inside(inside) => Some(inside.footing.shown.map_or(Standing::Unconfirmed, |(s, ..)| s)),
            Phase::Ended => None,
        }
    }

    /// The one witness, where there is only one.
    pub fn only(&self) -> Option<MemberId> {
        self.inside()?.footing.shown?.2
    }

    /// Members present, this one not among them.
    pub fn others(&self) -> Vec<MemberId> {
        self.inside().map(|i| i.roster.present().map(|(id, _)| *id).collect()).unwrap_or_default()
    }

    /// The log of rights.
    pub fn log(&self) -> Option<&Log> {
        self.inside().map(|i| &i.log)
    }

    /// The room's name, once it is known.
    pub fn genesis(&self) -> Option<Genesis> {
        self.inside().map(|i| i.genesis)
    }

    /// The hash of the set in use, its generation, and how many chains it has.
    pub fn set(&self) -> Option<([u8; 32], u64, usize)> {
        let set = self.inside()?.ring.current();
        Some((set.hash(), set.generation(), set.chains().len()))
    }

    /// The four bytes by which frames name the set in use.
    pub fn set_tag(&self) -> Option<SetTag> {
        self.inside().map(|i| i.ring.current().tag())
    }

    /// Every epoch of which a chain key is held.
    pub fn key_epochs(&self) -> Vec<Epoch> {
        self.inside().map(|i| i.ring.epochs()).unwrap_or_default()
    }

    /// Steps taken by the chains of all sets held: what keys, mine and told, have cost.
    pub fn chain_steps(&self) -> u64 {
        self.inside().map_or(0, |i| i.ring.steps() + i.trial.as_ref().map_or(0, Trial::steps))
    }

    /// Ages of the handover keys held, in milliseconds.
    pub fn hand_key_ages(&self) -> Vec<u64> {
        self.inside().map(|i| i.hand.ages(self.hub.now).collect()).unwrap_or_default()
    }

    /// Ages of the keys for direct messages, in milliseconds.
    pub fn dm_key_ages(&self) -> Vec<u64> {
        self.inside().map(|i| i.dms.ages(self.hub.now).collect()).unwrap_or_default()
    }

    /// Living messages with their text.
    pub fn living(&self) -> Vec<(MsgId, Text)> {
        let Some(inside) = self.inside() else { return Vec::new() };
        inside.timeline.all().filter_map(|(id, l)| Some((*id, super::catchup::text_of(l)?))).collect()
    }

    /// When a living message dies; `None` for one that is kept, or gone.
    pub fn dies(&self, id: &MsgId) -> Option<Mono> {
        let inside = self.inside()?;
        inside.timeline.get(id).or_else(|| inside.dms.living().get(id))?.deadline
    }

    /// Number of living messages.
    pub fn living_count(&self) -> usize {
        self.inside().map_or(0, |i| i.timeline.len())
    }

    /// This node's clock, as of what was handed in last.
    pub fn now(&self) -> Mono {
        self.hub.now
    }

    /// Room time.
    pub fn room_time(&self) -> Unix {
        self.hub.room()
    }

    /// What was dropped, and why.
    pub fn counts(&self) -> &Counts {
        &self.hub.counts
    }

    /// The room's invites, each with how many have shown that they came with it; `None` where this node came after it was
    /// made, and cannot have counted.
    pub fn invites(&self) -> Vec<(InviteId, &InviteState, Option<u64>)> {
        let Some(inside) = self.inside() else { return Vec::new() };
        let used = |id: &InviteId| {
            let counted = !inside.arrivals.uncounted.contains(id);
            counted.then(|| inside.roster.all().filter(|(_, m)| m.invite == Some(*id)).count() as u64)
        };
        inside.log.rights().invites.iter().map(|(id, state)| (*id, state, used(id))).collect()
    }

    // ---- for whoever connects it to a network ----

    /// Where this node and others who look for the room can find each other: keys of a public table, each with the topic on
    /// which hellos of that day travel.
    pub fn meeting_points(&self) -> Vec<([u8; 32], Topic)> {
        let root = &self.hub.root;
        self.hub.doors.lobbies().map(|(day, topic)| (root.rendezvous(day), topic)).collect()
    }

    /// The transport peers of members, with the addresses they announced.
    pub fn routes(&self) -> Vec<(Peer, Vec<Vec<u8>>)> {
        let Some(inside) = self.inside() else { return Vec::new() };
        let present = inside.roster.present().filter_map(|(_, m)| Some((m.peer.clone()?, m.addrs.clone())));
        present.collect()
    }

    /// The transport peer of a member.
    pub fn peer_of(&self, id: &MemberId) -> Option<Peer> {
        self.inside()?.roster.get(id)?.peer.clone()
    }

    // ---- for whoever shows it ----

    /// How many messages wait to be sent.
    pub fn unsent(&self) -> usize {
        self.hub.unsent.len()
    }

    /// Why they wait, or would.
    pub fn held(&self) -> Held {
        match self.inside() {
            None => Held::Outside,
            Some(inside) if inside.holding(self.hub.now) => Held::Keys,
            Some(inside) if inside.outbox.is_slowed(self.hub.now) => Held::Slow,
            Some(_) => Held::Pace,
        }
    }

    /// A member, or somebody whom the room knows of.
    pub fn who(&self, id: &MemberId) -> Option<Who> {
        match &self.phase {
            Phase::Inside(inside) => Some(inside.who(id)),
            Phase::Seeking(_) => Some(self.hub.myself()).filter(|me| me.id == *id),
            Phase::Ended => None,
        }
    }

    /// When this node came in.
    pub fn joined(&self) -> Option<Unix> {
        self.inside().map(|inside| inside.joined)
    }

    /// Keys that knock and wait for an admin.
    pub fn knocking(&self) -> Vec<MemberId> {
        self.inside().map(|inside| inside.arrivals.knocks.keys().copied().collect()).unwrap_or_default()
    }
}
