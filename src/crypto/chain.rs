//! Who may read: base chains that step forward once a minute, and the joint key over all of them.
//!
//! Nothing is elected. Every chain in force goes into the key, so adding one can only narrow who reads, and
//! two halves of a healed partition simply hold both.

use std::fmt;

use super::kdf::{self, Hmac256, Label};
use crate::base::id::{ChainId, Genesis, LogHead, MemberId, SetTag};
use crate::base::secret::Secret;
use crate::base::time::Epoch;

/// `id = SHA-256("ephem/1/chain" || genesis || gen || author || birth || commit)`, commit = SHA-256(key at birth).
///
/// The hash of the key stands in the name, so a chain cannot be announced under one key and handed out under
/// another.
pub fn chain_id(
    genesis: &Genesis,
    generation: u64,
    author: &MemberId,
    birth: Epoch,
    commit: &[u8; 32],
) -> ChainId {
    let (generation, birth) = (generation.to_be_bytes(), birth.0.to_be_bytes());
    ChainId(kdf::hash(Label::Chain, &[&genesis.0, &generation, &author.0, &birth, commit]))
}

/// `SHA-256(key)`: what a chain's name holds of its first key.
pub fn commit(key: &Secret<32>) -> [u8; 32] {
    kdf::sha256(key.expose())
}

/// `C_to = X(C_to-1, "step", id, to)`: one epoch forward. RFC 5869.
///
/// There is no way back, and every later key follows from this one: whoever holds a chain key holds its
/// future.
pub fn step(key: &Secret<32>, id: &ChainId, to: Epoch) -> Secret<32> {
    kdf::expand32(key, Label::Step, &[&id.0, &to.0.to_be_bytes()])
}

/// `SHA-256("ephem/1/set" || gen || sorted ids)`: what a set of chains is called. Any order of `ids` will do.
pub fn set_hash(generation: u64, ids: &[ChainId]) -> [u8; 32] {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    let generation = generation.to_be_bytes();
    let mut parts: Vec<&[u8]> = Vec::with_capacity(1 + ids.len());
    parts.push(&generation);
    parts.extend(ids.iter().map(AsRef::as_ref));
    kdf::hash(Label::Set, &parts)
}

/// The first four bytes of [`set_hash`]: a hint in a frame's header, not a proof.
pub fn set_tag(generation: u64, ids: &[ChainId]) -> SetTag {
    let [a, b, c, d, ..] = set_hash(generation, ids);
    SetTag([a, b, c, d])
}

/// `A = HKDF-Extract(set_hash, C1 || C2 || ..)` in the order of the ids; `frame_k = X(A, "frame")`,
/// `conf_k = X(A, "conf")`. RFC 5869.
///
/// Takes the chains in any order. All keys must be of the same epoch; that is the caller's to see to.
pub fn joint(generation: u64, chains: &[(ChainId, &Secret<32>)]) -> EpochKey {
    let mut chains = chains.to_vec();
    chains.sort_unstable_by_key(|(id, _)| *id);
    let ids: Vec<ChainId> = chains.iter().map(|(id, _)| *id).collect();
    let keys: Vec<&[u8]> = chains.iter().map(|(_, key)| key.expose().as_slice()).collect();
    let joint = kdf::extract(&set_hash(generation, &ids), &keys);
    EpochKey {
        frame: kdf::expand32(&joint, Label::Frame, &[]),
        conf: kdf::expand32(&joint, Label::Confirm, &[]),
    }
}

/// What one epoch of one set of chains gives.
pub struct EpochKey {
    /// Seals frames ([`super::seal`]).
    pub frame: Secret<32>,
    /// Confirms to each other that members hold the same set.
    pub conf: Secret<32>,
}

impl EpochKey {
    /// `HMAC-SHA256(conf_k, genesis || gen || sorted ids || epoch || log head)`. RFC 2104.
    ///
    /// Two who send the same value read the same frames and know the same log. It says nothing about who they
    /// are.
    pub fn confirm(
        &self,
        genesis: &Genesis,
        generation: u64,
        ids: &[ChainId],
        epoch: Epoch,
        log_head: &LogHead,
    ) -> [u8; 32] {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        let (generation, epoch) = (generation.to_be_bytes(), epoch.0.to_be_bytes());
        let mut parts: Vec<&[u8]> = Vec::with_capacity(4 + ids.len());
        parts.extend([genesis.as_ref(), &generation]);
        parts.extend(ids.iter().map(AsRef::as_ref));
        parts.extend([epoch.as_slice(), log_head.as_ref()]);
        Hmac256::new(&self.conf).tag(&parts)
    }
}

