//! What a payload carries, by kind. One file a family: what people say, who they are, the lobby, direct
//! requests.

mod direct;
mod dm;
mod lobby;
mod people;
mod talk;

use std::fmt;

pub use direct::{Ask, Missed, MissedItems, What, decode_missed, encode_missed};
pub use dm::{Dm, Word};
pub use lobby::{Beacon, Hello, Listing, Proof, Reason, Refusal, Sealed};
pub use people::{Beat, Join, KeyAnnounce, KeyUse, Profile, Row};
pub use talk::{FileOffer, Say, decode_report, encode_report};

use super::cbor::{Reader, Writer};
use super::field::{self, FieldError, ensure, list, write_list};
use super::payload::Kind;
use crate::base::id::{EntryId, MemberId, MsgId};
use crate::base::limits::{BURN_IDS, ENTRY_BYTES, HEADS, PAGE_ENTRIES, PAGE_ROWS};

/// In the flags of a sign that somebody is writing: to one alone.
const TYPING_ALONE: u64 = 1;

/// The body of a payload; the variant is the kind.
#[derive(PartialEq)]
pub enum Body {
    /// A message.
    Text(Say),
    /// A receipt: per author the counters that arrived, ranges with both ends included.
    Have(Vec<(MemberId, Vec<(u64, u64)>)>),
    /// A message that was sealed until looked at was looked at.
    Opened(MsgId),
    /// The author takes messages of theirs back.
    Burn {
        /// These.
        ids: Vec<MsgId>,
        /// And every one numbered up to this; 0 for none.
        upto: u64,
    },
    /// Someone's burn was carried out here: the answer to it.
    Gone {
        /// Of what it named, what lived here until then.
        ids: Vec<MsgId>,
        /// Its number, up to which nothing of theirs is here.
        upto: u64,
    },
    /// Messages of whoever this goes to were looked at.
    Seen(Vec<MsgId>),
    /// Somebody is writing.
    Typing {
        /// To whoever this goes to alone.
        alone: bool,
    },
    /// Someone came in.
    Join(Join),
    /// Someone goes.
    Leave {
        /// By the panic command, which says no more than that.
        panic: bool,
    },
    /// A fresh public key.
    Key(KeyAnnounce),
    /// Still here.
    Beat(Beat),
    /// One side's chains for the other, after a merge.
    Share(Sealed),
    /// A fresh generation.
    Rekey(Sealed),
    /// Log entries, each raw with its signature.
    Entry(Vec<Vec<u8>>),
    /// How someone wants to be shown.
    Profile(Profile),
    /// A message for one member.
    Dm {
        /// Names the key it is sealed to.
        tag: [u8; 8],
        /// The sealed message.
        sealed: Vec<u8>,
    },
    /// A file to be fetched.
    File(FileOffer),
    /// A complaint to the admins.
    Report(Sealed),
    /// A room in the directory.
    Listing(Listing),
    /// A page of the roster.
    Roster {
        /// Which page.
        page: u64,
        /// Of how many.
        pages: u64,
        /// The members on it.
        rows: Vec<Row>,
    },
    /// A page of the log.
    Log {
        /// Raw entries.
        entries: Vec<Vec<u8>>,
        /// The heads of the log they are from.
        heads: Vec<EntryId>,
    },
    /// A room that can be joined or merged with is here.
    Beacon(Beacon),
    /// Someone asks to come in.
    Hello(Hello),
    /// The answer that lets them in.
    Welcome {
        /// Hash of the hello's payload.
        hello: [u8; 32],
        /// A sealed handover.
        sealed: Vec<u8>,
    },
    /// The answer that does not.
    Refusal {
        /// Hash of the hello's payload.
        hello: [u8; 32],
        /// A sealed reason.
        sealed: Vec<u8>,
    },
    /// A direct request for state.
    Ask(Ask),
    /// A page of messages that someone missed.
    Missed(Missed),
    /// A direct request for parts of a file.
    Want {
        /// BLAKE3 of the file.
        hash: [u8; 32],
        /// The first part wanted.
        first: u64,
        /// How many.
        count: u64,
    },
    /// One part of a file.
    Chunk {
        /// BLAKE3 of the file.
        hash: [u8; 32],
        /// Which part.
        index: u64,
        /// The part, sealed under the file's key.
        bytes: Vec<u8>,
    },
}

