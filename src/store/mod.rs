//! What stays when the program ends, for whoever asked for it: one sealed file for each profile. Nothing else of ours writes
//! who one is to a disk.
//!
//! [`content`] says what is kept, as bytes; [`sealed`] makes a file's bytes of that and back; both are pure. [`disk`] is the
//! edge: where the file lies, who may read it, how it is replaced whole or not at all.

pub mod content;
pub mod disk;
mod fault;
pub mod sealed;

pub use content::{Content, Friend};
pub use disk::{Place, Profile};
pub use fault::Fault;
