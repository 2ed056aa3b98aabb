//! Handing a secret to one member: HPKE with the X-Wing key encapsulation, which a quantum computer alone
//! does not open.
//!
//! A key pair is meant to be used once or for minutes; wiping the secret half is what makes a recorded
//! welcome useless later. When to wipe it is decided in the room.

use std::fmt;

use hpke::aead::{AeadTag, ChaCha20Poly1305};
use hpke::inout::InOutBuf;
use hpke::kdf::HkdfSha256;
use hpke::kem::XWing;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, PskBundle, Serializable};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::kdf::sha256;
use crate::base::secret::Secret;
use crate::base::stack::{LATTICE, cleanly};

/// Bytes of a public key.
pub const PUBLIC_LEN: usize = 1216;
/// Bytes of an encapsulated key, at the front of everything sealed.
pub const ENCAPSULATED_LEN: usize = 1120;
/// What sealing adds to a plaintext.
pub const OVERHEAD: usize = ENCAPSULATED_LEN + TAG_LEN;

const TAG_LEN: usize = 16;
const PSK_ID: &[u8] = b"ephem/1/psk";
const EXPORT: &[u8] = b"ephem/1/dm";

/// An X-Wing public key that has passed the checks of its encoding.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KemPublic(Box<[u8; PUBLIC_LEN]>);

/// An X-Wing secret key: its 32-byte seed, wiped on drop.
pub struct KemSecret(Secret<32>);

/// Why something sealed stays shut, or a key is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KemError {
    /// Too short to hold an encapsulated key and a tag.
    Length,
    /// Not for this key, this pre-shared key, this context; or changed on the way. It does not say which.
    Refused,
}

impl KemPublic {
    /// A key from its bytes; `None` when they are not the encoding of one.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        PublicKey::from_bytes(bytes).ok()?;
        Some(KemPublic(Box::new(*bytes.first_chunk()?)))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; PUBLIC_LEN] {
        &self.0
    }

    /// `SHA-256(key)[..8]`: names a recipient among the parts of a rekey.
    pub fn tag(&self) -> [u8; 8] {
        let [a, b, c, d, e, f, g, h, ..] = sha256(self.as_bytes());
        [a, b, c, d, e, f, g, h]
    }
}

impl fmt::Debug for KemPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KemPublic:{:016x}", u64::from_be_bytes(self.tag()))
    }
}

impl KemSecret {
    /// A fresh key pair.
    pub fn generate(rng: &mut impl CryptoRng) -> (KemSecret, KemPublic) {
        Self::from_seed(Secret::random(rng))
    }

    /// The key pair of a seed. draft-connolly-cfrg-xwing-kem, section 5.2.
    pub fn from_seed(seed: Secret<32>) -> (KemSecret, KemPublic) {
        let secret = KemSecret(seed);
        let mut public = Box::new([0; PUBLIC_LEN]);
        cleanly::<LATTICE, _>(|| XWing::sk_to_pk(&secret.expanded()).write_exact(public.as_mut_slice()));
        (secret, KemPublic(public))
    }

