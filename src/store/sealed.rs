//! A profile as the bytes of its file: a head that says how the key is made, and a sealed body whose length is a multiple of
//! [`STEP`], so that the size of the file tells little.
//!
//! ```text
//! magic 8 | form 1 | KiB 4 | passes 4 | salt 32 | nonce 24 | commitment 32 | tag 16 | body n * 4096 | check 32
//! ```
//!
//! A kept room is the same under the same key, with a head of its own that has no part in making the key:
//!
//! ```text
//! magic 8 | form 1 | nonce 24 | commitment 32 | tag 16 | body n * 4096 | check 32
//! ```
//!
//! The check is a plain hash of all that stands before it. It protects against nobody: it tells a damaged file from a wrong
//! passphrase, and at once. Whoever changes the file on purpose meets the seal, which binds the head.

use zeroize::Zeroizing;

use rand_core::CryptoRng;

use super::{Content, Fault};
use crate::base::id::hex;
use crate::base::secret::Secret;
use crate::crypto::kdf::sha256;
use crate::crypto::root::{PassphraseError, Root};
use crate::crypto::seal::{self, COMMITMENT_LEN, Hedge, NONCE_LEN, TAG_LEN};
use crate::crypto::slow::{Cost, own_key};

/// What the length of a body is a multiple of.
pub const STEP: usize = 4_096;
/// The largest file: what is longer is no profile, and is not read.
pub const LARGEST: usize = HEAD + SEAL + 64 * STEP + CHECK;

/// The same of a kept room: the longest log, the most that is kept and everybody who was ever there come to less.
pub const LARGEST_ROOM: usize = ROOM_HEAD + SEAL + 1_024 * STEP + CHECK;

const MAGIC: [u8; 8] = *b"ephem-pr";
const ROOM_MAGIC: [u8; 8] = *b"ephem-rm";
const ROOM_HEAD: usize = 8 + 1;
const FORM: u8 = 1;
const HEAD: usize = 8 + 1 + 4 + 4 + 32;
const SEAL: usize = NONCE_LEN + COMMITMENT_LEN + TAG_LEN;
const CHECK: usize = 32;
/// Most memory a file may ask for: it is this machine's own, but it may be damaged, or somebody's joke.
const MOST: Cost = Cost { kib: 1024 * 1024, passes: 16 };

/// The key of one profile, and how it is made of the passphrase.
pub struct Key {
    key: Secret<32>,
    salt: [u8; 32],
    cost: Cost,
    hedge: Hedge,
}

impl Key {
    /// A new one, under a salt of its own.
    pub fn make(passphrase: &str, cost: Cost, rng: &mut impl CryptoRng) -> Result<Key, Fault> {
        let mut salt = [0; 32];
        rng.fill_bytes(&mut salt);
        Key::derive(passphrase, salt, cost, rng)
    }

    fn derive(passphrase: &str, salt: [u8; 32], cost: Cost, rng: &mut impl CryptoRng) -> Result<Key, Fault> {
        let key = own_key(passphrase, &salt, cost).map_err(|err| match err {
            PassphraseError::Empty => Fault::Empty,
            PassphraseError::SlowHash => Fault::Memory,
        })?;
        Ok(Key { key, salt, cost, hedge: Hedge::new(rng) })
    }

    fn head(&self) -> Vec<u8> {
        let Cost { kib, passes } = self.cost;
        [&MAGIC[..], &[FORM], &kib.to_be_bytes(), &passes.to_be_bytes(), &self.salt].concat()
    }

    /// The bytes of the file.
    pub fn seal(&self, content: &Content, rng: &mut impl CryptoRng) -> Result<Vec<u8>, Fault> {
        self.close(&self.head(), &content.encode()?, LARGEST, rng)
    }

    /// The bytes of a kept room's file.
    pub fn seal_room(&self, plain: &[u8], rng: &mut impl CryptoRng) -> Result<Vec<u8>, Fault> {
        self.close(&room_head(), plain, LARGEST_ROOM, rng)
    }

    /// What is in such a file.
    pub fn open_room(&self, file: &[u8]) -> Result<Zeroizing<Vec<u8>>, Fault> {
        let (sealed, sum) = file.split_last_chunk::<CHECK>().ok_or(Fault::RoomDamaged)?;
        if sha256(sealed) != *sum || file.len() > LARGEST_ROOM {
            return Err(Fault::RoomDamaged);
        }
        let (head, rest) = sealed.split_at_checked(ROOM_HEAD).ok_or(Fault::RoomDamaged)?;
        let parts = seal_parts(rest).filter(|_| *head == room_head());
        let (nonce, commitment, tag, body) = parts.ok_or(Fault::RoomDamaged)?;
        let mut plain = Zeroizing::new(body.to_vec());
        seal::open(&self.key, nonce, commitment, head, &mut plain, tag).map_err(|why| match why {
            seal::OpenError::Commitment => Fault::RoomForeign,
            seal::OpenError::Aead => Fault::RoomDamaged,
        })?;
        Ok(Zeroizing::new(unpadded(&plain).ok_or(Fault::RoomDamaged)?.to_vec()))
    }

