//! From what a person has (a name, a passphrase, an invite) to the room's root, and what hangs directly on
//! it.
//!
//! The root admits: it decides who may relay and who may ask to come in. No message is ever sealed under it.

use std::fmt;

use super::kdf::{self, Label};
use super::name::RoomName;
use super::slow::{Cost, nfkc, slow_hash};
use super::words;
use crate::base::id::Genesis;
use crate::base::secret::Secret;
use crate::base::time::Day;

/// Memory of the slow hash, in KiB: 256 MiB. A constant of the protocol, never a field.
pub const ARGON2_KIB: u32 = 256 * 1024;
/// Passes of the slow hash.
pub const ARGON2_PASSES: u32 = 3;
/// Lanes of the slow hash.
pub const ARGON2_LANES: u32 = 1;

/// How a person has a room's secret. The three never meet: the kind is part of the salt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Whoever knows the name is in. No secrecy at all.
    Open,
    /// Name and passphrase.
    Passphrase,
    /// A link that carries 128 random bits.
    Invite,
}

/// What admits to a room.
pub struct Root {
    kind: Kind,
    name: RoomName,
    key: Secret<32>,
}

/// Why a passphrase gives no root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassphraseError {
    /// Nothing was typed: an open room is asked for by its own name, not by leaving the passphrase out.
    Empty,
    /// Longer than the slow hash takes, or no memory for it.
    SlowHash,
}

impl Kind {
    /// The byte that stands for the kind in the salt.
    pub const fn code(self) -> u8 {
        match self {
            Kind::Open => 0,
            Kind::Passphrase => 1,
            Kind::Invite => 2,
        }
    }
}

impl Root {
    /// `HKDF-Extract(salt, "open")`. RFC 5869. Anyone who can guess the name can do this.
    pub fn open(name: &RoomName) -> Self {
        let key = kdf::extract(&salt(Kind::Open, name), &[Label::Open.as_str().as_bytes()]);
        Self::from_bytes(Kind::Open, name.clone(), key)
    }

    /// `Argon2id(NFKC(passphrase), salt, m = 256 MiB, t = 3, p = 1, 32 bytes)`. RFC 9106.
    ///
    /// Takes half a second and 256 MiB, so only what a person typed here may cause it, once. It slows
    /// guessing down; it does not rescue a passphrase that is easy to guess. The caller wipes the passphrase
    /// right after.
    pub fn passphrase(name: &RoomName, passphrase: &str) -> Result<Self, PassphraseError> {
        let normal = nfkc(passphrase);
        if normal.is_empty() {
            return Err(PassphraseError::Empty);
        }
        let mut key = Secret::zeroed();
        slow_hash(normal.as_bytes(), &salt(Kind::Passphrase, name), Cost::USUAL, &mut key)
            .ok_or(PassphraseError::SlowHash)?;
        Ok(Self::from_bytes(Kind::Passphrase, name.clone(), key))
    }

    /// `HKDF-Extract(salt, secret16)`. RFC 5869. The secret is random, so nothing has to be slow.
    pub fn invite(name: &RoomName, secret: &Secret<16>) -> Self {
        let key = kdf::extract(&salt(Kind::Invite, name), &[secret.expose()]);
        Self::from_bytes(Kind::Invite, name.clone(), key)
    }

    /// That of the directory: as of an open room, under the empty name. Everybody has it, and it keeps nobody out.
    pub fn directory() -> Self {
        Self::open(&RoomName::none())
    }

    /// A root from its bytes: for test vectors, and for whoever runs many rooms without the slow hash.
    pub fn from_bytes(kind: Kind, name: RoomName, key: Secret<32>) -> Self {
        Root { kind, name, key }
    }

    /// A second owner of the same root.
    pub fn duplicate(&self) -> Self {
        Self::from_bytes(self.kind, self.name.clone(), self.key.duplicate())
    }

    /// How the secret was come by.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The room's name.
    pub fn name(&self) -> &RoomName {
        &self.name
    }

    /// The bytes of it: for whoever keeps a room over the end of a run, sealed.
    pub fn bytes(&self) -> &Secret<32> {
        &self.key
    }

