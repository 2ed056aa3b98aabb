//! Places for keys that no system swaps to disk, as many as whoever starts the program could get. Where there are none, keys lie
//! wherever there is memory.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes of a place: no secret of the protocol is longer.
pub const PLACE: usize = 64;

static VAULT: Mutex<Vault> = Mutex::new(Vault { free: Vec::new(), all: Vec::new() });

struct Vault {
    free: Vec<Box<[u8]>>,
    /// Where every place lies, sorted.
    all: Vec<usize>,
}

/// Gives the vault its places, each of [`PLACE`] zeros, in memory that was locked for good. Others are left out.
pub fn furnish(places: Vec<Box<[u8]>>) {
    let mut vault = open();
    let fit = places.into_iter().filter(|place| place.len() == PLACE);
    vault.free.extend(fit);
    vault.all = vault.free.iter().map(|place| address(place)).collect();
    vault.all.sort_unstable();
}

/// How many places there are, and how many of them are taken.
pub fn places() -> (usize, usize) {
    let vault = open();
    (vault.all.len(), vault.all.len().saturating_sub(vault.free.len()))
}

/// [`PLACE`] zeros.
pub(super) fn take() -> Box<[u8]> {
    let place = open().free.pop();
    place.unwrap_or_else(|| Box::new([0; PLACE]))
}

/// Takes a place back, which has to be wiped.
pub(super) fn give_back(place: Box<[u8]>) {
    let mut vault = open();
    if vault.all.binary_search(&address(&place)).is_ok() {
        vault.free.push(place);
    }
}

fn address(place: &[u8]) -> usize {
    place.as_ptr().addr()
}

fn open() -> MutexGuard<'static, Vault> {
    // What panicked while it was open left it whole: nothing in here is done by halves.
    VAULT.lock().unwrap_or_else(PoisonError::into_inner)
}
