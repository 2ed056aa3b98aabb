//! The log of rights as bytes: entries and what they do. Who may do it is decided where the log is folded.

use super::cbor::{Reader, Writer};
use super::field::{
    FieldError, ascending, ensure, list, name, terse_debug, text_upto, versioned, write_list,
};
use super::handover::StatementError;
pub use super::policy::{History, Policy};
use crate::base::id::{EntryId, Genesis, InviteId, MemberId, MsgId};
use crate::base::limits::{ENTRY_BYTES, PARENTS, ROOM_BYTES, SIGNATURE_BYTES, WHY_BYTES};
use crate::base::time::Unix;

/// One entry: the statement that its author signs.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// The room; zeros in the entry that makes one.
    pub genesis: Genesis,
    /// Who acts.
    pub author: MemberId,
    /// Counts the author's entries.
    pub seq: u64,
    /// When, for people to read. It decides nothing.
    pub at: Unix,
    /// The heads the author knew, sorted. None for a beginning, one at least for everything else.
    pub parents: Vec<EntryId>,
    /// What is done.
    pub act: Act,
}

impl Entry {
    const FIELDS: usize = 8;

    /// The statement, without its signature. It has to stay within 1,024 bytes together with it, which is
    /// less than all fields at their bounds come to: [`Entry::fits`] tells beforehand.
    pub fn encode(&self) -> Vec<u8> {
        let statement = self.write();
        debug_assert_eq!(Entry::decode(&statement).err(), None, "an entry out of its bounds: {self:?}");
        statement
    }

    /// True when the entry stays within its length. With many parents and a long text it may not.
    pub fn fits(&self) -> bool {
        self.write().len() <= ENTRY_BYTES - SIGNATURE_BYTES
    }

    /// The entry whose statement is exactly these bytes.
    pub fn decode(statement: &[u8]) -> Result<Entry, StatementError> {
        if statement.len() > ENTRY_BYTES - SIGNATURE_BYTES {
            return Err(StatementError::Length);
        }
        let mut r = Reader::new(statement);
        if let Some(other) = versioned(&mut r, Entry::FIELDS)? {
            return Err(StatementError::Version(other));
        }
        let genesis = Genesis(r.bytes_exact()?);
        let author = MemberId(r.bytes_exact()?);
        let seq = r.uint()?;
        let at = Unix(r.uint()?);
        let parents = list(&mut r, PARENTS, |r| r.bytes_exact().map(EntryId))?;
        ascending(&parents, "parents")?;
        let number = r.uint()?;
        let act = Act::decode(number, &mut r)?;
        r.end()?;
        ensure(parents.is_empty() == act.begins(), "parents")?;
        ensure(!matches!(act, Act::Genesis { .. }) || genesis.0 == [0; 16], "genesis")?;
        Ok(Entry { genesis, author, seq, at, parents, act })
    }

    fn write(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(ENTRY_BYTES);
        w.array(Entry::FIELDS)
            .uint(1)
            .bytes(&self.genesis.0)
            .bytes(&self.author.0)
            .uint(self.seq)
            .uint(self.at.0);
        write_list(&mut w, &self.parents);
        self.act.encode(w.uint(self.act.number()));
        w.finish().to_vec()
    }
}

