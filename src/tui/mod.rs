//! The full screen. Events, keys and time go into [`Screen`]; cells and effects come out. It touches no terminal but in
//! `terminal`, draws nothing that is not the model's own text, and keeps no copy of any.
//!
//! Deadlines are the model's: at its end a text is dropped whether or not a frame was drawn, and the burn is only what the
//! last moments look like.

mod alone;
mod boxes;
mod burn;
pub mod canvas;
mod chosen;
mod complete;
mod editor;
mod habits;
mod hands;
mod key;
pub mod keyboard;
mod moment;
mod nearby;
mod news;
mod overlay;
mod own;
mod palette;
mod place;
mod qr;
mod screen;
pub mod sequences;
pub mod terminal;
mod theme;
mod typing;
mod view;
mod wrap;

pub use crate::chat::name::{Motion, Theme};
pub use habits::Habits;
pub use hands::Input;
pub use key::{KEYS, Key, Press};
pub use qr::square;
pub use screen::{Effect, Moment, Screen};
pub use theme::{Depth, Look};
