//! Who is here: joining, keys, beats, profiles, roster rows.

use super::super::cbor::{Reader, Writer};
use super::super::field::{self, FieldError, KemKey, flag, flags, terse_debug, text_upto, write_list};
use super::lobby::Proof;
use crate::base::id::MemberId;
use crate::base::limits::{KEM_BYTES, NAME_BYTES, NICK_BYTES};
use crate::base::time::Unix;

/// Someone came in.
#[derive(Clone, PartialEq, Eq)]
pub struct Join {
    /// The nick they ask for, raw.
    pub nick: String,
    /// They help others to reach each other.
    pub serve: bool,
    /// The invite they came by.
    pub proof: Option<Proof>,
    /// The key that the next handover to them is sealed to.
    pub kem: Box<[u8; KEM_BYTES]>,
    /// Foundings they came in under, each by its first bytes.
    pub foundings: Vec<[u8; 8]>,
    /// Their transport peer; empty for unknown.
    pub peer: Vec<u8>,
    /// Their transport addresses.
    pub addrs: Vec<Vec<u8>>,
}

impl Join {
    const SERVE: u64 = 1;

    pub(super) fn encode(&self, w: &mut Writer) {
        w.array(7).text(&self.nick).uint(flag(self.serve, Join::SERVE));
        w.optional(self.proof.as_ref(), |w, proof| proof.encode(w));
        w.bytes(&*self.kem);
        write_list(w, &self.foundings);
        write_list(w.bytes(&self.peer), &self.addrs);
    }

    pub(super) fn decode(r: &mut Reader<'_>) -> Result<Join, FieldError> {
        r.array_of(7)?;
        Ok(Join {
            nick: nick(r)?,
            serve: flags(r, Join::SERVE)? != 0,
            proof: r.optional(Proof::decode)?,
            kem: field::kem(r)?,
            foundings: field::foundings(r)?,
            peer: field::peer(r)?,
            addrs: field::addrs(r)?,
        })
    }
}

/// What an announced key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUse {
    /// Handovers of the room's chains.
    Handover,
    /// Direct messages.
    Direct,
}

/// A fresh public key of the sender.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyAnnounce {
    /// What it is for.
    pub used_for: KeyUse,
    /// The X-Wing half.
    pub kem: Box<[u8; KEM_BYTES]>,
    /// The X25519 half, where the use has one.
    pub x25519: Option<[u8; 32]>,
}

impl KeyAnnounce {
    pub(super) fn encode(&self, w: &mut Writer) {
        w.array(3).uint(match self.used_for {
            KeyUse::Handover => 0,
            KeyUse::Direct => 1,
        });
        w.bytes(&*self.kem).optional(self.x25519, |w, key| {
            w.bytes(&key);
        });
    }

    pub(super) fn decode(r: &mut Reader<'_>) -> Result<KeyAnnounce, FieldError> {
        r.array_of(3)?;
        let used_for = match r.uint()? {
            0 => KeyUse::Handover,
            1 => KeyUse::Direct,
            _ => return Err(FieldError::Value("use")),
        };
        Ok(KeyAnnounce { used_for, kem: field::kem(r)?, x25519: r.optional(|r| r.bytes_exact())? })
    }
}

/// Still here, and this is what I hold.
#[derive(Clone, PartialEq, Eq)]
pub struct Beat {
    /// Nobody has vouched for the sender's keys yet.
    pub unconfirmed: bool,
    /// They help others to reach each other.
    pub serve: bool,
    /// The person is away.
    pub away: bool,
    /// A MAC under the joint key: whoever agrees holds the same set.
    pub conf: [u8; 32],
    /// Stands for the members the sender sees. A hint.
    pub roster: [u8; 16],
    /// Stands for the messages the sender holds. A hint.
    pub living: [u8; 16],
    /// Since when they are here.
    pub joined: Unix,
    /// Their transport peer; empty for unknown.
    pub peer: Vec<u8>,
    /// Their transport addresses.
    pub addrs: Vec<Vec<u8>>,
}

impl Beat {
    const UNCONFIRMED: u64 = 1;
    const SERVE: u64 = 2;
    const AWAY: u64 = 4;

