//! The search: every byte that a process could ever have written, read from outside, for pieces of texts and keys. A piece
//! is looked for as it is, and with its bytes apart as cells, key presses and wider characters hold them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::fs::{File, read_to_string};
use std::os::unix::fs::FileExt;

/// Bytes of a piece. Long enough that none is there by chance, short enough that a rest of a text is seen.
pub(crate) const PIECE: usize = 12;
/// Bytes from one character to the next.
pub(crate) type Stride = usize;
/// Where the characters of a text are found apart: UTF-16 and UTF-32, small structs, a screen's cells.
pub(crate) const SHORT: [Stride; 6] = [1, 2, 4, 12, 16, size_of::<ratatui_core::buffer::Cell>()];
/// Bytes of a key, and how many different ones it has at least.
const KEY: usize = 32;
const DRAWN: usize = 20;
/// Read at once.
const CHUNK: usize = 1 << 20;
const PAGE: usize = 4_096;
/// Places told at most.
const TOLD: usize = 12;

/// Every distance up to the largest that anything of a character has.
pub(crate) fn long() -> Vec<Stride> {
    (1..=72).collect()
}

/// What is looked for.
pub(crate) struct Wanted {
    /// Every piece, and of which text it is.
    pieces: HashMap<[u8; PIECE], usize>,
    /// Which bytes begin one, and which three: most of a memory is passed over by these.
    first: [bool; 256],
    three: Vec<u64>,
}

/// What was found.
#[derive(Default)]
pub(crate) struct Found {
    /// Pieces, each place counted.
    pub(crate) pieces: usize,
    /// The texts they are of.
    pub(crate) texts: BTreeSet<usize>,
    /// How many lie so far apart.
    pub(crate) apart: BTreeMap<Stride, usize>,
    /// Bytes looked at.
    pub(crate) bytes: usize,
    places: Vec<String>,
}

impl Wanted {
    /// Looks for every piece of each of these.
    pub(crate) fn of<T: AsRef<[u8]>>(texts: &[T]) -> Wanted {
        let mut wanted =
            Wanted { pieces: HashMap::new(), first: [false; 256], three: vec![0; (1 << 24) / 64] };
        for (n, text) in texts.iter().enumerate() {
            for piece in text.as_ref().windows(PIECE) {
                let piece: [u8; PIECE] = piece.try_into().expect("a window's length");
                wanted.first[usize::from(piece[0])] = true;
                let at = three(piece[0], piece[1], piece[2]);
                wanted.three[at / 64] |= 1 << (at % 64);
                wanted.pieces.insert(piece, n);
            }
        }
        wanted
    }

    /// Everything of it that this process holds, its characters so far apart.
    pub(crate) fn within(&self, pid: u32, strides: &[Stride]) -> Found {
        let overlap = (PIECE - 1) * strides.iter().max().expect("a stride");
        let mut found = Found::default();
        found.bytes = all_of(pid, overlap, |bytes, ours, map, at| {
            self.search(bytes, ours, strides, map, at, &mut found);
        });
        found
    }

    /// Looks from each of the first `ours` bytes on.
    fn search(&self, bytes: &[u8], ours: usize, strides: &[Stride], map: &Map, at: u64, found: &mut Found) {
        for (page, here) in bytes[..ours].chunks(PAGE).enumerate() {
            if here.iter().all(|byte| *byte == 0) {
                continue;
            }
            for (offset, first) in here.iter().enumerate() {
                if !self.first[usize::from(*first)] {
                    continue;
                }
                let from = page * PAGE + offset;
                for stride in strides {
                    if let Some(text) = self.text_at(bytes, from, *stride) {
                        found.note(text, *stride, map, at + from as u64);
                    }
                }
            }
        }
    }

    fn text_at(&self, bytes: &[u8], from: usize, stride: Stride) -> Option<usize> {
        let last = bytes.get(from + (PIECE - 1) * stride)?;
        let at = three(bytes[from], bytes[from + stride], bytes[from + 2 * stride]);
        if self.three[at / 64] & (1 << (at % 64)) == 0 {
            return None;
        }
        let mut piece = [*last; PIECE];
        for (n, byte) in piece.iter_mut().enumerate() {
            *byte = bytes[from + n * stride];
        }
        self.pieces.get(&piece).copied()
    }
}

