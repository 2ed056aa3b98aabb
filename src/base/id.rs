//! Names of things, as bytes of fixed length. They order, they print short, they hold no secret.

use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// Length in bytes.
            pub const LEN: usize = $len;
        }

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let [a, b, c, d, ..] = self.0;
                write!(f, "{}:{a:02x}{b:02x}{c:02x}{d:02x}", stringify!($name))
            }
        }
    };
}

id! {
    /// What makes two rooms of one name different rooms.
    Genesis, 16
}
id! {
    /// A member: their Ed25519 public key for this stay.
    MemberId, 32
}
id! {
    /// A base chain.
    ChainId, 32
}
id! {
    /// An entry of the log of rights: SHA-256 of its raw bytes.
    EntryId, 32
}
id! {
    /// A message, the same on every node.
    MsgId, 8
}
id! {
    /// An invite: what a join notice names, so that uses can be counted.
    InviteId, 16
}
id! {
    /// The four bytes of a key set that a frame's masked header carries.
    SetTag, 4
}
id! {
    /// The four bytes that tell one room topic from another.
    TopicTag, 4
}
id! {
    /// A gossip topic.
    Topic, 32
}
id! {
    /// Sixteen bytes that stand for a set of log heads.
    LogHead, 16
}

impl Topic {
    /// The topic as it is spelled on the network: 64 lower-case hex digits.
    pub fn hex(&self) -> String {
        hex(&self.0)
    }
}

/// A transport peer, opaque to the room: whoever drives it knows what the bytes mean.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer(Vec<u8>);

impl Peer {
    /// The longest peer name the room will carry.
    pub const MAX: usize = 64;

    /// A peer from its bytes; `None` when empty or over [`Peer::MAX`].
    pub fn new(bytes: &[u8]) -> Option<Peer> {
        (!bytes.is_empty() && bytes.len() <= Peer::MAX).then(|| Peer(bytes.to_vec()))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Peer:{}", hex(self.0.get(..4).unwrap_or(&self.0)))
    }
}

/// The first half of a hash: enough to tell things apart that nobody gains by confusing.
pub fn short(hash: [u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    half
}

/// Bytes from hex, of either case.
pub fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let mut out = [0; N];
    for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        let [high, low] = pair else { return None };
        let value = |digit: u8| char::from(digit).to_digit(16);
        *byte = u8::try_from(value(*high)? << 4 | value(*low)?).ok()?;
    }
    Some(out)
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |n: u8| char::from(*DIGITS.get(usize::from(n)).unwrap_or(&b'?'));
    bytes.iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect()
}
