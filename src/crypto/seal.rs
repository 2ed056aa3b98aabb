//! Sealing one frame: a nonce that survives a bad generator, a key of its own, a commitment to that key.
//!
//! XChaCha20-Poly1305 alone opens one ciphertext under several keys, found in less than a second. The
//! commitment is what makes "it opened" mean "it was sealed under this key".

use std::fmt;

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{KeyInit, Tag, XChaCha20Poly1305, XNonce};
use rand_core::CryptoRng;
use subtle::ConstantTimeEq;

use super::kdf::{self, Hmac256, Label};
use crate::base::secret::Secret;
use crate::base::stack::{SHALLOW, cleanly};

/// Bytes of a nonce.
pub const NONCE_LEN: usize = 24;
/// Bytes of a commitment.
pub const COMMITMENT_LEN: usize = 32;
/// Bytes of the cipher's tag.
pub const TAG_LEN: usize = 16;

/// Why a frame stays shut. Never told to whoever sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// Sealed under another key, or the nonce or the commitment was changed: the cipher was not run.
    Commitment,
    /// The right key, but the text, its tag or the header was changed.
    Aead,
}

/// The process's own nonce key.
///
/// A virtual machine restored twice draws the same random bytes twice; with the plaintext in the hash, two
/// different frames still get two nonces.
pub struct Hedge(Hmac256);

impl Hedge {
    /// Draws the process key.
    pub fn new(rng: &mut impl CryptoRng) -> Self {
        Hedge(Hmac256::new(&Secret::random(rng)))
    }

    /// `nonce = HMAC-SHA256(process key, random 32 bytes || plaintext)[..24]`. RFC 2104.
    pub fn nonce(&self, rng: &mut impl CryptoRng, plaintext: &[u8]) -> [u8; NONCE_LEN] {
        let fresh = Secret::<32>::random(rng);
        let tag = cleanly::<SHALLOW, _>(|| self.0.tag(&[fresh.expose(), plaintext]));
        let mut nonce = [0; NONCE_LEN];
        nonce.iter_mut().zip(tag).for_each(|(to, from)| *to = from);
        nonce
    }
}

impl fmt::Debug for Hedge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hedge")
    }
}

/// `fk || com = X(frame_k, "fk", nonce, 64)`, then XChaCha20-Poly1305(fk, nonce, aad || com) over `buffer` in place;
/// gives `(com, tag)`. RFC 8439 with the extended nonce of draft-irtf-cfrg-xchacha-03.
///
/// One `(frame_k, nonce)` seals one frame: the nonce comes from [`Hedge::nonce`].
pub fn seal(
    frame_k: &Secret<32>,
    nonce: &[u8; NONCE_LEN],
    aad: &[u8],
    buffer: &mut [u8],
) -> ([u8; COMMITMENT_LEN], [u8; TAG_LEN]) {
    let (key, commitment) = frame_key(frame_k, nonce);
    let aad = [aad, &commitment].concat();
    let sealed = cleanly::<SHALLOW, _>(|| {
        cipher(&key).encrypt_inout_detached(&XNonce::from(*nonce), &aad, buffer.into())
    });
    match sealed {
        Ok(tag) => (commitment, tag.into()),
        Err(_) => unreachable!("the cipher refuses only what is over 256 GiB"),
    }
}

/// Undoes [`seal`] in place: the commitment first, in constant time, and only then the cipher.
///
/// On an error the buffer is as it came.
pub fn open(
    frame_k: &Secret<32>,
    nonce: &[u8; NONCE_LEN],
    commitment: &[u8; COMMITMENT_LEN],
    aad: &[u8],
    buffer: &mut [u8],
    tag: &[u8; TAG_LEN],
) -> Result<(), OpenError> {
    let (key, expected) = frame_key(frame_k, nonce);
    if !bool::from(expected.ct_eq(commitment)) {
        return Err(OpenError::Commitment);
    }
    let aad = [aad, commitment].concat();
    cleanly::<SHALLOW, _>(|| {
        cipher(&key).decrypt_inout_detached(&XNonce::from(*nonce), &aad, buffer.into(), &Tag::from(*tag))
    })
    .map_err(|_| OpenError::Aead)
}

/// Both halves come from one derivation, so a commitment that fits means a key that fits.
fn frame_key(frame_k: &Secret<32>, nonce: &[u8; NONCE_LEN]) -> (Secret<32>, [u8; COMMITMENT_LEN]) {
    let mut both = Secret::<64>::zeroed();
    kdf::expand(frame_k, Label::FrameKey, &[nonce], both.expose_mut());
    let (mut key, mut commitment) = (Secret::zeroed(), [0; COMMITMENT_LEN]);
    let (first, second) = both.expose().split_at(32);
    key.expose_mut().copy_from_slice(first);
    commitment.copy_from_slice(second);
    (key, commitment)
}

