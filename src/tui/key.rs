//! Keys, and the one table of what they do: help, the palette, the test for clashes and the screen itself read it.

use std::fmt;

use super::editor::Move;

/// A key without what is held down with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A character, as it would be typed.
    Char(char),
    /// Return.
    Enter,
    /// Tab.
    Tab,
    /// Erase to the left.
    Backspace,
    /// Erase to the right.
    Delete,
    /// An arrow.
    Left,
    /// An arrow.
    Right,
    /// An arrow.
    Up,
    /// An arrow.
    Down,
    /// Home.
    Home,
    /// End.
    End,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// Escape.
    Esc,
    /// A function key.
    F(u8),
}

/// A key with what is held down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Press {
    /// The key.
    pub key: Key,
    /// With Ctrl.
    pub ctrl: bool,
    /// With Alt.
    pub alt: bool,
    /// With Shift, where it is not part of the character.
    pub shift: bool,
}

/// Where a key means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Everywhere but in a question.
    Anywhere,
    /// While a draft is edited.
    Draft,
    /// While a message is chosen.
    Message,
}

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Send the draft, or carry out the command.
    Send,
    /// A new line in the draft.
    NewLine,
    /// Move the caret.
    Go(Step),
    /// Take something away.
    Cut(Step),
    /// Put it back.
    PutBack,
    /// What I said before and still lives.
    Earlier,
    /// And back.
    Later,
    /// Complete a command, a name or a room.
    Complete,
    /// The candidate before.
    CompleteBack,
    /// Scroll up a page.
    PageUp,
    /// Scroll down a page.
    PageDown,
    /// Scroll up a line.
    LineUp,
    /// Scroll down a line.
    LineDown,
    /// Where the talk is.
    Live,
    /// The room of this number, or the talk with one person.
    Room(u8),
    /// The next room.
    NextRoom,
    /// The room before.
    RoomBefore,
    /// The next room with something new.
    Active,
    /// Choose a message.
    Choose,
    /// The message above.
    Above,
    /// The message below.
    Below,
    /// Open a sealed message.
    Open,
    /// Answer it.
    Reply,
    /// Keep the chosen message, or no longer.
    Pin,
    /// Copy it.
    Copy,
    /// All about it.
    Info,
    /// Take it back everywhere.
    Burn,
    /// Compare words with its author.
    Verify,
    /// Tell the admins.
    Report,
    /// Take nothing from its author any more.
    Block,
    /// Back to the draft.
    Back,
    /// How long the next message lives.
    Ttl,
    /// Everything that can be done, to be searched.
    Palette,
    /// What the keys do.
    Help,
    /// Search what still lives.
    Search,
    /// Who is here.
    Members,
    /// Which rooms there are.
    Rooms,
    /// How the others are reached.
    Network,
    /// Hide everything.
    Curtain,
    /// Burn everything here and end, at once.
    Panic,
    /// Paint everything anew.
    Redraw,
    /// Clear the draft; then ask; then end.
    Interrupt,
    /// Leave, when nothing is typed.
    Leave,
    /// Into the background.
    Suspend,
}

/// A way for the caret, spelled so that a table can hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step(pub(super) Move);

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// Where.
    pub place: Place,
    /// Which key.
    pub press: Press,
    /// What it does.
    pub deed: Deed,
    /// The same in words; empty for one more way to do what the line before does.
    pub help: &'static str,
}

const fn plain(key: Key) -> Press {
    Press { key, ctrl: false, alt: false, shift: false }
}

const fn ctrl(c: char) -> Press {
    Press { ctrl: true, ..plain(Key::Char(c)) }
}

const fn alt(key: Key) -> Press {
    Press { alt: true, ..plain(key) }
}

const fn shift(key: Key) -> Press {
    Press { shift: true, ..plain(key) }
}

const fn go(to: Move) -> Deed {
    Deed::Go(Step(to))
}

const fn cut(to: Move) -> Deed {
    Deed::Cut(Step(to))
}

macro_rules! keys {
    ($($place:ident { $($press:expr => $deed:expr, $help:literal;)+ })+) => {
        /// Every key that does something, in the order of help.
        pub static KEYS: &[Binding] = &[$($(
            Binding { place: Place::$place, press: $press, deed: $deed, help: $help },
        )+)+];
    };
}

