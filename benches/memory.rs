//! What a room holds in memory at one member, as it grows: the heap that is given back when that one member's state goes.
//!
//! The allocator counts, so the figure is exact and leaves out everything else in the process: the network that is played,
//! the other members, what the allocator itself keeps.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a benchmark prints, reads the wall clock, and may stop where a thing it made itself is broken"
)]

mod common;

use std::alloc::System;

use ephem_node::room::State;
use ephem_node::room::sim::SimRng;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

use common::{gossip, room_of, sizes, talk};

#[global_allocator]
static HEAP: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Messages that live where a room is not quiet.
const MESSAGES: usize = 360;

fn main() {
    if std::env::args().any(|a| a == "--test") {
        return;
    }
    println!(
        "Heap of one State (exact); bare: what a member is in bytes on a roster page with its key, times members"
    );
    println!(
        "  members     quiet  per member  ratio to bare  with messages  messages  per message  ratio to text"
    );
    for n in sizes() {
        let mut world = room_of(n);
        world.run(120_000);
        let quiet = held(world.take_out(1).unwrap());
        let mut talked_to = world.take_out(0).unwrap();
        for (_, topic, bytes) in talk(&mut world, 2..n, (MESSAGES / n).clamp(1, 20)) {
            talked_to.handle(world.now, gossip(topic, &bytes));
        }
        let messages = talked_to.living_count();
        let full = held(talked_to);
        // Name 32, key 1,216, nick and numbers: what a row takes on the wire.
        let bare = n as f64 * 1_300.0;
        let grown = match messages {
            0 => "        -              -".to_owned(),
            n => {
                let each = full.saturating_sub(quiet) as f64 / n as f64;
                format!("{each:>11.0}  {:>13.2}", each / 256.0)
            }
        };
        println!(
            "  {n:>7}  {quiet:>8}  {:>10.0}  {:>13.2}  {full:>13}  {messages:>8}  {grown}",
            quiet as f64 / n as f64,
            quiet as f64 / bare,
        );
    }
}

/// How much goes when it goes.
fn held(state: State<SimRng>) -> usize {
    let boxed = Box::new(state);
    let region = Region::new(HEAP);
    drop(boxed);
    let change = region.change();
    change.bytes_deallocated.saturating_sub(change.bytes_allocated)
}
