//! What is heard before one is in, and what crosses from one set of keys to another.

use super::super::cbor::{CborError, Reader, Writer};
use super::super::field::{self, FieldError, flag, flags, list, terse_debug, text_upto};
use crate::base::id::{InviteId, SetTag, TopicTag};
use crate::base::limits::{KEM_BYTES, NAME_BYTES, PART_RECEIVERS};
use crate::base::time::Unix;
use zeroize::Zeroizing;

/// That someone holds an invite: its key signed their identity and their KEM key.
#[derive(Clone, PartialEq, Eq)]
pub struct Proof {
    /// Which invite.
    pub invite: InviteId,
    /// Its public key.
    pub key: [u8; 32],
    /// The signature.
    pub sig: [u8; 64],
}

impl Proof {
    pub(super) fn encode(&self, w: &mut Writer) {
        w.array(3).bytes(&self.invite.0).bytes(&self.key).bytes(&self.sig);
    }

    pub(super) fn decode(r: &mut Reader<'_>) -> Result<Proof, CborError> {
        r.array_of(3)?;
        Ok(Proof { invite: InviteId(r.bytes_exact()?), key: r.bytes_exact()?, sig: r.bytes_exact()? })
    }
}

/// One box for several receivers: its key is sealed to each of them.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Per receiver the tag of their key and the box's key sealed to it.
    pub to: Vec<([u8; 8], Vec<u8>)>,
    /// The box's nonce.
    pub nonce: [u8; 24],
    /// The commitment to the box's key.
    pub com: [u8; 32],
    /// The box.
    pub boxed: Vec<u8>,
}

impl Sealed {
    pub(super) fn encode(&self, w: &mut Writer) {
        w.array(4).array(self.to.len());
        for (tag, sealed) in &self.to {
            w.array(2).bytes(tag).bytes(sealed);
        }
        w.bytes(&self.nonce).bytes(&self.com).bytes(&self.boxed);
    }

    pub(super) fn decode(r: &mut Reader<'_>) -> Result<Sealed, FieldError> {
        r.array_of(4)?;
        let to = list(r, PART_RECEIVERS, |r| -> Result<_, CborError> {
            r.array_of(2)?;
            Ok((r.bytes_exact()?, r.bytes()?.to_vec()))
        })?;
        Ok(Sealed { to, nonce: r.bytes_exact()?, com: r.bytes_exact()?, boxed: r.bytes()?.to_vec() })
    }
}

/// A room that wants to be found, raw.
#[derive(Clone, PartialEq, Eq)]
pub struct Listing {
    /// The room's name.
    pub name: String,
    /// What it is about.
    pub title: String,
    /// What it is filed under.
    pub tag: String,
    /// How one gets in, by number.
    pub mode: u64,
    /// How many are there.
    pub members: u64,
    /// Until when this is true.
    pub until: Unix,
}

impl Listing {
    pub(super) fn encode(&self, w: &mut Writer) {
        w.array(6).text(&self.name).text(&self.title).text(&self.tag);
        w.uint(self.mode).uint(self.members).uint(self.until.0);
    }

    pub(super) fn decode(r: &mut Reader<'_>) -> Result<Listing, FieldError> {
        r.array_of(6)?;
        Ok(Listing {
            name: text_upto(r, NAME_BYTES, "name")?,
            title: text_upto(r, NAME_BYTES, "title")?,
            tag: text_upto(r, NAME_BYTES, "tag")?,
            mode: r.uint()?,
            members: r.uint()?,
            until: Unix(r.uint()?),
        })
    }
}

/// Which set of keys a side of the room holds, for those who hold another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beacon {
    /// The set.
    pub set_tag: SetTag,
    /// The topic.
    pub topic_tag: TopicTag,
    /// How many are there.
    pub members: u64,
    /// Nobody ever came in after the founder.
    pub never_joined: bool,
    /// The founding this side came from.
    pub founding: [u8; 16],
}

impl Beacon {
    const NEVER_JOINED: u64 = 1;

    pub(super) fn encode(&self, w: &mut Writer) {
        w.array(5).bytes(&self.set_tag.0).bytes(&self.topic_tag.0).uint(self.members);
        w.uint(flag(self.never_joined, Beacon::NEVER_JOINED)).bytes(&self.founding);
    }

    pub(super) fn decode(r: &mut Reader<'_>) -> Result<Beacon, FieldError> {
        r.array_of(5)?;
        Ok(Beacon {
            set_tag: SetTag(r.bytes_exact()?),
            topic_tag: TopicTag(r.bytes_exact()?),
            members: r.uint()?,
            never_joined: flags(r, Beacon::NEVER_JOINED)? != 0,
            founding: r.bytes_exact()?,
        })
    }
}

