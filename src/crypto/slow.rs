//! From a passphrase to a key, slowly, so that guessing is slow too.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::root::{ARGON2_KIB, ARGON2_LANES, ARGON2_PASSES, PassphraseError};
use crate::base::secret::Secret;
use crate::base::stack::{CURVE, cleanly};

/// What one guess costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory, in KiB.
    pub kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Cost {
    /// What a room's passphrase costs, and a profile's: half a second and 256 MiB.
    pub const USUAL: Cost = Cost { kib: ARGON2_KIB, passes: ARGON2_PASSES };
}

/// `Argon2id(NFKC(passphrase), salt)`. RFC 9106. For what one person keeps: the salt is random and lies beside it.
pub fn own_key(passphrase: &str, salt: &[u8; 32], cost: Cost) -> Result<Secret<32>, PassphraseError> {
    let normal = nfkc(passphrase);
    if normal.is_empty() {
        return Err(PassphraseError::Empty);
    }
    let mut key = Secret::zeroed();
    slow_hash(normal.as_bytes(), salt, cost, &mut key).ok_or(PassphraseError::SlowHash)?;
    Ok(key)
}

/// Argon2id in memory of our own: the last block gives the key away, so all of it is wiped before it goes back. `None` when
/// there is no such memory, or the passphrase is over 4 GiB.
pub(super) fn slow_hash(passphrase: &[u8], salt: &[u8; 32], cost: Cost, out: &mut Secret<32>) -> Option<()> {
    let params = Params::new(cost.kib, cost.passes, ARGON2_LANES, Some(32)).ok()?;
    let mut memory = Zeroizing::new(Vec::new());
    memory.try_reserve_exact(params.block_count()).ok()?;
    memory.resize(params.block_count(), Block::new());
    cleanly::<CURVE, _>(|| {
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(passphrase, salt, out.expose_mut(), memory.as_mut_slice())
            .ok()
    })
}

/// NFKC into a buffer measured beforehand: one that grew would leave copies behind.
pub(super) fn nfkc(text: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(text.nfkc().map(char::len_utf8).sum()));
    text.nfkc().for_each(|c| out.push(c));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slow_hash_gives_what_argon2_gives_with_memory_of_its_own() {
        let params = Params::new(ARGON2_KIB, ARGON2_PASSES, ARGON2_LANES, Some(32)).unwrap();
        let mut plain = [0; 32];
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        argon.hash_password_into(b"six words", &[7; 32], &mut plain).unwrap();
        assert_eq!(own_key("six words", &[7; 32], Cost::USUAL).unwrap().expose(), &plain);
    }

    #[test]
    fn another_salt_or_cost_gives_another_key_and_no_passphrase_gives_none() {
        let cheap = Cost { kib: 64, passes: 1 };
        let key = own_key("six words", &[7; 32], cheap).unwrap();
        assert_ne!(own_key("six words", &[8; 32], cheap).unwrap(), key);
        assert_ne!(own_key("six words", &[7; 32], Cost { passes: 2, ..cheap }).unwrap(), key);
        assert_eq!(own_key("", &[7; 32], cheap).err(), Some(PassphraseError::Empty));
    }

    #[test]
    fn normalizing_a_passphrase_never_grows_its_buffer() {
        let worst = "\u{fdfa}".repeat(9);
        assert_eq!(nfkc(&worst).len(), worst.nfkc().collect::<String>().len());
        assert_eq!(nfkc(&worst).capacity(), nfkc(&worst).len());
    }
}
