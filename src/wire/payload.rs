//! What a frame carries once it is open: who says what, when, and under which keys.
//!
//! The bytes are what gets signed and what names a message, so a payload has one spelling: whatever decodes
//! encodes to the same bytes again.

use std::fmt;

use zeroize::Zeroizing;

pub use super::body::{
    Ask, Beacon, Beat, Body, Dm, FileOffer, Hello, Join, KeyAnnounce, KeyUse, Listing, Missed, MissedItems,
    Profile, Proof, Reason, Refusal, Row, Say, Sealed, What, Word, decode_missed, decode_report,
    encode_missed, encode_report,
};
use super::cbor::{CborError, Reader, Writer};
use super::field::{FieldError, ensure, versioned};
use crate::base::id::{Genesis, LogHead, MemberId};
use crate::base::limits::{PAYLOAD_BYTES, TTL_MAX_S};
use crate::base::time::{Epoch, Unix};

/// One thing that one member says. Its kind is that of its body.
#[derive(PartialEq)]
pub struct Payload {
    /// The room; zeros in a lobby frame of someone who does not know it yet.
    pub genesis: Genesis,
    /// The generation of the sender's set; 0 where it has none.
    pub generation: u64,
    /// The epoch of the frame.
    pub epoch: Epoch,
    /// Who says it.
    pub sender: MemberId,
    /// Counts every frame the sender seals, from 1.
    pub counter: u64,
    /// When it was said, in room time.
    pub sent: Unix,
    /// How long it may live, in seconds: a day at most.
    pub ttl_s: u64,
    /// Stands for the log heads the sender holds.
    pub log_head: LogHead,
    /// What is said.
    pub body: Body,
}

impl Payload {
    const FIELDS: usize = 11;
    /// Most payloads fit, so that most are written without moving.
    const CAPACITY: usize = 2_048;

    /// The bytes that are signed.
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut w = Writer::with_capacity(Payload::CAPACITY);
        w.array(Payload::FIELDS).uint(1).bytes(&self.genesis.0).uint(self.generation).uint(self.epoch.0);
        w.bytes(&self.sender.0).uint(self.counter).uint(self.kind() as u64);
        w.uint(self.sent.0).uint(self.ttl_s).bytes(&self.log_head.0);
        self.body.encode(&mut w);
        let bytes = w.finish();
        debug_assert_eq!(Payload::decode(&bytes).err(), None, "a payload out of its bounds: {self:?}");
        bytes
    }

    /// The payload that encodes to exactly these bytes.
    pub fn decode(bytes: &[u8]) -> Result<Payload, PayloadError> {
        if bytes.len() > PAYLOAD_BYTES {
            return Err(PayloadError::Length);
        }
        let mut r = Reader::new(bytes);
        if let Some(other) = versioned(&mut r, Payload::FIELDS)? {
            return Err(PayloadError::Version(other));
        }
        let genesis = Genesis(r.bytes_exact()?);
        let generation = r.uint()?;
        let epoch = Epoch(r.uint()?);
        let sender = MemberId(r.bytes_exact()?);
        let counter = r.uint()?;
        ensure(counter > 0, "counter")?;
        let kind = Kind::from_number(r.uint()?)?;
        let sent = Unix(r.uint()?);
        let ttl_s = r.uint()?;
        ensure(ttl_s <= TTL_MAX_S, "ttl")?;
        let log_head = LogHead(r.bytes_exact()?);
        let body = Body::decode(kind, &mut r)?;
        r.end()?;
        Ok(Payload { genesis, generation, epoch, sender, counter, sent, ttl_s, log_head, body })
    }

    /// The kind of the body.
    pub fn kind(&self) -> Kind {
        self.body.kind()
    }
}

/// How a kind travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carriage {
    /// In room frames, by gossip.
    Room,
    /// In lobby frames.
    Lobby,
    /// In room frames, over one link.
    Direct,
}

/// What a payload is, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u64)]
pub enum Kind {
    /// A message.
    Text = 0,
    /// A receipt.
    Have = 1,
    /// A sealed message was looked at.
    Opened = 2,
    /// The author takes messages back.
    Burn = 3,
    /// Someone came in.
    Join = 4,
    /// Someone goes.
    Leave = 5,
    /// A fresh public key.
    Key = 6,
    /// Still here.
    Beat = 7,
    /// Chains for the other side of a merge.
    Share = 8,
    /// A fresh generation.
    Rekey = 9,
    /// Log entries.
    Entry = 10,
    /// How someone wants to be shown.
    Profile = 11,
    /// A message for one member.
    Dm = 12,
    /// A file to be fetched.
    File = 13,
    /// A complaint to the admins.
    Report = 14,
    /// A room in the directory.
    Listing = 15,
    /// A page of the roster.
    Roster = 16,
    /// A page of the log.
    Log = 17,
    /// A room is here.
    Beacon = 18,
    /// Someone asks to come in.
    Hello = 19,
    /// They may.
    Welcome = 20,
    /// They may not.
    Refusal = 21,
    /// A request for state.
    Ask = 23,
    /// A page of missed messages.
    Missed = 24,
    /// A request for parts of a file.
    Want = 25,
    /// A part of a file.
    Chunk = 26,
    /// A burn was carried out.
    Gone = 27,
    /// Messages were looked at, by somebody who says so.
    Seen = 28,
    /// Somebody is writing, and wants it known.
    Typing = 29,
}

