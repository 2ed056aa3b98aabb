//! Text from a stranger, as a message and as a name of some width: the first byte.
#![no_main]

use ephem_node::base::limits::{CLUSTER_PASSENGERS, TEXT_BYTES};
use ephem_node::base::text::CleanText;
use libfuzzer_sys::fuzz_target;
use unicode_normalization::{char::is_combining_mark, is_nfc};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The most bytes that one column can take: a base, its passengers, and the joined parts of an emoji.
const COLUMN_BYTES: usize = 128;

fuzz_target!(|input: (u8, &str)| {
    let (columns, raw) = (usize::from(input.0), input.1);
    let body = CleanText::body(raw);
    sound(body.text.as_str(), |c| c == '\n' || c == '\t');
    assert!(body.text.len() <= TEXT_BYTES);
    let again = CleanText::body(body.text.as_str());
    assert!(!again.changed);
    assert_eq!(again.text.as_str(), body.text.as_str());

    let line = CleanText::line(raw, columns);
    let text = line.text.as_str();
    sound(text, |_| false);
    assert!(line.text.columns() <= columns && text.width() <= columns);
    assert!(text.len() <= columns * COLUMN_BYTES);
    assert_eq!(text.trim(), text);
    assert!(text.chars().all(|c| c == ' ' || !c.is_whitespace()));
    let again = CleanText::line(text, columns);
    assert!(!again.changed);
    assert_eq!(again.text.as_str(), text);
});

fn sound(text: &str, spared: impl Fn(char) -> bool) {
    assert!(is_nfc(text));
    assert_eq!(text.chars().find(|c| forbidden(*c) && !spared(*c)), None);
    for cluster in text.graphemes(true) {
        assert!(cluster.chars().filter(|c| is_combining_mark(*c)).count() <= CLUSTER_PASSENGERS);
        assert!(cluster.width() > 0, "drawn on its neighbour");
    }
}

/// What no cleaned text may hold. Not the cleaner's own table, so that one mistake is not made twice.
fn forbidden(c: char) -> bool {
    let n = u32::from(c);
    c.is_control()
        || n & 0xfffe == 0xfffe
        || matches!(n,
            0xad | 0x34f | 0x61c | 0x115f | 0x1160 | 0x17b4 | 0x17b5 | 0x180b..=0x180f | 0x200b | 0x200e | 0x200f
            | 0x2028..=0x202e | 0x2060..=0x206f | 0x3164 | 0xe000..=0xf8ff | 0xfdd0..=0xfdef | 0xfe00..=0xfe0d
            | 0xfeff | 0xffa0 | 0xfff0..=0xfffc | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a | 0xe0000..=0xe0fff
            | 0xf0000..=0x10ffff)
}