impl Body {
    /// The kind this body belongs to.
    pub fn kind(&self) -> Kind {
        match self {
            Body::Text(_) => Kind::Text,
            Body::Have(_) => Kind::Have,
            Body::Opened(_) => Kind::Opened,
            Body::Burn { .. } => Kind::Burn,
            Body::Join(_) => Kind::Join,
            Body::Leave { .. } => Kind::Leave,
            Body::Key(_) => Kind::Key,
            Body::Beat(_) => Kind::Beat,
            Body::Share(_) => Kind::Share,
            Body::Rekey(_) => Kind::Rekey,
            Body::Entry(_) => Kind::Entry,
            Body::Profile(_) => Kind::Profile,
            Body::Dm { .. } => Kind::Dm,
            Body::File(_) => Kind::File,
            Body::Report(_) => Kind::Report,
            Body::Listing(_) => Kind::Listing,
            Body::Roster { .. } => Kind::Roster,
            Body::Log { .. } => Kind::Log,
            Body::Beacon(_) => Kind::Beacon,
            Body::Hello(_) => Kind::Hello,
            Body::Welcome { .. } => Kind::Welcome,
            Body::Refusal { .. } => Kind::Refusal,
            Body::Ask(_) => Kind::Ask,
            Body::Missed(_) => Kind::Missed,
            Body::Want { .. } => Kind::Want,
            Body::Chunk { .. } => Kind::Chunk,
            Body::Gone { .. } => Kind::Gone,
            Body::Seen(_) => Kind::Seen,
            Body::Typing { .. } => Kind::Typing,
        }
    }

    pub(super) fn encode(&self, w: &mut Writer) {
        match self {
            Body::Text(say) => say.encode(w),
            Body::Have(counters) => field::write_counters(w.array(1), counters),
            Body::Opened(message) => {
                w.array(1).bytes(&message.0);
            }
            Body::Burn { ids, upto } | Body::Gone { ids, upto } => {
                write_list(w.array(2), ids);
                w.uint(*upto);
            }
            Body::Seen(ids) => write_list(w.array(1), ids),
            Body::Typing { alone } => {
                w.array(1).uint(field::flag(*alone, TYPING_ALONE));
            }
            Body::Join(join) => join.encode(w),
            Body::Leave { panic } => {
                w.array(1).uint(u64::from(*panic));
            }
            Body::Key(key) => key.encode(w),
            Body::Beat(beat) => beat.encode(w),
            Body::Share(sealed) | Body::Rekey(sealed) | Body::Report(sealed) => sealed.encode(w),
            Body::Entry(entries) => write_list(w.array(1), entries),
            Body::Profile(profile) => profile.encode(w),
            Body::Dm { tag, sealed } => {
                w.array(2).bytes(tag).bytes(sealed);
            }
            Body::File(offer) => offer.encode(w),
            Body::Listing(listing) => listing.encode(w),
            Body::Roster { page, pages, rows } => write_rows(w.array(3).uint(*page).uint(*pages), rows),
            Body::Log { entries, heads } => {
                write_list(w.array(2), entries);
                write_list(w, heads);
            }
            Body::Beacon(beacon) => beacon.encode(w),
            Body::Hello(hello) => hello.encode(w),
            Body::Welcome { hello, sealed } | Body::Refusal { hello, sealed } => {
                w.array(2).bytes(hello).bytes(sealed);
            }
            Body::Ask(ask) => ask.encode(w),
            Body::Missed(missed) => missed.encode(w),
            Body::Want { hash, first, count } => {
                w.array(3).bytes(hash).uint(*first).uint(*count);
            }
            Body::Chunk { hash, index, bytes } => {
                w.array(3).bytes(hash).uint(*index).bytes(bytes);
            }
        }
    }

