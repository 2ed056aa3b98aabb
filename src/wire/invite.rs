//! An invite as a link: `EPHEM:`, base32 and six letters that check it; upper case so that a QR code stays small.

use std::fmt;

use zeroize::Zeroizing;

use super::cbor::{CborError, Reader, Writer};
use super::field::{FieldError, bytes_upto, list, name, secret, terse_debug, write_list};
use crate::base::limits::{ADDR_BYTES, INVITE_ADDRS, INVITE_BYTES, ROOM_BYTES};
use crate::base::secret::Secret;

const PREFIX: &str = "EPHEM:";
const FIELDS: usize = 6;
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Digits that check the others.
const CHECK: usize = 6;
/// Digits of the longest invite.
const DIGITS: usize = (INVITE_BYTES * 8).div_ceil(5) + CHECK;
/// What the checksum of a whole link comes to, and the polynomial that it is a remainder by: those of BIP-350.
const WHOLE: u32 = 0x2bc8_30a3;
const POLYNOMIAL: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
/// The version of invites written here.
const VERSION: u64 = 2;

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
        w.array(FIELDS).uint(VERSION).text(&self.room).bytes(self.secret.expose()).bytes(&self.owner_fp);
        write_list(w.bytes(self.seed.expose()), &self.addrs);
        let bytes = w.finish();
        debug_assert_eq!(Invite::from_bytes(&bytes).err(), None, "an invite out of its bounds: {self:?}");
        bytes
    }

    /// The link.
    pub fn to_link(&self) -> Zeroizing<String> {
        let bytes = self.to_bytes();
        let mut link =
            Zeroizing::new(String::with_capacity(PREFIX.len() + (bytes.len() * 8).div_ceil(5) + CHECK));
        link.push_str(PREFIX);
        to_base32(&bytes, &mut link);
        let digits = link.bytes().skip(PREFIX.len()).filter_map(digit_value);
        let check = checksum(digits.chain([0; CHECK])) ^ WHOLE;
        (0..CHECK).for_each(|n| push_digit(u64::from(check) >> (5 * (CHECK - 1 - n)), &mut link));
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
        if let Some(foreign) =
            digits.chars().position(|letter| !letter.is_ascii() || digit_value(letter as u8).is_none())
        {
            return Err(InviteError::Letter(foreign + 1));
        }
        let values = || digits.bytes().filter_map(digit_value);
        let off = checksum(values()) ^ WHOLE;
        if off != 0 {
            return Err(wrong_letter(off, digits.len()).map_or(InviteError::Damaged, InviteError::Letter));
        }
        let (digits, _) =
            digits.split_at_checked(digits.len().wrapping_sub(CHECK)).ok_or(InviteError::Damaged)?;
        Invite::from_bytes(&from_base32(digits).ok_or(InviteError::Damaged)?)
    }

    /// The invite of these bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Invite, InviteError> {
        let mut r = Reader::new(bytes);
        let fields = r.array()?;
        let version = r.uint()?;
        if version != VERSION {
            return Err(InviteError::Version(version));
        }
        if fields != FIELDS {
            return Err(InviteError::Cbor(CborError::WrongLength));
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
    /// The letter at this place after the prefix is wrong (the first is 1), and if no other is, all is well without it.
    Letter(usize),
    /// Letters are missing, there are too many, or several are wrong.
    Damaged,
    /// It is for another version of the protocol.
    Version(u64),
    /// It is whole, and not an invite of ours.
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
            InviteError::Letter(at) => write!(f, "letter {at} after {PREFIX} is wrong"),
            InviteError::Damaged => f.write_str("letters are missing or wrong"),
            InviteError::Version(other) => write!(f, "an invite of version {other}"),
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
            push_digit(word >> (35 - 5 * digit), out);
        }
    }
}

fn push_digit(value: u64, out: &mut String) {
    out.extend(ALPHABET.get((value & 31) as usize).map(|letter| char::from(*letter)));
}

/// The remainder of digits, from a first one that stands for the prefix.
fn checksum(digits: impl Iterator<Item = u64>) -> u32 {
    digits.fold(1, |sum, digit| step(sum) ^ digit as u32)
}

