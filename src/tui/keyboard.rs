//! What a terminal sends, read into keys. The library that writes to the terminal can read it too, but it keeps what was
//! typed: its last bytes in a buffer, its last keys in a queue, a paste wherever that grew to. Here is one buffer that never
//! moves, and what has been read is wiped before it is handed on.
//!
//! No reader in here: whoever drives it reads into [`Keyboard::space`], says how much came, and takes what it means.

use zeroize::{Zeroize, Zeroizing};

use super::hands::Input;
use super::key::{Key, Press};

/// Bytes read at once.
const HELD: usize = 1_024;
/// Longest sequence; what is longer means nothing.
const SEQUENCE: usize = 40;
/// Bytes taken of a paste. Far beyond any draft, which refuses what it has no place for.
const PASTE: usize = 64 * 1_024;
const PASTED: &[u8] = b"\x1b[201~";

/// Bytes that came, and what they mean.
pub struct Keyboard {
    bytes: Zeroizing<Vec<u8>>,
    /// What lies before has been read and wiped.
    from: usize,
    to: usize,
    /// The last reading took all the space there was: more is waiting.
    full: bool,
    /// A paste that has begun. It has all its room from the start, so that it never moves.
    paste: Option<Zeroizing<Vec<u8>>>,
}

/// What the bytes begin with.
#[derive(Debug)]
enum Step {
    /// Something that has not come whole.
    Wait,
    /// So many bytes, and what they mean, if anything.
    Take(usize, Option<Input>),
    /// So many bytes, after which a paste follows.
    Paste(usize),
}

impl Default for Keyboard {
    fn default() -> Keyboard {
        Keyboard::new()
    }
}

impl Keyboard {
    /// Nothing yet.
    pub fn new() -> Keyboard {
        Keyboard { bytes: Zeroizing::new(vec![0; HELD]), from: 0, to: 0, full: false, paste: None }
    }

    /// Where to read into. Never empty once [`Keyboard::next_input`] has returned `None`.
    pub fn space(&mut self) -> &mut [u8] {
        self.bytes.copy_within(self.from..self.to, 0);
        let left = self.to - self.from;
        self.bytes.get_mut(left..self.to).unwrap_or_default().zeroize();
        (self.from, self.to) = (0, left);
        self.bytes.get_mut(left..).unwrap_or_default()
    }

    /// So many bytes of [`Keyboard::space`] are filled.
    pub fn fill(&mut self, bytes: usize) {
        self.to = self.to.saturating_add(bytes).min(self.bytes.len());
        self.full = self.to == self.bytes.len();
    }

    /// The next thing that was done. `None` when there is none yet: read on.
    pub fn next_input(&mut self) -> Option<Input> {
        loop {
            if self.paste.is_some() {
                return self.pasted();
            }
            let held = self.bytes.get(self.from..self.to).unwrap_or_default();
            match step(held, self.full) {
                Step::Wait => return None,
                Step::Paste(bytes) => {
                    self.wipe(bytes);
                    self.paste = Some(Zeroizing::new(Vec::with_capacity(PASTE)));
                }
                Step::Take(bytes, input) => {
                    self.wipe(bytes);
                    if input.is_some() {
                        return input;
                    }
                }
            }
        }
    }

    /// Whether all that is left is an escape: a key, or the beginning of what is still on its way.
    pub fn is_undecided(&self) -> bool {
        self.paste.is_none() && self.bytes.get(self.from..self.to) == Some(&[0x1b])
    }

    fn wipe(&mut self, bytes: usize) {
        let past = (self.from + bytes).min(self.to);
        self.bytes.get_mut(self.from..past).unwrap_or_default().zeroize();
        self.from = past;
    }

    /// Goes on with a paste; gives it once its end has come.
    fn pasted(&mut self) -> Option<Input> {
        loop {
            let held = self.bytes.get(self.from..self.to).unwrap_or_default();
            let plain = held.iter().position(|byte| *byte == 0x1b).unwrap_or(held.len());
            let rest = held.get(plain..).unwrap_or_default();
            let (taken, ended) = if rest.starts_with(PASTED) {
                (plain, true)
            } else if PASTED.starts_with(rest) {
                // Nothing, or what may become the end.
                (plain, false)
            } else {
                (plain + 1, false)
            };
            if let (Some(paste), Some(text)) = (&mut self.paste, held.get(..taken)) {
                let room = PASTE - paste.len();
                paste.extend_from_slice(text.get(..room).unwrap_or(text));
            }
            self.wipe(taken + if ended { PASTED.len() } else { 0 });
            if ended {
                return self.paste.take().map(|bytes| Input::Paste(text_of(bytes)));
            }
            if taken == plain {
                return None;
            }
        }
    }
}

impl std::fmt::Debug for Keyboard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keyboard({})", self.to - self.from)
    }
}

