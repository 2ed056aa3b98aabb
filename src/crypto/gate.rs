//! Who may relay: the outer tag of every frame, the topic it travels on, the mask over its header.
//!
//! The gate is the only thing an outsider's junk ever costs us, so its key is taken in once a day and not per
//! frame.

use std::collections::BTreeSet;
use std::fmt;

use super::kdf::{self, Hmac256, Label};
use super::root::Root;
use crate::base::id::{Topic, TopicTag};
use crate::base::time::Day;

/// One day's gate of a room, for one set of ban salts.
#[derive(Clone)]
pub struct Gate {
    day: Day,
    topic: Topic,
    outer: Hmac256,
    header: Hmac256,
}

impl Gate {
    /// `GATE = HKDF-Extract(SHA-256("ephem/1/bans" || sorted salts), ROOT)`, and from it `topic = X(GATE,
    /// "topic", day)`, `gate_k = X(GATE, "gate", day)`, `hdr_k = X(GATE, "hdr", day)`. RFC 5869.
    ///
    /// With no salts it is the lobby's gate. A ban adds a salt that the banned never learn.
    pub fn new(root: &Root, salts: &BTreeSet<[u8; 16]>, day: Day) -> Self {
        let salts: Vec<&[u8]> = salts.iter().map(|salt| salt.as_slice()).collect();
        let gate = kdf::extract(&kdf::hash(Label::Bans, &salts), &[root.key().expose()]);
        let today = day.0.to_be_bytes();
        let mut topic = [0; Topic::LEN];
        kdf::expand(&gate, Label::Topic, &[&today], &mut topic);
        Gate {
            day,
            topic: Topic(topic),
            outer: Hmac256::new(&kdf::expand32(&gate, Label::Gate, &[&today])),
            header: Hmac256::new(&kdf::expand32(&gate, Label::Header, &[&today])),
        }
    }

    /// The day it is for.
    pub fn day(&self) -> Day {
        self.day
    }

    /// The topic that frames under this gate travel on.
    pub fn topic(&self) -> Topic {
        self.topic
    }

    /// `SHA-256(topic)[..4]`: what beacons carry, so that two topics can be told apart without naming them.
    pub fn topic_tag(&self) -> TopicTag {
        let [a, b, c, d, ..] = kdf::sha256(&self.topic.0);
        TopicTag([a, b, c, d])
    }

    /// `HMAC-SHA256(gate_k, frame without its last 32 bytes)`. RFC 2104.
    ///
    /// Full length on purpose: at 32 bytes it commits to the key, so no frame passes two gates.
    pub fn tag(&self, before: &[u8]) -> [u8; 32] {
        self.outer.tag(&[before])
    }

    /// Whether the tag is right, in constant time. One HMAC, no key setup, no allocation.
    pub fn admits(&self, before: &[u8], tag: &[u8; 32]) -> bool {
        self.outer.admits(&[before], tag)
    }

    /// `HMAC-SHA256(hdr_k, nonce)[..8]`, laid over the header by XOR: relays outside the room see no epoch,
    /// set or type.
    pub fn mask(&self, nonce: &[u8; 24]) -> [u8; 8] {
        let [a, b, c, d, e, f, g, h, ..] = self.header.tag(&[nonce]);
        [a, b, c, d, e, f, g, h]
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gate({:?}, {:?})", self.day, self.topic_tag())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::secret::Secret;
    use crate::crypto::name::RoomName;
    use crate::crypto::root::Kind;

    fn gate(root: u8, salts: &[u8], day: u64) -> Gate {
        let name = RoomName::parse("tea").unwrap();
        let root = Root::from_bytes(Kind::Passphrase, name, Secret::new([root; 32]));
        Gate::new(&root, &salts.iter().map(|n| [*n; 16]).collect(), Day(day))
    }

    #[test]
    fn a_tag_passes_its_own_gate_and_no_other() {
        let home = gate(1, &[], 5);
        let tag = home.tag(b"frame");
        assert!(home.admits(b"frame", &tag));
        assert!(!home.admits(b"frame!", &tag));
        for other in [gate(2, &[], 5), gate(1, &[], 6), gate(1, &[9], 5)] {
            assert!(!other.admits(b"frame", &tag));
            assert_ne!(other.topic(), home.topic());
            assert_ne!(other.mask(&[0; 24]), home.mask(&[0; 24]));
        }
    }

    #[test]
    fn the_order_in_which_bans_were_heard_does_not_matter() {
        assert_eq!(gate(1, &[1, 2, 3], 5).topic(), gate(1, &[3, 1, 2], 5).topic());
        assert_ne!(gate(1, &[1, 2], 5).topic(), gate(1, &[1, 2, 3], 5).topic());
    }

    #[test]
    fn one_flipped_bit_in_the_tag_is_refused() {
        let gate = gate(1, &[], 5);
        for bit in 0..256 {
            let mut tag = gate.tag(b"frame");
            tag[bit / 8] ^= 1 << (bit % 8);
            assert!(!gate.admits(b"frame", &tag));
        }
    }

    #[test]
    fn the_topic_tag_is_the_hash_of_the_topic() {
        let gate = gate(1, &[], 5);
        assert_eq!(gate.topic_tag().0, kdf::sha256(&gate.topic().0)[..4]);
        assert_eq!(gate.topic().hex().len(), 64);
    }
}
