//! An invite as a square that a camera reads: QR codes of versions 1 to 6, of the letters that invites are made of. What is
//! larger does not fit a terminal of 24 rows.

use zeroize::{Zeroize, Zeroizing};

use super::sequences::{LIGHT_ON_DARK, USUAL};

/// The letters, in the order of their numbers.
const LETTERS: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
/// Of each version: bytes that correct in one block, blocks, bytes of data in one block. The level that corrects least: a
/// screen has no scratches, and fewer dots are larger ones.
const VERSIONS: [(usize, usize, usize); 6] =
    [(7, 1, 19), (10, 1, 34), (15, 1, 55), (20, 1, 80), (26, 1, 108), (18, 2, 68)];
/// The mode of these letters, and how many bits tell their number.
const MODE: (u32, u32) = (0b0010, 4);
const COUNT_BITS: u32 = 9;

/// Light dots around a square that is printed. Cameras want four, and manage with two; 24 rows have place for no more.
const AROUND: usize = 2;

/// A text as a square to be printed, with colours of its own where there are any; `None` where it does not fit.
pub fn square(text: &str, colours: bool) -> Option<Zeroizing<String>> {
    let square = Square::of(text)?;
    let side = square.size + 2 * AROUND;
    let (begin, end) = if colours { (LIGHT_ON_DARK, USUAL) } else { ("", "") };
    let mut out =
        Zeroizing::new(String::with_capacity(side.div_ceil(2) * (side * 3 + begin.len() + end.len() + 1)));
    for row in 0..side.div_ceil(2) {
        out.push_str(begin);
        (0..side).for_each(|column| out.push_str(square.sign(AROUND, column, row)));
        out.push_str(end);
        out.push('\n');
    }
    Some(out)
}

/// Dots in rows.
pub(super) struct Square {
    size: usize,
    dark: Vec<bool>,
    /// Dots that carry no data.
    fixed: Vec<bool>,
}

impl Drop for Square {
    fn drop(&mut self) {
        self.dark.zeroize();
    }
}

impl std::fmt::Debug for Square {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Square({})", self.size)
    }
}

impl Square {
    /// The square of a text; `None` if it has other letters, or too many.
    pub(super) fn of(text: &str) -> Option<Square> {
        let (version, bits) = (1..)
            .zip(VERSIONS)
            .find_map(|(version, (_, blocks, data))| Some((version, bits(text, blocks * data)?)))?;
        let (extra, blocks, data) = *VERSIONS.get(version - 1)?;
        let words = interleaved(&bits, extra, blocks, data);
        let best = (0..8_u32).min_by_key(|&mask| Square::masked(version, &words, mask).unevenness())?;
        Some(Square::masked(version, &words, best))
    }

    /// Dots in a row.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Whether a dot is dark; around the square all is light.
    pub(super) fn is_dark(&self, x: isize, y: isize) -> bool {
        let at = |v: isize| usize::try_from(v).ok().filter(|v| *v < self.size);
        let (Some(x), Some(y)) = (at(x), at(y)) else { return false };
        self.dark.get(y * self.size + x).copied().unwrap_or_default()
    }