fn text_of(mut bytes: Zeroizing<Vec<u8>>) -> Zeroizing<String> {
    match String::from_utf8(std::mem::take(&mut *bytes)) {
        Ok(text) => Zeroizing::new(text),
        Err(err) => {
            let bytes = Zeroizing::new(err.into_bytes());
            Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned())
        }
    }
}

/// `more`: whether other bytes are known to be waiting, so that an escape at the end is no key yet.
fn step(held: &[u8], more: bool) -> Step {
    match held {
        [] => Step::Wait,
        [0x1b] if more => Step::Wait,
        [0x1b] | [0x1b, 0x1b, ..] => pressed(1, plain(Key::Esc)),
        [0x1b, b'O'] => Step::Wait,
        [0x1b, b'O', last, ..] => Step::Take(3, arrow(*last).map(|key| Input::Press(plain(key)))),
        [0x1b, b'[', rest @ ..] => sequence(rest),
        // Alt comes as an escape before the key.
        [0x1b, rest @ ..] => match character(rest) {
            Step::Take(bytes, Some(Input::Press(press))) => pressed(bytes + 1, Press { alt: true, ..press }),
            Step::Take(bytes, other) => Step::Take(bytes + 1, other),
            waiting => waiting,
        },
        _ => character(held),
    }
}

fn pressed(bytes: usize, press: Press) -> Step {
    Step::Take(bytes, Some(Input::Press(press)))
}

fn plain(key: Key) -> Press {
    Press { key, ctrl: false, alt: false, shift: false }
}

/// One key that is no sequence: a character, or one held with Ctrl.
fn character(held: &[u8]) -> Step {
    let Some(&first) = held.first() else { return Step::Wait };
    let ctrl = |from: u8| Press { ctrl: true, ..plain(Key::Char(char::from(from))) };
    let length = match first {
        b'\r' => return pressed(1, plain(Key::Enter)),
        b'\t' => return pressed(1, plain(Key::Tab)),
        0x7f => return pressed(1, plain(Key::Backspace)),
        0 => return pressed(1, ctrl(b' ')),
        0x01..=0x1a => return pressed(1, ctrl(first - 1 + b'a')),
        0x1c..=0x1f => return pressed(1, ctrl(first - 0x1c + b'4')),
        0x20..=0x7e => 1,
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return Step::Take(1, None),
    };
    let bytes = held.get(..length).unwrap_or(held);
    match std::str::from_utf8(bytes) {
        Ok(text) => Step::Take(length, text.chars().next().map(|c| Input::Press(plain(Key::Char(c))))),
        Err(err) if err.error_len().is_none() && bytes.len() < length => Step::Wait,
        Err(_) => Step::Take(1, None),
    }
}

/// What follows an escape and a bracket.
fn sequence(rest: &[u8]) -> Step {
    const BEFORE: usize = 2;
    match rest {
        // Function keys of the Linux console.
        [b'['] => return Step::Wait,
        [b'[', key @ b'A'..=b'E', ..] => return pressed(BEFORE + 2, plain(Key::F(key - b'A' + 1))),
        // The oldest kind of mouse: three bytes that are no numbers.
        [b'M', button, _, _, ..] => return Step::Take(BEFORE + 4, wheel(button.saturating_sub(32).into())),
        [b'M', ..] => return Step::Wait,
        _ => {}
    }
    let body = rest.iter().take_while(|byte| (0x20..=0x3f).contains(*byte)).count();
    let Some(last) = rest.get(body) else {
        return if body < SEQUENCE { Step::Wait } else { Step::Take(BEFORE + body, None) };
    };
    if !(0x40..=0x7e).contains(last) {
        return Step::Take(BEFORE + body, None);
    }
    let bytes = BEFORE + body + 1;
    let fields = rest.get(..body).unwrap_or_default();
    if *last == b'~' && fields == b"200" {
        return Step::Paste(bytes);
    }
    Step::Take(bytes, meaning(fields, *last))
}

fn meaning(fields: &[u8], last: u8) -> Option<Input> {
    if let [b'<', rest @ ..] = fields {
        return if last == b'M' { wheel(number(rest.split(|byte| *byte == b';').next()?)?) } else { None };
    }
    let mut fields = fields.split(|byte| *byte == b';');
    let first = fields.next().and_then(|field| number(field.split(|byte| *byte == b':').next()?));
    let mut held = fields.next().unwrap_or_default().split(|byte| *byte == b':');
    // One more than the sum of what is held: Shift 1, Alt 2, Ctrl 4.
    let held_down = held.next().and_then(number).unwrap_or(1).saturating_sub(1);
    if held.next().and_then(number) == Some(3) {
        // Let go.
        return None;
    }
    let key = match (last, first) {
        (b'I', None) => return Some(Input::Focus(true)),
        (b'O', None) => return Some(Input::Focus(false)),
        (b'Z', _) => return Some(Input::Press(Press { shift: true, ..plain(Key::Tab) })),
        (b'~', Some(number)) => numbered(number)?,
        (b'u', Some(code)) => spelled(code)?,
        _ => arrow(last)?,
    };
    let ctrl = held_down & 4 != 0;
    let press = match key {
        // What Shift makes of a letter is the letter; with Ctrl its case means nothing.
        Key::Char(c) => Press { key: Key::Char(if ctrl { c.to_ascii_lowercase() } else { c }), ..plain(key) },
        _ => Press { shift: held_down & 1 != 0, ..plain(key) },
    };
    Some(Input::Press(Press { ctrl, alt: held_down & 2 != 0, ..press }))
}

