//! Writes seeds into `fuzz/corpus/<target>/`: real frames of a simulated room, and in-bounds values of every format, from
//! the same strategies as the wire tests. Without them the fuzzer spends its first hours spelling array heads.
//!
//! The same seeds on every machine: a file is named by what is in it, so writing them again changes nothing.

#[path = "../../tests/common/wire.rs"]
mod any_;

use std::path::{Path, PathBuf};
use std::{fs, io};

use ephem_node::crypto::kdf::sha256;
use ephem_node::room::sim::{Links, World};
use ephem_node::wire::cbor::Writer;
use ephem_node::wire::frame::{frame_len_for, pad_inner};
use ephem_node::wire::payload::{Carriage, Kind, Payload, encode_missed};
use proptest::strategy::{BoxedStrategy, Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

/// Cases drawn from each strategy.
const EACH: usize = 8;
/// The longest input of a run; longer seeds would be cut.
const LONGEST: usize = 4_096;
/// Scripts for `state_ops`: there is no encoder for them, but any bytes are one.
const SCRIPTS: u64 = 48;

/// What steers, hides or crowds, and some honest scripts beside it.
const TEXTS: &[&str] = &[
    "hello, world",
    "line one\nline two\n\tindented",
    "\x1b[2J\x1b]0;t\x07",
    "\u{9b}31m\x7f\0",
    "a\r\nb\rc\u{2028}d\u{85}",
    "\u{202e}gpj.exe\u{202c}\u{2066}x\u{2069}",
    "pass\u{200b}wo\u{200d}rd\u{2060}\u{feff}\u{ad}",
    "\u{3164}\u{115f}\u{ffa0}",
    "\u{e0001}\u{e0067}\u{e007f}\u{fe00}\u{e0100}",
    "a\u{e0b0}b\u{fffe}c\u{378}\u{10ffff}",
    "e\u{301}\u{212b}\u{1d160}\u{344}\u{f73}",
    "z\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}\u{308}\u{309}\u{30a}",
    "1\u{fe0f}\u{20e3}\u{488}\u{20dd}",
    "می\u{200c}خواهم ب\u{64b}\u{200c}\u{64b}\u{200c}خ",
    "ক\u{9cd}ষ র\u{200d}\u{9cd}যাব न\u{94d}\u{200d}",
    "한 \u{1100}\u{1161}\u{11a8} ᠮ ក\u{17d2} ཀྵ",
    "\u{d4e}\u{600}\u{11131}\u{11127}\u{16d67}",
    "👨🏻\u{200d}👩🏼\u{200d}👧🏽\u{200d}👦🏾🏳\u{fe0f}\u{200d}🌈❤\u{fe0f}🇫🇷🇫",
    "中ｗ文 日本語 \u{3000}\u{a0}x",
    "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}\u{1f3fb}",
];

fn main() -> io::Result<()> {
    let seeds = Seeds { folder: Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus") };
    let mut draw = Draw::new();

    for frame in real_frames() {
        seeds.put("frame_parse", &frame)?;
    }
    for body in any_::bodies() {
        for payload in draw.some(&any_::payload_of(body)) {
            let bytes = payload.encode();
            seeds.put("cbor", &bytes)?;
            if let Some(len) = frame_len_for(bytes.len()) {
                seeds.put("inner", &pad_inner(&bytes, &[7; 64], len))?;
            }
            if let Some(hello) = as_hello(payload) {
                seeds.put("hello", &hello)?;
            }
        }
    }
    for payload in draw.some(&any_::payload_of(any_::bodies().swap_remove(0))) {
        let message = [&payload.encode()[..], &[7; 64]].concat();
        let page = encode_missed(&[(message.clone(), 9), (message, 60_000)]);
        if let Some(len) = frame_len_for(page.len()) {
            seeds.put("inner", &pad_inner(&page, &[7; 64], len))?;
        }
    }
    for note in draw.some(&any_::note().boxed()) {
        seeds.put("welcome", &note.encode())?;
        for mut handover in draw.some(&any_::handover().boxed()) {
            if let Some((first, _)) = handover.chains.first_mut() {
                *first = [&note.encode()[..], &[7; 64]].concat();
            }
            seeds.put("welcome", &handover.encode())?;
        }
    }
    for act in any_::acts() {
        for entry in draw.some(&any_::entry_of(act)).into_iter().filter(|entry| entry.fits()) {
            let statement = entry.encode();
            seeds.put("log_entry", &[&statement[..], &[7; 64]].concat())?;
            seeds.put("log_entry", &statement)?;
        }
    }
    for invite in draw.some(&any_::invite().boxed()) {
        seeds.put("invite", invite.to_link().as_bytes())?;
        seeds.put("invite", invite.to_link().to_lowercase().as_bytes())?;
    }
    for text in TEXTS {
        for columns in [1, 9, 24] {
            seeds.put("clean_text", &[&[columns], text.as_bytes()].concat())?;
        }
    }
    for seed in 0..SCRIPTS {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let mut script = vec![0; 128 << (seed % 5)];
        rng.fill_bytes(&mut script);
        seeds.put("state_ops", &script)?;
    }
    Ok(())
}

struct Seeds {
    folder: PathBuf,
}

impl Seeds {
    fn put(&self, target: &str, bytes: &[u8]) -> io::Result<()> {
        if bytes.len() > LONGEST {
            return Ok(());
        }
        let folder = self.folder.join(target);
        fs::create_dir_all(&folder)?;
        let name: String = sha256(bytes).iter().take(8).map(|b| format!("{b:02x}")).collect();
        fs::write(folder.join(format!("seed-{name}")), bytes)
    }
}

struct Draw(TestRunner);

impl Draw {
    fn new() -> Draw {
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
        Draw(TestRunner::new_with_rng(Config { failure_persistence: None, ..Config::default() }, rng))
    }

    fn some<T: std::fmt::Debug>(&mut self, from: &BoxedStrategy<T>) -> Vec<T> {
        (0..EACH).filter_map(|_| from.new_tree(&mut self.0).ok()).map(|tree| tree.current()).collect()
    }
}

/// A lobby payload as the target `hello` takes it: the place of its kind among the lobby's, then the body.
fn as_hello(payload: Payload) -> Option<Vec<u8>> {
    let kind = payload.kind();
    let lobby = Kind::ALL.into_iter().filter(|kind| kind.carriage() == Carriage::Lobby);
    let at = lobby.enumerate().find(|(_, other)| *other == kind)?.0;
    let whole = payload.encode();
    let mut w = Writer::with_capacity(256);
    w.array(11).uint(1).bytes(&payload.genesis.0).uint(payload.generation).uint(payload.epoch.0);
    w.bytes(&payload.sender.0).uint(payload.counter).uint(kind as u64);
    w.uint(payload.sent.0).uint(payload.ttl_s).bytes(&payload.log_head.0);
    let body = whole.strip_prefix(&w.finish()[..])?;
    Some([&[u8::try_from(at).ok()?], body].concat())
}

/// Frames of three people who meet, talk and part; the first of each length and some more.
fn real_frames() -> Vec<Vec<u8>> {
    let mut world = World::new(7, Links::LAN);
    world.tape = Some(Vec::new());
    let people: Vec<usize> = (0..3).map(|_| world.join(0)).collect();
    world.run(15_000);
    for who in &people {
        world.say(*who, "hello");
    }
    world.run(5_000);
    let mut frames: Vec<Vec<u8>> =
        world.tape.take().unwrap_or_default().into_iter().map(|t| t.bytes).collect();
    frames.sort_by_key(Vec::len);
    frames.dedup_by_key(|frame| (frame.len(), frame[1] >> 6));
    frames
}
