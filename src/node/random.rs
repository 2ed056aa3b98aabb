//! Randomness, from the system and nowhere else: a generator kept in memory would give away, to whoever seizes the
//! machine, the keys it has already made.

use getrandom::SysRng;
use rand_core::UnwrapErr;

/// The system's generator.
pub type Os = UnwrapErr<SysRng>;

/// The system's generator. It cannot fail once a system has booted; where it does, the program stops rather than go on
/// with keys that could be guessed.
pub fn os() -> Os {
    UnwrapErr(SysRng)
}