/// What an entry does.
#[derive(Clone, PartialEq, Eq)]
pub enum Act {
    /// Makes an invite room.
    Genesis {
        /// The room's name.
        room: String,
        /// Whose signature may make another owner.
        reclaim: [u8; 32],
        /// The first settings.
        policy: Policy,
        /// Makes every room another.
        nonce: [u8; 16],
    },
    /// Founds an open or a passphrase room.
    Founding {
        /// Whose signature may make another owner.
        reclaim: [u8; 32],
        /// The first settings.
        policy: Policy,
        /// Makes every founding another.
        nonce: [u8; 16],
    },
    /// Makes an admin.
    Grant {
        /// Of whom.
        target: MemberId,
    },
    /// Makes an admin a member again.
    Revoke {
        /// Whom.
        target: MemberId,
    },
    /// Removes someone, who may come back under another identity.
    Kick {
        /// Whom.
        target: MemberId,
        /// The highest number among their entries that the author knew, for people to read. It decides nothing.
        last_seq: u64,
        /// What people read.
        why: String,
    },
    /// Removes someone and shuts the door behind them.
    Ban {
        /// Whom.
        target: MemberId,
        /// The highest number among their entries that the author knew, for people to read. It decides nothing.
        last_seq: u64,
        /// What people read.
        why: String,
        /// Until when; `None` for good.
        until: Option<Unix>,
        /// What the room does besides.
        then: Then,
        /// Stands for the salt that moves the gate.
        salt_hash: [u8; 16],
    },
    /// Takes a ban back.
    Unban {
        /// Of whom.
        target: MemberId,
    },
    /// Hides what someone says.
    Mute {
        /// Whom.
        target: MemberId,
        /// Until when.
        until: Unix,
        /// What people read.
        why: String,
    },
    /// Takes a mute back.
    Unmute {
        /// Of whom.
        target: MemberId,
    },
    /// Lets someone in who knocked.
    Admit {
        /// Whom.
        target: MemberId,
    },
    /// Does not.
    Deny {
        /// Whom.
        target: MemberId,
    },
    /// Makes an invite.
    Invite {
        /// Its name.
        id: InviteId,
        /// Its public key.
        key: [u8; 32],
        /// How often it may be used.
        uses: u64,
        /// Until when.
        until: Unix,
    },
    /// Takes an invite back.
    InviteRevoke {
        /// Which.
        id: InviteId,
    },
    /// Changes settings.
    Policy(Policy),
    /// Offers the room to someone.
    Transfer {
        /// To whom.
        to: MemberId,
        /// The owner goes at the same time: nobody has to accept.
        leaving: bool,
    },
    /// Takes it.
    TransferAccept {
        /// The offer.
        transfer: EntryId,
    },
    /// Takes an owner's place by the reclaim token.
    Reclaim {
        /// The key of the next token.
        next: [u8; 32],
        /// The token's signature.
        token_sig: [u8; 64],
    },
    /// Puts one founding under another.
    Yield {
        /// The other.
        to: EntryId,
    },
    /// Asks for a fresh generation.
    Rotate,
    /// Ends the room.
    Close,
    /// Keeps a message beyond its time.
    Pin {
        /// Which.
        message: MsgId,
        /// Whose.
        author: MemberId,
        /// The number they gave it, so that whoever lacks it can ask for it.
        n: u64,
    },
    /// Keeps it no longer.
    Unpin {
        /// Which.
        message: MsgId,
    },
}

impl Act {
    /// Starts a log: such an entry has no parents.
    pub fn begins(&self) -> bool {
        matches!(self, Act::Genesis { .. } | Act::Founding { .. })
    }

    fn number(&self) -> u64 {
        match self {
            Act::Genesis { .. } => 0,
            Act::Founding { .. } => 1,
            Act::Grant { .. } => 2,
            Act::Revoke { .. } => 3,
            Act::Kick { .. } => 4,
            Act::Ban { .. } => 5,
            Act::Unban { .. } => 6,
            Act::Mute { .. } => 7,
            Act::Unmute { .. } => 8,
            Act::Admit { .. } => 9,
            Act::Deny { .. } => 10,
            Act::Invite { .. } => 11,
            Act::InviteRevoke { .. } => 12,
            Act::Policy(_) => 13,
            Act::Transfer { .. } => 14,
            Act::TransferAccept { .. } => 15,
            Act::Reclaim { .. } => 16,
            Act::Yield { .. } => 17,
            Act::Rotate => 18,
            Act::Close => 19,
            Act::Pin { .. } => 20,
            Act::Unpin { .. } => 21,
        }
    }

    /// Whether it settles who owns the room from then on.
    pub fn settles(&self) -> bool {
        matches!(self, Act::TransferAccept { .. } | Act::Reclaim { .. } | Act::Yield { .. })
    }

