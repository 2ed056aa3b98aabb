//! Hostile text against the one type that a face accepts: what must never survive, whatever was sent.
//!
//! Every run draws from the same seeds and prints the one in use, so a failure repeats by itself.
#![allow(
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that panics has done its work"
)]

use ephem_node::base::limits::{CLUSTER_PASSENGERS, NICK_COLUMNS, TEXT_BYTES};
use ephem_node::base::nick::Nick;
use ephem_node::base::text::CleanText;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark, is_nfc};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

const SEEDS: [u8; 3] = [7, 77, 177];
const CASES: u32 = 1_000;

/// Pieces that attack something on their own; strings are made by stringing them together.
#[rustfmt::skip]
const PIECES: &[&str] = &[
    // Terminal control: colours, title, clipboard, 8-bit CSI and OSC, backspace, bell, a bare carriage return.
    "\x1b[2J", "\x1b]0;title\x07", "\x1b]52;c;aGk=\x1b\\", "\u{9b}31m", "\u{9d}0;x\u{9c}", "\x08\x08",
    "\x7f", "\0", "\r", "\r\n", "\n", "\t", "\x0b", "\x0c", "\u{85}",
    // Direction, and letters that have one of their own.
    "\u{202a}", "\u{202e}", "\u{202c}", "\u{2066}", "\u{2069}", "\u{200e}", "\u{200f}", "\u{61c}", "שלום",
    "مرحبا", "لا",
    // Nothing to see.
    "\u{200b}", "\u{200c}", "\u{200d}", "\u{2060}", "\u{feff}", "\u{ad}", "\u{34f}", "\u{115f}", "\u{1160}",
    "\u{3164}", "\u{ffa0}", "\u{17b4}", "\u{180e}", "\u{2800}", "\u{2028}", "\u{2029}", "\u{a0}",
    "\u{3000}", "  ",
    // Selectors, tags, annotations, non-characters, private use, unassigned.
    "\u{fe00}", "\u{fe0e}", "\u{fe0f}", "\u{e0100}", "\u{e01ef}", "\u{180b}", "\u{e0001}",
    "\u{e0067}\u{e007f}", "\u{fff9}", "\u{fffb}", "\u{fffc}", "\u{fffd}", "\u{fffe}", "\u{ffff}",
    "\u{fdd0}", "\u{10ffff}", "\u{e0b0}", "\u{378}", "\u{1d173}",
    // Marks: stacked, out of order, enclosing, spacing, on nothing, canonically decomposed letters.
    "\u{301}", "\u{316}\u{301}\u{327}", "\u{20e3}", "\u{20dd}", "\u{903}", "\u{488}", "e\u{301}",
    "\u{212b}", "\u{1d160}", "\u{0344}", "\u{0f73}",
    "z\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}\u{308}\u{309}\u{30a}",
    // Scripts that join, stack or prepend.
    "می\u{200c}خواهم", "न\u{94d}\u{200d}", "ക\u{d4d}", "র\u{200d}\u{9cd}য", "\u{0d4e}", "\u{0600}",
    "\u{1100}", "\u{1161}", "\u{11a8}", "한", "ᠮ", "ក\u{17d2}", "ཀྵ", "\u{11131}\u{11127}", "\u{16d67}",
    // Wide, emoji, flags, keycaps, families.
    "中", "ｗ", "😀", "👩🏽", "\u{1f3fb}", "👨🏻\u{200d}👩🏼\u{200d}👧🏽\u{200d}👦🏾", "🏳\u{fe0f}\u{200d}🌈", "❤\u{fe0f}",
    "1\u{fe0f}\u{20e3}", "🇫🇷", "🇫", "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}", "©",
    // And plain words.
    "a", "Z", "hello", "!",
];

/// Strung pieces, raw code points from the awkward blocks, anything at all, and one piece many times over.
fn hostile() -> impl Strategy<Value = String> {
    let piece = || proptest::sample::select(PIECES);
    let low = (0u32..0x3100).prop_filter_map("surrogate", char::from_u32);
    let tags = (0xE0000u32..0xE0200).prop_filter_map("none", char::from_u32);
    prop_oneof![
        6 => prop::collection::vec(piece(), 0..40).prop_map(|v| v.concat()),
        2 => prop::collection::vec(prop_oneof![low, tags, any::<char>()], 0..60).prop_map(String::from_iter),
        1 => prop::collection::vec((piece(), 1usize..400), 1..5)
            .prop_map(|v| v.iter().map(|(p, n)| p.repeat(*n)).collect()),
    ]
}

fn for_hostile(check: impl Fn(&str) -> Result<(), TestCaseError>) {
    SEEDS.iter().for_each(|&seed| run(seed, CASES, &check));
}

fn run(seed: u8, cases: u32, check: &impl Fn(&str) -> Result<(), TestCaseError>) {
    println!("seed {seed}");
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    if let Err(why) = TestRunner::new_with_rng(config, rng).run(&hostile(), |raw| check(&raw)) {
        panic!("seed {seed}: {why}");
    }
}

