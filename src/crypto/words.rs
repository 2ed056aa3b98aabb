//! Bytes as words: what people compare, read aloud and type. The lists are part of the protocol
//! (`words/README.md`).

use std::fmt;
use std::sync::LazyLock;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::kdf::{self, Label};
use crate::base::id::{Genesis, LogHead, MemberId};

/// Words in a generated passphrase: 77 bits.
pub const PASSPHRASE_WORDS: usize = 6;
/// Words in what two people compare: 88 bits. A look-alike for fewer can be ground out.
pub const SAFETY_WORDS: usize = 8;

/// Bits in a word of the 2,048.
const BITS: usize = 11;

static LARGE: LazyLock<Vec<&str>> = LazyLock::new(|| include_str!("words/large.txt").lines().collect());
static ADJECTIVES: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("words/adjectives.txt").lines().collect());
static ANIMALS: LazyLock<Vec<&str>> = LazyLock::new(|| include_str!("words/animals.txt").lines().collect());
/// `large[i * 243 / 64]`: 2,048 words, evenly spread, in alphabetical order like the list they are from.
static SMALL: LazyLock<Vec<&str>> =
    LazyLock::new(|| (0..1 << BITS).filter_map(|i| LARGE.get(i * 243 / 64).copied()).collect());

/// Why words are not the spelling of any bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpellError {
    /// The word at this place (the first is 1) is not in the list.
    Unknown(usize),
    /// Words are missing, or there are too many.
    Length,
    /// Every word is known, but one was swapped for another.
    Check,
}

/// Adjective, animal, digit, from four bytes: `256 x 256 x 10`.
pub fn mark(bits: [u8; 4]) -> String {
    let [adjective, animal, hi, lo] = bits;
    let digit = u16::from_be_bytes([hi, lo]) % 10;
    format!("{}-{}-{digit}", pick(&ADJECTIVES, adjective.into()), pick(&ANIMALS, animal.into()))
}

/// A member's stable two-word tag, from `SHA-256("ephem/1/tag" || identity)`: an animal and one of the 2,048
/// words.
///
/// 19 bits tell the people of one room apart; whoever wants the same tag can grind it. Safety words settle
/// who is who.
pub fn tag(id: &MemberId) -> String {
    let [animal, rest @ ..] = kdf::hash(Label::Tag, &[&id.0]);
    format!("{}-{}", pick(&ANIMALS, animal.into()), pick(&SMALL, eleven(&rest, 0)))
}

/// The words two members compare, from `SHA-256("ephem/1/words" || genesis || lower key || higher key)`.
pub fn safety(genesis: &Genesis, a: &MemberId, b: &MemberId) -> [&'static str; SAFETY_WORDS] {
    let (low, high) = if a <= b { (a, b) } else { (b, a) };
    phrase(&kdf::hash(Label::Words, &[&genesis.0, &low.0, &high.0]))
}

/// The words a whole room compares, from `SHA-256("ephem/1/room-words" || genesis || log head)`.
pub fn room_phrase(genesis: &Genesis, log_head: &LogHead) -> [&'static str; SAFETY_WORDS] {
    phrase(&kdf::hash(Label::RoomWords, &[&genesis.0, &log_head.0]))
}

/// Six words of the 7,776, each as likely as any other, with a space between.
pub fn generate_passphrase(rng: &mut impl CryptoRng) -> Zeroizing<String> {
    let longest = LARGE.iter().map(|word| word.len()).max().unwrap_or(0);
    let mut out = Zeroizing::new(String::with_capacity(PASSPHRASE_WORDS * (longest + 1)));
    for n in 0..PASSPHRASE_WORDS {
        if n > 0 {
            out.push(' ');
        }
        out.push_str(pick(&LARGE, below(rng, LARGE.len())));
    }
    out
}

/// Bytes to be read aloud: a word for the length, 11 bits a word, a word that checks the rest.
pub fn spell(bytes: &[u8]) -> Vec<&'static str> {
    let data = (bytes.len() * 8).div_ceil(BITS);
    let mut out = Vec::with_capacity(data + 2);
    out.push(pick(&SMALL, bytes.len()));
    out.extend((0..data).map(|i| pick(&SMALL, eleven(bytes, i))));
    out.push(check_word(bytes));
    out
}

