//! The network floor on loopback: real sockets, ports of the system's choice, no local search, bounded waits.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that panics has done its work"
)]

mod gossip;
mod meeting;
mod moving;
mod node;
mod reach;
mod strangers;
mod trouble;
mod ways;
