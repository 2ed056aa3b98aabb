//! What a welcome, a share and a rekey hand over: chains, the notes that announce them, and enough of log and
//! roster to begin with.

use std::fmt;

use zeroize::Zeroizing;

use super::body::{Row, entries, heads, rows, write_rows};
use super::cbor::{CborError, Reader, Writer};
use super::field::{
    FieldError, ascending, bytes_upto, ensure, flag, flags, list, secret, terse_debug, versioned, write_list,
};
use crate::base::id::{EntryId, Genesis, MemberId};
use crate::base::limits::{CAUSES, CHAINS, NOTE_BYTES, SALTS, SIGNATURE_BYTES};
use crate::base::secret::Secret;
use crate::base::time::{Epoch, Unix};

/// The keys of a set, and what belongs to them.
#[derive(PartialEq)]
pub struct Handover {
    /// The generation of the set.
    pub generation: u64,
    /// The epoch that the chain keys are of.
    pub epoch: Epoch,
    /// Per chain its note, raw with its signature, and its key. Sorted by chain id, which only hashing tells:
    /// whoever opens a handover checks the order.
    pub chains: Vec<(Vec<u8>, Secret<32>)>,
    /// The ban salts of the gate, sorted.
    pub salts: Vec<[u8; 16]>,
    /// Room time.
    pub room: Unix,
    /// The sum of all steps that room time has made in merges.
    pub steps_ms: u64,
    /// The founding was never joined by anyone.
    pub never_joined: bool,
    /// There is more of the log to ask for.
    pub more_log: bool,
    /// There is more of the roster to ask for.
    pub more_roster: bool,
    /// Log entries, raw with their signatures.
    pub entries: Vec<Vec<u8>>,
    /// Members.
    pub rows: Vec<Row>,
}

impl Handover {
    const FIELDS: usize = 9;
    const CAPACITY: usize = 8_192;
    const NEVER_JOINED: u64 = 1;
    const MORE_LOG: u64 = 2;
    const MORE_ROSTER: u64 = 4;

    /// The bytes that get sealed.
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut w = Writer::with_capacity(Handover::CAPACITY);
        w.array(Handover::FIELDS).uint(self.generation).uint(self.epoch.0).array(self.chains.len());
        for (note, key) in &self.chains {
            w.array(2).bytes(note).bytes(key.expose());
        }
        write_list(&mut w, &self.salts);
        let flags = flag(self.never_joined, Handover::NEVER_JOINED)
            | flag(self.more_log, Handover::MORE_LOG)
            | flag(self.more_roster, Handover::MORE_ROSTER);
        w.uint(self.room.0).uint(self.steps_ms).uint(flags);
        write_list(&mut w, &self.entries);
        write_rows(&mut w, &self.rows);
        let bytes = w.finish();
        debug_assert_eq!(Handover::decode(&bytes).err(), None, "a handover out of its bounds: {self:?}");
        bytes
    }

    /// The handover that encodes to exactly these bytes.
    pub fn decode(bytes: &[u8]) -> Result<Handover, FieldError> {
        let mut r = Reader::new(bytes);
        r.array_of(Handover::FIELDS)?;
        let generation = r.uint()?;
        let epoch = Epoch(r.uint()?);
        let chains = chains(&mut r)?;
        ensure(!chains.is_empty(), "chains")?;
        let salts = list(&mut r, SALTS, |r| r.bytes_exact())?;
        ascending(&salts, "salts")?;
        let room = Unix(r.uint()?);
        let steps_ms = r.uint()?;
        let flags = flags(&mut r, Handover::NEVER_JOINED | Handover::MORE_LOG | Handover::MORE_ROSTER)?;
        let (entries, rows) = (entries(&mut r)?, rows(&mut r)?);
        r.end()?;
        Ok(Handover {
            generation,
            epoch,
            chains,
            salts,
            room,
            steps_ms,
            never_joined: flags & Handover::NEVER_JOINED != 0,
            more_log: flags & Handover::MORE_LOG != 0,
            more_roster: flags & Handover::MORE_ROSTER != 0,
            entries,
            rows,
        })
    }
}

/// Notes and keys. The vector has its full, fixed size from the start: one that grew would leave keys behind
/// unwiped.
fn chains(r: &mut Reader<'_>) -> Result<Vec<(Vec<u8>, Secret<32>)>, FieldError> {
    let len = r.array()?;
    if len > CHAINS {
        return Err(CborError::TooMany.into());
    }
    let mut chains = Vec::with_capacity(CHAINS);
    for _ in 0..len {
        r.array_of(2)?;
        chains.push((bytes_upto(r, NOTE_BYTES, "note")?, secret(r)?));
    }
    Ok(chains)
}

/// Why a chain was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Why {
    /// The room began.
    Founding = 0,
    /// Entries of the log ask for it: the causes.
    Entry = 1,
    /// Members left or fell silent: the causes are their keys.
    Gone = 2,
    /// The generation was old.
    Age = 3,
    /// More than eight chains were alive.
    Crowd = 4,
    /// No chain named every removal in force.
    Collapse = 5,
    /// Two generations met.
    Union = 6,
    /// Two keys claimed one place.
    Conflict = 7,
}

