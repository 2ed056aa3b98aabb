//! What must be wiped: fixed-length keys, and the text of a message.
//!
//! Both live on the heap behind one owner, so that moving the handle leaves no copy behind on the stack, and
//! both are overwritten when the last handle goes.

use std::fmt;
use std::sync::Arc;

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::vault::{self, PLACE};

/// `N` secret bytes, wiped on drop, compared in constant time, never printed.
///
/// There is no `Clone`: whoever needs a second copy of a key says [`Secret::duplicate`], which a reader can
/// search for.
///
/// It lies in the vault while that has places, and as zeros behind its end: `N` is at most [`PLACE`].
pub struct Secret<const N: usize>(Box<[u8]>);

impl<const N: usize> Secret<N> {
    /// Takes the bytes in and wipes the argument; the caller's own array is the caller's to wipe.
    pub fn new(mut bytes: [u8; N]) -> Self {
        let mut secret = Self::zeroed();
        *secret.expose_mut() = bytes;
        bytes.zeroize();
        secret
    }

    /// A copy of a slice; `None` unless it has exactly `N` bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; N] = bytes.try_into().ok()?;
        let mut secret = Self::zeroed();
        secret.expose_mut().copy_from_slice(bytes);
        Some(secret)
    }

    /// All zero bytes: a place to derive a key into.
    pub fn zeroed() -> Self {
        const { assert!(N <= PLACE) };
        Secret(vault::take())
    }

    /// Fresh random bytes, drawn straight into their place.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        let mut secret = Self::zeroed();
        rng.fill_bytes(secret.expose_mut());
        secret
    }

    /// The bytes. The name is loud on purpose.
    pub fn expose(&self) -> &[u8; N] {
        self.0.first_chunk().unwrap_or_else(|| unreachable!("a place is as long as the longest secret"))
    }

    /// The bytes, to be written.
    pub fn expose_mut(&mut self) -> &mut [u8; N] {
        self.0.first_chunk_mut().unwrap_or_else(|| unreachable!("a place is as long as the longest secret"))
    }

    /// A second owner of the same bytes, wiped on its own.
    pub fn duplicate(&self) -> Self {
        let mut copy = Self::zeroed();
        copy.expose_mut().copy_from_slice(self.expose());
        copy
    }
}

impl<const N: usize> Drop for Secret<N> {
    fn drop(&mut self) {
        self.0.zeroize();
        vault::give_back(std::mem::take(&mut self.0));
    }
}

impl<const N: usize> PartialEq for Secret<N> {
    fn eq(&self, other: &Self) -> bool {
        self.expose().ct_eq(other.expose()).into()
    }
}

impl<const N: usize> Eq for Secret<N> {}

impl<const N: usize> fmt::Debug for Secret<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({N})")
    }
}

/// A message's text: one buffer of exactly its size, shared by handles, wiped when the last handle is
/// dropped.
///
/// A face draws from the handle and keeps no copy; cloning clones the handle, never the text. It cannot be put into
/// another string by formatting it:
///
/// ```compile_fail,E0277
/// format!("{}", ephem_node::base::secret::Text::new("meet at noon"));
/// ```
///
/// ```compile_fail,E0599
/// ephem_node::base::secret::Text::new("meet at noon").to_string();
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Text(Arc<Zeroizing<Box<str>>>);

impl Text {
    /// Copies the text into its buffer; wiping what it was copied from stays with the caller.
    pub fn new(text: &str) -> Self {
        Text(Arc::new(Zeroizing::new(Box::from(text))))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.as_str().len()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.as_str().is_empty()
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({})", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_is_ever_printed() {
        assert_eq!(format!("{:?}", Secret::new([7u8; 32])), "Secret(32)");
        assert_eq!(format!("{:?}", Text::new("meet at noon")), "Text(12)");
    }

    #[test]
    fn a_secret_takes_only_its_own_length() {
        assert!(Secret::<16>::from_slice(&[1; 16]).is_some());
        assert!(Secret::<16>::from_slice(&[1; 15]).is_none());
        assert!(Secret::<16>::from_slice(&[1; 17]).is_none());
    }

    #[test]
    fn a_duplicate_is_equal_and_independent() {
        let mut key = Secret::new([7u8; 32]);
        let copy = key.duplicate();
        assert_eq!(key, copy);
        key.expose_mut()[0] = 8;
        assert_ne!(key, copy);
        drop(key);
        assert_eq!(copy.expose(), &[7; 32]);
    }

    #[test]
    fn secrets_lie_in_the_vault_while_it_has_places_and_leave_nothing_there() {
        // Many: other tests take places meanwhile, and give them back.
        let furniture: Vec<Box<[u8]>> = (0..4_096).map(|_| vec![0; PLACE].into()).collect();
        let mut places: Vec<usize> = furniture.iter().map(|place| place.as_ptr().addr()).collect();
        places.sort_unstable();
        vault::furnish(furniture);
        for round in 0..100 {
            let keys: Vec<Secret<16>> = (0..8).map(|n| Secret::new([n + 1; 16])).collect();
            let others: Vec<Secret<32>> = (0..8).map(|_| Secret::zeroed()).collect();
            let at = keys.iter().map(|key| key.expose().as_ptr().addr());
            let at = at.chain(others.iter().map(|key| key.expose().as_ptr().addr()));
            assert!(at.into_iter().all(|at| places.binary_search(&at).is_ok()), "round {round}: elsewhere");
            assert!(
                others.iter().all(|key| key.expose() == &[0; 32]),
                "round {round}: not wiped when it was given back"
            );
        }
        assert_eq!(vault::places().0, 4_096);
    }

    #[test]
    fn handles_share_one_text() {
        let text = Text::new("hello");
        let other = text.clone();
        assert_eq!(text.as_str().as_ptr(), other.as_str().as_ptr());
        assert_eq!(text, other);
        assert!(!text.is_empty() && Text::new("").is_empty());
    }
}
