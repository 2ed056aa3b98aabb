//! Who wrote it: an Ed25519 key for the length of one stay.
//!
//! A signature is always under a label, so that what was signed as a message can never be shown as a log
//! entry.

use std::fmt;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::kdf::{self, Label, PREFIX};
use crate::base::id::MemberId;
use crate::base::secret::Secret;
use crate::base::stack::{CURVE, cleanly};

/// A signing key, wiped on drop.
pub struct Identity(Box<SigningKey>);

/// The signature does not hold, or the key is one that nobody may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadSignature;

impl Identity {
    /// A fresh identity.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self::from_seed(&Secret::random(rng))
    }

    /// The identity of a seed: a stored profile, an invite's key, a reclaim token.
    pub fn from_seed(seed: &Secret<32>) -> Self {
        cleanly::<CURVE, _>(|| Identity(Box::new(SigningKey::from_bytes(seed.expose()))))
    }

    /// The public key, which is the member's name.
    pub fn id(&self) -> MemberId {
        MemberId(self.0.verifying_key().to_bytes())
    }

    /// `Ed25519(key, "ephem/1/" || label || 00 || part1 || part2 || ..)`. RFC 8032, section 5.1.
    ///
    /// The parts are joined as they are: all but the last are of fixed length, or carry their own.
    pub fn sign(&self, label: Label, parts: &[&[u8]]) -> [u8; 64] {
        cleanly::<CURVE, _>(|| self.0.sign(&message(label, parts)).to_bytes())
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({:?})", self.id())
    }
}

/// Checks what [`Identity::sign`] made. RFC 8032, section 5.1.7, and stricter.
///
/// Refuses what plain verification lets pass: keys and commitments of small order, under which one signature
/// fits many messages, and scalars that are not reduced, which make two signatures of one.
pub fn verify(
    author: &MemberId,
    label: Label,
    parts: &[&[u8]],
    signature: &[u8; 64],
) -> Result<(), BadSignature> {
    cleanly::<CURVE, _>(|| {
        let key = VerifyingKey::from_bytes(&author.0).map_err(|_| BadSignature)?;
        let signature = Signature::from_bytes(signature);
        key.verify_strict(&message(label, parts), &signature).map_err(|_| BadSignature)
    })
}

/// `H = SHA-256(identity)`: the order of members wherever the protocol says "the lowest".
pub fn rank_hash(id: &MemberId) -> [u8; 32] {
    kdf::sha256(&id.0)
}

/// What is signed, in one piece. A payload is plaintext, so the buffer is sized once and wiped.
fn message(label: Label, parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let label = label.as_str().as_bytes();
    let length = PREFIX.len() + label.len() + 1 + parts.iter().map(|part| part.len()).sum::<usize>();
    let mut out = Zeroizing::new(Vec::with_capacity(length));
    out.extend_from_slice(PREFIX.as_bytes());
    out.extend_from_slice(label);
    out.push(0);
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    fn someone(n: u8) -> Identity {
        Identity::generate(&mut ChaCha20Rng::from_seed([n; 32]))
    }

    #[test]
    fn a_signature_holds_for_its_author_label_and_bytes_only() {
        let (ana, ben) = (someone(1), someone(2));
        let sig = ana.sign(Label::Signature, &[b"hello ", b"there"]);
        assert_eq!(verify(&ana.id(), Label::Signature, &[b"hello there"], &sig), Ok(()));
        assert_eq!(verify(&ben.id(), Label::Signature, &[b"hello there"], &sig), Err(BadSignature));
        assert_eq!(verify(&ana.id(), Label::Entry, &[b"hello there"], &sig), Err(BadSignature));
        assert_eq!(verify(&ana.id(), Label::Signature, &[b"hello then"], &sig), Err(BadSignature));
    }

    #[test]
    fn one_flipped_bit_anywhere_breaks_a_signature() {
        let ana = someone(1);
        let sig = ana.sign(Label::Signature, &[b"hello"]);
        for bit in 0..512 {
            let mut bad = sig;
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(verify(&ana.id(), Label::Signature, &[b"hello"], &bad), Err(BadSignature));
        }
    }

    #[test]
    fn a_key_of_small_order_signs_nothing() {
        // y = 1 is the identity: under it, R = [s]B passes plain verification for every message.
        let mut weak = [0u8; 32];
        weak[0] = 1;
        let mut sig = [0u8; 64];
        sig[0] = 1;
        let plain = VerifyingKey::from_bytes(&weak).unwrap();
        assert!(plain.is_weak());
        assert!(ed25519_dalek::Verifier::verify(&plain, b"anything", &Signature::from_bytes(&sig)).is_ok());
        assert_eq!(verify(&MemberId(weak), Label::Signature, &[b"anything"], &sig), Err(BadSignature));
        assert_eq!(verify(&MemberId([0; 32]), Label::Signature, &[b"anything"], &sig), Err(BadSignature));
    }

    #[test]
    fn a_seed_always_gives_the_same_identity_and_debug_hides_it() {
        let seed = Secret::new([5; 32]);
        assert_eq!(Identity::from_seed(&seed).id(), Identity::from_seed(&seed).id());
        assert!(format!("{:?}", someone(1)).starts_with("Identity(MemberId:"));
    }
}
