//! Messages to one person: the tag that convinces them and nobody else.
//!
//! A signature could be shown around. This tag is under a key that both ends can compute, so either could
//! have made it.

use std::fmt;

use rand_core::CryptoRng;
use x25519_dalek::{PublicKey, StaticSecret};

use super::kdf::{self, Hmac256, Label};
use crate::base::secret::Secret;

/// An X25519 public key for direct messages.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DirectPublic(pub [u8; 32]);

/// Its secret half, wiped on drop.
pub struct DirectSecret(Box<StaticSecret>);

impl DirectSecret {
    /// A fresh key pair.
    pub fn generate(rng: &mut impl CryptoRng) -> (DirectSecret, DirectPublic) {
        Self::from_seed(&Secret::random(rng))
    }

    /// The key pair of 32 secret bytes. RFC 7748, section 5.
    pub fn from_seed(seed: &Secret<32>) -> (DirectSecret, DirectPublic) {
        let secret = Box::new(StaticSecret::from(*seed.expose()));
        let public = DirectPublic(PublicKey::from(&*secret).to_bytes());
        (DirectSecret(secret), public)
    }

    /// `HMAC-SHA256(k, part1 || part2 || ..)` with `k = HKDF-Extract(SHA-256("ephem/1/dm" || lower key ||
    /// higher key), X25519(mine, theirs) || export)`. RFC 7748, 5869.
    ///
    /// `export` is what the sealing itself gave both ends ([`super::kem::seal_exporting`]). `None` when the
    /// other key is of small order: then the shared secret is zero and anyone could make the tag.
    pub fn tag(&self, theirs: &DirectPublic, export: &Secret<32>, parts: &[&[u8]]) -> Option<[u8; 32]> {
        self.key(theirs, export).map(|key| key.tag(parts))
    }

    /// Whether the other end, or this one, made the tag. Constant time.
    pub fn admits(
        &self,
        theirs: &DirectPublic,
        export: &Secret<32>,
        parts: &[&[u8]],
        tag: &[u8; 32],
    ) -> bool {
        self.key(theirs, export).is_some_and(|key| key.admits(parts, tag))
    }

    fn key(&self, theirs: &DirectPublic, export: &Secret<32>) -> Option<Hmac256> {
        let shared = self.0.diffie_hellman(&PublicKey::from(theirs.0));
        if !shared.was_contributory() {
            return None;
        }
        let mine = PublicKey::from(&*self.0).to_bytes();
        let (low, high) = if mine <= theirs.0 { (mine, theirs.0) } else { (theirs.0, mine) };
        let salt = kdf::hash(Label::Direct, &[&low, &high]);
        Some(Hmac256::new(&kdf::extract(&salt, &[shared.as_bytes(), export.expose()])))
    }
}

impl fmt::Debug for DirectPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "DirectPublic:{a:02x}{b:02x}{c:02x}{d:02x}")
    }
}

impl fmt::Debug for DirectSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DirectSecret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(n: u8) -> (DirectSecret, DirectPublic) {
        DirectSecret::from_seed(&Secret::new([n; 32]))
    }

    #[test]
    fn either_end_could_have_made_the_tag_and_no_third() {
        let ((a, pa), (b, pb), (c, _)) = (pair(1), pair(2), pair(3));
        let export = Secret::new([9; 32]);
        let tag = a.tag(&pb, &export, &[b"psst"]).unwrap();
        assert_eq!(b.tag(&pa, &export, &[b"psst"]), Some(tag));
        assert!(b.admits(&pa, &export, &[b"psst"], &tag));
        assert!(!b.admits(&pa, &export, &[b"psss"], &tag));
        assert!(!b.admits(&pa, &Secret::new([8; 32]), &[b"psst"], &tag));
        assert_ne!(c.tag(&pb, &export, &[b"psst"]), Some(tag));
    }

    #[test]
    fn a_key_of_small_order_gives_no_tag() {
        let (a, _) = pair(1);
        let mut one = [0; 32];
        for zero in [[0; 32], {
            one[0] = 1;
            one
        }] {
            assert_eq!(a.tag(&DirectPublic(zero), &Secret::zeroed(), &[b"psst"]), None);
            assert!(!a.admits(&DirectPublic(zero), &Secret::zeroed(), &[], &[0; 32]));
        }
    }
}
