//! What many layouts share: bounded fields, sorted lists, flags, and `Debug` that tells lengths only.

use std::fmt;

use super::cbor::{CborError, Reader, Writer};
use crate::base::id::MemberId;
use crate::base::limits::{ADDR_BYTES, ADDRS, FOUNDINGS, KEM_BYTES, PEER_BYTES, RANGE_AUTHORS, RANGES};
use crate::base::secret::Secret;

/// Why a field was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldError {
    /// The bytes are not the canonical items of this layout.
    Cbor(CborError),
    /// The named field is out of its bound.
    Value(&'static str),
}

/// An X-Wing public key.
pub(super) type KemKey = Box<[u8; KEM_BYTES]>;

/// Per author, the counters meant: ranges with both ends included.
pub(super) type Counters = Vec<(MemberId, Vec<(u64, u64)>)>;

/// The head of an array whose first item is the version; `Ok(Some(v))` is a version that is not ours.
pub(super) fn versioned(r: &mut Reader<'_>, fields: usize) -> Result<Option<u64>, CborError> {
    let found = r.array()?;
    match r.uint()? {
        1 if found == fields => Ok(None),
        1 => Err(CborError::WrongLength),
        other => Ok(Some(other)),
    }
}

/// A byte string of at most `max` bytes.
pub(super) fn bytes_upto(r: &mut Reader<'_>, max: usize, name: &'static str) -> Result<Vec<u8>, FieldError> {
    let bytes = r.bytes()?;
    ensure(bytes.len() <= max, name)?;
    Ok(bytes.to_vec())
}

/// A text of at most `max` bytes.
pub(super) fn text_upto(r: &mut Reader<'_>, max: usize, name: &'static str) -> Result<String, FieldError> {
    let text = r.text()?;
    ensure(text.len() <= max, name)?;
    Ok(text.to_owned())
}

/// A text of 1 to `max` bytes.
pub(super) fn name(r: &mut Reader<'_>, max: usize, name: &'static str) -> Result<String, FieldError> {
    let text = text_upto(r, max, name)?;
    ensure(!text.is_empty(), name)?;
    Ok(text)
}

/// Flags of which only those in `known` may be set.
pub(super) fn flags(r: &mut Reader<'_>, known: u64) -> Result<u64, FieldError> {
    let flags = r.uint()?;
    ensure(flags & !known == 0, "flags")?;
    Ok(flags)
}

/// `bit` where `set`: the other direction of [`flags`].
pub(super) fn flag(set: bool, bit: u64) -> u64 {
    if set { bit } else { 0 }
}

/// At most `max` items. The vector grows with what was really read, never by what was promised.
pub(super) fn list<'a, T, E: From<CborError>>(
    r: &mut Reader<'a>,
    max: usize,
    mut item: impl FnMut(&mut Reader<'a>) -> Result<T, E>,
) -> Result<Vec<T>, E> {
    let len = r.array()?;
    if len > max {
        return Err(CborError::TooMany.into());
    }
    let mut items = Vec::new();
    for _ in 0..len {
        items.push(item(r)?);
    }
    Ok(items)
}

/// An array of byte strings.
pub(super) fn write_list<T: AsRef<[u8]>>(w: &mut Writer, items: &[T]) {
    w.array(items.len());
    for item in items {
        w.bytes(item.as_ref());
    }
}

/// Each item is greater than the one before.
pub(super) fn ascending<T: Ord>(items: &[T], name: &'static str) -> Result<(), FieldError> {
    ensure(items.is_sorted_by(|a, b| a < b), name)
}

/// `Ok` where `holds`.
pub(super) fn ensure(holds: bool, name: &'static str) -> Result<(), FieldError> {
    if holds { Ok(()) } else { Err(FieldError::Value(name)) }
}

/// A secret of exactly `N` bytes; no copy of it stays on the stack.
pub(super) fn secret<const N: usize>(r: &mut Reader<'_>) -> Result<Secret<N>, CborError> {
    Secret::from_slice(r.bytes()?).ok_or(CborError::WrongLength)
}

/// An X-Wing public key.
pub(super) fn kem(r: &mut Reader<'_>) -> Result<KemKey, CborError> {
    r.bytes_exact().map(Box::new)
}

/// The foundings a member names.
pub(super) fn foundings(r: &mut Reader<'_>) -> Result<Vec<[u8; 8]>, CborError> {
    list(r, FOUNDINGS, |r| r.bytes_exact())
}