    /// How a room's file is called: the same for the same room, and nothing to whoever has not the key.
    pub fn room_name(&self, root: &Root) -> String {
        let mut both = Zeroizing::new([0; 65]);
        let kind = [root.kind().code()];
        let parts = self.key.expose().iter().chain(&kind).chain(root.bytes().expose());
        both.iter_mut().zip(parts).for_each(|(to, from)| *to = *from);
        hex(sha256(&both[..]).get(..8).unwrap_or_default())
    }

    fn close(
        &self,
        head: &[u8],
        plain: &[u8],
        most: usize,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, Fault> {
        let padded = (4 + plain.len()).div_ceil(STEP) * STEP;
        let length = u32::try_from(plain.len()).map_err(|_| Fault::Full)?;
        if head.len() + SEAL + padded + CHECK > most {
            return Err(Fault::Full);
        }
        let mut body = Zeroizing::new(Vec::with_capacity(padded));
        body.extend_from_slice(&length.to_be_bytes());
        body.extend_from_slice(plain);
        body.resize(padded, 0);
        let nonce = self.hedge.nonce(rng, &body);
        let (commitment, tag) = seal::seal(&self.key, &nonce, head, &mut body);
        let mut file = [head, &nonce, &commitment, &tag, &body].concat();
        file.extend_from_slice(&sha256(&file));
        Ok(file)
    }
}

/// The parts of a file whose check holds.
struct Parts<'a> {
    head: &'a [u8],
    cost: Cost,
    salt: [u8; 32],
    nonce: &'a [u8; NONCE_LEN],
    commitment: &'a [u8; COMMITMENT_LEN],
    tag: &'a [u8; TAG_LEN],
    body: &'a [u8],
}

/// Whether these bytes can be a profile at all, found without its passphrase.
pub fn check(file: &[u8]) -> Result<(), Fault> {
    parts(file).map(drop)
}

/// Opens a file, and gives what is in it and the key to seal it anew.
pub fn open(file: &[u8], passphrase: &str, rng: &mut impl CryptoRng) -> Result<(Content, Key), Fault> {
    let Parts { head, cost, salt, nonce, commitment, tag, body } = parts(file)?;
    let key = Key::derive(passphrase, salt, cost, rng)?;
    let mut plain = Zeroizing::new(body.to_vec());
    seal::open(&key.key, nonce, commitment, head, &mut plain, tag).map_err(|why| match why {
        seal::OpenError::Commitment => Fault::Passphrase,
        seal::OpenError::Aead => Fault::Damaged,
    })?;
    Ok((Content::decode(unpadded(&plain).ok_or(Fault::Damaged)?)?, key))
}

fn room_head() -> [u8; ROOM_HEAD] {
    let mut head = [FORM; ROOM_HEAD];
    head.iter_mut().zip(ROOM_MAGIC).for_each(|(to, from)| *to = from);
    head
}

fn unpadded(plain: &[u8]) -> Option<&[u8]> {
    let (length, rest) = plain.split_first_chunk()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (content, padding) = rest.split_at_checked(length)?;
    (padding.len() < STEP && padding.iter().all(|byte| *byte == 0)).then_some(content)
}

type Sealed<'a> = (&'a [u8; NONCE_LEN], &'a [u8; COMMITMENT_LEN], &'a [u8; TAG_LEN], &'a [u8]);

fn seal_parts(rest: &[u8]) -> Option<Sealed<'_>> {
    let (nonce, rest) = rest.split_first_chunk()?;
    let (commitment, rest) = rest.split_first_chunk()?;
    let (tag, body) = rest.split_first_chunk()?;
    let whole = !body.is_empty() && body.len().is_multiple_of(STEP);
    whole.then_some((nonce, commitment, tag, body))
}

fn parts(file: &[u8]) -> Result<Parts<'_>, Fault> {
    let (magic, rest) = file.split_first_chunk().ok_or(Fault::Foreign)?;
    if *magic != MAGIC {
        return Err(Fault::Foreign);
    }
    let (sealed, sum) = file.split_last_chunk::<CHECK>().ok_or(Fault::Damaged)?;
    if sha256(sealed) != *sum || file.len() > LARGEST {
        return Err(Fault::Damaged);
    }
    let form = *rest.first().ok_or(Fault::Damaged)?;
    if form > FORM {
        return Err(Fault::Newer(form));
    }
    cut(sealed).filter(|parts| form == FORM && allowed(parts.cost)).ok_or(Fault::Damaged)
}

fn cut(sealed: &[u8]) -> Option<Parts<'_>> {
    let (head, rest) = sealed.split_at_checked(HEAD)?;
    let (kib, after) = head.get(MAGIC.len() + 1..)?.split_first_chunk()?;
    let (passes, salt) = after.split_first_chunk()?;
    let cost = Cost { kib: u32::from_be_bytes(*kib), passes: u32::from_be_bytes(*passes) };
    let (nonce, commitment, tag, body) = seal_parts(rest)?;
    Some(Parts { head, cost, salt: salt.try_into().ok()?, nonce, commitment, tag, body })
}