/// Code points that no cleaned text may hold. Written apart from the cleaner's own tables on purpose.
fn forbidden(c: char) -> bool {
    let n = u32::from(c);
    let banned: &[(u32, u32)] = &[
        (0x00, 0x1f),
        (0x7f, 0x9f),
        (0xad, 0xad),
        (0x34f, 0x34f),
        (0x61c, 0x61c),
        (0x115f, 0x1160),
        (0x17b4, 0x17b5),
        (0x180b, 0x180f),
        (0x200b, 0x200b),
        (0x200e, 0x200f),
        (0x2028, 0x202e),
        (0x2060, 0x206f),
        (0x3164, 0x3164),
        (0xe000, 0xf8ff),
        (0xfdd0, 0xfdef),
        (0xfe00, 0xfe0d),
        (0xfeff, 0xfeff),
        (0xffa0, 0xffa0),
        (0xfff0, 0xfffc),
        (0x1bca0, 0x1bca3),
        (0x1d173, 0x1d17a),
        (0xe0000, 0xe0fff),
        (0xf0000, 0x10ffff),
    ];
    n & 0xfffe == 0xfffe || banned.iter().any(|&(from, to)| (from..=to).contains(&n))
}

fn assert_sound(text: &str) -> Result<(), TestCaseError> {
    prop_assert!(is_nfc(text), "not NFC: {text:?}");
    for cluster in text.graphemes(true) {
        let marks = cluster.chars().filter(|&c| is_combining_mark(c)).count();
        let hidden = cluster.chars().filter(|c| c.width() == Some(0)).count();
        prop_assert!(marks <= CLUSTER_PASSENGERS && hidden <= CLUSTER_PASSENGERS, "crowded: {cluster:?}");
        prop_assert!(cluster.width() > 0, "drawn on its neighbour: {cluster:?}");
    }
    // A joiner with Latin on its left joins nothing; two in a row never do.
    let all: Vec<char> = text.chars().collect();
    let joiner = |c: char| matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe0e}' | '\u{fe0f}');
    for (i, &c) in all.iter().enumerate().filter(|(_, c)| joiner(**c)) {
        let left = if i == 0 { ' ' } else { all[i - 1] };
        let styled_join = left == '\u{fe0f}' && c == '\u{200d}';
        prop_assert!(!joiner(left) || styled_join, "joiners in a row: {text:?}");
        prop_assert!(!left.is_ascii_alphabetic() && !left.is_whitespace(), "joins nothing: {text:?}");
    }
    Ok(())
}

#[test]
fn no_forbidden_code_point_survives_in_a_body() {
    for_hostile(body_is_sound);
}

fn body_is_sound(raw: &str) -> Result<(), TestCaseError> {
    let clean = CleanText::body(raw).text;
    let text = clean.as_str();
    let bad = text.chars().find(|&c| forbidden(c) && c != '\n' && c != '\t');
    prop_assert!(bad.is_none(), "{bad:?} survived");
    prop_assert!(text.len() <= TEXT_BYTES);
    assert_sound(text)
}

#[test]
fn no_forbidden_code_point_survives_in_a_line_and_its_columns_hold() {
    for_hostile(line_is_sound);
}

fn line_is_sound(raw: &str) -> Result<(), TestCaseError> {
    for max in [1, 2, 7, NICK_COLUMNS, 200] {
        let clean = CleanText::line(raw, max).text;
        let text = clean.as_str();
        let bad = text.chars().find(|&c| forbidden(c) || (c.is_whitespace() && c != ' '));
        prop_assert!(bad.is_none(), "{bad:?} survived");
        prop_assert!(clean.columns() <= max && text.width() <= max, "{} columns of {max}", clean.columns());
        prop_assert!(text.len() <= max * 128, "{} bytes in {max} columns", text.len());
        prop_assert_eq!(text.trim(), text);
        assert_sound(text)?;
    }
    Ok(())
}

#[test]
fn cleaning_twice_is_cleaning_once() {
    for_hostile(is_settled);
}

fn is_settled(raw: &str) -> Result<(), TestCaseError> {
    let body = CleanText::body(raw).text;
    let again = CleanText::body(body.as_str());
    prop_assert!(!again.changed);
    prop_assert_eq!(again.text.as_str(), body.as_str());
    let line = CleanText::line(raw, NICK_COLUMNS).text;
    let again = CleanText::line(line.as_str(), NICK_COLUMNS);
    prop_assert!(!again.changed);
    prop_assert_eq!(again.text.as_str(), line.as_str());
    Ok(())
}

/// No mark composes with q, so each one sent must come out: the cleaner never settles a fight by giving up the text.
#[test]
fn plain_letters_outlive_whatever_surrounds_them() {
    for_hostile(|raw| {
        let clean = CleanText::body(&format!("q{raw}q{raw}")).text;
        let sent = if raw.len() * 6 < TEXT_BYTES { 2 } else { 1 };
        prop_assert!(clean.as_str().matches('q').count() >= sent, "{:?}", clean.as_str());
        Ok(())
    });
}

