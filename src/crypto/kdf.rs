//! Every derivation of the protocol, and every label that keeps two of them apart.
//!
//! A label is used for one purpose only. The version sits in front of each, so that nothing made for one
//! version of the protocol means anything in another.

use hkdf::{Hkdf, HkdfExtract};
use hmac::digest::array::Array;
use hmac::{Hmac, KeyInit, Mac as _};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::base::secret::Secret;
use crate::base::stack::{SHALLOW, cleanly};

/// What every label starts with.
pub const PREFIX: &str = "ephem/1/";

macro_rules! labels {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// What a derived key, a hash or a signature is for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Label {
            $($(#[$doc])* $name,)*
        }

        impl Label {
            /// Every label there is.
            pub const ALL: &[Label] = &[$(Label::$name,)*];

            /// The label as it is hashed, without [`PREFIX`].
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Label::$name => $text,)*
                }
            }
        }
    };
}

labels! {
    // From what a person typed.
    /// Salt of a room's root.
    Salt = "salt",
    /// Root of an open room.
    Open = "open",
    /// Key of a day's lobby frames.
    Lobby = "lobby",
    /// Pre-shared key of a welcome.
    Psk = "psk",
    /// A day's rendezvous key in the DHT.
    Rendezvous = "rdv",
    /// Name of a room whose members need no founding entry to find it.
    Genesis = "genesis",
    /// Words by which two people see that they typed the same secret.
    Mark = "mark",
    // Who may relay.
    /// Hash over the ban salts.
    Bans = "bans",
    /// A day's gossip topic.
    Topic = "topic",
    /// Key of the frame's outer tag.
    Gate = "gate",
    /// Key of the header's mask.
    Header = "hdr",
    // Who may read.
    /// Name of a base chain.
    Chain = "chain",
    /// One epoch's move of a chain key.
    Step = "step",
    /// Hash over the set of chains in force.
    Set = "set",
    /// Key under which an epoch's frames are sealed.
    Frame = "frame",
    /// Key under which members confirm to each other that they hold the same set.
    Confirm = "conf",
    /// One frame's own key and commitment.
    FrameKey = "fk",
    // Who wrote it.
    /// Signature over a frame's payload.
    Signature = "sig",
    /// Signature over an entry of the log.
    Entry = "entry",
    /// Signature over the announcement of a chain.
    Note = "note",
    /// Signature with the reclaim token.
    Reclaim = "reclaim",
    // Handing keys over.
    /// Welcome to a newcomer.
    Welcome = "welcome",
    /// Refusal of a newcomer.
    Refusal = "refusal",
    /// A chain shared across a healed partition.
    Share = "share",
    /// A part of a rekey.
    Rekey = "rekey",
    /// The key of a share, a rekey or a page, sealed to one receiver.
    Wrap = "wrap",
    /// A page of what somebody missed.
    Missed = "missed",
    /// Seed of an invite's key.
    Invite = "invite",
    // What members agree on.
    /// Name of a message.
    Message = "msg",
    /// Hash over a set of log heads.
    Heads = "heads",
    /// Hash over the roster.
    Roster = "roster",
    /// Hash over the living messages.
    Living = "living",
    /// Order in which members answer.
    Order = "order",
    // Messages to one, and files.
    /// Seal and tag of a direct message.
    Direct = "dm",
    /// A report to those in office.
    Report = "report",
    // For people to read.
    /// A member's two-word tag.
    Tag = "tag",
    /// Safety words of two members.
    Words = "words",
    /// Words of a room.
    RoomWords = "room-words",
    /// Check word of bytes read aloud.
    Check = "check",
}

/// `out = HKDF-SHA256-Expand(key, "ephem/1/" || label || LP(ctx).., len(out))`, `LP(x) = u16be(len(x)) || x`.
///
/// RFC 5869, section 2.3. Numbers in a context are eight bytes, big endian.
///
/// # Panics
/// When `out` is longer than 8,160 bytes, the most that HKDF gives; no caller takes a length from outside.
pub fn expand(key: &Secret<32>, label: Label, ctx: &[&[u8]], out: &mut [u8]) {
    let lengths: Vec<[u8; 2]> = ctx.iter().map(|part| length_prefix(part)).collect();
    let mut info = Vec::with_capacity(2 + 2 * ctx.len());
    info.extend([PREFIX.as_bytes(), label.as_str().as_bytes()]);
    for (length, part) in lengths.iter().zip(ctx) {
        info.extend([length.as_slice(), part]);
    }
    let expanded = cleanly::<SHALLOW, _>(|| {
        Hkdf::<Sha256>::from_prk(key.expose()).map(|hkdf| hkdf.expand_multi_info(&info, out))
    });
    assert!(matches!(expanded, Ok(Ok(()))), "a 32-byte key and at most 8,160 bytes out");
}

/// [`expand`] to a key.
pub fn expand32(key: &Secret<32>, label: Label, ctx: &[&[u8]]) -> Secret<32> {
    let mut out = Secret::zeroed();
    expand(key, label, ctx, out.expose_mut());
    out
}

/// `HKDF-SHA256-Extract(salt, ikm1 || ikm2 || ..)`. RFC 5869, section 2.2.
///
/// The parts are joined as they are: callers pass parts of fixed length.
pub fn extract(salt: &[u8], ikm: &[&[u8]]) -> Secret<32> {
    let mut out = Secret::zeroed();
    cleanly::<SHALLOW, _>(|| {
        let mut hkdf = HkdfExtract::<Sha256>::new(Some(salt));
        for part in ikm {
            hkdf.input_ikm(part);
        }
        out.expose_mut().copy_from_slice(&hkdf.finalize().0);
    });
    out
}

