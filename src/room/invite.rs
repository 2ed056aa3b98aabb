//! An invite as it was typed, and as a key pair: whoever holds it can prove it, once for each key they come with.

use zeroize::Zeroizing;

use crate::base::id::{InviteId, MemberId, short};
use crate::base::limits::{INVITE_WORDS, KEM_BYTES};
use crate::base::secret::Secret;
use crate::crypto::identity::{self, Identity, rank_hash};
use crate::crypto::kdf::{self, Label};
use crate::crypto::kem::KemPublic;
use crate::crypto::words::{SpellError, spell, unspell};
use crate::wire::invite::{Invite, InviteError};
use crate::wire::payload::Proof;

/// Why something is not an invite that can be used here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It is neither a link nor words.
    Neither,
    /// It is no link of ours, or a damaged one.
    Link(InviteError),
    /// It is words, and not of an invite.
    Words(SpellError),
}

/// Reads an invite as it was typed or pasted: a link, or the words it is read aloud in.
pub fn read(typed: &str) -> Result<Invite, Unread> {
    match Invite::parse(typed) {
        Err(InviteError::NotAnInvite) => {}
        link => return link.map_err(Unread::Link),
    }
    if typed.split_whitespace().nth(INVITE_WORDS - 1).is_none() {
        return Err(Unread::Neither);
    }
    let bytes = unspell(typed).map_err(Unread::Words)?;
    Invite::from_bytes(&bytes).map_err(Unread::Link)
}

/// The words in which an invite is read aloud.
pub fn words(invite: &Invite) -> Zeroizing<String> {
    Zeroizing::new(spell(&invite.to_bytes()).join(" "))
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn invite() -> Invite {
        Invite {
            room: "den".to_owned(),
            secret: Secret::new([1; 16]),
            owner_fp: [2; 10],
            seed: Secret::new([3; 16]),
            addrs: vec![vec![4; 8]],
        }
    }

    #[test]
    fn a_link_and_its_words_are_one_invite() {
        assert_eq!(read(&invite().to_link()), Ok(invite()));
        assert_eq!(
            read(&format!("\n{}  ", words(&invite()).to_uppercase().replace(' ', "\n"))),
            Ok(invite())
        );
    }

    #[test]
    fn what_is_wrong_with_words_is_told_by_its_place() {
        let good = words(&invite());
        let all: Vec<&str> = good.split(' ').collect();
        let with = |at: usize, word: &'static str| {
            all.iter()
                .enumerate()
                .map(|(n, old)| if n == at { word } else { old })
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(read(&with(2, "xyzzy")), Err(Unread::Words(SpellError::Unknown(3))));
        let other = if all[9] == all[8] { all[7] } else { all[8] };
        let other = Box::leak(other.to_owned().into_boxed_str());
        assert_eq!(read(&with(9, other)), Err(Unread::Words(SpellError::Check)));
        assert_eq!(read(&all[..all.len() - 3].join(" ")), Err(Unread::Words(SpellError::Length)));
        // A room may have a name of several words.
        assert_eq!(read(&"a ".repeat(16)), Err(Unread::Neither));
    }
}
