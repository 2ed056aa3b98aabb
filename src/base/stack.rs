//! What calls leave behind on the stack. A hash keeps a block of what it is fed, a key is moved on its way into a cipher: the
//! place is given back as it is, and a value with unused bytes that is made there later carries them on to the heap.

use std::hint::black_box;

/// What one primitive leaves at most: hashes, ciphers, key derivations.
pub const SHALLOW: usize = 4 * 1_024;
/// The same with points of a curve.
pub const CURVE: usize = 16 * 1_024;
/// The same with lattices.
pub const LATTICE: usize = 96 * 1_024;
/// What everything that one event sets off leaves at most.
pub const EVENT: usize = 48 * 1_024;

/// Does some work, then overwrites so many bytes of the stack below: where the work was done.
pub fn cleanly<const BYTES: usize, T>(work: impl FnOnce() -> T) -> T {
    let done = below(work);
    wipe::<BYTES>();
    done
}

/// Overwrites so many bytes of the stack below the caller.
#[inline(never)]
pub fn wipe<const BYTES: usize>() {
    black_box(&mut [0_u8; BYTES]);
}

/// In a frame of its own, so that all of it lies below the caller's.
#[inline(never)]
fn below<T>(work: impl FnOnce() -> T) -> T {
    work()
}
