//! Floor 4: the one place that sees both the rooms and the network, and hands between them. No policy lives here: rooms decide
//! what is said and who may, the network how it travels, the faces how it looks.

mod answer;
mod asked;
mod asking;
mod bug;
pub mod clock;
pub mod control;
mod directory;
pub mod doctor;
mod friends;
pub mod harden;
pub mod invites;
mod keep;
mod kept;
mod later;
mod links;
mod looking;
pub mod metrics;
mod mine;
mod net_page;
mod office;
pub mod outbox;
pub mod probe;
pub mod random;
mod rooms;
mod run;
mod seat;
mod told;
pub mod tour;
mod trace;
pub mod zone;

pub use answer::PANIC;
pub use asking::{Asking, Errands, Measured, Telling};
pub use kept::shown;
pub use run::{Config, Over, start};
