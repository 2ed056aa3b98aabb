//! What real processes hold of that which is gone: their memory is read from outside, byte by byte, and what they write to
//! disk is watched. Needs the right to read the memory of a process that hides it from its user: root's, or that of
//! `unshare -r`. Without it the tests say so and search nothing; the thousand messages of `just vanish` then fail.
#![cfg(target_os = "linux")]
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that panics has done its work; a figure is printed"
)]

mod alone;
mod capture;
mod ear;
#[path = "../screen/emulator.rs"]
mod emulator;
mod ends;
mod files;
mod keys;
mod messages;
mod scan;
#[path = "../it/script.rs"]
#[allow(dead_code, reason = "the tests of terminals use more of it")]
mod script;
mod seat;
mod still;
mod thief;
mod wire;
#[path = "../it/words.rs"]
#[allow(dead_code, reason = "the tests of processes use more of it")]
mod words;

use std::alloc::System;

use zeroizing_alloc::ZeroAlloc;

/// As in the program: one of these tests searches a process that is this test.
#[global_allocator]
static MEMORY: ZeroAlloc<System> = ZeroAlloc(System);
