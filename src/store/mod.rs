//! What stays when the program ends, for whoever asked for it: one sealed file for each profile. Nothing else of ours writes
//! who one is to a disk.
//!
//! [`content`] says what is kept, as bytes, and [`room`] the same of a room that lasts, which has a file of its own;
//! [`sealed`] makes a file's bytes of that and back; these are pure. [`disk`] is the edge: where the file lies, who may read
//! it, how it is replaced whole or not at all; [`rooms`] the same for the rooms beside it.

pub mod content;
pub mod disk;
mod fault;
pub mod room;
pub mod rooms;
pub mod sealed;

pub use content::{Content, Friend};
pub use disk::{Place, Profile};
pub use fault::Fault;