/// Shows every byte that a process could have written, a stretch at a time: the stretch with so many bytes of the next one, how
/// many of them are its own, and where it lies. Gives how many there were.
fn all_of(pid: u32, overlap: usize, mut show: impl FnMut(&[u8], usize, &Map, u64)) -> usize {
    assert_ne!(pid, std::process::id(), "the search itself holds everything it looks for");
    let maps = read_to_string(format!("/proc/{pid}/maps")).expect("its map");
    let memory = File::open(format!("/proc/{pid}/mem")).expect("its memory: this needs root");
    let mut bytes = vec![0; CHUNK + overlap];
    let mut all = 0;
    for map in maps.lines().filter_map(Map::read).filter(Map::may_hold_something) {
        let mut at = map.from;
        while at < map.to {
            let most = usize::try_from(map.to - at).unwrap_or(usize::MAX).min(bytes.len());
            let Ok(read @ 1..) = memory.read_at(&mut bytes[..most], at) else {
                // Not there any more, or the kernel's own.
                at += PAGE as u64;
                continue;
            };
            let ours = read.min(CHUNK);
            show(&bytes[..read], ours, &map, at);
            all += ours;
            at += ours as u64;
        }
    }
    assert!(all > 1 << 18, "no process is as small as that: {all} bytes");
    all
}

/// Whatever in a process could be a key: every 32 bytes, wherever they begin, with as many different ones among them as chance
/// gives. (Of 32 drawn bytes fewer than 20 differ once in 10^9 times.)
pub(crate) fn keys_of(pid: u32) -> BTreeSet<[u8; KEY]> {
    let mut keys = BTreeSet::new();
    all_of(pid, KEY - 1, |bytes, ours, _, _| {
        let mut seen = [0_u16; 256];
        let mut different = 0;
        for (n, byte) in bytes.iter().enumerate() {
            different += usize::from(seen[usize::from(*byte)] == 0);
            seen[usize::from(*byte)] += 1;
            let Some(from) = (n + 1).checked_sub(KEY) else { continue };
            if from >= ours {
                break;
            }
            if different >= DRAWN {
                keys.insert(bytes[from..=n].try_into().expect("a key's length"));
            }
            let gone = usize::from(bytes[from]);
            seen[gone] -= 1;
            different -= usize::from(seen[gone] == 0);
        }
    });
    keys
}

fn three(a: u8, b: u8, c: u8) -> usize {
    usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c)
}

impl Found {
    fn note(&mut self, text: usize, stride: Stride, map: &Map, at: u64) {
        self.pieces += 1;
        self.texts.insert(text);
        *self.apart.entry(stride).or_default() += 1;
        if self.places.len() < TOLD {
            self.places.push(format!("text {text} at {at:#x}, {stride} apart, in {}", map.name));
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} pieces of {} texts in {} KiB", self.pieces, self.texts.len(), self.bytes / 1_024)?;
        if self.pieces > 0 {
            write!(f, "; so far apart: {:?}\n{}", self.apart, self.places.join("\n"))?;
        }
        Ok(())
    }
}

/// A stretch of a process' memory.
struct Map {
    from: u64,
    to: u64,
    may: String,
    name: String,
}

impl Map {
    fn read(line: &str) -> Option<Map> {
        let mut words = line.split_whitespace();
        let (from, to) = words.next()?.split_once('-')?;
        let [from, to] = [from, to].map(|end| u64::from_str_radix(end, 16).expect("hex"));
        let may = words.next()?.to_owned();
        let name = words.nth(3).unwrap_or("memory of nothing").to_owned();
        Some(Map { from, to, may, name })
    }

    /// A file's part that cannot be written is the program itself.
    fn may_hold_something(&self) -> bool {
        self.may.starts_with('r') && (self.may.starts_with("rw") || !self.name.starts_with('/'))
    }
}

/// Whether this process may read another's memory. Where it may not, it is said, and only the longest test fails by it.
pub(crate) fn may_read(pid: u32) -> bool {
    let may = File::open(format!("/proc/{pid}/mem")).is_ok();
    if !may {
        println!("skipped: reading a node's memory needs root, or `unshare -r` before the command");
    }
    may
}