    /// Two dots, one above the other, as one sign of a terminal; light is drawn. Around the square are so many light dots.
    pub(super) fn sign(&self, around: usize, column: usize, row: usize) -> &'static str {
        let side = self.size + 2 * around;
        let light = |line: usize| {
            let at = |v: usize| v as isize - around as isize;
            line < side && !self.is_dark(at(column), at(line))
        };
        match (light(row * 2), light(row * 2 + 1)) {
            (true, true) => "\u{2588}",
            (true, false) => "\u{2580}",
            (false, true) => "\u{2584}",
            (false, false) => " ",
        }
    }

    fn masked(version: usize, words: &[u8], mask: u32) -> Square {
        let size = 17 + 4 * version;
        let mut square = Square { size, dark: vec![false; size * size], fixed: vec![false; size * size] };
        square.marks(version);
        square.format(mask);
        square.data(words, mask);
        square
    }

    fn fix(&mut self, x: usize, y: usize, dark: bool) {
        if x >= self.size {
            return;
        }
        let at = y * self.size + x;
        if let (Some(cell), Some(fixed)) = (self.dark.get_mut(at), self.fixed.get_mut(at)) {
            (*cell, *fixed) = (dark, true);
        }
    }

    /// The marks by which a camera finds it.
    fn marks(&mut self, version: usize) {
        let far = self.size - 1;
        for n in 0..self.size {
            self.fix(n, 6, n % 2 == 0);
            self.fix(6, n, n % 2 == 0);
        }
        for y in 0..8_usize {
            for x in 0..8_usize {
                let away = x.abs_diff(3).max(y.abs_diff(3));
                let dark = away != 2 && away < 4;
                self.fix(x, y, dark);
                self.fix(far - x, y, dark);
                self.fix(x, far - y, dark);
            }
        }
        if version > 1 {
            let middle = self.size - 7;
            for y in 0..5 {
                for x in 0..5_usize {
                    let away = x.abs_diff(2).max(usize::abs_diff(y, 2));
                    self.fix(middle + x - 2, middle + y - 2, away != 1);
                }
            }
        }
    }

    /// Which level and which mask it has, twice.
    fn format(&mut self, mask: u32) {
        let level_and_mask = 0b01 << 3 | mask;
        let rest = (0..10).fold(level_and_mask, |rest, _| (rest << 1) ^ ((rest >> 9) * 0x537));
        let bits = (level_and_mask << 10 | rest & 0x3ff) ^ 0x5412;
        let far = self.size - 1;
        for n in 0..15_usize {
            let dark = bits >> n & 1 == 1;
            match n {
                0..6 => self.fix(8, n, dark),
                6 => self.fix(8, 7, dark),
                7 => self.fix(8, 8, dark),
                8 => self.fix(7, 8, dark),
                _ => self.fix(14 - n, 8, dark),
            }
            if n < 8 {
                self.fix(far - n, 8, dark);
            } else {
                self.fix(8, far + n - 14, dark);
            }
        }
        self.fix(8, far - 7, true);
    }

    /// The data, in columns of two from the right, up and down in turn.
    fn data(&mut self, words: &[u8], mask: u32) {
        let mut bits = words.iter().flat_map(|word| (0..8).rev().map(move |n| word >> n & 1 == 1));
        let mut right = self.size - 1;
        let mut up = true;
        loop {
            for n in 0..self.size {
                let y = if up { self.size - 1 - n } else { n };
                for x in [right, right - 1] {
                    let at = y * self.size + x;
                    if self.fixed.get(at) != Some(&false) {
                        continue;
                    }
                    let bit = bits.next().unwrap_or_default();
                    if let Some(cell) = self.dark.get_mut(at) {
                        *cell = bit ^ is_masked(mask, x, y);
                    }
                }
            }
            up = !up;
            right = match right {
                // The column of dots and gaps is none of the two.
                8 => 5,
                1 => return,
                right => right - 2,
            };
        }
    }

    /// Areas of one kind: the fewer there are, the better it reads.
    fn unevenness(&self) -> usize {
        let at = |x: usize, y: usize| self.is_dark(x as isize, y as isize);
        let mut found = 0;
        for a in 0..self.size {
            let (mut across, mut down) = (1, 1);
            for b in 1..self.size {
                across = if at(b, a) == at(b - 1, a) { across + 1 } else { 1 };
                down = if at(a, b) == at(a, b - 1) { down + 1 } else { 1 };
                for run in [across, down] {
                    found += match run {
                        5 => 3,
                        6.. => 1,
                        _ => 0,
                    };
                }
                let same =
                    a > 0 && [at(b - 1, a), at(b, a - 1), at(b - 1, a - 1)].iter().all(|d| *d == at(b, a));
                found += if same { 3 } else { 0 };
            }
        }
        found
    }
}

fn is_masked(mask: u32, x: usize, y: usize) -> bool {
    let rest = match mask {
        0 => (x + y) % 2,
        1 => y % 2,
        2 => x % 3,
        3 => (x + y) % 3,
        4 => (x / 3 + y / 2) % 2,
        5 => x * y % 2 + x * y % 3,
        6 => (x * y % 2 + x * y % 3) % 2,
        _ => ((x + y) % 2 + x * y % 3) % 2,
    };
    rest == 0
}

/// The text as so many bytes; `None` if it has no place in them.
fn bits(text: &str, bytes: usize) -> Option<Zeroizing<Vec<u8>>> {
    let mut out = Bits { bytes: Zeroizing::new(Vec::with_capacity(bytes)), used: 0, most: bytes };
    out.push(MODE.0, MODE.1)?;
    out.push(u32::try_from(text.len()).ok().filter(|len| *len < 1 << COUNT_BITS)?, COUNT_BITS)?;
    let number = |letter: u8| LETTERS.iter().position(|known| *known == letter).map(|at| at as u32);
    for pair in text.as_bytes().chunks(2) {
        match *pair {
            [one, two] => out.push(number(one)? * 45 + number(two)?, 11)?,
            [one] => out.push(number(one)?, 6)?,
            _ => {}
        }
    }
    // Four bits that say it is over, as far as there is place for them; then bytes that mean nothing.
    out.used = (out.used + 4).min(bytes * 8).next_multiple_of(8);
    let mut bytes = out.bytes;
    bytes.resize(out.used / 8, 0);
    for filler in [0xec, 0x11].into_iter().cycle().take(out.most - bytes.len()) {
        bytes.push(filler);
    }
    Some(bytes)
}

