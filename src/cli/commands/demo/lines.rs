//! One line for each thing that happens: `mm:ss  who sees it  what`.

use std::io::{self, Write};
use std::time::Duration;

use crate::base::text::CleanText;
use crate::cli::args::Speed;

/// What a line tells. Words of a peer come in as [`CleanText`] and go out without a copy.
#[derive(PartialEq, Eq)]
pub(super) enum What {
    /// Our own words.
    Told(String),
    /// A message.
    Said {
        /// Its number and its author.
        head: String,
        /// Its text.
        text: CleanText,
        /// What is to be known about it.
        tail: String,
    },
}

/// Width of the middle column: three names with a plus between.
const VIEW_COLUMNS: usize = 13;
/// Shortest and longest pause before a line that is to be read along, in milliseconds of the reader's time.
const PAUSE_MS: (u64, u64) = (120, 650);
/// Story time goes by so many times faster.
const HASTE: u64 = 4;

/// Prints lines, at the reader's pace where somebody reads along.
pub(super) struct Printer<W> {
    out: W,
    speed: Speed,
    last_ms: u64,
}

impl<W: Write> Printer<W> {
    pub(super) fn new(out: W, speed: Speed) -> Printer<W> {
        Printer { out, speed, last_ms: 0 }
    }

    /// Prints what somebody saw so many milliseconds into the story.
    pub(super) fn line(&mut self, at_ms: u64, view: &str, what: &What) -> io::Result<()> {
        self.pause(at_ms);
        let (minutes, seconds) = (at_ms / 60_000, at_ms / 1_000 % 60);
        write!(self.out, "{minutes:02}:{seconds:02}  {view:VIEW_COLUMNS$}  ")?;
        match what {
            What::Told(text) => writeln!(self.out, "{text}"),
            What::Said { head, text, tail } => writeln!(self.out, "{head}{}{tail}", text.as_str()),
        }
    }

    /// A gap between two scenes.
    pub(super) fn gap(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "a reader's pause, at the edge: the room's time is virtual"
    )]
    fn pause(&mut self, at_ms: u64) {
        let passed = at_ms.saturating_sub(self.last_ms);
        self.last_ms = at_ms;
        if self.speed == Speed::Realtime {
            let (shortest, longest) = PAUSE_MS;
            std::thread::sleep(Duration::from_millis((passed / HASTE).clamp(shortest, longest)));
        }
    }
}