    pub(super) fn decode(kind: Kind, r: &mut Reader<'_>) -> Result<Body, FieldError> {
        Ok(match kind {
            Kind::Text => Body::Text(Say::decode(r)?),
            Kind::Have => {
                r.array_of(1)?;
                Body::Have(field::counters(r)?)
            }
            Kind::Opened => {
                r.array_of(1)?;
                Body::Opened(MsgId(r.bytes_exact()?))
            }
            Kind::Burn => {
                let (ids, upto) = burned(r)?;
                Body::Burn { ids, upto }
            }
            Kind::Gone => {
                let (ids, upto) = burned(r)?;
                Body::Gone { ids, upto }
            }
            Kind::Seen => {
                r.array_of(1)?;
                Body::Seen(list(r, BURN_IDS, |r| r.bytes_exact().map(MsgId))?)
            }
            Kind::Typing => {
                r.array_of(1)?;
                Body::Typing { alone: field::flags(r, TYPING_ALONE)? != 0 }
            }
            Kind::Join => Body::Join(Join::decode(r)?),
            Kind::Leave => {
                r.array_of(1)?;
                let why = r.uint()?;
                ensure(why <= 1, "why")?;
                Body::Leave { panic: why == 1 }
            }
            Kind::Key => Body::Key(KeyAnnounce::decode(r)?),
            Kind::Beat => Body::Beat(Beat::decode(r)?),
            Kind::Share => Body::Share(Sealed::decode(r)?),
            Kind::Rekey => Body::Rekey(Sealed::decode(r)?),
            Kind::Entry => {
                r.array_of(1)?;
                Body::Entry(entries(r)?)
            }
            Kind::Profile => Body::Profile(Profile::decode(r)?),
            Kind::Dm => {
                r.array_of(2)?;
                Body::Dm { tag: r.bytes_exact()?, sealed: r.bytes()?.to_vec() }
            }
            Kind::File => Body::File(FileOffer::decode(r)?),
            Kind::Report => Body::Report(Sealed::decode(r)?),
            Kind::Listing => Body::Listing(Listing::decode(r)?),
            Kind::Roster => {
                r.array_of(3)?;
                Body::Roster { page: r.uint()?, pages: r.uint()?, rows: rows(r)? }
            }
            Kind::Log => {
                r.array_of(2)?;
                Body::Log { entries: entries(r)?, heads: heads(r)? }
            }
            Kind::Beacon => Body::Beacon(Beacon::decode(r)?),
            Kind::Hello => Body::Hello(Hello::decode(r)?),
            Kind::Welcome => {
                r.array_of(2)?;
                Body::Welcome { hello: r.bytes_exact()?, sealed: r.bytes()?.to_vec() }
            }
            Kind::Refusal => {
                r.array_of(2)?;
                Body::Refusal { hello: r.bytes_exact()?, sealed: r.bytes()?.to_vec() }
            }
            Kind::Ask => Body::Ask(Ask::decode(r)?),
            Kind::Missed => Body::Missed(Missed::decode(r)?),
            Kind::Want => {
                r.array_of(3)?;
                Body::Want { hash: r.bytes_exact()?, first: r.uint()?, count: r.uint()? }
            }
            Kind::Chunk => {
                r.array_of(3)?;
                Body::Chunk { hash: r.bytes_exact()?, index: r.uint()?, bytes: r.bytes()?.to_vec() }
            }
        })
    }
}

/// What a burn names.
fn burned(r: &mut Reader<'_>) -> Result<(Vec<MsgId>, u64), FieldError> {
    r.array_of(2)?;
    Ok((list(r, BURN_IDS, |r| r.bytes_exact().map(MsgId))?, r.uint()?))
}

/// Raw log entries, at most a page.
pub(super) fn entries(r: &mut Reader<'_>) -> Result<Vec<Vec<u8>>, FieldError> {
    list(r, PAGE_ENTRIES, |r| field::bytes_upto(r, ENTRY_BYTES, "entry"))
}

/// Roster rows, at most a page.
pub(super) fn rows(r: &mut Reader<'_>) -> Result<Vec<Row>, FieldError> {
    list(r, PAGE_ROWS, Row::decode)
}

/// The other direction of [`rows`].
pub(super) fn write_rows(w: &mut Writer, rows: &[Row]) {
    w.array(rows.len());
    for row in rows {
        row.encode(w);
    }
}

/// Log heads.
pub(super) fn heads(r: &mut Reader<'_>) -> Result<Vec<EntryId>, FieldError> {
    list(r, HEADS, |r| Ok(EntryId(r.bytes_exact()?)))
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind().fmt(f)
    }
}
