//! Randomness, from the system and nowhere else: a generator kept in memory would give away, to whoever seizes the
//! machine, the keys it has already made.

use getrandom::SysRng;
use rand_core::{Rng, UnwrapErr};

/// The system's generator.
pub type Os = UnwrapErr<SysRng>;

/// The system's generator. It cannot fail once a system has booted; where it does, the program stops rather than go on
/// with keys that could be guessed.
pub fn os() -> Os {
    UnwrapErr(SysRng)
}

/// A number from `low` to `high`, both included.
pub(super) fn between((low, high): (u64, u64)) -> u64 {
    low + os().next_u64() % (high.saturating_sub(low) + 1)
}