    /// Opens what [`seal`] made for this key.
    pub fn open(
        &self,
        psk: Option<&Secret<32>>,
        info: &[u8],
        aad: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KemError> {
        self.open_exporting(psk, info, aad, sealed).map(|(plaintext, _)| plaintext)
    }

    /// [`KemSecret::open`], and the secret that only sender and recipient now share.
    pub fn open_exporting(
        &self,
        psk: Option<&Secret<32>>,
        info: &[u8],
        aad: &[u8],
        sealed: &[u8],
    ) -> Result<(Zeroizing<Vec<u8>>, Secret<32>), KemError> {
        cleanly::<LATTICE, _>(|| self.opened(psk, info, aad, sealed))
    }

    fn opened(
        &self,
        psk: Option<&Secret<32>>,
        info: &[u8],
        aad: &[u8],
        sealed: &[u8],
    ) -> Result<(Zeroizing<Vec<u8>>, Secret<32>), KemError> {
        let (encapsulated, rest) = sealed.split_at_checked(ENCAPSULATED_LEN).ok_or(KemError::Length)?;
        let (ciphertext, tag) = rest.split_last_chunk::<TAG_LEN>().ok_or(KemError::Length)?;
        let encapsulated = EncappedKey::from_bytes(encapsulated).map_err(|_| KemError::Refused)?;
        let tag = AeadTag::from_bytes(tag).map_err(|_| KemError::Refused)?;
        let mode = match psk {
            None => OpModeR::Base,
            Some(psk) => OpModeR::Psk(bundle(psk)),
        };
        let mut context = hpke::setup_receiver::<ChaCha20Poly1305, HkdfSha256, XWing>(
            &mode,
            &self.expanded(),
            &encapsulated,
            info,
        )
        .map_err(|_| KemError::Refused)?;
        let mut plaintext = Zeroizing::new(ciphertext.to_vec());
        context
            .open_inout_detached(InOutBuf::from(plaintext.as_mut_slice()), aad, &tag)
            .map_err(|_| KemError::Refused)?;
        let mut export = Secret::zeroed();
        context.export(EXPORT, export.expose_mut()).map_err(|_| KemError::Refused)?;
        Ok((plaintext, export))
    }

    /// The working form of the key, wiped on drop. Made anew each time: it is needed a few times in its life.
    fn expanded(&self) -> PrivateKey {
        match PrivateKey::from_bytes(self.0.expose()) {
            Ok(key) => key,
            Err(_) => unreachable!("every 32 bytes are an X-Wing seed"),
        }
    }
}

impl fmt::Debug for KemSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KemSecret")
    }
}

/// `enc(1120) || ct || tag(16) = HPKE(X-Wing, HKDF-SHA256, ChaCha20-Poly1305).Seal(to, info, aad,
/// plaintext)`, in PSK mode with `psk_id = "ephem/1/psk"` when there is a PSK, else in base mode. RFC 9180,
/// section 6.1; KEM 0x647a of draft-ietf-hpke-pq.
///
/// The PSK is a derived key, never a passphrase: PSK mode is only as strong as the PSK is hard to guess.
/// Sealing does not say who sealed: what is inside is signed.
pub fn seal(
    to: &KemPublic,
    psk: Option<&Secret<32>>,
    info: &[u8],
    aad: &[u8],
    plaintext: &[u8],
    rng: &mut impl CryptoRng,
) -> Vec<u8> {
    seal_exporting(to, psk, info, aad, plaintext, rng).0
}

/// [`seal`], and the secret that only sender and recipient now share: `Export("ephem/1/dm", 32)`. RFC 9180,
/// section 5.3.
pub fn seal_exporting(
    to: &KemPublic,
    psk: Option<&Secret<32>>,
    info: &[u8],
    aad: &[u8],
    plaintext: &[u8],
    rng: &mut impl CryptoRng,
) -> (Vec<u8>, Secret<32>) {
    let mode = match psk {
        None => OpModeS::Base,
        Some(psk) => OpModeS::Psk(bundle(psk)),
    };
    let mut export = Secret::zeroed();
    let seal = |to: PublicKey| {
        let (encapsulated, mut context) =
            hpke::setup_sender_with_rng::<ChaCha20Poly1305, HkdfSha256, XWing>(&mode, &to, info, rng)?;
        let mut out = Vec::with_capacity(OVERHEAD + plaintext.len());
        out.extend_from_slice(&encapsulated.to_bytes());
        out.extend_from_slice(plaintext);
        let (_, text) = out.split_at_mut(ENCAPSULATED_LEN);
        let tag = context.seal_inout_detached(InOutBuf::from(text), aad)?;
        out.extend_from_slice(&tag.to_bytes());
        context.export(EXPORT, export.expose_mut())?;
        Ok(out)
    };
    match cleanly::<LATTICE, _>(|| PublicKey::from_bytes(to.as_bytes()).and_then(seal)) {
        Ok(sealed) => (sealed, export),
        Err(_) => unreachable!("the key was checked when it was parsed, and a first message always fits"),
    }
}

type PublicKey = <XWing as Kem>::PublicKey;
type PrivateKey = <XWing as Kem>::PrivateKey;
type EncappedKey = <XWing as Kem>::EncappedKey;

