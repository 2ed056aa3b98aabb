//! The screen, as a person sees it: pictures of every state, and what keys do.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that panics has done its work"
)]

mod alone;
mod burn;
mod emulator;
mod hostile;
mod keys;
mod nearby;
mod office;
mod own;
mod pictures;
mod sizes;
mod stage;
mod svg;
mod typing;
mod unasked;
