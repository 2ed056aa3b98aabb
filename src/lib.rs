//! A chat node that needs nobody's server: sealed messages that burn away when their time ends.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "a test that panics has done its work"
    )
)]

pub mod base;
pub mod chat;
#[cfg(feature = "node")]
pub mod cli;
pub mod crypto;
#[cfg(feature = "node")]
pub mod net;
#[cfg(feature = "node")]
pub mod node;
#[cfg(feature = "node")]
pub mod pipe;
#[cfg(feature = "node")]
pub mod plain;
pub mod room;
#[cfg(feature = "node")]
pub mod store;
#[cfg(feature = "node")]
pub mod tui;
pub mod wire;