keys! {
    Draft {
        plain(Key::Enter) => Deed::Send, "send; twice on an empty line: leave room or talk";
        alt(Key::Enter) => Deed::NewLine, "new line";
        shift(Key::Enter) => Deed::NewLine, "";
        ctrl('j') => Deed::NewLine, "";
        plain(Key::Up) => Deed::Earlier, "what I said before and still lives";
        plain(Key::Down) => Deed::Later, "";
        plain(Key::Tab) => Deed::Complete, "complete a command, a name, a room";
        shift(Key::Tab) => Deed::CompleteBack, "";
        ctrl('t') => Deed::Ttl, "how long the next message lives";
        plain(Key::Esc) => Deed::Choose, "choose a message, with the draft empty";
        plain(Key::Left) => go(Move::Left), "move by characters";
        plain(Key::Right) => go(Move::Right), "";
        ctrl('f') => Deed::Search, "search what still lives";
        alt(Key::Char('b')) => go(Move::WordLeft), "move by words";
        alt(Key::Char('f')) => go(Move::WordRight), "";
        ctrl('a') => go(Move::Home), "to the beginning of the line";
        plain(Key::Home) => go(Move::Home), "";
        ctrl('e') => go(Move::End), "to the end of the line";
        plain(Key::Backspace) => cut(Move::Left), "erase";
        plain(Key::Delete) => cut(Move::Right), "";
        ctrl('w') => cut(Move::WordLeft), "erase a word";
        ctrl('u') => cut(Move::Home), "erase to the beginning";
        alt(Key::Char('k')) => cut(Move::End), "erase to the end";
        ctrl('y') => Deed::PutBack, "put back what was erased last";
        ctrl('d') => Deed::Leave, "leave room or talk, with the draft empty";
    }
    Message {
        plain(Key::Up) => Deed::Above, "the message above";
        plain(Key::Char('k')) => Deed::Above, "";
        plain(Key::Down) => Deed::Below, "the message below";
        plain(Key::Char('j')) => Deed::Below, "";
        plain(Key::Enter) => Deed::Open, "open what is sealed or asks, follow an invite";
        plain(Key::Char('o')) => Deed::Open, "";
        plain(Key::Char('r')) => Deed::Reply, "write to its author";
        plain(Key::Char('y')) => Deed::Copy, "copy it; the clipboard does not burn";
        plain(Key::Char('i')) => Deed::Info, "all about it";
        plain(Key::Char('p')) => Deed::Pin, "keep it, or no longer; admins may";
        plain(Key::Char('b')) => Deed::Burn, "take it back everywhere, if it is mine";
        plain(Key::Char('v')) => Deed::Verify, "words to compare with its author";
        plain(Key::Char('R')) => Deed::Report, "tell the admins";
        plain(Key::Char('B')) => Deed::Block, "take nothing from its author any more";
        plain(Key::Esc) => Deed::Back, "back to the draft; so does typing";
    }
    Anywhere {
        plain(Key::PageUp) => Deed::PageUp, "scroll";
        plain(Key::PageDown) => Deed::PageDown, "";
        shift(Key::Up) => Deed::LineUp, "scroll by lines";
        shift(Key::Down) => Deed::LineDown, "";
        plain(Key::End) => Deed::Live, "to where the talk is";
        alt(Key::Char('1')) => Deed::Room(0), "to the first room or talk, and so on";
        alt(Key::Char('2')) => Deed::Room(1), "";
        alt(Key::Char('3')) => Deed::Room(2), "";
        alt(Key::Char('4')) => Deed::Room(3), "";
        alt(Key::Char('5')) => Deed::Room(4), "";
        alt(Key::Char('6')) => Deed::Room(5), "";
        alt(Key::Char('7')) => Deed::Room(6), "";
        alt(Key::Char('8')) => Deed::Room(7), "";
        alt(Key::Char('9')) => Deed::Room(8), "";
        ctrl('n') => Deed::NextRoom, "next room";
        ctrl('p') => Deed::RoomBefore, "room before";
        alt(Key::Char('a')) => Deed::Active, "next room with something new";
        ctrl('k') => Deed::Palette, "everything that can be done";
        plain(Key::F(1)) => Deed::Help, "these keys";
        plain(Key::F(2)) => Deed::Rooms, "rooms";
        plain(Key::F(3)) => Deed::Members, "who is here";
        plain(Key::F(5)) => Deed::Network, "how the others are reached";
        plain(Key::F(12)) => Deed::Curtain, "hide everything until a key is pressed";
        shift(Key::F(12)) => Deed::Panic, "burn everything here, leave and end, at once";
        ctrl('l') => Deed::Redraw, "paint everything anew";
        ctrl('z') => Deed::Suspend, "into the background, with the screen blank";
        ctrl('c') => Deed::Interrupt, "clear the draft; again, ask; again, end";
    }
}

/// What a key does there.
pub(super) fn deed(place: Place, press: Press) -> Option<Deed> {
    let find = |place| KEYS.iter().find(|binding| binding.place == place && binding.press == press);
    find(place).or_else(|| find(Place::Anywhere)).map(|binding| binding.deed)
}

impl Press {
    /// The key alone.
    pub fn of(key: Key) -> Press {
        plain(key)
    }

    /// The character it types, if it types one.
    pub(super) fn types(self) -> Option<char> {
        match self.key {
            Key::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }
}

impl fmt::Display for Press {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (held, name) in [(self.ctrl, "Ctrl+"), (self.alt, "Alt+"), (self.shift, "Shift+")] {
            if held {
                f.write_str(name)?;
            }
        }
        match self.key {
            Key::Char(c) if self.ctrl || self.alt => write!(f, "{}", c.to_ascii_uppercase()),
            Key::Char(c) => write!(f, "{c}"),
            Key::F(n) => write!(f, "F{n}"),
            Key::PageUp => f.write_str("PgUp"),
            Key::PageDown => f.write_str("PgDn"),
            key => write!(f, "{key:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_has_two_meanings_in_one_place() {
        for (at, one) in KEYS.iter().enumerate() {
            for other in &KEYS[at + 1..] {
                let same = one.place == other.place && one.press == other.press;
                assert!(!same, "{} is both {:?} and {:?}", one.press, one.deed, other.deed);
            }
        }
    }

    #[test]
    fn keys_that_terminals_cannot_tell_apart_or_keep_for_themselves_are_left_alone() {
        // Tab, Enter, Backspace, Escape; flow control; the prefix of tmux.
        for c in ['i', 'm', 'h', '[', 's', 'q', 'b'] {
            assert!(KEYS.iter().all(|binding| binding.press != ctrl(c)), "Ctrl+{c}");
        }
    }

    #[test]
    fn every_deed_is_explained_once() {
        let mut explained: Vec<(Place, Deed)> = Vec::new();
        for binding in KEYS {
            let here = (binding.place, binding.deed);
            let extends = KEYS.iter().take_while(|b| !std::ptr::eq(*b, binding)).last();
            if binding.help.is_empty() {
                assert!(extends.is_some(), "the first line explains itself");
            } else {
                assert!(!explained.contains(&here), "{here:?}");
                assert!(binding.help.len() <= 48, "{}", binding.help);
                explained.push(here);
            }
        }
    }
}