fn number(digits: &[u8]) -> Option<u32> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn wheel(button: u32) -> Option<Input> {
    match button & 0b0100_0011 {
        64 => Some(Input::Wheel(-1)),
        65 => Some(Input::Wheel(1)),
        _ => None,
    }
}

fn arrow(last: u8) -> Option<Key> {
    Some(match last {
        b'A' => Key::Up,
        b'B' => Key::Down,
        b'C' => Key::Right,
        b'D' => Key::Left,
        b'H' => Key::Home,
        b'F' => Key::End,
        b'M' => Key::Enter,
        b'P'..=b'S' => Key::F(last - b'P' + 1),
        _ => return None,
    })
}

fn numbered(number: u32) -> Option<Key> {
    Some(match number {
        1 | 7 => Key::Home,
        4 | 8 => Key::End,
        3 => Key::Delete,
        5 => Key::PageUp,
        6 => Key::PageDown,
        11..=15 => Key::F((number - 10) as u8),
        17..=21 => Key::F((number - 11) as u8),
        23..=26 => Key::F((number - 12) as u8),
        28 | 29 => Key::F((number - 13) as u8),
        31..=34 => Key::F((number - 14) as u8),
        _ => return None,
    })
}

/// A key by the code of its character, as newer terminals tell it.
fn spelled(code: u32) -> Option<Key> {
    Some(match code {
        13 => Key::Enter,
        9 => Key::Tab,
        27 => Key::Esc,
        127 => Key::Backspace,
        // Keys of no character have places that are nobody's.
        57_344..=63_743 => return None,
        _ => Key::Char(char::from_u32(code).filter(|c| !c.is_control())?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of these bytes, read in pieces of so many.
    fn read(bytes: &[u8], piece: usize) -> Vec<String> {
        let mut keyboard = Keyboard::new();
        let mut out = Vec::new();
        for piece in bytes.chunks(piece) {
            keyboard.space()[..piece.len()].copy_from_slice(piece);
            keyboard.fill(piece.len());
            while let Some(input) = keyboard.next_input() {
                out.push(told(&input));
            }
        }
        out
    }

    fn told(input: &Input) -> String {
        match input {
            Input::Press(press) => {
                let held = [(press.ctrl, "^"), (press.alt, "!"), (press.shift, "+")];
                let held: String = held.iter().filter(|(is, _)| *is).map(|(_, name)| *name).collect();
                match press.key {
                    Key::Char(c) => format!("{held}{c}"),
                    key => format!("{held}{key:?}"),
                }
            }
            Input::Paste(text) => format!("paste {}", **text),
            Input::Wheel(by) => format!("wheel {by}"),
            Input::Focus(on) => format!("focus {on}"),
        }
    }

    const KEYS: &[(&[u8], &[&str])] = &[
        (b"aZ 9~", &["a", "Z", " ", "9", "~"]),
        ("é€👩".as_bytes(), &["é", "€", "👩"]),
        (b"\r\t\x7f\n\x08\x03\x00\x1c", &["Enter", "Tab", "Backspace", "^j", "^h", "^c", "^ ", "^4"]),
        (b"\x1b[A\x1b[B\x1b[C\x1b[D\x1b[H\x1b[F", &["Up", "Down", "Right", "Left", "Home", "End"]),
        (b"\x1bOA\x1bOP\x1bOS\x1bOM\x1bOz", &["Up", "F(1)", "F(4)", "Enter"]),
        (b"\x1b[1;5D\x1b[1;3C\x1b[1;2A\x1b[1;7B\x1b[1;5R", &["^Left", "!Right", "+Up", "^!Down", "^F(3)"]),
        (b"\x1b[3~\x1b[5~\x1b[6~\x1b[1~\x1b[4~\x1b[2~", &["Delete", "PageUp", "PageDown", "Home", "End"]),
        (
            b"\x1b[3;5~\x1b[11~\x1b[15~\x1b[17~\x1b[24~\x1b[34~",
            &["^Delete", "F(1)", "F(5)", "F(6)", "F(12)", "F(20)"],
        ),
        (b"\x1b[[A\x1b[[E\x1b[Z", &["F(1)", "F(5)", "+Tab"]),
        ("\u{1b}x\u{1b}é\u{1b}\r\u{1b}\u{7f}".as_bytes(), &["!x", "!é", "!Enter", "!Backspace"]),
        (b"\x1b[I\x1b[O", &["focus true", "focus false"]),
        (
            b"\x1b[<64;3;4M\x1b[<65;3;4M\x1b[<0;3;4M\x1b[<0;3;4m\x1b[M`!!\x1b[Ma!!x",
            &["wheel -1", "wheel 1", "wheel -1", "wheel 1", "x"],
        ),
        (b"\x1b[97;5u\x1b[13u\x1b[97;1:3u\x1b[65;6u\x1b[57358u", &["^a", "Enter", "^a"]),
        (b"\x1b[200~two\nlines \x1b[31m\xff\x1b[201~x", &["paste two\nlines \u{1b}[31m\u{fffd}", "x"]),
        (b"\x1b[200~\x1b[201~", &["paste "]),
        // What nobody knows, and what is cut short by something else, is passed over.
        (b"\x1b[999~\x1b[?1;2c\x1b[\x01z\xffz\xc3(", &["^a", "z", "z", "("]),
    ];

    #[test]
    fn each_key_is_read_as_what_it_is_however_it_comes() {
        for (bytes, keys) in KEYS {
            for piece in 1..=bytes.len() {
                let cut = bytes.chunks(piece).any(|piece| piece.ends_with(b"\x1b"));
                // An escape that nothing follows is a key.
                if !cut {
                    assert_eq!(read(bytes, piece), *keys, "{bytes:?} in pieces of {piece}");
                }
            }
        }
        assert_eq!(read(b"\x1b", 1), ["Esc"]);
        assert_eq!(read(b"\x1b\x1b[A", 4), ["Esc", "Up"]);
    }

    #[test]
    fn an_escape_at_the_end_of_a_full_reading_waits_for_the_next() {
        let mut bytes = vec![b'x'; HELD - 1];
        bytes.extend_from_slice(b"\x1b[A");
        let told = read(&bytes, HELD);
        assert_eq!((told.len(), told.last().map(String::as_str)), (HELD, Some("Up")));
    }

    #[test]
    fn nothing_that_was_read_is_kept() {
        for (bytes, _) in KEYS {
            let mut keyboard = Keyboard::new();
            for piece in bytes.chunks(3) {
                keyboard.space()[..piece.len()].copy_from_slice(piece);
                keyboard.fill(piece.len());
                while keyboard.next_input().is_some() {}
                let (from, to) = (keyboard.from, keyboard.to);
                let kept = keyboard
                    .bytes
                    .iter()
                    .enumerate()
                    .filter(|(at, byte)| **byte != 0 && !(from..to).contains(at));
                assert_eq!(kept.count(), 0, "{bytes:?}");
            }
        }
    }

    #[test]
    fn a_long_paste_is_cut_and_never_moves() {
        let mut bytes = b"\x1b[200~".to_vec();
        bytes.resize(PASTE * 2, b'x');
        bytes.extend_from_slice(b"\x1b[201~y");
        let told = read(&bytes, 1_000);
        assert_eq!(told.iter().map(String::len).collect::<Vec<_>>(), ["paste ".len() + PASTE, 1]);
        let paste = Keyboard { paste: Some(Zeroizing::new(Vec::with_capacity(PASTE))), ..Keyboard::new() };
        assert!(paste.paste.is_some_and(|paste| paste.capacity() >= PASTE));
    }

    #[test]
    fn whatever_comes_is_read_to_its_end() {
        let mut state = 5_u64;
        for _ in 0..20_000 {
            let bytes: Vec<u8> = (0..24)
                .map(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    let byte = (state >> 56) as u8;
                    if byte < 120 { b"\x1b[O0129;:<~uMA\xc3"[usize::from(byte) % 15] } else { byte }
                })
                .collect();
            let mut keyboard = Keyboard::new();
            keyboard.space()[..bytes.len()].copy_from_slice(&bytes);
            keyboard.fill(bytes.len());
            while keyboard.next_input().is_some() {}
            assert!(!keyboard.space().is_empty());
            // Whatever was waited for, the end of a paste and a key later it is itself again.
            for piece in [&b"\x1b[201~"[..], b"~~~~~~~~", b"x"] {
                keyboard.space()[..piece.len()].copy_from_slice(piece);
                keyboard.fill(piece.len());
                let told: Vec<String> =
                    std::iter::from_fn(|| keyboard.next_input()).map(|i| told(&i)).collect();
                assert!(piece != b"x" || told == ["x"], "{bytes:?}: {told:?}");
            }
        }
    }
}
