//! An invite as a key pair: whoever holds the link can prove it, once for each key they come with.

use crate::base::id::{InviteId, MemberId, short};
use crate::base::limits::KEM_BYTES;
use crate::base::secret::Secret;
use crate::crypto::identity::{self, Identity, rank_hash};
use crate::crypto::kdf::{self, Label};
use crate::crypto::kem::KemPublic;
use crate::wire::payload::Proof;

/// The ten bytes by which an invite names the founder.
pub fn fingerprint(founder: &MemberId) -> [u8; 10] {
    let mut out = [0; 10];
    out.iter_mut().zip(rank_hash(founder)).for_each(|(to, from)| *to = from);
    out
}

/// The key pair of an invite.
pub fn invite_key(seed: &Secret<16>) -> Identity {
    let seed = kdf::expand32(&kdf::extract(&[], &[seed.expose()]), Label::Invite, &[]);
    Identity::from_seed(&seed)
}

/// Proves to whoever knows the invite that this key of mine is used by somebody who holds it.
pub(crate) fn prove(invite: &Identity, me: &MemberId, kem: &KemPublic) -> Proof {
    let key = invite.id().0;
    let sig = invite.sign(Label::Invite, &[&me.0, kem.as_bytes()]);
    Proof { invite: invite_id(&key), key, sig }
}

/// Whether a proof was made by the invite it names, for this member and this key.
pub(crate) fn proves(proof: &Proof, who: &MemberId, kem: &[u8; KEM_BYTES]) -> bool {
    let signed: [&[u8]; 2] = [&who.0, kem];
    invite_id(&proof.key) == proof.invite
        && identity::verify(&MemberId(proof.key), Label::Invite, &signed, &proof.sig).is_ok()
}

/// The name of an invite, from its public key.
pub fn invite_id(key: &[u8; 32]) -> InviteId {
    InviteId(short(kdf::sha256(key)))
}
