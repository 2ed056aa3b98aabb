//! The settings of a room as bytes.

use super::cbor::{Reader, Writer};
use super::field::{FieldError, terse_debug, text_upto};
use crate::base::limits::NAME_BYTES;
use crate::base::time::Unix;

/// What newcomers get to see of what was said before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum History {
    /// Nothing.
    None = 0,
    /// What still lives.
    Unexpired = 1,
}

/// Settings of a room; `None` leaves one as it is.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Policy {
    /// How many members there may be.
    pub max: Option<u64>,
    /// How long messages live that say nothing about it.
    pub ttl_s: Option<u64>,
    /// How long messages live at most.
    pub ttl_max_s: Option<u64>,
    /// What newcomers see.
    pub history: Option<History>,
    /// Nobody comes in.
    pub lock: Option<bool>,
    /// Whoever comes in is let in by an admin.
    pub knock: Option<bool>,
    /// Seconds between two messages of one member.
    pub slow_s: Option<u64>,
    /// Messages a second that a member may send.
    pub rate: Option<u64>,
    /// What the room is about, raw; empty takes it away.
    pub topic: Option<String>,
    /// When the room closes.
    pub expires: Option<Unix>,
    /// The room may be kept across a restart.
    pub persist: Option<bool>,
    /// What was said while alone is delivered later.
    pub queued: Option<bool>,
    /// Seconds for which whoever comes in reads and does not speak.
    pub quiet_s: Option<u64>,
}

impl Policy {
    const FIELDS: usize = 13;

    pub(super) fn encode(&self, w: &mut Writer) {
        w.array(Policy::FIELDS);
        for number in [self.max, self.ttl_s, self.ttl_max_s, self.history.map(|history| history as u64)] {
            optional_uint(w, number);
        }
        optional_bool(w, self.lock);
        optional_bool(w, self.knock);
        optional_uint(w, self.slow_s);
        optional_uint(w, self.rate);
        w.optional(self.topic.as_ref(), |w, topic| {
            w.text(topic);
        });
        optional_uint(w, self.expires.map(|expires| expires.0));
        optional_bool(w, self.persist);
        optional_bool(w, self.queued);
        optional_uint(w, self.quiet_s);
    }

    pub(super) fn decode(r: &mut Reader<'_>) -> Result<Policy, FieldError> {
        r.array_of(Policy::FIELDS)?;
        Ok(Policy {
            max: r.optional(Reader::uint)?,
            ttl_s: r.optional(Reader::uint)?,
            ttl_max_s: r.optional(Reader::uint)?,
            history: r.optional(|r| match r.uint()? {
                0 => Ok(History::None),
                1 => Ok(History::Unexpired),
                _ => Err(FieldError::Value("history")),
            })?,
            lock: r.optional(Reader::bool)?,
            knock: r.optional(Reader::bool)?,
            slow_s: r.optional(Reader::uint)?,
            rate: r.optional(Reader::uint)?,
            topic: r.optional(|r| text_upto(r, NAME_BYTES, "topic"))?,
            expires: r.optional(Reader::uint)?.map(Unix),
            persist: r.optional(Reader::bool)?,
            queued: r.optional(Reader::bool)?,
            quiet_s: r.optional(Reader::uint)?,
        })
    }
}

fn optional_uint(w: &mut Writer, value: Option<u64>) {
    w.optional(value, |w, value| {
        w.uint(value);
    });
}

fn optional_bool(w: &mut Writer, value: Option<bool>) {
    w.optional(value, |w, value| {
        w.bool(value);
    });
}

terse_debug!(
    Policy { max, ttl_s, ttl_max_s, history, lock, knock, slow_s, rate, expires, persist, queued, quiet_s }
    lengths {}
);