/// The transport peer of a member; empty is unknown.
pub(super) fn peer(r: &mut Reader<'_>) -> Result<Vec<u8>, FieldError> {
    bytes_upto(r, PEER_BYTES, "peer")
}

/// Where a member can be reached.
pub(super) fn addrs(r: &mut Reader<'_>) -> Result<Vec<Vec<u8>>, FieldError> {
    list(r, ADDRS, |r| bytes_upto(r, ADDR_BYTES, "addr"))
}

/// Counters by author.
pub(super) fn counters(r: &mut Reader<'_>) -> Result<Counters, FieldError> {
    list(r, RANGE_AUTHORS, |r| {
        r.array_of(2)?;
        Ok((MemberId(r.bytes_exact()?), ranges(r)?))
    })
}

/// The other direction of [`counters`].
pub(super) fn write_counters(w: &mut Writer, counters: &[(MemberId, Vec<(u64, u64)>)]) {
    w.array(counters.len());
    for (author, ranges) in counters {
        w.array(2).bytes(&author.0).array(ranges.len());
        for (from, to) in ranges {
            w.array(2).uint(*from).uint(*to);
        }
    }
}

/// Ranges in ascending order with a gap between neighbours: a set of counters has one spelling.
fn ranges(r: &mut Reader<'_>) -> Result<Vec<(u64, u64)>, FieldError> {
    let ranges = list(r, RANGES, |r| -> Result<_, FieldError> {
        r.array_of(2)?;
        Ok((r.uint()?, r.uint()?))
    })?;
    ensure(ranges.iter().all(|(from, to)| from <= to), "range")?;
    ensure(
        ranges.is_sorted_by(|(_, to), (from, _)| from.checked_sub(1).is_some_and(|gap| gap > *to)),
        "range",
    )?;
    Ok(ranges)
}

/// `Debug` that shows the named fields, and of others the length only.
macro_rules! terse_debug {
    ($type:ident { $($shown:ident),* } lengths { $($long:ident),* }) => {
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($type))
                    $(.field(stringify!($shown), &self.$shown))*
                    $(.field(concat!(stringify!($long), ".len"), &self.$long.len()))*
                    .finish_non_exhaustive()
            }
        }
    };
}
pub(super) use terse_debug;

impl From<CborError> for FieldError {
    fn from(error: CborError) -> FieldError {
        FieldError::Cbor(error)
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FieldError::Cbor(error) => error.fmt(f),
            FieldError::Value(name) => write!(f, "{name} is out of its bound"),
        }
    }
}

impl std::error::Error for FieldError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges_of(pairs: &[(u64, u64)]) -> Result<Vec<(u64, u64)>, FieldError> {
        let mut w = Writer::with_capacity(0);
        w.array(pairs.len());
        for (from, to) in pairs {
            w.array(2).uint(*from).uint(*to);
        }
        ranges(&mut Reader::new(&w.finish()))
    }

    #[test]
    fn a_set_of_counters_has_one_spelling() {
        for good in [&[][..], &[(0, 0)], &[(1, 3), (5, 5)], &[(0, 0), (2, u64::MAX)]] {
            assert_eq!(ranges_of(good).as_deref(), Ok(good));
        }
        for bad in
            [&[(3, 1)][..], &[(1, 3), (4, 5)], &[(1, 3), (3, 5)], &[(5, 5), (1, 3)], &[(0, u64::MAX), (0, 0)]]
        {
            assert_eq!(ranges_of(bad), Err(FieldError::Value("range")));
        }
    }

    #[test]
    fn a_list_over_its_bound_is_refused_before_its_items_are_read() {
        let bytes = [&[0x98, 200][..], &[0x40; 200]].concat();
        let read = list(&mut Reader::new(&bytes), 8, |r| r.bytes().map(<[u8]>::len));
        assert_eq!(read, Err(CborError::TooMany));
    }

    #[test]
    fn another_version_is_told_apart_from_damage() {
        assert_eq!(versioned(&mut Reader::new(&[0x82, 1, 0]), 2), Ok(None));
        assert_eq!(versioned(&mut Reader::new(&[0x83, 2, 0, 0]), 2), Ok(Some(2)));
        assert_eq!(versioned(&mut Reader::new(&[0x83, 1, 0, 0]), 2), Err(CborError::WrongLength));
    }
}
