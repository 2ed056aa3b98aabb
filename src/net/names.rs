//! The house's names and libp2p's, and the way from one to the other. No other file converts.

use std::fmt;
use std::str::FromStr;

use libp2p::PeerId;
use libp2p::gossipsub::{IdentTopic, Message, MessageId, TopicHash};
use sha2::{Digest, Sha256};

use crate::base::id::{Peer, Topic};

/// The peer as the house carries it: the bytes of its multihash.
#[expect(clippy::expect_used, reason = "a peer id is a multihash of 34 to 44 bytes, by libp2p's own check")]
pub(super) fn peer(id: &PeerId) -> Peer {
    Peer::new(&id.to_bytes()).expect("a peer id fits")
}

/// The peer as libp2p knows it; `None` where the bytes are no peer id.
pub(super) fn peer_id(peer: &Peer) -> Option<PeerId> {
    PeerId::from_bytes(peer.as_bytes()).ok()
}

/// The peer as people and scripts see it (`12D3Koo..`); `None` where the bytes are no peer id.
pub fn peer_text(peer: &Peer) -> Option<String> {
    peer_id(peer).map(|id| id.to_base58())
}

/// The peer that a text names.
pub fn peer_from_text(text: &str) -> Option<Peer> {
    PeerId::from_str(text).ok().map(|id| peer(&id))
}

/// A peer as logs name it: the end of its id, enough to tell it from the others there.
pub fn short(peer: &Peer) -> impl fmt::Display {
    Short(peer_id(peer))
}

/// The same, as libp2p knows it.
pub(super) fn short_id(id: &PeerId) -> impl fmt::Display {
    Short(Some(*id))
}

struct Short(Option<PeerId>);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.map(|id| id.to_base58()).unwrap_or_default();
        f.write_str(text.len().checked_sub(6).and_then(|from| text.get(from..)).unwrap_or("?"))
    }
}

/// The topic as gossipsub takes it.
pub(super) fn ident(topic: &Topic) -> IdentTopic {
    IdentTopic::new(topic.hex())
}

/// The topic's name on the wire.
pub(super) fn hash(topic: &Topic) -> TopicHash {
    ident(topic).hash()
}

/// The topic behind a name on the wire; `None` unless it is spelled the one way, as 64 lower-case hex digits.
pub(super) fn topic(hash: &TopicHash) -> Option<Topic> {
    let text = hash.as_str().as_bytes();
    if text.len() != 2 * Topic::LEN {
        return None;
    }
    let mut bytes = [0; Topic::LEN];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        let [high, low] = pair else { return None };
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(Topic(bytes))
}

fn digit(c: u8) -> Option<u8> {
    match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        _ => None,
    }
}

/// Bytes of a frame's id.
const ID_BYTES: usize = 16;

/// id = SHA-256(topic's name || frame)[..16].
///
/// Ids are offered to neighbours each second, and were a tenth of all bytes at their full length. A half is enough: whoever
/// finds two frames of one id, by 2^64 tries, has hidden one frame of their own behind another.
///
/// The topic is bound in: otherwise whoever carries a frame from one topic to another first would make everybody who hears
/// both drop the true one as a duplicate.
pub(super) fn message_id(message: &Message) -> MessageId {
    let digest = Sha256::new().chain_update(message.topic.as_str()).chain_update(&message.data).finalize();
    MessageId(digest.iter().take(ID_BYTES).copied().collect())
}

/// A frame that waits for its verdict. Opaque; it says which frame, and over which link it came.
#[derive(Clone, PartialEq, Eq)]
pub struct FrameId {
    pub(super) id: MessageId,
    pub(super) from: PeerId,
}

impl fmt::Debug for FrameId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FrameId:{}", crate::base::id::hex(self.id.0.get(..4).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_comes_back_from_its_name_and_no_other_spelling_does() {
        let known = Topic([0xa7; 32]);
        assert_eq!(topic(&hash(&known)), Some(known));
        for other in ["", "a7", &known.hex().to_uppercase(), &known.hex().replace('a', "g"), &"é".repeat(32)]
        {
            assert_eq!(topic(&TopicHash::from_raw(other)), None, "{other}");
        }
    }

    #[test]
    fn one_frame_on_two_topics_has_two_ids() {
        let on = |name: &str| {
            message_id(&Message {
                source: None,
                data: b"frame".to_vec(),
                sequence_number: None,
                topic: TopicHash::from_raw(name),
            })
        };
        assert_ne!(on("a"), on("b"));
        assert_eq!(on("a"), on("a"));
    }

    #[test]
    fn a_log_gets_the_end_of_an_id() {
        let id = PeerId::random();
        assert!(id.to_base58().ends_with(&short_id(&id).to_string()));
        assert_eq!(short(&peer(&id)).to_string().len(), 6);
        assert_eq!(short(&Peer::new(b"junk").unwrap()).to_string(), "?");
    }

    #[test]
    fn a_peer_survives_the_way_there_and_back() {
        let id = PeerId::random();
        assert_eq!(peer_id(&peer(&id)), Some(id));
        assert_eq!(peer_from_text(&id.to_base58()), Some(peer(&id)));
        assert_eq!(peer_id(&Peer::new(b"junk").unwrap()), None);
        assert_eq!(peer_text(&Peer::new(b"junk").unwrap()), None);
    }
}