fn allowed(cost: Cost) -> bool {
    (8..=MOST.kib).contains(&cost.kib) && (1..=MOST.passes).contains(&cost.passes)
}

#[cfg(test)]
mod tests {
    use super::super::content::tests::sample;
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    const CHEAP: Cost = Cost { kib: 8, passes: 1 };

    fn rng() -> ChaCha20Rng {
        ChaCha20Rng::from_seed([3; 32])
    }

    fn file(friends: u16) -> Vec<u8> {
        let key = Key::make("six words", CHEAP, &mut rng()).unwrap();
        key.seal(&sample(friends), &mut rng()).unwrap()
    }

    /// The check made to fit again, as somebody would who means it.
    fn mended(mut file: Vec<u8>) -> Vec<u8> {
        let end = file.len() - CHECK;
        let sum = sha256(&file[..end]);
        file[end..].copy_from_slice(&sum);
        file
    }

    #[test]
    fn it_opens_with_its_passphrase_and_is_sealed_anew_with_its_key() {
        let (content, key) = open(&file(5), "six words", &mut rng()).unwrap();
        assert_eq!(content.friends, sample(5).friends);
        let again = key.seal(&sample(6), &mut ChaCha20Rng::from_seed([4; 32])).unwrap();
        assert_eq!(open(&again, "six words", &mut rng()).unwrap().0.friends.len(), 6);
        assert!(matches!(open(&file(5), "six word", &mut rng()), Err(Fault::Passphrase)));
        assert!(matches!(open(&file(5), "", &mut rng()), Err(Fault::Empty)));
    }

    #[test]
    fn nothing_of_the_content_stands_in_it_as_it_is() {
        let (file, content) = (file(5), sample(5));
        let pieces =
            [content.seed.expose(), &b"Mina"[..], b"friend 3", b"back at noon", &content.friends[2].id.0];
        for piece in pieces {
            assert!(!file.windows(piece.len()).any(|part| part == piece));
        }
        let plain = content.encode().unwrap();
        assert!(pieces.iter().all(|piece| plain.windows(piece.len()).any(|part| part == *piece)));
    }

    #[test]
    fn a_flipped_bit_anywhere_is_an_error_and_told_without_the_slow_hash() {
        let file = file(5);
        for bit in 0..file.len() * 8 {
            let mut bad = file.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            match check(&bad) {
                Err(Fault::Foreign) => assert!(bit < 64, "bit {bit}"),
                Err(Fault::Damaged) => assert!(bit >= 64, "bit {bit}"),
                other => unreachable!("bit {bit}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_byte_changed_on_purpose_meets_the_seal() {
        let file = file(5);
        for at in 0..file.len() - CHECK {
            let mut bad = file.clone();
            bad[at] ^= 1;
            let found = open(&mended(bad), "six words", &mut rng()).map(drop);
            let expected = match at {
                0..8 => matches!(found, Err(Fault::Foreign)),
                // The lowest bit of 1 makes it 0, which no program wrote.
                8 => matches!(found, Err(Fault::Damaged)),
                9..17 => matches!(found, Err(Fault::Passphrase | Fault::Damaged)),
                17..105 => matches!(found, Err(Fault::Passphrase)),
                _ => matches!(found, Err(Fault::Damaged)),
            };
            assert!(expected, "byte {at}: {found:?}");
        }
    }

    #[test]
    fn no_file_makes_this_machine_work_without_bound() {
        for (at, bytes) in [(9, u32::MAX), (9, 7), (13, u32::MAX), (13, 0)] {
            let mut bad = file(0);
            bad[at..at + 4].copy_from_slice(&bytes.to_be_bytes());
            assert!(matches!(check(&mended(bad)), Err(Fault::Damaged)));
        }
    }

    #[test]
    fn a_newer_form_and_a_strange_file_are_told_apart() {
        let mut newer = file(0);
        newer[8] = 2;
        assert!(matches!(check(&mended(newer)), Err(Fault::Newer(2))));
        for foreign in [&b""[..], b"short", &[0; 9_000]] {
            assert!(matches!(check(foreign), Err(Fault::Foreign)));
        }
        let whole = file(0);
        for end in 8..whole.len() {
            assert!(matches!(check(&whole[..end]), Err(Fault::Damaged)), "{end}");
        }
    }

    #[test]
    fn the_size_tells_steps_only() {
        let sizes: Vec<usize> = (0..40).map(|n| file(n).len()).collect();
        assert!(sizes.iter().all(|size| *size == sizes[0]), "{sizes:?}");
        assert_eq!(file(200).len() % STEP, sizes[0] % STEP);
        assert!(file(1_024).len() <= LARGEST);
    }
}
