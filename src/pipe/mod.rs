//! Floor 3: the face for programs. One JSON object a line, both ways; one reply for each line in.
//!
//! Pure: bytes in, [`Asked`](crate::chat::request::Asked) or a reply out; events in, bytes out. Whoever drives it owns the
//! readers, the writers and the clock: cut lines with [`Lines`](crate::chat::lines::Lines), [`decode`](fn@decode) each, and
//! [`encode`](fn@encode) replies and events. A closed input is `quit`.

mod answer;
mod cmds;
mod decode;
mod encode;
mod read;
mod write;

pub use cmds::cmds;
pub use decode::{decode, is_panic};
pub use encode::{Stamp, encode, finding};
