//! Floor 1: bytes and types. What a frame, a payload, a handover, a log entry and an invite are made of.
//!
//! Nothing here holds a key or knows what a room is. Every decoder takes exactly what its encoder makes: one
//! value has one spelling, so that what was signed, hashed and sent is the same bytes everywhere.

mod body;
pub mod cbor;
pub mod field;
pub mod frame;
pub mod handover;
pub mod invite;
pub mod log;
pub mod payload;
pub mod policy;