struct Bits {
    bytes: Zeroizing<Vec<u8>>,
    used: usize,
    most: usize,
}

impl Bits {
    fn push(&mut self, value: u32, bits: u32) -> Option<()> {
        for n in (0..bits).rev() {
            if self.used.is_multiple_of(8) {
                (self.bytes.len() < self.most).then(|| self.bytes.push(0))?;
            }
            let last = self.bytes.last_mut()?;
            *last |= ((value >> n & 1) as u8) << (7 - self.used % 8);
            self.used += 1;
        }
        Some(())
    }
}

/// Blocks of data, then what corrects them, a byte of each in turn.
fn interleaved(bytes: &[u8], extra: usize, blocks: usize, data: usize) -> Zeroizing<Vec<u8>> {
    let corrections: Vec<Vec<u8>> = bytes.chunks(data).map(|block| correction(block, extra)).collect();
    let mut out = Zeroizing::new(Vec::with_capacity(bytes.len() + blocks * extra));
    for n in 0..data {
        out.extend(bytes.chunks(data).filter_map(|block| block.get(n)));
    }
    for n in 0..extra {
        out.extend(corrections.iter().filter_map(|block| block.get(n)));
    }
    out
}

/// What is left of the block when the code's polynomial is taken out of it.
fn correction(block: &[u8], extra: usize) -> Vec<u8> {
    // The polynomial, without its first coefficient, which is one.
    let mut divisor = vec![0_u8; extra];
    if let Some(last) = divisor.last_mut() {
        *last = 1;
    }
    let mut root = 1;
    for _ in 0..extra {
        for n in 0..extra {
            let next = divisor.get(n + 1).copied().unwrap_or_default();
            if let Some(here) = divisor.get_mut(n) {
                *here = times(*here, root) ^ next;
            }
        }
        root = times(root, 2);
    }
    let mut rest = vec![0_u8; extra];
    for byte in block {
        let factor = byte ^ rest.first().copied().unwrap_or_default();
        rest.rotate_left(1);
        if let Some(last) = rest.last_mut() {
            *last = 0;
        }
        rest.iter_mut().zip(&divisor).for_each(|(here, by)| *here ^= times(*by, factor));
    }
    rest
}

/// A product in the field of 256 elements.
fn times(a: u8, b: u8) -> u8 {
    (0..8).rev().fold(0_u8, |product, n| {
        let doubled = (product << 1) ^ ((product >> 7) * 0x1d);
        doubled ^ ((b >> n & 1) * a)
    })
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    /// Letters of the longest text of each version.
    const MOST: [usize; 6] = [25, 47, 77, 114, 154, 195];

    const KNOWN: [&str; 6] = [
        "e37e7a216688c25b6ce1f1afda787227",
        "628c16129ae40bbd936f8cf0b0dcf026",
        "51d119af2f6581830daf8f223da8f661",
        "ffb2e4c9e53625235a4b3784bbac6db2",
        "543279d186a321c8e1f6bfcc28bcfeba",
        "cd0ea575723574266e2c6aa1f29dd7cd",
    ];

    fn text(length: usize) -> String {
        (0..length).map(|n| char::from(LETTERS[n * 7 % 45])).collect()
    }

    /// What another program draws of the same text with the same mask: the beginning of a hash of its dots.
    #[test]
    fn every_version_is_drawn_as_another_program_draws_it() {
        for (version, hash) in (1..).zip(KNOWN) {
            let (extra, blocks, data) = VERSIONS[version - 1];
            let bits = bits(&text(MOST[version - 1] - version % 2), blocks * data).unwrap();
            let square = Square::masked(version, &interleaved(&bits, extra, blocks, data), version as u32);
            let dots: Vec<u8> = square.dark.iter().map(|dark| u8::from(*dark)).collect();
            let found: String =
                Sha256::digest(&dots)[..16].iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(found, hash, "version {version}");
        }
    }

    #[test]
    fn a_text_gets_the_smallest_square_it_fits_or_none() {
        for (version, most) in (1..).zip(MOST) {
            assert_eq!(Square::of(&text(most)).unwrap().size(), 17 + 4 * version);
            let next = Square::of(&text(most + 1)).map(|square| square.size());
            assert_eq!(next, (version < 6).then_some(21 + 4 * version));
        }
        assert!(Square::of("lower case").is_none() && Square::of("\u{e4}").is_none());
        let square = Square::of("").unwrap();
        assert!(!square.is_dark(-1, 0) && square.is_dark(0, 0) && !square.is_dark(0, 21));
    }
}
