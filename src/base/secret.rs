//! What must be wiped: fixed-length keys, and the text of a message.
//!
//! Both live on the heap behind one owner, so that moving the handle leaves no copy behind on the stack, and
//! both are overwritten when the last handle goes.

use std::fmt;
use std::sync::Arc;

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

/// `N` secret bytes, wiped on drop, compared in constant time, never printed.
///
/// There is no `Clone`: whoever needs a second copy of a key says [`Secret::duplicate`], which a reader can
/// search for.
pub struct Secret<const N: usize>(Box<[u8; N]>);

impl<const N: usize> Secret<N> {
    /// Takes the bytes in and wipes the argument; the caller's own array is the caller's to wipe.
    pub fn new(mut bytes: [u8; N]) -> Self {
        let secret = Secret(Box::new(bytes));
        bytes.zeroize();
        secret
    }

    /// A copy of a slice; `None` unless it has exactly `N` bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        let mut secret = Self::zeroed();
        if bytes.len() != N {
            return None;
        }
        secret.0.copy_from_slice(bytes);
        Some(secret)
    }

    /// All zero bytes: a place to derive a key into.
    pub fn zeroed() -> Self {
        Secret(Box::new([0; N]))
    }

    /// Fresh random bytes, drawn straight into their place.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        let mut secret = Self::zeroed();
        rng.fill_bytes(secret.expose_mut());
        secret
    }

    /// The bytes. The name is loud on purpose.
    pub fn expose(&self) -> &[u8; N] {
        &self.0
    }

    /// The bytes, to be written.
    pub fn expose_mut(&mut self) -> &mut [u8; N] {
        &mut self.0
    }

    /// A second owner of the same bytes, wiped on its own.
    pub fn duplicate(&self) -> Self {
        let mut copy = Self::zeroed();
        copy.0.copy_from_slice(&*self.0);
        copy
    }
}

impl<const N: usize> Drop for Secret<N> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<const N: usize> PartialEq for Secret<N> {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&*other.0).into()
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
    fn handles_share_one_text() {
        let text = Text::new("hello");
        let other = text.clone();
        assert_eq!(text.as_str().as_ptr(), other.as_str().as_ptr());
        assert_eq!(text, other);
        assert!(!text.is_empty() && Text::new("").is_empty());
    }
}