#[test]
fn unchanged_is_said_only_of_text_that_came_through_whole() {
    for_hostile(|raw| {
        let clean = CleanText::body(raw);
        let spelled: String = raw.replace("\r\n", "\n").replace('\r', "\n").nfc().collect();
        prop_assert_eq!(clean.changed, spelled != clean.text.as_str());
        Ok(())
    });
}

#[test]
fn a_nick_from_hostile_text_is_empty_or_within_its_columns() {
    for_hostile(|raw| {
        if let Ok(nick) = Nick::parse(raw) {
            prop_assert!((1..=NICK_COLUMNS).contains(&nick.columns()));
            prop_assert!(nick.looks_like(&nick.clone()) && nick.eq_ignoring_case(&nick.clone()));
        }
        Ok(())
    });
}

#[test]
#[ignore = "minutes: cargo test --release --test clean_text -- --ignored"]
fn a_million_hostile_strings_keep_every_promise() {
    let check = |raw: &str| {
        body_is_sound(raw)?;
        line_is_sound(raw)?;
        is_settled(raw)
    };
    for seed in 100..110 {
        run(seed, 100_000, &check);
    }
}

#[test]
fn honest_text_comes_through_untouched() {
    let honest = [
        "hello, world",
        "line one\nline two\n\tindented",
        "naïve café",
        "Grüße aus Köln",
        "Привет",
        "שלום עולם",
        "مرحبا بالعالم",
        "می\u{200c}خواهم",
        "क\u{94d}\u{200d}ष",
        "ক\u{9cd}ষ র\u{200d}\u{9cd}যাব",
        "ශ\u{dca}\u{200d}රී",
        "สวัสดี",
        "中文字",
        "日本語テキスト",
        "한국어",
        "👩🏽\u{200d}🚀",
        "👨🏻\u{200d}👩🏼\u{200d}👧🏽\u{200d}👦🏾",
        "👩🏽\u{200d}❤\u{fe0f}\u{200d}💋\u{200d}👨🏿",
        "🏳\u{fe0f}\u{200d}🌈",
        "🏴\u{200d}☠\u{fe0f}",
        "❤\u{fe0f} ☺\u{fe0e}",
        "1\u{fe0f}\u{20e3} #\u{fe0f}\u{20e3}",
        "🇫🇷🇯🇵",
        "Tiếng Việt",
        "x\u{302}\u{323}".nfc().collect::<String>().leak(),
        "⠓⠊",
        "∀x ∈ ℝ: ⌈x⌉",
    ];
    for text in honest {
        let clean = CleanText::body(text);
        assert_eq!(clean.text.as_str(), text);
        assert!(!clean.changed, "{text:?}");
    }
}

#[test]
fn known_attacks_come_out_as_expected() {
    let body = |raw: &str| CleanText::body(raw).text.as_str().to_owned();
    let line = |raw: &str| CleanText::line(raw, 10).text.as_str().to_owned();
    assert_eq!(body("\x1b[31mred\x1b[0m"), "[31mred[0m");
    assert_eq!(body("safe\u{202e}gpj.exe"), "safegpj.exe");
    assert_eq!(body("a\r\nb\rc\u{2028}d\u{2029}e"), "a\nb\nc\nd\ne");
    assert_eq!(body("pass\u{200b}word\u{200d}s"), "passwords");
    assert_eq!(body("\u{301}a"), "a");
    assert_eq!(body("\n\u{301}a"), "\na");
    assert_eq!(body("hi\u{e0068}\u{e0069}"), "hi");
    assert_eq!(body("😀\u{e0100}\u{e0101}\u{fe01}"), "😀");
    assert_eq!(body("a\u{e0b0}b\u{fffe}c"), "a\u{fffd}b\u{fffd}c");
    assert_eq!(line(" a\nb\tc\u{3000}d "), "a b c d");
    assert_eq!(line("中中中中中中"), "中中中中中");
    assert_eq!(line("a中中中中中"), "a中中中中");
    assert_eq!(
        body(&format!("a{}", "\u{1f3fb}".repeat(3_000))),
        format!("a{}", "\u{1f3fb}".repeat(CLUSTER_PASSENGERS))
    );
    assert_eq!(body("ب\u{64b}\u{200c}\u{64b}\u{200c}خ"), "ب\u{64b}\u{64b}\u{200c}خ");
    assert!(CleanText::body("\u{200b}\x1b").text.is_empty());
}

#[test]
fn a_body_is_cut_between_clusters() {
    let family = "👨\u{200d}👩\u{200d}👧";
    let clean = CleanText::body(&family.repeat(400));
    assert!(clean.changed);
    assert_eq!(clean.text.len(), TEXT_BYTES / family.len() * family.len());
    assert_eq!(CleanText::body(&"x".repeat(TEXT_BYTES)).text.len(), TEXT_BYTES);
}

#[test]
fn a_megabyte_of_junk_costs_no_more_than_a_frame() {
    let clean = CleanText::body(&"\u{301}\u{200d}".repeat(300_000));
    assert!(clean.changed && clean.text.is_empty());
}

#[test]
fn debug_shows_lengths_only() {
    let shown = format!("{:?}", CleanText::body("the wifi code"));
    assert_eq!(shown, "Cleaned { text: CleanText(13 bytes), changed: false }");
}
