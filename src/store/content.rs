//! What a profile keeps, as canonical bytes: who one is, how one wants to be shown, and whom one knows.

use std::fmt;

use zeroize::Zeroizing;

use super::Fault;
use crate::base::id::MemberId;
use crate::base::limits::{NAME_BYTES, NICK_BYTES};
use crate::base::nick::Nick;
use crate::base::secret::Secret;
use crate::base::time::Unix;
use crate::wire::cbor::{CborError, Reader, Writer};

/// The most friends kept: as many as there can be.
pub const FRIENDS: usize = crate::chat::friends::MOST;

/// Numbers that one run has for itself, for each second it lasts: more than anybody sends.
const RUN: u64 = 1 << 20;

/// Everything that is kept.
pub struct Content {
    /// The seed of the identity.
    pub seed: Secret<32>,
    /// What everything that is written with the key in this run is numbered beyond; see [`Content::begin`].
    pub begun: u64,
    /// What others see.
    pub nick: Nick,
    /// What stands beside it: the line, the sign, the colour; zero where nothing was chosen.
    pub status: String,
    /// See [`Content::status`].
    pub glyph: u64,
    /// See [`Content::status`].
    pub colour: u64,
    /// Friends, in the order of their keys.
    pub friends: Vec<Friend>,
}

/// Somebody who is to be known again.
#[derive(Clone, PartialEq, Eq)]
pub struct Friend {
    /// The key.
    pub id: MemberId,
    /// What they were called last.
    pub nick: Nick,
    /// Words were shown that are to be compared with them.
    pub verified: bool,
    /// Since when.
    pub since: Unix,
}

impl Content {
    /// Somebody new.
    pub fn new(seed: Secret<32>, nick: Nick) -> Content {
        Content { seed, begun: 0, nick, status: String::new(), glyph: 0, colour: 0, friends: Vec::new() }
    }

    /// A run begins: its numbers lie beyond those of all runs before, of which others in a room may still know. By the clock,
    /// so that a copy put back is beyond what came after it was made; where the clock was set back, by what was kept.
    pub fn begin(&mut self, wall: Unix) {
        self.begun = (wall.0 / 1_000).saturating_mul(RUN).max(self.begun.saturating_add(RUN));
    }

    /// As bytes.
    pub fn encode(&self) -> Result<Zeroizing<Vec<u8>>, Fault> {
        if self.friends.len() > FRIENDS
            || self.status.len() > NAME_BYTES
            || !self.friends.is_sorted_by(|a, b| a.id < b.id)
        {
            return Err(Fault::Full);
        }
        let mut out = Writer::with_capacity(256 + self.friends.len() * (NICK_BYTES + 64));
        out.array(7).bytes(self.seed.expose()).uint(self.begun).text(self.nick.as_str());
        out.text(&self.status).uint(self.glyph).uint(self.colour).array(self.friends.len());
        for friend in &self.friends {
            out.array(4).bytes(&friend.id.0).text(friend.nick.as_str());
            out.bool(friend.verified).uint(friend.since.0);
        }
        Ok(out.finish())
    }

    /// From exactly what [`Content::encode`] makes.
    pub fn decode(bytes: &[u8]) -> Result<Content, Fault> {
        let content = read(bytes).map_err(|_| Fault::Damaged)?;
        if !content.friends.is_sorted_by(|a, b| a.id < b.id) || content.status.len() > NAME_BYTES {
            return Err(Fault::Damaged);
        }
        Ok(content)
    }
}

fn read(bytes: &[u8]) -> Result<Content, CborError> {
    let mut from = Reader::new(bytes);
    from.array_of(7)?;
    let seed = Secret::from_slice(from.bytes()?).ok_or(CborError::WrongLength)?;
    let begun = from.uint()?;
    let nick = nick(from.text()?)?;
    let status = from.text()?.to_owned();
    let (glyph, colour) = (from.uint()?, from.uint()?);
    let count = from.array()?;
    if count > FRIENDS {
        return Err(CborError::TooMany);
    }
    let mut friends = Vec::with_capacity(count);
    for _ in 0..count {
        from.array_of(4)?;
        friends.push(Friend {
            id: MemberId(from.bytes_exact()?),
            nick: self::nick(from.text()?)?,
            verified: from.bool()?,
            since: Unix(from.uint()?),
        });
    }
    from.end()?;
    Ok(Content { seed, begun, nick, status, glyph, colour, friends })
}

/// A nick that is written as it would be shown, and no other.
fn nick(text: &str) -> Result<Nick, CborError> {
    let nick = Nick::parse(text).map_err(|_| CborError::BadValue)?;
    if nick.as_str() == text { Ok(nick) } else { Err(CborError::BadValue) }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Content({} friends)", self.friends.len())
    }
}

impl fmt::Debug for Friend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Friend({:?})", self.id)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::store) fn sample(friends: u16) -> Content {
        let friend = |n: u16| Friend {
            id: MemberId(std::array::from_fn(|at| n.to_be_bytes().get(at).copied().unwrap_or(7))),
            nick: Nick::parse(&format!("friend {n}")).unwrap(),
            verified: n.is_multiple_of(2),
            since: Unix(1_790_000_000_000 + u64::from(n)),
        };
        Content {
            status: "back at noon".to_owned(),
            glyph: 3,
            colour: 300,
            friends: (0..friends).map(friend).collect(),
            ..Content::new(Secret::new([9; 32]), Nick::parse("Mina").unwrap())
        }
    }

    #[test]
    fn what_was_kept_comes_back() {
        for friends in [0, 1, 300] {
            let content = sample(friends);
            let again = Content::decode(&content.encode().unwrap()).unwrap();
            assert_eq!(again.seed, content.seed);
            assert_eq!((&again.nick, &again.status), (&content.nick, &content.status));
            assert_eq!((again.glyph, again.colour), (3, 300));
            assert_eq!(again.friends, content.friends);
        }
    }

    #[test]
    fn each_run_is_beyond_the_one_before_whatever_the_clock_says() {
        let mut content = sample(0);
        let mut before = 0;
        for wall in [1_790_000_000_000, 1_790_000_000_500, 1_790_000_060_000, 5_000, 1_790_000_061_000] {
            content.begin(Unix(wall));
            assert!(content.begun >= before + RUN, "at {wall}");
            before = content.begun;
        }
        let mut copy = sample(0);
        copy.begin(Unix(1_790_000_090_000));
        assert!(copy.begun > before);
    }

    #[test]
    fn more_than_there_may_be_is_refused_before_it_is_written() {
        assert!(matches!(sample(FRIENDS as u16 + 1).encode(), Err(Fault::Full)));
        let mut twice = sample(2);
        twice.friends.push(twice.friends[0].clone());
        assert!(matches!(twice.encode(), Err(Fault::Full)));
    }

    #[test]
    fn cut_short_or_longer_it_is_nothing() {
        let bytes = sample(3).encode().unwrap();
        for end in 0..bytes.len() {
            assert!(matches!(Content::decode(&bytes[..end]), Err(Fault::Damaged)), "{end}");
        }
        assert!(matches!(Content::decode(&[&bytes[..], &[0]].concat()), Err(Fault::Damaged)));
    }

    #[test]
    fn nothing_of_it_is_ever_printed() {
        assert_eq!(format!("{:?}", sample(2)), "Content(2 friends)");
        assert!(!format!("{:?}", sample(1).friends).contains("friend 0"));
    }
}