impl fmt::Debug for EpochKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EpochKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Genesis = Genesis([1; 16]);

    fn chain(n: u8) -> (ChainId, Secret<32>) {
        let key = Secret::new([n; 32]);
        (chain_id(&ROOM, 1, &MemberId([n; 32]), Epoch(100), &commit(&key)), key)
    }

    #[test]
    fn a_chain_is_named_by_everything_that_makes_it() {
        let (a, b) = (Secret::new([1; 32]), Secret::new([2; 32]));
        let who = MemberId([7; 32]);
        let id = chain_id(&ROOM, 1, &who, Epoch(5), &commit(&a));
        assert_eq!(id, chain_id(&ROOM, 1, &who, Epoch(5), &commit(&a)));
        for other in [
            chain_id(&Genesis([2; 16]), 1, &who, Epoch(5), &commit(&a)),
            chain_id(&ROOM, 2, &who, Epoch(5), &commit(&a)),
            chain_id(&ROOM, 1, &MemberId([8; 32]), Epoch(5), &commit(&a)),
            chain_id(&ROOM, 1, &who, Epoch(6), &commit(&a)),
            chain_id(&ROOM, 1, &who, Epoch(5), &commit(&b)),
        ] {
            assert_ne!(id, other);
        }
    }

    #[test]
    fn every_step_depends_on_the_key_the_chain_and_the_epoch() {
        let (id, key) = chain(1);
        let next = step(&key, &id, Epoch(101));
        assert_ne!(next, key);
        assert_ne!(next, step(&key, &id, Epoch(102)));
        assert_ne!(next, step(&key, &chain(2).0, Epoch(101)));
        assert_eq!(next, step(&key.duplicate(), &id, Epoch(101)));
    }

    #[test]
    fn the_joint_key_does_not_depend_on_the_order_chains_were_heard_in() {
        let ((a, ka), (b, kb), (c, kc)) = (chain(1), chain(2), chain(3));
        let one = joint(1, &[(a, &ka), (b, &kb), (c, &kc)]);
        let two = joint(1, &[(c, &kc), (a, &ka), (b, &kb)]);
        assert!(one.frame == two.frame && one.conf == two.conf);
        assert_eq!(set_tag(1, &[a, b, c]), set_tag(1, &[b, c, a]));
        let head = LogHead([3; 16]);
        assert_eq!(
            one.confirm(&ROOM, 1, &[a, b, c], Epoch(1), &head),
            two.confirm(&ROOM, 1, &[c, b, a], Epoch(1), &head)
        );
    }

    #[test]
    fn whoever_lacks_one_chain_lacks_the_key() {
        let ((a, ka), (b, kb)) = (chain(1), chain(2));
        let both = joint(1, &[(a, &ka), (b, &kb)]);
        assert_ne!(both.frame, joint(1, &[(a, &ka)]).frame);
        assert_ne!(both.frame, joint(1, &[(a, &ka), (b, &Secret::zeroed())]).frame);
        assert_ne!(both.frame, joint(2, &[(a, &ka), (b, &kb)]).frame);
        assert_ne!(both.frame, both.conf);
    }

    #[test]
    fn confirmation_covers_room_generation_set_epoch_and_log() {
        let (a, ka) = chain(1);
        let key = joint(1, &[(a, &ka)]);
        let head = LogHead([3; 16]);
        let conf = key.confirm(&ROOM, 1, &[a], Epoch(1), &head);
        for other in [
            key.confirm(&Genesis([2; 16]), 1, &[a], Epoch(1), &head),
            key.confirm(&ROOM, 2, &[a], Epoch(1), &head),
            key.confirm(&ROOM, 1, &[], Epoch(1), &head),
            key.confirm(&ROOM, 1, &[a], Epoch(2), &head),
            key.confirm(&ROOM, 1, &[a], Epoch(1), &LogHead([4; 16])),
        ] {
            assert_ne!(conf, other);
        }
    }
}