/// Undoes [`spell`]; case and the amount of white space do not matter.
pub fn unspell(text: &str) -> Result<Zeroizing<Vec<u8>>, SpellError> {
    let mut numbers = Zeroizing::new(Vec::with_capacity(text.split_whitespace().count()));
    for (at, word) in text.split_whitespace().enumerate() {
        let word = Zeroizing::new(word.to_ascii_lowercase());
        numbers.push(SMALL.binary_search(&word.as_str()).map_err(|_| SpellError::Unknown(at + 1))?);
    }
    let [length, data @ .., check] = numbers.as_slice() else { return Err(SpellError::Length) };
    let bytes = joined(data, *length).ok_or(SpellError::Length)?;
    if SMALL.get(*check) == Some(&check_word(&bytes)) { Ok(bytes) } else { Err(SpellError::Check) }
}

impl fmt::Display for SpellError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SpellError::Unknown(at) => write!(f, "word {at} is not in the list"),
            SpellError::Length => f.write_str("there are too few words, or too many"),
            SpellError::Check => f.write_str("one of the words is wrong"),
        }
    }
}

impl std::error::Error for SpellError {}

fn phrase(hash: &[u8; 32]) -> [&'static str; SAFETY_WORDS] {
    std::array::from_fn(|i| pick(&SMALL, eleven(hash, i)))
}

fn check_word(bytes: &[u8]) -> &'static str {
    pick(&SMALL, eleven(&kdf::hash(Label::Check, &[bytes]), 0))
}