/// `SHA-256("ephem/1/" || label || part1 || part2 || ..)`. FIPS 180-4.
///
/// The parts are joined as they are: all but the last are of fixed length, or carry their own.
pub fn hash(label: Label, parts: &[&[u8]]) -> [u8; 32] {
    cleanly::<SHALLOW, _>(|| {
        let mut sha = Sha256::new_with_prefix(PREFIX).chain_update(label.as_str());
        for part in parts {
            sha.update(part);
        }
        sha.finalize().into()
    })
}

/// `SHA-256(bytes)`, for what is named by its raw bytes. FIPS 180-4.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    cleanly::<SHALLOW, _>(|| Sha256::digest(bytes).into())
}

/// `u16be(len(x))`: what goes before a part whose length is not fixed.
///
/// Contexts are names, ids and numbers. One of 64 KiB or more would be a mistake of ours, so it saturates.
pub fn length_prefix(part: &[u8]) -> [u8; 2] {
    debug_assert!(part.len() < usize::from(u16::MAX), "contexts are short");
    u16::try_from(part.len()).unwrap_or(u16::MAX).to_be_bytes()
}

/// HMAC-SHA256 under one key, with the key already taken in: a tag costs no key setup. RFC 2104.
#[derive(Clone)]
pub struct Hmac256(Hmac<Sha256>);

impl Hmac256 {
    /// Takes the key in.
    pub fn new(key: &Secret<32>) -> Self {
        // A key shorter than the block is filled up with zeros: the definition, spelt out because it cannot
        // fail.
        cleanly::<SHALLOW, _>(|| {
            let mut block = Zeroizing::new([0u8; 64]);
            block.iter_mut().zip(key.expose()).for_each(|(to, from)| *to = *from);
            Hmac256(Hmac::new(Array::cast_from_core(&block)))
        })
    }

    /// `HMAC-SHA256(key, part1 || part2 || ..)`.
    pub fn tag(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut hmac = self.0.clone();
        for part in parts {
            hmac.update(part);
        }
        hmac.finalize().into_bytes().into()
    }

    /// Whether `tag` is the tag of `parts`, in time that does not depend on where they differ.
    pub fn admits(&self, parts: &[&[u8]], tag: &[u8; 32]) -> bool {
        self.tag(parts).ct_eq(tag).into()
    }
}

impl std::fmt::Debug for Hmac256 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hmac256")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::hex;

    #[test]
    fn no_label_equals_another_or_begins_another() {
        for (i, a) in Label::ALL.iter().enumerate() {
            assert!(!a.as_str().is_empty() && a.as_str().is_ascii());
            for b in Label::ALL.iter().skip(i + 1) {
                let (a, b) = (a.as_str(), b.as_str());
                assert!(!a.starts_with(b) && !b.starts_with(a), "{a} and {b}");
            }
        }
    }

    #[test]
    fn expand_is_hkdf_over_the_spelt_out_info() {
        let key = Secret::new([9; 32]);
        let mut ours = [0u8; 64];
        expand(&key, Label::Step, &[b"abc", &7u64.to_be_bytes()], &mut ours);
        let info = b"ephem/1/step\x00\x03abc\x00\x08\x00\x00\x00\x00\x00\x00\x00\x07";
        let mut plain = [0u8; 64];
        Hkdf::<Sha256>::from_prk(key.expose()).unwrap().expand(info, &mut plain).unwrap();
        assert_eq!(ours, plain);
        assert_eq!(expand32(&key, Label::Step, &[b"abc", &7u64.to_be_bytes()]).expose(), &plain[..32]);
    }

    #[test]
    fn moving_a_byte_between_two_contexts_gives_another_key() {
        let key = Secret::new([9; 32]);
        assert_ne!(expand32(&key, Label::Step, &[b"ab", b"c"]), expand32(&key, Label::Step, &[b"a", b"bc"]));
        assert_ne!(expand32(&key, Label::Step, &[b"ab"]), expand32(&key, Label::Frame, &[b"ab"]));
    }

    #[test]
    fn extract_joins_its_parts() {
        let (whole, _) = Hkdf::<Sha256>::extract(Some(b"salt"), b"onetwo");
        assert_eq!(extract(b"salt", &[b"one", b"two"]).expose()[..], whole[..]);
    }

    #[test]
    fn hashes_are_what_a_second_implementation_gets() {
        assert_eq!(hash(Label::Tag, &[b"x", b"y"]), sha256(b"ephem/1/tagxy"));
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hex(&sha256(b"")), empty);
    }

    #[test]
    fn a_prepared_hmac_equals_a_plain_one_and_can_be_used_again() {
        let key = Secret::new([3; 32]);
        let ours = Hmac256::new(&key);
        let mut plain = Hmac::<Sha256>::new_from_slice(key.expose()).unwrap();
        plain.update(b"some bytes");
        let tag: [u8; 32] = plain.finalize().into_bytes().into();
        assert_eq!(ours.tag(&[b"some ", b"bytes"]), tag);
        assert!(ours.admits(&[b"some bytes"], &tag));
        assert!(!ours.admits(&[b"some bytez"], &tag));
    }
}
