//! What people say: messages and files.

use zeroize::Zeroizing;

use super::super::cbor::{CborError, Reader, Writer};
use super::super::field::{FieldError, ensure, flag, flags, secret, terse_debug, text_upto};
use crate::base::id::{MemberId, MsgId};
use crate::base::limits::{NAME_BYTES, TEXT_BYTES};
use crate::base::secret::{Secret, Text};

pub(super) const ACTION: u64 = 1;
const ANNOUNCE: u64 = 2;
pub(super) const FROM_READ: u64 = 4;
const KEEP: u64 = 8;

/// A message.
#[derive(Clone, PartialEq)]
pub struct Say {
    /// The author's number for it, which [`Body::Burn`](super::Body::Burn) counts by.
    pub n: u64,
    /// Told in the third person.
    pub action: bool,
    /// An announcement.
    pub announce: bool,
    /// Its time runs from the moment it is first shown.
    pub from_read: bool,
    /// Pinned until the room closes.
    pub keep: bool,
    /// The text, 1 to 4,000 bytes, as it came: nothing is cleaned yet.
    pub text: Text,
    /// The message it answers.
    pub reply: Option<MsgId>,
    /// Sealed until opened, then shown for so many seconds; 0 for an ordinary message.
    pub once_s: u64,
}

impl Say {
    /// A message that is nothing special.
    pub fn plain(n: u64, text: Text) -> Say {
        Say { n, action: false, announce: false, from_read: false, keep: false, text, reply: None, once_s: 0 }
    }

    pub(super) fn encode(&self, w: &mut Writer) {
        let flags = flag(self.action, ACTION)
            | flag(self.announce, ANNOUNCE)
            | flag(self.from_read, FROM_READ)
            | flag(self.keep, KEEP);
        w.array(5).uint(self.n).uint(flags).text(self.text.as_str());
        w.optional(self.reply, |w, reply| {
            w.bytes(&reply.0);
        });
        w.uint(self.once_s);
    }

    pub(super) fn decode(r: &mut Reader<'_>) -> Result<Say, FieldError> {
        r.array_of(5)?;
        let n = r.uint()?;
        let flags = flags(r, ACTION | ANNOUNCE | FROM_READ | KEEP)?;
        let text = r.text()?;
        ensure((1..=TEXT_BYTES).contains(&text.len()), "text")?;
        Ok(Say {
            n,
            action: flags & ACTION != 0,
            announce: flags & ANNOUNCE != 0,
            from_read: flags & FROM_READ != 0,
            keep: flags & KEEP != 0,
            text: Text::new(text),
            reply: r.optional(reply)?,
            once_s: r.uint()?,
        })
    }
}

/// The name of the message that is answered.
pub(super) fn reply(r: &mut Reader<'_>) -> Result<MsgId, CborError> {
    r.bytes_exact().map(MsgId)
}

/// A file that can be fetched from whoever has parts of it.
#[derive(PartialEq)]
pub struct FileOffer {
    /// The author's number for it, counted together with their messages.
    pub n: u64,
    /// Its name as the author gave it: nothing is cleaned yet.
    pub name: String,
    /// Its length in bytes.
    pub size: u64,
    /// Its BLAKE3.
    pub hash: [u8; 32],
    /// The key its parts are sealed under.
    pub key: Secret<32>,
}

impl FileOffer {
    pub(super) fn encode(&self, w: &mut Writer) {
        w.array(5).uint(self.n).text(&self.name).uint(self.size).bytes(&self.hash).bytes(self.key.expose());
    }

    pub(super) fn decode(r: &mut Reader<'_>) -> Result<FileOffer, FieldError> {
        r.array_of(5)?;
        Ok(FileOffer {
            n: r.uint()?,
            name: text_upto(r, NAME_BYTES, "name")?,
            size: r.uint()?,
            hash: r.bytes_exact()?,
            key: secret(r)?,
        })
    }
}

/// `[about, text]`: what a report holds once it is opened.
pub fn encode_report(about: &MemberId, text: &Text) -> Zeroizing<Vec<u8>> {
    let mut w = Writer::with_capacity(text.len() + 48);
    w.array(2).bytes(&about.0).text(text.as_str());
    w.finish()
}

/// The other direction of [`encode_report`].
pub fn decode_report(bytes: &[u8]) -> Result<(MemberId, Text), FieldError> {
    let mut r = Reader::new(bytes);
    r.array_of(2)?;
    let about = MemberId(r.bytes_exact()?);
    let text = r.text()?;
    r.end()?;
    ensure((1..=TEXT_BYTES).contains(&text.len()), "text")?;
    Ok((about, Text::new(text)))
}

terse_debug!(Say { n, action, announce, from_read, keep, reply, once_s } lengths { text });
terse_debug!(FileOffer { n, size } lengths { name });
