//! Sequences for a terminal that are not cells: a notification, the clipboard. Nothing a peer wrote goes into the first;
//! into the second goes only what a person copied, and in a spelling that steers nothing.

use zeroize::Zeroizing;

/// Tells the desktop, in the three ways terminals know, that something came. It never says what, from whom or where: the
/// name of a room may be as telling as a message, and desktops keep what they were told.
pub const NOTIFY: &[u8] =
    b"\x1b]9;ephem-node: a message waits\x1b\\\x1b]99;;ephem-node: a message waits\x1b\\\x1b]777;notify;ephem-node;a message waits\x1b\\";
/// Rings.
pub const BELL: &[u8] = b"\x07";

/// Puts a text into the clipboard.
pub fn copy(text: &str) -> Zeroizing<Vec<u8>> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len().div_ceil(3) * 4 + 16));
    bytes.extend_from_slice(b"\x1b]52;c;");
    for part in text.as_bytes().chunks(3) {
        let at = |n: usize| u32::from(part.get(n).copied().unwrap_or_default());
        let group = at(0) << 16 | at(1) << 8 | at(2);
        for (n, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            let digit = DIGITS.get((group >> shift & 63) as usize).filter(|_| n <= part.len());
            bytes.push(digit.copied().unwrap_or(b'='));
        }
    }
    bytes.extend_from_slice(b"\x1b\\");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clipboard_gets_exactly_the_text() {
        for (text, spelled) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("n\u{f6}", "bsO2")]
        {
            assert_eq!(copy(text).as_slice(), format!("\x1b]52;c;{spelled}\x1b\\").as_bytes());
        }
    }

    #[test]
    fn nothing_that_was_copied_can_end_the_sequence() {
        let copied = copy("\x1b\\\x07 and more");
        assert_eq!(copied.iter().filter(|byte| **byte < 0x20).count(), 2, "the beginning and the end");
    }
}