    /// What it is called where people read what was done.
    pub fn name(&self) -> &'static str {
        match self {
            Act::Genesis { .. } => "opened the room",
            Act::Founding { .. } => "founded the room",
            Act::Grant { .. } => "made an admin of",
            Act::Revoke { .. } => "made a plain member of",
            Act::Kick { .. } => "kicked",
            Act::Ban { .. } => "banned",
            Act::Unban { .. } => "unbanned",
            Act::Mute { .. } => "muted",
            Act::Unmute { .. } => "unmuted",
            Act::Admit { .. } => "let in",
            Act::Deny { .. } => "turned away",
            Act::Invite { .. } => "made an invite",
            Act::InviteRevoke { .. } => "took an invite back",
            Act::Policy(_) => "changed the settings",
            Act::Transfer { .. } => "offered the room to",
            Act::TransferAccept { .. } => "took the room that was offered",
            Act::Reclaim { .. } => "took the room with its token",
            Act::Yield { .. } => "put its founding under another",
            Act::Rotate => "asked for fresh keys",
            Act::Close => "closed the room",
            Act::Pin { .. } => "kept a message of",
            Act::Unpin { .. } => "keeps a message no longer",
        }
    }

    /// Whom it concerns.
    pub fn target(&self) -> Option<MemberId> {
        match self {
            Act::Grant { target }
            | Act::Revoke { target }
            | Act::Kick { target, .. }
            | Act::Ban { target, .. }
            | Act::Unban { target }
            | Act::Mute { target, .. }
            | Act::Unmute { target }
            | Act::Admit { target }
            | Act::Deny { target }
            | Act::Transfer { to: target, .. }
            | Act::Pin { author: target, .. } => Some(*target),
            Act::Genesis { .. }
            | Act::Founding { .. }
            | Act::Invite { .. }
            | Act::InviteRevoke { .. }
            | Act::Policy(_)
            | Act::TransferAccept { .. }
            | Act::Reclaim { .. }
            | Act::Yield { .. }
            | Act::Rotate
            | Act::Close
            | Act::Unpin { .. } => None,
        }
    }

    fn encode(&self, w: &mut Writer) {
        match self {
            Act::Genesis { room, reclaim, policy, nonce } => {
                policy.encode(w.array(4).text(room).bytes(reclaim));
                w.bytes(nonce);
            }
            Act::Founding { reclaim, policy, nonce } => {
                policy.encode(w.array(3).bytes(reclaim));
                w.bytes(nonce);
            }
            Act::Grant { target }
            | Act::Revoke { target }
            | Act::Unban { target }
            | Act::Unmute { target }
            | Act::Admit { target }
            | Act::Deny { target } => {
                w.array(1).bytes(&target.0);
            }
            Act::Kick { target, last_seq, why } => {
                w.array(3).bytes(&target.0).uint(*last_seq).text(why);
            }
            Act::Ban { target, last_seq, why, until, then, salt_hash } => {
                // For good is spelled 0, so a ban until the first instant of 1970 cannot be.
                debug_assert_ne!(*until, Some(Unix(0)));
                w.array(6).bytes(&target.0).uint(*last_seq).text(why);
                w.uint(until.map_or(0, |until| until.0)).uint(*then as u64).bytes(salt_hash);
            }
            Act::Mute { target, until, why } => {
                w.array(3).bytes(&target.0).uint(until.0).text(why);
            }
            Act::Invite { id, key, uses, until } => {
                w.array(4).bytes(&id.0).bytes(key).uint(*uses).uint(until.0);
            }
            Act::InviteRevoke { id } => {
                w.array(1).bytes(&id.0);
            }
            Act::Policy(policy) => policy.encode(w.array(1)),
            Act::Transfer { to, leaving } => {
                w.array(2).bytes(&to.0).bool(*leaving);
            }
            Act::TransferAccept { transfer } => {
                w.array(1).bytes(&transfer.0);
            }
            Act::Reclaim { next, token_sig } => {
                w.array(2).bytes(next).bytes(token_sig);
            }
            Act::Yield { to } => {
                w.array(1).bytes(&to.0);
            }
            Act::Rotate | Act::Close => {
                w.array(0);
            }
            Act::Pin { message, author, n } => {
                w.array(3).bytes(&message.0).bytes(&author.0).uint(*n);
            }
            Act::Unpin { message } => {
                w.array(1).bytes(&message.0);
            }
        }
    }

    fn decode(number: u64, r: &mut Reader<'_>) -> Result<Act, StatementError> {
        let fields = match number {
            0 | 11 => 4,
            5 => 6,
            1 | 4 | 7 | 20 => 3,
            14 | 16 => 2,
            18 | 19 => 0,
            2 | 3 | 6 | 8..=10 | 12 | 13 | 15 | 17 | 21 => 1,
            other => return Err(StatementError::UnknownKind(other)),
        };
        r.array_of(fields)?;
        Ok(match number {
            0 => Act::Genesis {
                room: name(r, ROOM_BYTES, "room")?,
                reclaim: r.bytes_exact()?,
                policy: Policy::decode(r)?,
                nonce: r.bytes_exact()?,
            },
            1 => Act::Founding {
                reclaim: r.bytes_exact()?,
                policy: Policy::decode(r)?,
                nonce: r.bytes_exact()?,
            },
            2 => Act::Grant { target: member(r)? },
            3 => Act::Revoke { target: member(r)? },
            4 => Act::Kick { target: member(r)?, last_seq: r.uint()?, why: why(r)? },
            5 => Act::Ban {
                target: member(r)?,
                last_seq: r.uint()?,
                why: why(r)?,
                until: Some(r.uint()?).filter(|until| *until > 0).map(Unix),
                then: Then::decode(r)?,
                salt_hash: r.bytes_exact()?,
            },
            6 => Act::Unban { target: member(r)? },
            7 => Act::Mute { target: member(r)?, until: Unix(r.uint()?), why: why(r)? },
            8 => Act::Unmute { target: member(r)? },
            9 => Act::Admit { target: member(r)? },
            10 => Act::Deny { target: member(r)? },
            11 => Act::Invite {
                id: InviteId(r.bytes_exact()?),
                key: r.bytes_exact()?,
                uses: r.uint()?,
                until: Unix(r.uint()?),
            },
            12 => Act::InviteRevoke { id: InviteId(r.bytes_exact()?) },
            13 => Act::Policy(Policy::decode(r)?),
            14 => Act::Transfer { to: member(r)?, leaving: r.bool()? },
            15 => Act::TransferAccept { transfer: EntryId(r.bytes_exact()?) },
            16 => Act::Reclaim { next: r.bytes_exact()?, token_sig: r.bytes_exact()? },
            17 => Act::Yield { to: EntryId(r.bytes_exact()?) },
            18 => Act::Rotate,
            19 => Act::Close,
            20 => Act::Pin { message: MsgId(r.bytes_exact()?), author: member(r)?, n: r.uint()? },
            _ => Act::Unpin { message: MsgId(r.bytes_exact()?) },
        })
    }
}

/// What a room does besides banning someone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Then {
    /// Nothing.
    Nothing = 0,
    /// Nobody comes in any more.
    Lock = 1,
    /// Whoever comes has to knock.
    Knock = 2,
}

impl Then {
    fn decode(r: &mut Reader<'_>) -> Result<Then, FieldError> {
        match r.uint()? {
            0 => Ok(Then::Nothing),
            1 => Ok(Then::Lock),
            2 => Ok(Then::Knock),
            _ => Err(FieldError::Value("then")),
        }
    }
}

fn member(r: &mut Reader<'_>) -> Result<MemberId, FieldError> {
    Ok(MemberId(r.bytes_exact()?))
}

fn why(r: &mut Reader<'_>) -> Result<String, FieldError> {
    text_upto(r, WHY_BYTES, "why")
}

terse_debug!(Entry { author, seq, at, act } lengths { parents });
impl std::fmt::Debug for Act {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Act({})", self.number())
    }
}
