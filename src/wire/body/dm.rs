//! What is sealed inside a direct message: something said to one person, or a word about something said before.

use zeroize::Zeroizing;

use super::super::cbor::{Reader, Writer};
use super::super::field::{FieldError, ensure, flag, flags};
use super::talk::{self, Say};
use crate::base::limits::TEXT_BYTES;
use crate::base::secret::Text;

const HAD: u64 = 16;
const OPENED: u64 = 32;
const TAKEN_BACK: u64 = 64;
const ALL_BEFORE: u64 = 128;
const WORDS: u64 = HAD | OPENED | TAKEN_BACK | ALL_BEFORE;

/// The inside of a direct message.
#[derive(Debug, PartialEq)]
pub enum Dm {
    /// Something said. It is neither an announcement nor kept.
    Say(Say),
    /// A word about the message of this number.
    Word(u64, Word),
}

/// What can be said of a direct message, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// It came.
    Had,
    /// It was sealed, and was opened.
    Opened,
    /// Its author takes it back.
    TakenBack,
    /// And all before it.
    AllTakenBack,
}

impl Word {
    fn flag(self) -> u64 {
        match self {
            Word::Had => HAD,
            Word::Opened => OPENED,
            Word::TakenBack => TAKEN_BACK,
            Word::AllTakenBack => ALL_BEFORE,
        }
    }
}

impl Dm {
    /// `[n, flags, text, reply, once_s]`: a word has a flag of its own, and nothing else.
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let (n, text) = match self {
            Dm::Say(say) => (say.n, say.text.as_str()),
            Dm::Word(n, _) => (*n, ""),
        };
        let mut w = Writer::with_capacity(text.len() + 48);
        w.array(5).uint(n);
        match self {
            Dm::Say(say) => {
                w.uint(flag(say.action, talk::ACTION) | flag(say.from_read, talk::FROM_READ)).text(text);
                w.optional(say.reply, |w, reply| {
                    w.bytes(&reply.0);
                });
                w.uint(say.once_s);
            }
            Dm::Word(_, word) => {
                w.uint(word.flag()).text("").optional(None::<()>, |_, ()| {}).uint(0);
            }
        }
        w.finish()
    }

    /// Exactly what [`Dm::encode`] makes, and nothing else.
    pub fn decode(bytes: &[u8]) -> Result<Dm, FieldError> {
        let mut r = Reader::new(bytes);
        r.array_of(5)?;
        let n = r.uint()?;
        let flags = flags(&mut r, talk::ACTION | talk::FROM_READ | WORDS)?;
        let text = r.text()?;
        let reply = r.optional(talk::reply)?;
        let once_s = r.uint()?;
        r.end()?;
        if flags & WORDS != 0 {
            let word = match flags {
                HAD => Word::Had,
                OPENED => Word::Opened,
                TAKEN_BACK => Word::TakenBack,
                ALL_BEFORE => Word::AllTakenBack,
                _ => return Err(FieldError::Value("flags")),
            };
            ensure(text.is_empty() && reply.is_none() && once_s == 0, "word")?;
            return Ok(Dm::Word(n, word));
        }
        ensure((1..=TEXT_BYTES).contains(&text.len()), "text")?;
        Ok(Dm::Say(Say {
            n,
            action: flags & talk::ACTION != 0,
            announce: false,
            from_read: flags & talk::FROM_READ != 0,
            keep: false,
            text: Text::new(text),
            reply,
            once_s,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::MsgId;

    fn say() -> Say {
        Say {
            n: 7,
            action: true,
            announce: false,
            from_read: true,
            keep: false,
            text: Text::new("psst"),
            reply: Some(MsgId([3; 8])),
            once_s: 15,
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let words = [Word::Had, Word::Opened, Word::TakenBack, Word::AllTakenBack];
        let all = words.map(|word| Dm::Word(9, word)).into_iter().chain([Dm::Say(say())]);
        for dm in all {
            assert_eq!(Dm::decode(&dm.encode()).unwrap(), dm);
        }
    }

    #[test]
    fn a_word_says_one_thing_and_a_message_something() {
        let spelled = |flags: u64, text: &str, once_s: u64| {
            let mut w = Writer::with_capacity(64);
            w.array(5).uint(1).uint(flags).text(text).optional(None::<()>, |_, ()| {}).uint(once_s);
            Dm::decode(&w.finish())
        };
        assert!(spelled(HAD, "", 0).is_ok() && spelled(0, "x", 0).is_ok());
        for (flags, text, once_s) in [
            (HAD | OPENED, "", 0),
            (HAD, "x", 0),
            (HAD, "", 1),
            (HAD | 1, "", 0),
            (0, "", 0),
            (2, "x", 0),
            (8, "x", 0),
        ] {
            assert!(spelled(flags, text, once_s).is_err(), "{flags} {text} {once_s}");
        }
        let mut more = Dm::Say(say()).encode().to_vec();
        more.push(0);
        assert!(Dm::decode(&more).is_err());
    }
}
