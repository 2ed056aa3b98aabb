//! What goes over one link and not by gossip: asking for state, and the answer to who missed something.

use zeroize::Zeroizing;

use super::super::cbor::{CborError, Reader, Writer};
use super::super::field::{self, FieldError, KemKey, list, terse_debug, write_list};
use super::heads;
use crate::base::id::{EntryId, MemberId};
use crate::base::limits::PAGE_MISSED;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Pages of the roster.
    Roster,
    /// What follows the heads named.
    Log,
    /// Messages that still live.
    Missed,
    /// The keys that direct messages are made with.
    Keys,
}

/// A request for state.
#[derive(Clone, PartialEq, Eq)]
pub struct Ask {
    /// What is asked for.
    pub what: What,
    /// The log heads the asker has; empty unless it asks for the log.
    pub heads: Vec<EntryId>,
    /// A key for this one answer, where what was missed is asked for.
    pub kem: Option<KemKey>,
    /// The counters the asker has, by author, ranges with both ends included.
    pub had: Vec<(MemberId, Vec<(u64, u64)>)>,
}

impl Ask {
    pub(super) fn encode(&self, w: &mut Writer) {
        w.array(4).uint(match self.what {
            What::Roster => 0,
            What::Log => 1,
            What::Missed => 2,
            What::Keys => 3,
        });
        write_list(w, &self.heads);
        w.optional(self.kem.as_ref(), |w, kem| {
            w.bytes(&**kem);
        });
        field::write_counters(w, &self.had);
    }

    pub(super) fn decode(r: &mut Reader<'_>) -> Result<Ask, FieldError> {
        r.array_of(4)?;
        let what = match r.uint()? {
            0 => What::Roster,
            1 => What::Log,
            2 => What::Missed,
            3 => What::Keys,
            _ => return Err(FieldError::Value("what")),
        };
        Ok(Ask { what, heads: heads(r)?, kem: r.optional(field::kem)?, had: field::counters(r)? })
    }
}

/// A page of what was missed, sealed to the key of the ask.
#[derive(Clone, PartialEq, Eq)]
pub struct Missed {
    /// The box's nonce.
    pub nonce: [u8; 24],
    /// The commitment to the box's key.
    pub com: [u8; 32],
    /// The box's key, sealed.
    pub sealed: Vec<u8>,
    /// The box: what [`encode_missed`] makes.
    pub boxed: Vec<u8>,
}

impl Missed {
    pub(super) fn encode(&self, w: &mut Writer) {
        w.array(4).bytes(&self.nonce).bytes(&self.com).bytes(&self.sealed).bytes(&self.boxed);
    }

    pub(super) fn decode(r: &mut Reader<'_>) -> Result<Missed, FieldError> {
        r.array_of(4)?;
        Ok(Missed {
            nonce: r.bytes_exact()?,
            com: r.bytes_exact()?,
            sealed: r.bytes()?.to_vec(),
            boxed: r.bytes()?.to_vec(),
        })
    }
}

/// Signed payloads of others, each with the milliseconds it has left.
pub type MissedItems = Vec<(Zeroizing<Vec<u8>>, u64)>;

/// `[[inner, left_ms]*]`: signed payloads of others, each with the time it has left.
pub fn encode_missed(items: &[(Vec<u8>, u64)]) -> Zeroizing<Vec<u8>> {
    debug_assert!(items.len() <= PAGE_MISSED);
    let size = items.iter().map(|(inner, _)| inner.len() + 16).sum::<usize>();
    let mut w = Writer::with_capacity(size + 8);
    w.array(items.len());
    for (inner, left_ms) in items {
        w.array(2).bytes(inner).uint(*left_ms);
    }
    w.finish()
}

/// The other direction of [`encode_missed`].
pub fn decode_missed(bytes: &[u8]) -> Result<MissedItems, CborError> {
    let mut r = Reader::new(bytes);
    let items = list(&mut r, PAGE_MISSED, |r| -> Result<_, CborError> {
        r.array_of(2)?;
        Ok((Zeroizing::new(r.bytes()?.to_vec()), r.uint()?))
    })?;
    r.end()?;
    Ok(items)
}

terse_debug!(Ask { what } lengths { heads, had });
terse_debug!(Missed {} lengths { sealed, boxed });
