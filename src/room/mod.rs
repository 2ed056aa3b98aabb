//! Floor 2: what a room is.
//!
//! The protocol in prose, as the files below carry it out.
//!
//! A node that wants in says *hello* in the lobby ([`entry`]); two members answer with a *welcome* that holds the keys of
//! now (`welcome`). Nobody believes a single welcomer: until others prove that they hold the same keys and the same log,
//! the newcomer is on *trial* and says so. Who finds nobody *founds* the room.
//!
//! Keys are chains, stepped every minute and wiped ([`chains`]). Everybody who has cause may add one; the joint key of all
//! chains of the newest generation seals what is said. Halves that meet form the union (`merge`). Whoever is removed is
//! left out of the next generation, which any member may issue (`rekey`), because who may remove whom is decided by a log
//! of signed entries that folds to the same rights everywhere ([`log`], [`rights`]).
//!
//! Messages live on a `timeline` until their deadline on this node's own clock. `clock` keeps the room's calendar, within
//! bounds that the network cannot move. `beat` is the pulse by which members prove and compare what they hold.
//!
//! Rooms that want to be found are told of in the [`directory`], a lobby that belongs to no room.
//!
//! [`State`] is the one door. [`sim`] runs many of them on a virtual network.

mod beacon;
mod beat;
mod burning;
mod catchup;
pub mod chains;
mod clock;
mod command;
pub mod directory;
mod dm;
mod doors;
pub mod entry;
pub mod envelope;
mod event;
mod fold;
pub mod guard;
mod guise;
mod handkeys;
mod hub;
mod inside;
pub mod invite;
pub mod io;
mod keepsake;
mod kept;
pub mod log;
mod look;
mod looked;
mod merge;
mod moderate;
mod outcast;
mod pace;
mod parcel;
mod past;
mod people;
mod quiet;
mod receive;
mod rekey;
mod report;
pub mod rights;
mod roster;
pub mod sim;
mod standing;
pub mod state;
mod talk;
mod timeline;
mod title;
mod trial;
mod typing;
mod unsent;
mod upkeep;
mod verdict;
mod welcome;

pub use guise::Guise;
pub use hub::Reach;
pub use io::{Command, Event, Input, Output, Timer};
pub use keepsake::{Keepsake, Known, Mark, Taken};
pub use state::{Setup, State};
