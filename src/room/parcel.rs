//! Parcels: bytes sealed once, under a key of their own, and that key sealed to each receiver. Shares and rekeys go to
//! many, pages of missed messages to one.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::hub::Hub;
use super::inside::Inside;
use super::io::Timer;
use crate::base::id::MemberId;
use crate::base::limits::{FRAME_BYTES, FRESH_KEY_MS, PART_RECEIVERS, PART_SPARE_BYTES, RECEIVER_BYTES};
use crate::base::secret::Secret;
use crate::crypto::kdf::{self, Label};
use crate::crypto::kem::{self, KemPublic, KemSecret};
use crate::crypto::seal::{self, COMMITMENT_LEN, NONCE_LEN};
use crate::wire::payload::{Missed, Sealed};

/// To how many a parcel of so many bytes is sealed in one frame; further parts, each of which stands alone, go to the others.
pub(super) fn receivers_of_a_part(plain: usize) -> usize {
    let room = (FRAME_BYTES - PART_SPARE_BYTES).saturating_sub(plain);
    (room / (kem::OVERHEAD + RECEIVER_BYTES)).clamp(1, PART_RECEIVERS)
}

impl Inside {
    /// Seals bytes to many.
    pub(crate) fn wrap<R: CryptoRng>(
        &self,
        hub: &mut Hub<R>,
        to: &[KemPublic],
        plain: &[u8],
        label: Label,
    ) -> Sealed {
        let (key, closed) = Closed::new(hub, Zeroizing::new(plain.to_vec()), label);
        let to = to.iter().map(|k| (k.tag(), self.wrap_key(hub, k, &key))).collect();
        Sealed { to, nonce: closed.nonce, com: closed.com, boxed: closed.boxed }
    }

    /// Opens a part that is sealed to one of my keys.
    pub(crate) fn unwrap_sealed<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        from: &MemberId,
        sealed: &Sealed,
        label: Label,
    ) -> Option<Zeroizing<Vec<u8>>> {
        let (tag, wrapped) = sealed.to.iter().find(|(tag, _)| self.hand.find(tag).is_some())?;
        let key = self.unwrap_key(self.hand.find(tag)?, tag, wrapped)?;
        let plain = open(&key, (&sealed.nonce, &sealed.com, &sealed.boxed), label, from)?;
        if self.hand.used(tag, hub.now) {
            let wait = hub.between(FRESH_KEY_MS);
            hub.unless_set(wait, Timer::FreshKey);
        }
        Some(plain)
    }

    /// Seals a page of missed messages to the key of whoever asked for it.
    pub(super) fn wrap_missed<R: CryptoRng>(
        &self,
        hub: &mut Hub<R>,
        to: &KemPublic,
        page: Zeroizing<Vec<u8>>,
    ) -> Missed {
        let (key, closed) = Closed::new(hub, page, Label::Missed);
        let sealed = self.wrap_key(hub, to, &key);
        Missed { nonce: closed.nonce, com: closed.com, sealed, boxed: closed.boxed }
    }

    /// Opens a page of missed messages.
    pub(super) fn unwrap_missed(
        &self,
        from: &MemberId,
        secret: &KemSecret,
        public: &KemPublic,
        missed: &Missed,
    ) -> Option<Zeroizing<Vec<u8>>> {
        let key = self.unwrap_key(secret, &public.tag(), &missed.sealed)?;
        open(&key, (&missed.nonce, &missed.com, &missed.boxed), Label::Missed, from)
    }

    fn wrap_key<R: CryptoRng>(&self, hub: &mut Hub<R>, to: &KemPublic, key: &Secret<32>) -> Vec<u8> {
        kem::seal(to, None, &key_info(&to.tag(), &self.genesis.0), &[], key.expose(), &mut hub.rng)
    }

    fn unwrap_key(&self, secret: &KemSecret, tag: &[u8; 8], wrapped: &[u8]) -> Option<Secret<32>> {
        let key = secret.open(None, &key_info(tag, &self.genesis.0), &[], wrapped).ok()?;
        Secret::from_slice(&key)
    }
}

/// A parcel without its receivers.
struct Closed {
    nonce: [u8; NONCE_LEN],
    com: [u8; COMMITMENT_LEN],
    boxed: Vec<u8>,
}

impl Closed {
    fn new<R: CryptoRng>(
        hub: &mut Hub<R>,
        mut plain: Zeroizing<Vec<u8>>,
        label: Label,
    ) -> (Secret<32>, Closed) {
        let key = Secret::<32>::random(&mut hub.rng);
        let nonce = hub.hedge.nonce(&mut hub.rng, &plain);
        let (com, tag) = seal::seal(&key, &nonce, &bound_to(label, &hub.id), &mut plain);
        let mut boxed = plain.to_vec();
        boxed.extend_from_slice(&tag);
        (key, Closed { nonce, com, boxed })
    }
}

fn open(
    key: &Secret<32>,
    (nonce, com, boxed): (&[u8; NONCE_LEN], &[u8; COMMITMENT_LEN], &[u8]),
    label: Label,
    from: &MemberId,
) -> Option<Zeroizing<Vec<u8>>> {
    let (body, tag) = boxed.split_last_chunk::<16>()?;
    let mut plain = Zeroizing::new(body.to_vec());
    seal::open(key, nonce, com, &bound_to(label, from), &mut plain, tag).ok()?;
    Some(plain)
}

/// What a parcel is bound to: its purpose and who sealed it.
fn bound_to(label: Label, from: &MemberId) -> Vec<u8> {
    [kdf::PREFIX.as_bytes(), label.as_str().as_bytes(), &from.0].concat()
}

/// What a wrapped key is bound to: the key it is sealed to and the room.
fn key_info(tag: &[u8; 8], genesis: &[u8; 16]) -> Vec<u8> {
    [kdf::PREFIX.as_bytes(), Label::Wrap.as_str().as_bytes(), tag, genesis].concat()
}
