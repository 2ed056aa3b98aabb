//! What is typed at the terminal, key by key, by whoever asks for it: a question at the door, or the screen's own thread.

use std::io;
use std::time::Duration;

use crate::tui::terminal::Heard;

/// The terminal's keys.
pub(super) struct Keys(system::Keys);

impl Keys {
    /// From now on its keys are ours.
    pub(super) fn new() -> io::Result<Keys> {
        system::Keys::new().map(Keys)
    }

    /// Waits for the next thing, so long at most; `None` where nothing came, or what came means nothing. It blocks.
    pub(super) fn next(&mut self, within: Option<Duration>) -> io::Result<Option<Heard>> {
        self.0.next(within)
    }
}

#[cfg(unix)]
mod system {
    use std::io::{self, Read};
    use std::time::Duration;

    use super::super::raw;
    use crate::tui::Input;
    use crate::tui::keyboard::Keyboard;
    use crate::tui::terminal::Heard;

    /// So long after an escape comes what belongs to it: it is one key, sent in one piece, that was cut on its way.
    const APART: Duration = Duration::from_millis(25);

    /// Read by ourselves: the library that would read them keeps what was typed.
    pub(super) struct Keys {
        stdin: raw::Stdin,
        keyboard: Keyboard,
    }

    impl Keys {
        pub(super) fn new() -> io::Result<Keys> {
            Ok(Keys { stdin: raw::stdin()?, keyboard: Keyboard::new() })
        }

        pub(super) fn next(&mut self, within: Option<Duration>) -> io::Result<Option<Heard>> {
            if let Some(input) = self.next_input()? {
                return Ok(Some(Heard::Input(input)));
            }
            if !self.stdin.is_waiting(within)? {
                return Ok(None);
            }
            self.read()?;
            Ok(self.next_input()?.map(Heard::Input))
        }

        fn next_input(&mut self) -> io::Result<Option<Input>> {
            if self.keyboard.is_undecided() && self.stdin.is_waiting(Some(APART))? {
                self.read()?;
            }
            Ok(self.keyboard.next_input())
        }

        fn read(&mut self) -> io::Result<()> {
            match self.stdin.read(self.keyboard.space()) {
                Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => {
                    self.keyboard.fill(read);
                    Ok(())
                }
                Err(err) if err.kind() == io::ErrorKind::Interrupted => Ok(()),
                Err(err) => Err(err),
            }
        }
    }
}

#[cfg(not(unix))]
mod system {
    use std::io;
    use std::time::Duration;

    use crate::tui::terminal::{self, Heard};

    pub(super) struct Keys;

    impl Keys {
        pub(super) fn new() -> io::Result<Keys> {
            Ok(Keys)
        }

        pub(super) fn next(&mut self, within: Option<Duration>) -> io::Result<Option<Heard>> {
            terminal::listen(within)
        }
    }
}
