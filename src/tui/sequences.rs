//! Sequences for a terminal that are not cells: a notification, the clipboard. Nothing a peer wrote goes into the first
//! but the name of a room; into the second goes only what a person copied, and in a spelling that steers nothing.

use zeroize::Zeroizing;

/// How a terminal tells the desktop that something came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Desk {
    /// Not at all: the bell has to do.
    #[default]
    Bell,
    /// iTerm2, WezTerm, Warp.
    Nine,
    /// kitty.
    NinetyNine,
    /// Ghostty, foot, VTE, urxvt.
    SevenSevenSeven,
}

/// Says that something waits in a room, and nothing else: never what, or from whom.
pub fn ring(desk: Desk, room: &str) -> Vec<u8> {
    // A room's name may come from an invite: letters that end or split no sequence.
    let name: String = room.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect();
    let said =
        if name.is_empty() { "a message waits".to_owned() } else { format!("a message waits in {name}") };
    match desk {
        Desk::Bell => BELL.to_vec(),
        Desk::Nine => format!("\x1b]9;ephem-node: {said}\x1b\\").into_bytes(),
        Desk::NinetyNine => format!("\x1b]99;;ephem-node: {said}\x1b\\").into_bytes(),
        Desk::SevenSevenSeven => format!("\x1b]777;notify;ephem-node;{said}\x1b\\").into_bytes(),
    }
}

/// White on black, whatever the terminal's own colours are.
pub const LIGHT_ON_DARK: &str = "\x1b[97;40m";
/// Back to the terminal's own colours.
pub const USUAL: &str = "\x1b[0m";
/// Takes the wheel: presses of it alone, in numbers that no terminal spells wrongly. Whoever selects text has to hold Shift.
pub const WHEEL: &[u8] = b"\x1b[?1000h\x1b[?1006h";
/// Gives the wheel back.
pub const NO_WHEEL: &[u8] = b"\x1b[?1006l\x1b[?1000l";
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
    fn a_room_can_write_nothing_but_its_name_into_a_notification() {
        assert_eq!(ring(Desk::Bell, "lobby"), BELL);
        assert_eq!(ring(Desk::Nine, "lobby"), b"\x1b]9;ephem-node: a message waits in lobby\x1b\\");
        for desk in [Desk::Nine, Desk::NinetyNine, Desk::SevenSevenSeven] {
            let said = ring(desk, "a;b\x1b\\\x07 \u{202e}c");
            assert!(said.ends_with(b"a message waits in abc\x1b\\"), "{}", said.escape_ascii());
            assert_eq!(said.iter().filter(|byte| !(0x20..0x7f).contains(*byte)).count(), 2);
            assert!(ring(desk, "\u{706b}").ends_with(b"a message waits\x1b\\"));
        }
    }

    #[test]
    fn nothing_that_was_copied_can_end_the_sequence() {
        let copied = copy("\x1b\\\x07 and more");
        assert_eq!(copied.iter().filter(|byte| **byte < 0x20).count(), 2, "the beginning and the end");
    }
}
