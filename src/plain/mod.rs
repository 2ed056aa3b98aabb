//! Floor 3: the face that prints one event a line and moves no cursor, for screen readers, for logs somebody watches, and
//! for whoever likes it plain. What is printed stays in the terminal; it says so once, and `/hold` prints headings only.
//!
//! Pure: [`render`] writes an event, [`tick`] what time brings about, [`typed`] reads a line. Whoever drives it owns the
//! reader, the clock and a writer that keeps no buffer of its own: message text goes straight from its handle into it.

mod answer;
mod input;
mod line;
mod render;
mod state;

pub use answer::findings;
pub use input::{is_panic, parse_line, typed};
pub use render::{render, tick};
pub use state::{Moment, State};

#[cfg(test)]
mod tests;