    /// The bytes that the gate is derived from.
    pub(super) fn key(&self) -> &Secret<32> {
        &self.key
    }

    /// `X(ROOT, "lobby", day)`: the key of a day's lobby frames.
    pub fn lobby(&self, day: Day) -> Secret<32> {
        kdf::expand32(&self.key, Label::Lobby, &[&day.0.to_be_bytes()])
    }

    /// `X(ROOT, "psk")`: what a welcome is bound to besides the newcomer's key.
    pub fn psk(&self) -> Secret<32> {
        kdf::expand32(&self.key, Label::Psk, &[])
    }

    /// `X(ROOT, "rdv", day)`: the DHT key under which members look for each other. It is public by its use.
    pub fn rendezvous(&self, day: Day) -> [u8; 32] {
        let mut out = [0; 32];
        kdf::expand(&self.key, Label::Rendezvous, &[&day.0.to_be_bytes()], &mut out);
        out
    }

    /// `X(ROOT, "genesis", 16)`; `None` in an invite room, where the founding entry's hash says it.
    pub fn genesis(&self) -> Option<Genesis> {
        let mut out = [0; Genesis::LEN];
        kdf::expand(&self.key, Label::Genesis, &[], &mut out);
        (self.kind != Kind::Invite).then_some(Genesis(out))
    }

    /// Adjective, animal, digit, from `X(ROOT, "mark", 4)`: two people compare it to see that they typed the
    /// same.
    ///
    /// About 20 bits: it finds a slip of the finger, it stops no attacker.
    pub fn mark(&self) -> String {
        let mut bits = [0; 4];
        kdf::expand(&self.key, Label::Mark, &[], &mut bits);
        words::mark(bits)
    }
}

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Root({:?})", self.kind)
    }
}

impl fmt::Display for PassphraseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PassphraseError::Empty => "the passphrase is empty",
            PassphraseError::SlowHash => "the slow hash needs 256 MiB of memory and did not get it",
        })
    }
}

impl std::error::Error for PassphraseError {}

/// `SHA-256("ephem/1/salt" || kind || LP(room))`.
fn salt(kind: Kind, name: &RoomName) -> [u8; 32] {
    kdf::hash(Label::Salt, &[&[kind.code()], &name.prefixed()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> RoomName {
        RoomName::parse(text).unwrap()
    }

    #[test]
    fn the_three_kinds_of_room_never_meet() {
        let room = name("tea");
        let open = Root::open(&room);
        let link = Root::invite(&room, &Secret::new(*b"open\0\0\0\0\0\0\0\0\0\0\0\0"));
        assert_ne!(open.key, link.key);
        assert_ne!(salt(Kind::Open, &room), salt(Kind::Passphrase, &room));
        assert_ne!(Root::open(&name("tea2")).key, open.key);
        assert!(open.genesis().is_some() && link.genesis().is_none());
    }

    #[test]
    fn a_passphrase_is_the_same_however_it_was_composed() {
        let room = name("tea");
        let one = Root::passphrase(&room, "cafe\u{301} noir").unwrap();
        let two = Root::passphrase(&room, "café noir").unwrap();
        assert_eq!(one.key, two.key);
        assert_eq!(one.mark(), two.mark());
        assert_eq!(one.kind(), Kind::Passphrase);
    }

    #[test]
    fn an_empty_passphrase_is_not_an_open_room() {
        assert_eq!(Root::passphrase(&name("tea"), "").err(), Some(PassphraseError::Empty));
    }

    #[test]
    fn each_day_has_its_own_lobby_and_rendezvous_and_all_days_share_the_psk() {
        let root = Root::open(&name("tea"));
        assert_ne!(root.lobby(Day(1)), root.lobby(Day(2)));
        assert_ne!(root.rendezvous(Day(1)), root.rendezvous(Day(2)));
        assert_ne!(root.lobby(Day(1)).expose(), &root.rendezvous(Day(1)));
        assert_eq!(root.psk(), root.duplicate().psk());
    }
}
