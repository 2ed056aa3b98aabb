//! Floor 0: ids, limits, secrets, clean text, nicks, time as a value. Imports nothing of ours.

mod codepoint;
pub mod id;
pub mod limits;
pub mod nick;
pub mod secret;
pub mod stack;
pub mod tag;
pub mod text;
pub mod time;
pub mod vault;
