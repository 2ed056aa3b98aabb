//! An invite as a link: `EPHEM:` and base32, upper case so that a QR code stays small.

use std::fmt;

use zeroize::Zeroizing;

use super::cbor::{CborError, Reader, Writer};
use super::field::{FieldError, bytes_upto, list, name, secret, terse_debug, versioned, write_list};
use crate::base::limits::{ADDR_BYTES, INVITE_ADDRS, INVITE_BYTES, ROOM_BYTES};
use crate::base::secret::Secret;

const PREFIX: &str = "EPHEM:";
const FIELDS: usize = 6;
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Base32 digits of the longest invite.
const DIGITS: usize = (INVITE_BYTES * 8).div_ceil(5);

/// What someone needs to come in, and to know whose room it is.
#[derive(PartialEq)]
pub struct Invite {
    /// The room's name.
    pub room: String,
    /// What the room's root is made of.
    pub secret: Secret<16>,
    /// The start of the hash of the owner's key.
    pub owner_fp: [u8; 10],
    /// What the invite's own key is made of.
    pub seed: Secret<16>,
    /// Where to begin to look: binary multiaddrs.
    pub addrs: Vec<Vec<u8>>,
}

impl Invite {
    /// Its bytes, from which the link and the words are made.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut w = Writer::with_capacity(INVITE_BYTES);
        w.array(FIELDS).uint(1).text(&self.room).bytes(self.secret.expose()).bytes(&self.owner_fp);
        write_list(w.bytes(self.seed.expose()), &self.addrs);
        let bytes = w.finish();
        debug_assert_eq!(Invite::decode(&bytes).err(), None, "an invite out of its bounds: {self:?}");
        bytes
    }

    /// The link.
    pub fn to_link(&self) -> Zeroizing<String> {
        let bytes = self.to_bytes();
        let mut link = Zeroizing::new(String::with_capacity(PREFIX.len() + (bytes.len() * 8).div_ceil(5)));
        link.push_str(PREFIX);
        to_base32(&bytes, &mut link);
        link
    }

    /// The invite of a link. White space around it and the case of its letters do not matter.
    pub fn parse(link: &str) -> Result<Invite, InviteError> {
        let link = link.trim_ascii();
        let (prefix, digits) = link.split_at_checked(PREFIX.len()).ok_or(InviteError::NotAnInvite)?;
        if !prefix.eq_ignore_ascii_case(PREFIX) {
            return Err(InviteError::NotAnInvite);
        }
        if digits.len() > DIGITS {
            return Err(InviteError::TooLong);
        }
        Invite::decode(&from_base32(digits).ok_or(InviteError::Damaged)?)
    }

    fn decode(bytes: &[u8]) -> Result<Invite, InviteError> {
        let mut r = Reader::new(bytes);
        if let Some(other) = versioned(&mut r, FIELDS)? {
            return Err(InviteError::Version(other));
        }
        let invite = Invite {
            room: name(&mut r, ROOM_BYTES, "room")?,
            secret: secret(&mut r)?,
            owner_fp: r.bytes_exact()?,
            seed: secret(&mut r)?,
            addrs: list(&mut r, INVITE_ADDRS, |r| bytes_upto(r, ADDR_BYTES, "addr"))?,
        };
        r.end()?;
        Ok(invite)
    }
}

/// Why a text is not an invite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InviteError {
    /// It does not begin like one.
    NotAnInvite,
    /// It is longer than any invite.
    TooLong,
    /// It is no base32: a letter is missing or wrong.
    Damaged,
    /// It is for another version of the protocol.
    Version(u64),
    /// It is base32, but not of an invite: cut short, or changed on the way.
    Cbor(CborError),
    /// The named field is out of its bound.
    Field(&'static str),
}

impl From<CborError> for InviteError {
    fn from(error: CborError) -> InviteError {
        InviteError::Cbor(error)
    }
}

impl From<FieldError> for InviteError {
    fn from(error: FieldError) -> InviteError {
        match error {
            FieldError::Cbor(error) => InviteError::Cbor(error),
            FieldError::Value(name) => InviteError::Field(name),
        }
    }
}

impl fmt::Display for InviteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InviteError::NotAnInvite => write!(f, "an invite begins with {PREFIX}"),
            InviteError::TooLong => f.write_str("longer than any invite"),
            InviteError::Damaged => f.write_str("a letter is missing or wrong"),
            InviteError::Version(other) => write!(f, "an invite for version {other}"),
            InviteError::Cbor(error) => write!(f, "the invite is damaged: {error}"),
            InviteError::Field(name) => write!(f, "{name} is out of its bound"),
        }
    }
}

impl std::error::Error for InviteError {}

/// RFC 4648 base32 without padding.
fn to_base32(bytes: &[u8], out: &mut String) {
    for group in bytes.chunks(5) {
        let word =
            group.iter().fold(0u64, |word, byte| word << 8 | u64::from(*byte)) << (8 * (5 - group.len()));
        for digit in 0..(group.len() * 8).div_ceil(5) {
            let value = (word >> (35 - 5 * digit)) & 31;
            out.extend(ALPHABET.get(value as usize).map(|letter| char::from(*letter)));
        }
    }
}