/// The word at `i`, counted round and round.
fn pick(list: &[&'static str], i: usize) -> &'static str {
    list.get(i % list.len()).copied().unwrap_or_default()
}

/// The `i`-th run of eleven bits, highest first; zeros follow the end.
fn eleven(bytes: &[u8], i: usize) -> usize {
    let (byte, bit) = (i * BITS / 8, i * BITS % 8);
    let window = (byte..byte + 3).fold(0, |sum, at| sum << 8 | usize::from(*bytes.get(at).unwrap_or(&0)));
    window >> (24 - BITS - bit) & 0x7ff
}

/// Joins runs of eleven bits to bytes. The length word says how many, modulo 2,048; what is left over must be
/// zeros.
fn joined(data: &[usize], length: usize) -> Option<Zeroizing<Vec<u8>>> {
    let most = data.len() * BITS / 8;
    let length = [most, most.saturating_sub(1)]
        .into_iter()
        .find(|n| n % SMALL.len() == length && (n * 8).div_ceil(BITS) == data.len())?;
    let mut out = Zeroizing::new(Vec::with_capacity(most));
    let (mut held, mut bits) = (0usize, 0);
    for eleven in data {
        held = (held << BITS | eleven) & 0xf_ffff;
        bits += BITS;
        while bits >= 8 && out.len() < length {
            bits -= 8;
            out.push((held >> bits & 0xff) as u8);
        }
    }
    (held & ((1 << bits) - 1) == 0).then_some(out)
}

/// A number under `n`, each as likely: what falls beyond the last full round is drawn again.
fn below(rng: &mut impl CryptoRng, n: usize) -> usize {
    loop {
        let drawn = (rng.next_u32() & 0x1fff) as usize;
        if drawn < n {
            return drawn;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;
    use std::collections::BTreeSet;

    fn distinct(list: &[&str]) -> usize {
        let fine = |w: &&&str| !w.is_empty() && w.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        list.iter().filter(fine).collect::<BTreeSet<_>>().len()
    }

    #[test]
    fn the_lists_are_whole_distinct_lower_case_and_sorted() {
        assert_eq!((LARGE.len(), distinct(&LARGE)), (7776, 7776));
        assert_eq!((SMALL.len(), distinct(&SMALL)), (2048, 2048));
        assert_eq!((ADJECTIVES.len(), distinct(&ADJECTIVES)), (256, 256));
        assert_eq!((ANIMALS.len(), distinct(&ANIMALS)), (256, 256));
        assert!(LARGE.is_sorted() && SMALL.is_sorted());
        assert!(ADJECTIVES.iter().all(|word| !ANIMALS.contains(word)));
    }

    #[test]
    fn the_lists_never_change() {
        let of = |list: &[&str]| crate::base::id::hex(&kdf::sha256(list.join("\n").as_bytes())[..8]);
        assert_eq!(of(&LARGE), "abae49761b88f3f1");
        assert_eq!(of(&ADJECTIVES), "70fa119f3b6d5ea3");
        assert_eq!(of(&ANIMALS), "f1fa1d5058d70237");
    }

    #[test]
    fn a_mark_is_adjective_animal_digit() {
        assert_eq!(mark([0, 0, 0, 0]), format!("{}-{}-0", ADJECTIVES[0], ANIMALS[0]));
        assert_eq!(mark([255, 255, 0, 19]), format!("{}-{}-9", ADJECTIVES[255], ANIMALS[255]));
    }

    #[test]
    fn a_tag_belongs_to_its_key() {
        let one = tag(&MemberId([1; 32]));
        assert_eq!(one, tag(&MemberId([1; 32])));
        assert_ne!(one, tag(&MemberId([2; 32])));
        assert!(one.split_once('-').is_some_and(|(animal, _)| ANIMALS.contains(&animal)));
    }

    #[test]
    fn both_see_the_same_safety_words_and_nobody_else_does() {
        let (room, a, b) = (Genesis([1; 16]), MemberId([2; 32]), MemberId([3; 32]));
        assert_eq!(safety(&room, &a, &b), safety(&room, &b, &a));
        assert_ne!(safety(&room, &a, &b), safety(&Genesis([9; 16]), &a, &b));
        assert_ne!(safety(&room, &a, &b), safety(&room, &a, &MemberId([4; 32])));
        assert_ne!(room_phrase(&room, &LogHead([1; 16])), room_phrase(&room, &LogHead([2; 16])));
    }

    #[test]
    fn every_bit_of_the_88_shows_in_the_words() {
        let hash = [0xa5u8; 32];
        for bit in 0..SAFETY_WORDS * BITS {
            let mut other = hash;
            other[bit / 8] ^= 0x80 >> (bit % 8);
            let changed = phrase(&hash).iter().zip(phrase(&other)).filter(|(a, b)| *a != b).count();
            assert_eq!(changed, 1, "bit {bit}");
        }
    }

    #[test]
    fn a_generated_passphrase_is_six_words_of_the_list() {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        for _ in 0..200 {
            let phrase = generate_passphrase(&mut rng);
            assert_eq!(phrase.split(' ').filter(|word| LARGE.contains(word)).count(), PASSPHRASE_WORDS);
        }
    }

    #[test]
    fn a_wrong_missing_or_foreign_word_is_noticed() {
        let words = spell(&[7; 16]);
        assert_eq!(words.len(), 14);
        let good = words.join(" ");
        assert_eq!(unspell(&good.to_uppercase().replace(' ', "\n ")).unwrap().as_slice(), [7; 16]);
        assert_eq!(unspell(&words[1..].join(" ")), Err(SpellError::Length));
        assert_eq!(unspell(&words[..13].join(" ")), Err(SpellError::Length));
        assert_eq!(unspell("abacus"), Err(SpellError::Length));
        assert_eq!(unspell(""), Err(SpellError::Length));
        let mut foreign = words.clone();
        foreign[4] = "xyzzy";
        assert_eq!(unspell(&foreign.join(" ")), Err(SpellError::Unknown(5)));
        let mut wrong = words.clone();
        wrong[4] = if words[4] == SMALL[0] { SMALL[1] } else { SMALL[0] };
        assert_eq!(unspell(&wrong.join(" ")), Err(SpellError::Check));
    }

    proptest! {
        #[test]
        fn every_byte_string_is_spelt_and_read_back(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let back = unspell(&spell(&bytes).join(" ")).map(|read| read.to_vec());
            prop_assert_eq!(back, Ok(bytes));
        }

        #[test]
        fn no_text_makes_reading_panic(
            text in "\\PC{0,80}",
            picks in proptest::collection::vec(0usize..2048, 0..20),
        ) {
            let _ = unspell(&text);
            let _ = unspell(&picks.iter().map(|i| SMALL[*i]).collect::<Vec<_>>().join(" "));
        }
    }
}