/// Someone asks to come in, or to merge.
#[derive(Clone, PartialEq, Eq)]
pub struct Hello {
    /// The key that the welcome is sealed to, used once.
    pub kem: Box<[u8; KEM_BYTES]>,
    /// Makes each hello another.
    pub nonce: [u8; 16],
    /// The invite they come by.
    pub proof: Option<Proof>,
    /// The set and topic they hold already, where they want to merge.
    pub at: Option<(SetTag, TopicTag)>,
}

impl Hello {
    pub(super) fn encode(&self, w: &mut Writer) {
        w.array(4).bytes(&*self.kem).bytes(&self.nonce);
        w.optional(self.proof.as_ref(), |w, proof| proof.encode(w));
        w.optional(self.at, |w, (set, topic)| {
            w.array(2).bytes(&set.0).bytes(&topic.0);
        });
    }

    pub(super) fn decode(r: &mut Reader<'_>) -> Result<Hello, FieldError> {
        r.array_of(4)?;
        Ok(Hello {
            kem: field::kem(r)?,
            nonce: r.bytes_exact()?,
            proof: r.optional(Proof::decode)?,
            at: r.optional(|r| -> Result<_, CborError> {
                r.array_of(2)?;
                Ok((SetTag(r.bytes_exact()?), TopicTag(r.bytes_exact()?)))
            })?,
        })
    }
}

/// Why someone may not come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Reason {
    /// No place left.
    Full = 0,
    /// Nobody may come in now.
    Locked = 1,
    /// An admin has to open.
    Knock = 2,
    /// The invite has been used up.
    Spent = 3,
    /// The invite's time is over.
    Expired = 4,
    /// The invite was taken back.
    Revoked = 5,
    /// The clocks are too far apart.
    Clock = 6,
    /// Another version of the protocol.
    Version = 7,
    /// The room is closed for good.
    Closed = 8,
    /// They were removed.
    Removed = 9,
}

impl Reason {
    const ALL: [Reason; 10] = [
        Reason::Full,
        Reason::Locked,
        Reason::Knock,
        Reason::Spent,
        Reason::Expired,
        Reason::Revoked,
        Reason::Clock,
        Reason::Version,
        Reason::Closed,
        Reason::Removed,
    ];
}

/// What a refusal has inside.
#[derive(Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub reason: Reason,
    /// Entries of the log that show it, parents first: of a removal, which nobody has to believe without.
    pub entries: Vec<Vec<u8>>,
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Refusal {
        Refusal { reason, entries: Vec::new() }
    }
}

impl Refusal {
    /// `[reason]`, of a removal `[reason, [entry*]]`.
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let size: usize = self.entries.iter().map(|raw| raw.len() + 4).sum();
        let mut w = Writer::with_capacity(8 + size);
        let shows = self.reason == Reason::Removed;
        w.array(1 + usize::from(shows)).uint(self.reason as u64);
        if shows {
            field::write_list(&mut w, &self.entries);
        }
        w.finish()
    }

    /// The other direction of [`Refusal::encode`].
    pub fn decode(bytes: &[u8]) -> Result<Refusal, FieldError> {
        let mut r = Reader::new(bytes);
        let fields = r.array()?;
        let number = r.uint()?;
        let known = Reason::ALL.into_iter().find(|reason| *reason as u64 == number);
        let reason = known.ok_or(CborError::BadValue)?;
        let shows = reason == Reason::Removed;
        field::ensure(fields == 1 + usize::from(shows), "refusal")?;
        let entries = if shows { super::entries(&mut r)? } else { Vec::new() };
        r.end()?;
        Ok(Refusal { reason, entries })
    }
}

terse_debug!(Proof { invite } lengths { key, sig });
terse_debug!(Refusal { reason } lengths { entries });
terse_debug!(Sealed {} lengths { to, boxed });
terse_debug!(Listing { mode, members, until } lengths { name, title, tag });
terse_debug!(Hello { at } lengths { kem });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_is_found_again_and_no_other() {
        for (number, reason) in Reason::ALL.into_iter().enumerate() {
            let refusal = Refusal::from(reason);
            let bytes = refusal.encode();
            assert_eq!(bytes.get(1), Some(&(number as u8)));
            assert_eq!(Refusal::decode(&bytes), Ok(refusal));
        }
        let shown = Refusal { reason: Reason::Removed, entries: vec![vec![7; 3], vec![8]] };
        assert_eq!(*shown.encode(), [0x82, 9, 0x82, 0x43, 7, 7, 7, 0x41, 8]);
        assert_eq!(Refusal::decode(&shown.encode()), Ok(shown));
        assert_eq!(*Refusal::from(Reason::Knock).encode(), [0x81, 2]);
        assert_eq!(Refusal::decode(&[0x81, 10]), Err(CborError::BadValue.into()));
        assert_eq!(Refusal::decode(&[0x81, 0, 0]), Err(CborError::Trailing.into()));
        for odd in [[0x81, 9, 0x80], [0x82, 0, 0x80]] {
            assert!(Refusal::decode(&odd).is_err(), "{odd:?}");
        }
    }
}