/// The other direction; `None` for a foreign letter, a length that no bytes have, or bits left over that are
/// not zero.
fn from_base32(digits: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(digits.len() * 5 / 8));
    for group in digits.as_bytes().chunks(8) {
        let mut word = 0u64;
        for letter in group {
            word = word << 5 | digit_value(*letter)?;
        }
        let word = word << (5 * (8 - group.len()));
        let len = group.len() * 5 / 8;
        let [_, _, _, five @ ..] = word.to_be_bytes();
        let (kept, left) = five.split_at_checked(len)?;
        // A group of n digits is the shortest that spells its bytes, and what it cannot spell is zero.
        if (len * 8).div_ceil(5) != group.len() || left.iter().any(|byte| *byte != 0) {
            return None;
        }
        bytes.extend_from_slice(kept);
    }
    Some(bytes)
}

fn digit_value(letter: u8) -> Option<u64> {
    match letter {
        b'A'..=b'Z' => Some(u64::from(letter - b'A')),
        b'a'..=b'z' => Some(u64::from(letter - b'a')),
        b'2'..=b'7' => Some(u64::from(letter - b'2') + 26),
        _ => None,
    }
}

terse_debug!(Invite {} lengths { addrs });

#[cfg(test)]
mod tests {
    use super::*;

    fn base32(bytes: &[u8]) -> String {
        let mut out = String::new();
        to_base32(bytes, &mut out);
        out
    }

    fn invite(addrs: usize) -> Invite {
        Invite {
            room: "r".repeat(32),
            secret: Secret::new([1; 16]),
            owner_fp: [2; 10],
            seed: Secret::new([3; 16]),
            addrs: vec![vec![4; 128]; addrs],
        }
    }

    fn link_of(write: impl FnOnce(&mut Writer)) -> String {
        let mut w = Writer::with_capacity(0);
        write(&mut w);
        format!("EPHEM:{}", base32(&w.finish()))
    }

    #[test]
    fn base32_is_that_of_rfc_4648() {
        for (bytes, digits) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes.as_bytes()), digits);
            assert_eq!(**from_base32(digits).unwrap(), *bytes.as_bytes());
        }
        for bad in ["M", "MZX", "MZXW6Y", "MZ", "MZXR", "MY======", "M1", "M8", "M Y", "MÝ"] {
            assert!(from_base32(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn the_longest_invite_is_as_long_as_its_bound_says() {
        let link = invite(3).to_link();
        assert_eq!(link.len(), PREFIX.len() + DIGITS);
        assert_eq!(Invite::parse(&link), Ok(invite(3)));
        assert_eq!(Invite::parse(&format!("{}A", *link)), Err(InviteError::TooLong));
    }

    #[test]
    fn a_link_reads_the_same_in_lower_case_and_with_space_around_it() {
        let link = invite(1).to_link();
        assert_eq!(Invite::parse(&format!(" {}\n", link.to_lowercase())), Ok(invite(1)));
    }

    #[test]
    fn each_way_to_be_no_invite_has_its_own_name() {
        let link = invite(0).to_link();
        assert_eq!(Invite::parse(""), Err(InviteError::NotAnInvite));
        assert_eq!(Invite::parse("https://example.org/"), Err(InviteError::NotAnInvite));
        assert_eq!(Invite::parse("EPHEÄ:AA"), Err(InviteError::NotAnInvite));
        assert_eq!(Invite::parse("EPHEM:!"), Err(InviteError::Damaged));
        assert_eq!(Invite::parse(&link.replace("EPHEM:", "EPHEM: ")), Err(InviteError::Damaged));
        assert_eq!(Invite::parse("EPHEM:"), Err(InviteError::Cbor(CborError::Truncated)));
        let other = link_of(|w| {
            w.array(2).uint(2).uint(0);
        });
        assert_eq!(Invite::parse(&other), Err(InviteError::Version(2)));
        let nameless = link_of(|w| {
            w.array(6).uint(1).text("").bytes(&[0; 16]).bytes(&[0; 10]).bytes(&[0; 16]).array(0);
        });
        assert_eq!(Invite::parse(&nameless), Err(InviteError::Field("room")));
        let crowded = link_of(|w| {
            w.array(6).uint(1).text("r").bytes(&[0; 16]).bytes(&[0; 10]).bytes(&[0; 16]).array(4);
            (0..4).for_each(|_| {
                w.bytes(&[1]);
            });
        });
        assert_eq!(Invite::parse(&crowded), Err(InviteError::Cbor(CborError::TooMany)));
        let short = link_of(|w| {
            w.array(6).uint(1).text("r").bytes(&[0; 15]).bytes(&[0; 10]).bytes(&[0; 16]).array(0);
        });
        assert_eq!(Invite::parse(&short), Err(InviteError::Cbor(CborError::WrongLength)));
    }

    #[test]
    fn a_link_cut_anywhere_is_refused() {
        let link = invite(2).to_link();
        for len in 0..link.len() {
            assert!(Invite::parse(&link[..len]).is_err(), "{len}");
        }
    }
}
