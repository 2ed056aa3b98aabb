//! Floor 3: the face for programs. One JSON object a line, both ways; one reply for each line in.
//!
//! Pure: bytes in, [`Asked`](crate::chat::request::Asked) or a reply out; events in, bytes out. Whoever drives it owns the
//! readers, the writers and the clock: cut lines with [`Lines`](crate::chat::lines::Lines), [`decode`](fn@decode) each, put
//! replies and events into a [`Queue`], and [`encode`](fn@encode) what comes out of it. A closed input is `quit`.

mod decode;
mod encode;
mod queue;
mod read;
mod write;

pub use decode::{cmds, decode};
pub use encode::{Stamp, encode, finding};
pub use queue::{QUEUE, Queue, REPLIES};