fn cipher(key: &Secret<32>) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.expose().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    const NONCE: [u8; 24] = [4; 24];

    /// The cipher without our layer around it.
    fn bare_open(key: &[u8; 32], nonce: &[u8; 24], ciphertext: &[u8], tag: &[u8; 16]) -> bool {
        let mut buffer = ciphertext.to_vec();
        let cipher = XChaCha20Poly1305::new(key.into());
        cipher
            .decrypt_inout_detached(
                &XNonce::from(*nonce),
                b"",
                buffer.as_mut_slice().into(),
                &Tag::from(*tag),
            )
            .is_ok()
    }

    fn unhex<const N: usize>(text: &str) -> [u8; N] {
        std::array::from_fn(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
    }

    #[test]
    fn what_was_sealed_opens_under_its_key_only() {
        let key = Secret::new([1; 32]);
        let mut buffer = *b"meet at noon";
        let (com, tag) = seal(&key, &NONCE, b"head", &mut buffer);
        assert_ne!(&buffer, b"meet at noon");
        let sealed = buffer;
        let other = Secret::new([2; 32]);
        assert_eq!(open(&other, &NONCE, &com, b"head", &mut buffer, &tag), Err(OpenError::Commitment));
        assert_eq!(open(&key, &[5; 24], &com, b"head", &mut buffer, &tag), Err(OpenError::Commitment));
        assert_eq!(open(&key, &NONCE, &com, b"tail", &mut buffer, &tag), Err(OpenError::Aead));
        assert_eq!(buffer, sealed);
        assert_eq!(open(&key, &NONCE, &com, b"head", &mut buffer, &tag), Ok(()));
        assert_eq!(&buffer, b"meet at noon");
    }

    #[test]
    fn one_flipped_bit_anywhere_keeps_it_shut() {
        let key = Secret::new([1; 32]);
        let mut buffer = [7u8; 40];
        let (com, tag) = seal(&key, &NONCE, b"", &mut buffer);
        for bit in 0..buffer.len() * 8 {
            let mut bad = buffer;
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open(&key, &NONCE, &com, b"", &mut bad, &tag), Err(OpenError::Aead));
        }
        for bit in 0..256 {
            let mut bad = com;
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open(&key, &NONCE, &bad, b"", &mut buffer, &tag), Err(OpenError::Commitment));
        }
        for bit in 0..128 {
            let mut bad = tag;
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open(&key, &NONCE, &com, b"", &mut buffer, &bad), Err(OpenError::Aead));
        }
    }

    #[test]
    fn a_ciphertext_that_the_bare_cipher_opens_under_two_keys_is_refused_here() {
        let nonce: [u8; 24] = std::array::from_fn(|i| i as u8);
        let keys = [kdf::sha256(b"ephem-collision-0"), kdf::sha256(b"ephem-collision-1")];
        let ciphertext: [u8; 32] = unhex("5d03fbf741413a5b13aabb6dd17729f212622a086ee5812bff4b56ec20bbfb8a");
        let tag: [u8; 16] = unhex("24083fd22b902f8911e81818f8c99d5d");
        assert!(keys.iter().all(|key| bare_open(key, &nonce, &ciphertext, &tag)));
        // Whatever commitment the forger puts beside it, at most one of the two keys gets as far as the
        // cipher, and the cipher runs under a key that the forger cannot choose.
        for claimed in
            [[0; 32], frame_key(&Secret::new(keys[0]), &nonce).1, frame_key(&Secret::new(keys[1]), &nonce).1]
        {
            for key in keys {
                let mut buffer = ciphertext;
                assert!(open(&Secret::new(key), &nonce, &claimed, b"", &mut buffer, &tag).is_err());
            }
        }
    }

    #[test]
    fn two_texts_get_two_nonces_even_from_one_repeated_draw() {
        let hedge = Hedge::new(&mut ChaCha20Rng::from_seed([1; 32]));
        let rng = || ChaCha20Rng::from_seed([2; 32]);
        assert_ne!(hedge.nonce(&mut rng(), b"one"), hedge.nonce(&mut rng(), b"two"));
        let mut going_on = rng();
        assert_ne!(hedge.nonce(&mut going_on, b"one"), hedge.nonce(&mut going_on, b"one"));
    }
}
