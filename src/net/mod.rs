//! The network floor: carries opaque frames between peers that share a topic, and direct ones between two.
//!
//! It knows libp2p and no room. It is told which topics, which rendezvous keys, whom members named, and what each frame was
//! worth; it tells what came and who is there. One task owns the swarm (`driver.rs`); everybody else holds a [`Handle`].
//! Both channels are bounded: who sends commands waits, and frames an owner is too slow for are dropped and counted.

mod address;
mod backoff;
mod behaviour;
mod book;
mod bootstrap;
mod circuit;
mod config;
mod direct;
mod dnsaddr;
mod driver;
mod faithful;
mod filter;
mod guarded;
mod handle;
mod house;
mod io;
mod knock;
mod links;
mod listen;
mod moved;
mod names;
mod outbox;
mod outlet;
pub mod probe;
mod reach;
mod relays;
mod rendezvous;
mod rumour;
mod seek;
mod stand;
mod stand_in;
mod tell;
mod translate;
mod txt;
mod watch;
mod ways;

pub use address::{Addr, AddressError, Place};
pub use backoff::since_boot;
pub use config::{Config, Limits};
pub use handle::{Events, Handle, SendError, start};
pub use io::{
    BootstrapState, Candidate, Counters, Event, ListenFault, Nat, Path, PeerStatus, StartError, Status,
    TableStatus, Trouble, Unreachable, Verdict,
};
pub use names::{FrameId, peer_from_text, peer_text, short};
pub use stand_in::{Carry, StandIn, stand_in};
pub use ways::Ways;