impl Why {
    const ALL: [Why; 8] = [
        Why::Founding,
        Why::Entry,
        Why::Gone,
        Why::Age,
        Why::Crowd,
        Why::Collapse,
        Why::Union,
        Why::Conflict,
    ];
}

/// The announcement of a base chain: what its author signs.
#[derive(Clone, PartialEq, Eq)]
pub struct Note {
    /// The room.
    pub genesis: Genesis,
    /// The generation the chain belongs to.
    pub generation: u64,
    /// Who made it.
    pub author: MemberId,
    /// The epoch of its first key.
    pub birth: Epoch,
    /// SHA-256 of its first key.
    pub commit: [u8; 32],
    /// Why it was made.
    pub why: Why,
    /// What caused it, sorted: entry ids or member keys, as `why` has it.
    pub causes: Vec<[u8; 32]>,
    /// The heads of the log it was made at, sorted.
    pub heads: Vec<EntryId>,
}

impl Note {
    const FIELDS: usize = 9;
    const CAPACITY: usize = 512;

    /// The statement, without its signature.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(Note::CAPACITY);
        w.array(Note::FIELDS).uint(1).bytes(&self.genesis.0).uint(self.generation).bytes(&self.author.0);
        w.uint(self.birth.0).bytes(&self.commit).uint(self.why as u64);
        write_list(&mut w, &self.causes);
        write_list(&mut w, &self.heads);
        let statement = w.finish().to_vec();
        debug_assert_eq!(Note::decode(&statement).err(), None, "a note out of its bounds: {self:?}");
        statement
    }

    /// The note whose statement is exactly these bytes.
    pub fn decode(statement: &[u8]) -> Result<Note, StatementError> {
        if statement.len() > NOTE_BYTES - SIGNATURE_BYTES {
            return Err(StatementError::Length);
        }
        let mut r = Reader::new(statement);
        if let Some(other) = versioned(&mut r, Note::FIELDS)? {
            return Err(StatementError::Version(other));
        }
        let genesis = Genesis(r.bytes_exact()?);
        let generation = r.uint()?;
        let author = MemberId(r.bytes_exact()?);
        let birth = Epoch(r.uint()?);
        let commit = r.bytes_exact()?;
        let number = r.uint()?;
        let why =
            Why::ALL.into_iter().find(|why| *why as u64 == number).ok_or(StatementError::Field("why"))?;
        let causes = list(&mut r, CAUSES, |r| r.bytes_exact())?;
        ascending(&causes, "causes")?;
        let heads = heads(&mut r)?;
        ascending(&heads, "heads")?;
        r.end()?;
        Ok(Note { genesis, generation, author, birth, commit, why, causes, heads })
    }
}

/// Takes a signed statement, a note or a log entry, apart: `statement || signature`.
pub fn split_signed(raw: &[u8]) -> Option<(&[u8], &[u8; SIGNATURE_BYTES])> {
    raw.split_last_chunk().filter(|(statement, _)| !statement.is_empty())
}

/// Why bytes are not the statement of a note or of a log entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatementError {
    /// Longer than a statement of its kind may be.
    Length,
    /// Not the canonical items of such a statement.
    Cbor(CborError),
    /// Another version of the protocol.
    Version(u64),
    /// A kind of entry that version 1 does not have.
    UnknownKind(u64),
    /// The named field is out of its bound.
    Field(&'static str),
}

impl From<CborError> for StatementError {
    fn from(error: CborError) -> StatementError {
        StatementError::Cbor(error)
    }
}

impl From<FieldError> for StatementError {
    fn from(error: FieldError) -> StatementError {
        match error {
            FieldError::Cbor(error) => StatementError::Cbor(error),
            FieldError::Value(name) => StatementError::Field(name),
        }
    }
}

impl fmt::Display for StatementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StatementError::Length => f.write_str("a statement over its length"),
            StatementError::Cbor(error) => error.fmt(f),
            StatementError::Version(other) => write!(f, "version {other} of the protocol"),
            StatementError::UnknownKind(number) => write!(f, "kind {number} of entry is not known"),
            StatementError::Field(name) => write!(f, "{name} is out of its bound"),
        }
    }
}

impl std::error::Error for StatementError {}

terse_debug!(
    Handover { generation, epoch, room, steps_ms, never_joined, more_log, more_roster }
    lengths { chains, salts, entries, rows }
);
terse_debug!(Note { genesis, generation, author, birth, why } lengths { causes, heads });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_note_is_as_long_as_its_bound_says() {
        let ids = |n: u8| (0..n).map(|i| [i; 32]);
        let note = Note {
            genesis: Genesis([0; 16]),
            generation: u64::MAX,
            author: MemberId([0; 32]),
            birth: Epoch(u64::MAX),
            commit: [0; 32],
            why: Why::Conflict,
            causes: ids(32).collect(),
            heads: ids(32).map(EntryId).collect(),
        };
        let statement = note.encode();
        assert_eq!(statement.len() + SIGNATURE_BYTES, NOTE_BYTES);
        assert_eq!(Note::decode(&[&statement[..], &[0]].concat()), Err(StatementError::Length));
    }

    #[test]
    fn a_signed_statement_splits_before_its_last_sixty_four_bytes() {
        assert_eq!(split_signed(&[0; 64]), None);
        let raw = [&[1][..], &[2; 64]].concat();
        assert_eq!(split_signed(&raw), Some((&[1][..], &[2; 64])));
    }
}