fn step(sum: u32) -> u32 {
    let top = sum >> 25;
    let set = (0..).zip(POLYNOMIAL).filter(|(bit, _)| top >> bit & 1 == 1);
    set.fold((sum & 0x1ff_ffff) << 5, |sum, (_, term)| sum ^ term)
}

/// Where the one letter stands (the first is 1) whose change alone makes the checksum so much off: no two places and
/// changes come to the same.
fn wrong_letter(off: u32, digits: usize) -> Option<usize> {
    (1..32).find_map(|change| {
        let mut sum = change;
        (1..=digits).rev().find(|_| {
            let found = sum == off;
            sum = step(sum);
            found
        })
    })
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
        checked(base32(&w.finish()))
    }

    fn checked(mut digits: String) -> String {
        let sum = checksum(digits.bytes().filter_map(digit_value).chain([0; CHECK])) ^ WHOLE;
        (0..6).for_each(|n| push_digit(u64::from(sum) >> (25 - 5 * n), &mut digits));
        format!("EPHEM:{digits}")
    }

    #[test]
    fn the_checksum_is_that_of_bip_350() {
        // Of its list of valid strings, without what stands for their own prefix and in their own alphabet.
        let bech32m = |text: &str| {
            let (prefix, data) = text.rsplit_once('1').unwrap();
            let digit = |c| "qpzry9x8gf2tvdw0s3jn54khce6mua7l".find(c).unwrap() as u64;
            let high = prefix.bytes().map(|b| u64::from(b >> 5));
            let low = prefix.bytes().map(|b| u64::from(b & 31));
            checksum(high.chain([0]).chain(low).chain(data.chars().map(digit)))
        };
        let split = "split1checkupstagehandshakeupstreamerranterredcaperredlc445v";
        for text in ["a1lqfn3a", "?1v759aa", split] {
            assert_eq!(bech32m(text), WHOLE, "{text}");
        }
    }

    #[test]
    fn any_one_wrong_letter_is_found_and_any_two_are_noticed() {
        // Each place and change has a sum of its own: then no two of them cancel, and one alone is found.
        let mut sums = std::collections::BTreeSet::new();
        for change in 1..32 {
            let mut sum = change;
            for _ in 0..DIGITS {
                assert!(sum != 0 && sums.insert(sum));
                sum = step(sum);
            }
        }
        let link = invite(2).to_link();
        for at in (PREFIX.len()..link.len()).step_by(7) {
            let mut wrong = link.as_bytes().to_vec();
            wrong[at] = if wrong[at] == b'A' { b'7' } else { b'A' };
            let wrong = String::from_utf8(wrong).unwrap();
            assert_eq!(Invite::parse(&wrong), Err(InviteError::Letter(at - PREFIX.len() + 1)));
        }
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
        assert_eq!(Invite::parse("EPHEM:!"), Err(InviteError::Letter(1)));
        assert_eq!(Invite::parse(&link.replace("EPHEM:", "EPHEM: ")), Err(InviteError::Letter(1)));
        assert_eq!(Invite::parse("EPHEM:"), Err(InviteError::Damaged));
        assert_eq!(Invite::parse(&checked(String::new())), Err(InviteError::Cbor(CborError::Truncated)));
        let other = link_of(|w| {
            w.array(2).uint(3).uint(0);
        });
        assert_eq!(Invite::parse(&other), Err(InviteError::Version(3)));
        let nameless = link_of(|w| {
            w.array(6).uint(2).text("").bytes(&[0; 16]).bytes(&[0; 10]).bytes(&[0; 16]).array(0);
        });
        assert_eq!(Invite::parse(&nameless), Err(InviteError::Field("room")));
        let crowded = link_of(|w| {
            w.array(6).uint(2).text("r").bytes(&[0; 16]).bytes(&[0; 10]).bytes(&[0; 16]).array(4);
            (0..4).for_each(|_| {
                w.bytes(&[1]);
            });
        });
        assert_eq!(Invite::parse(&crowded), Err(InviteError::Cbor(CborError::TooMany)));
        let short = link_of(|w| {
            w.array(6).uint(2).text("r").bytes(&[0; 15]).bytes(&[0; 10]).bytes(&[0; 16]).array(0);
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
