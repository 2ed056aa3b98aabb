//! Waits, told in words: what is being done, why it takes time, and when it ends. Never a spinner.

use super::duration;

/// Said where a text is read from stdin, and stdin does not end.
pub const STDIN_GOES_ON: &str =
    "the text is read from stdin until it ends (Ctrl+D); with --lines each line is sent as it comes";

/// Something that takes time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wait {
    /// The room is looked for.
    Searching,
    /// Others are to vouch for this node.
    Vouching,
    /// An admin has to open.
    Knocking,
    /// Nobody else is here.
    Company,
}

impl Wait {
    /// Every wait.
    pub const ALL: &'static [Wait] = &[Wait::Searching, Wait::Vouching, Wait::Knocking, Wait::Company];

    /// The step that is being done.
    pub fn step(self) -> &'static str {
        match self {
            Wait::Searching => "looking for people in the room",
            Wait::Vouching => "waiting for somebody to vouch for this node",
            Wait::Knocking => "knocking",
            Wait::Company => "alone, listening for others",
        }
    }

    /// Why it takes time.
    pub fn reason(self) -> &'static str {
        match self {
            Wait::Searching => "the local network and every address given are asked",
            Wait::Vouching => "two who hold the same keys have to say so, or one if there is only one",
            Wait::Knocking => "an admin has to let newcomers in",
            Wait::Company => "nobody has answered yet",
        }
    }

    /// How it ends.
    pub fn end(self) -> &'static str {
        match self {
            Wait::Searching => "ends when somebody answers, or with a room of your own",
            Wait::Vouching => "ends with the first answers; text can be read and sent meanwhile",
            Wait::Knocking => "ends when an admin answers; /leave gives up",
            Wait::Company => "ends when somebody comes; /leave gives up",
        }
    }

    /// When it is spoken of again, so many milliseconds after it began: soon at first, then ever more rarely.
    pub fn told_at_ms(self, times: u32) -> u64 {
        const FIRST: [u64; 4] = [5_000, 15_000, 30_000, 60_000];
        let after = u64::from(times).saturating_sub(FIRST.len() as u64 - 1);
        let at = usize::try_from(times).unwrap_or(usize::MAX);
        // Every five minutes from then on.
        FIRST.get(at).copied().unwrap_or_else(|| after.saturating_mul(300_000))
    }

    /// The whole sentence, so long after it began.
    pub fn sentence(self, waited_ms: u64) -> String {
        let waited = duration::words(waited_ms / 1_000 * 1_000);
        format!("{}, {waited} so far: {}; {}", self.step(), self.reason(), self.end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wait_says_step_seconds_reason_and_end() {
        for &wait in Wait::ALL {
            let said = wait.sentence(12_400);
            for part in [wait.step(), "12 seconds", wait.reason(), wait.end()] {
                assert!(said.contains(part) && !part.is_empty(), "{said}");
            }
            assert!(said.len() <= 220, "{said}");
        }
    }

    #[test]
    fn it_is_spoken_of_ever_more_rarely() {
        let times: Vec<u64> = (0..7).map(|n| Wait::Searching.told_at_ms(n)).collect();
        assert_eq!(times, [5_000, 15_000, 30_000, 60_000, 300_000, 600_000, 900_000]);
        assert!(Wait::Searching.told_at_ms(u32::MAX) > 0);
    }
}