impl Kind {
    /// Every kind, by its number.
    pub const ALL: [Kind; 29] = [
        Kind::Text,
        Kind::Have,
        Kind::Opened,
        Kind::Burn,
        Kind::Join,
        Kind::Leave,
        Kind::Key,
        Kind::Beat,
        Kind::Share,
        Kind::Rekey,
        Kind::Entry,
        Kind::Profile,
        Kind::Dm,
        Kind::File,
        Kind::Report,
        Kind::Listing,
        Kind::Roster,
        Kind::Log,
        Kind::Beacon,
        Kind::Hello,
        Kind::Welcome,
        Kind::Refusal,
        Kind::Ask,
        Kind::Missed,
        Kind::Want,
        Kind::Chunk,
        Kind::Gone,
        Kind::Seen,
        Kind::Typing,
    ];

    /// Kept for published signing keys.
    const RESERVED: u64 = 22;

    /// The kind of this number.
    pub fn from_number(number: u64) -> Result<Kind, PayloadError> {
        if number == Kind::RESERVED {
            return Err(PayloadError::Reserved);
        }
        let found = Kind::ALL.into_iter().find(|kind| *kind as u64 == number);
        found.ok_or(PayloadError::UnknownKind(number))
    }

    /// How it travels. A receipt counts as `Room`, though it may as well take a link of its own.
    pub fn carriage(self) -> Carriage {
        match self {
            Kind::Text
            | Kind::Have
            | Kind::Opened
            | Kind::Burn
            | Kind::Join
            | Kind::Leave
            | Kind::Key
            | Kind::Beat
            | Kind::Entry
            | Kind::Profile
            | Kind::Dm
            | Kind::File
            | Kind::Report => Carriage::Room,
            Kind::Share
            | Kind::Rekey
            | Kind::Listing
            | Kind::Beacon
            | Kind::Hello
            | Kind::Welcome
            | Kind::Refusal => Carriage::Lobby,
            Kind::Roster
            | Kind::Log
            | Kind::Ask
            | Kind::Missed
            | Kind::Want
            | Kind::Chunk
            | Kind::Gone
            | Kind::Seen
            | Kind::Typing => Carriage::Direct,
        }
    }
}

/// Why bytes are not a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayloadError {
    /// Longer than any frame can carry.
    Length,
    /// Not the canonical items of a payload.
    Cbor(CborError),
    /// Another version of the protocol.
    Version(u64),
    /// A kind that version 1 does not have.
    UnknownKind(u64),
    /// The kind that is kept for later.
    Reserved,
    /// The named field is out of its bound.
    Field(&'static str),
}

impl From<CborError> for PayloadError {
    fn from(error: CborError) -> PayloadError {
        PayloadError::Cbor(error)
    }
}

impl From<FieldError> for PayloadError {
    fn from(error: FieldError) -> PayloadError {
        match error {
            FieldError::Cbor(error) => PayloadError::Cbor(error),
            FieldError::Value(name) => PayloadError::Field(name),
        }
    }
}

impl fmt::Display for PayloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PayloadError::Length => f.write_str("a payload longer than any frame"),
            PayloadError::Cbor(error) => error.fmt(f),
            PayloadError::Version(other) => write!(f, "version {other} of the protocol"),
            PayloadError::UnknownKind(number) => write!(f, "kind {number} is not known"),
            PayloadError::Reserved => f.write_str("a reserved kind"),
            PayloadError::Field(name) => write!(f, "{name} is out of its bound"),
        }
    }
}

impl std::error::Error for PayloadError {}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payload")
            .field("kind", &self.kind())
            .field("sender", &self.sender)
            .field("counter", &self.counter)
            .field("generation", &self.generation)
            .field("epoch", &self.epoch)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_a_kind_or_is_refused_by_name() {
        for number in 0..30 {
            match Kind::from_number(number) {
                Ok(kind) => assert_eq!(kind as u64, number),
                Err(PayloadError::Reserved) => assert_eq!(number, 22),
                Err(error) => assert_eq!((error, number > 27), (PayloadError::UnknownKind(number), true)),
            }
        }
        assert_eq!(Kind::from_number(u64::MAX), Err(PayloadError::UnknownKind(u64::MAX)));
    }
}