    pub(super) fn encode(&self, w: &mut Writer) {
        let flags = flag(self.unconfirmed, Beat::UNCONFIRMED)
            | flag(self.serve, Beat::SERVE)
            | flag(self.away, Beat::AWAY);
        w.array(7).uint(flags).bytes(&self.conf).bytes(&self.roster).bytes(&self.living);
        write_list(w.uint(self.joined.0).bytes(&self.peer), &self.addrs);
    }

    pub(super) fn decode(r: &mut Reader<'_>) -> Result<Beat, FieldError> {
        r.array_of(7)?;
        let flags = flags(r, Beat::UNCONFIRMED | Beat::SERVE | Beat::AWAY)?;
        Ok(Beat {
            unconfirmed: flags & Beat::UNCONFIRMED != 0,
            serve: flags & Beat::SERVE != 0,
            away: flags & Beat::AWAY != 0,
            conf: r.bytes_exact()?,
            roster: r.bytes_exact()?,
            living: r.bytes_exact()?,
            joined: Unix(r.uint()?),
            peer: field::peer(r)?,
            addrs: field::addrs(r)?,
        })
    }
}

/// How someone wants to be shown, raw.
#[derive(Clone, PartialEq, Eq)]
pub struct Profile {
    /// The nick they ask for.
    pub nick: String,
    /// A line about themselves; may be empty.
    pub status: String,
    /// The glyph they chose, by number.
    pub glyph: u64,
    /// The colour they chose, by number.
    pub colour: u64,
}

impl Profile {
    pub(super) fn encode(&self, w: &mut Writer) {
        w.array(4).text(&self.nick).text(&self.status).uint(self.glyph).uint(self.colour);
    }

    pub(super) fn decode(r: &mut Reader<'_>) -> Result<Profile, FieldError> {
        r.array_of(4)?;
        Ok(Profile {
            nick: nick(r)?,
            status: text_upto(r, NAME_BYTES, "status")?,
            glyph: r.uint()?,
            colour: r.uint()?,
        })
    }
}

/// One member, as the roster tells of them to those who were not there.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    /// Who.
    pub id: MemberId,
    /// Their nick, raw.
    pub nick: String,
    /// Since when they are here.
    pub joined: Unix,
    /// They help others to reach each other.
    pub serve: bool,
    /// They have left.
    pub left: bool,
    /// Their latest handover key, where known.
    pub kem: Option<KemKey>,
    /// Foundings they came in under, each by its first bytes.
    pub foundings: Vec<[u8; 8]>,
    /// Their transport peer; empty for unknown.
    pub peer: Vec<u8>,
    /// Their transport addresses.
    pub addrs: Vec<Vec<u8>>,
}

impl Row {
    const SERVE: u64 = 1;
    const LEFT: u64 = 2;

    pub(super) fn encode(&self, w: &mut Writer) {
        let flags = flag(self.serve, Row::SERVE) | flag(self.left, Row::LEFT);
        w.array(8).bytes(&self.id.0).text(&self.nick).uint(self.joined.0).uint(flags);
        w.optional(self.kem.as_ref(), |w, kem| {
            w.bytes(&**kem);
        });
        write_list(w, &self.foundings);
        write_list(w.bytes(&self.peer), &self.addrs);
    }

    pub(super) fn decode(r: &mut Reader<'_>) -> Result<Row, FieldError> {
        r.array_of(8)?;
        let (id, nick, joined) = (MemberId(r.bytes_exact()?), nick(r)?, Unix(r.uint()?));
        let flags = flags(r, Row::SERVE | Row::LEFT)?;
        Ok(Row {
            id,
            nick,
            joined,
            serve: flags & Row::SERVE != 0,
            left: flags & Row::LEFT != 0,
            kem: r.optional(field::kem)?,
            foundings: field::foundings(r)?,
            peer: field::peer(r)?,
            addrs: field::addrs(r)?,
        })
    }
}

fn nick(r: &mut Reader<'_>) -> Result<String, FieldError> {
    field::name(r, NICK_BYTES, "nick")
}

terse_debug!(Join { serve } lengths { nick, foundings, peer, addrs });
terse_debug!(KeyAnnounce { used_for } lengths { kem });
terse_debug!(Beat { unconfirmed, serve, away, joined } lengths { peer, addrs });
terse_debug!(Profile { glyph, colour } lengths { nick, status });
terse_debug!(Row { id, joined, serve, left } lengths { nick, foundings, peer, addrs });