fn bundle(psk: &Secret<32>) -> PskBundle<'_> {
    match PskBundle::new(psk.expose(), PSK_ID) {
        Ok(bundle) => bundle,
        Err(_) => unreachable!("neither the key nor its name is empty"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    fn rng(n: u8) -> ChaCha20Rng {
        ChaCha20Rng::from_seed([n; 32])
    }

    #[test]
    fn what_was_sealed_opens_for_its_recipient_in_its_context_only() {
        let (secret, public) = KemSecret::generate(&mut rng(1));
        let (other, _) = KemSecret::generate(&mut rng(2));
        let psk = Secret::new([3; 32]);
        let sealed = seal(&public, Some(&psk), b"welcome", b"aad", b"the chain", &mut rng(4));
        assert_eq!(sealed.len(), OVERHEAD + 9);
        assert_eq!(secret.open(Some(&psk), b"welcome", b"aad", &sealed).unwrap().as_slice(), b"the chain");
        let refused = Err(KemError::Refused);
        assert_eq!(other.open(Some(&psk), b"welcome", b"aad", &sealed), refused);
        assert_eq!(secret.open(None, b"welcome", b"aad", &sealed), refused);
        assert_eq!(secret.open(Some(&Secret::new([4; 32])), b"welcome", b"aad", &sealed), refused);
        assert_eq!(secret.open(Some(&psk), b"refusal", b"aad", &sealed), refused);
        assert_eq!(secret.open(Some(&psk), b"welcome", b"", &sealed), refused);
    }

    #[test]
    fn without_a_psk_it_works_too_and_the_two_never_mix() {
        let (secret, public) = KemSecret::generate(&mut rng(1));
        let sealed = seal(&public, None, b"rekey", b"", b"", &mut rng(4));
        assert!(secret.open(None, b"rekey", b"", &sealed).unwrap().is_empty());
        assert_eq!(secret.open(Some(&Secret::new([3; 32])), b"rekey", b"", &sealed), Err(KemError::Refused));
    }

    #[test]
    fn changed_or_cut_bytes_are_refused_and_never_panic() {
        let (secret, public) = KemSecret::generate(&mut rng(1));
        let sealed = seal(&public, None, b"", b"", b"text", &mut rng(4));
        for at in (0..sealed.len()).step_by(7) {
            let mut bad = sealed.clone();
            bad[at] ^= 1;
            assert_eq!(secret.open(None, b"", b"", &bad), Err(KemError::Refused), "byte {at}");
        }
        for short in [0, 1, ENCAPSULATED_LEN - 1, ENCAPSULATED_LEN, OVERHEAD - 1] {
            assert_eq!(secret.open(None, b"", b"", &sealed[..short]), Err(KemError::Length));
        }
    }

    #[test]
    fn a_public_key_is_checked_when_parsed() {
        let (_, public) = KemSecret::generate(&mut rng(1));
        assert_eq!(KemPublic::from_bytes(public.as_bytes()).as_ref(), Some(&public));
        assert!(KemPublic::from_bytes(&public.as_bytes()[1..]).is_none());
        assert!(KemPublic::from_bytes(&[]).is_none());
        // Twelve one bits are a coefficient of 4,095: not below the modulus 3,329.
        let mut unreduced = *public.as_bytes();
        unreduced[..3].fill(0xff);
        assert!(KemPublic::from_bytes(&unreduced).is_none());
    }

    #[test]
    fn a_seed_always_gives_the_same_pair_and_nothing_is_printed() {
        let (secret, one) = KemSecret::from_seed(Secret::new([6; 32]));
        let (_, two) = KemSecret::from_seed(Secret::new([6; 32]));
        assert_eq!(one, two);
        assert_eq!(one.tag(), sha256(one.as_bytes())[..8]);
        assert_eq!(format!("{secret:?}"), "KemSecret");
    }

    #[test]
    fn both_ends_export_one_secret() {
        let (secret, public) = KemSecret::generate(&mut rng(1));
        let (sealed, ours) = seal_exporting(&public, None, b"dm", b"", b"psst", &mut rng(4));
        let (_, theirs) = secret.open_exporting(None, b"dm", b"", &sealed).unwrap();
        assert_eq!(ours, theirs);
        let (_, again) = seal_exporting(&public, None, b"dm", b"", b"psst", &mut rng(5));
        assert_ne!(ours, again);
    }
}
