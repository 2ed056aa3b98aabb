//! Stdin and stdout without the buffers that the standard library puts before them: those live as long as the program and
//! are never wiped, and what people say goes through here.

use std::io::{self, Read, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};

use zeroize::{Zeroize, Zeroizing};

/// What is gathered before it is written: a few lines of any length that people write.
const HELD: usize = 8_192;

/// The exit code of whoever waits for no reader any more; zero as long as there was nobody.
static PRESSED: AtomicU8 = AtomicU8::new(0);

/// Wakes whoever waits for a reader: something can be read from it once somebody is in a hurry.
static BELL: OnceLock<(io::PipeReader, io::PipeWriter)> = OnceLock::new();

/// From now on nothing is written that somebody would have to be waited for.
pub(super) fn press(code: u8) {
    PRESSED.store(code, Ordering::SeqCst);
    if let Some((_, bell)) = BELL.get() {
        // Rung a few times in a life, and never emptied: there is room.
        let _ = (&*bell).write(&[0]);
    }
}

/// The exit code that whoever is in such a hurry asks for.
pub(super) fn pressed() -> Option<u8> {
    Some(PRESSED.load(Ordering::SeqCst)).filter(|code| *code != 0)
}

/// Stdout as the system has it: every write goes out at once.
#[derive(Debug)]
pub(super) struct Stdout(system::Stdout);

/// Stdin as the system has it.
#[derive(Debug)]
pub(super) struct Stdin(system::Stdin);

/// Stdout, straight.
pub(super) fn stdout() -> io::Result<Stdout> {
    if BELL.get().is_none() {
        // Of two made at once one is enough.
        let _ = BELL.set(io::pipe()?);
    }
    system::stdout().map(Stdout)
}

/// Stdin, straight.
pub(super) fn stdin() -> io::Result<Stdin> {
    system::stdin().map(Stdin)
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        system::write(&mut self.0, bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(unix)]
impl Stdin {
    /// Whether something came to be read, within this time.
    pub(super) fn is_waiting(&self, within: Option<std::time::Duration>) -> io::Result<bool> {
        system::is_waiting(&self.0, within)
    }
}

impl Read for Stdin {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into)
    }
}

/// Gathers what is written in small pieces until it is flushed, and is wiped then, whatever became of it.
pub(super) struct Wiped<W> {
    to: W,
    /// On the heap, so that moving this leaves no copy behind.
    held: Zeroizing<Box<[u8]>>,
    length: usize,
}

impl<W: Write> Wiped<W> {
    /// Nothing held yet.
    pub(super) fn new(to: W) -> Wiped<W> {
        Wiped { to, held: Zeroizing::new(vec![0; HELD].into()), length: 0 }
    }

    fn hand_over(&mut self) -> io::Result<()> {
        let held = self.held.get_mut(..self.length).unwrap_or_default();
        self.length = 0;
        let done = self.to.write_all(held);
        held.zeroize();
        done
    }
}

impl<W: Write> Write for Wiped<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.length == HELD {
            self.hand_over()?;
        }
        let free = self.held.get_mut(self.length..).unwrap_or_default();
        let taken = free.len().min(bytes.len());
        for (free, byte) in free.iter_mut().zip(bytes) {
            *free = *byte;
        }
        self.length += taken;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.hand_over()?;
        self.to.flush()
    }
}

#[cfg(unix)]
mod system {
    use std::fs::File;
    use std::io::{self, Write};
    use std::os::fd::AsFd;
    use std::time::Duration;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::io::Errno;

    pub(super) type Stdout = File;
    pub(super) type Stdin = File;

    /// What a pipe that takes anything takes without a wait: no more is written at once.
    const PIECE: usize = if cfg!(target_os = "linux") { 4_096 } else { 512 };
    const AT_ONCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

    /// Writes as soon as the reader takes something. A reader who never does holds up nobody who is in a hurry.
    pub(super) fn write(out: &mut Stdout, bytes: &[u8]) -> io::Result<usize> {
        if !is_free(out, AT_ONCE)? {
            // A node may be on this thread: it moves to another, and goes on.
            tokio::task::block_in_place(|| wait(out))?;
        }
        out.write(bytes.get(..PIECE).unwrap_or(bytes))
    }

    /// Waits for the reader, until somebody is in a hurry.
    fn wait(out: &Stdout) -> io::Result<()> {
        loop {
            if super::pressed().is_some() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            let reader = PollFd::new(out, PollFlags::OUT);
            let bell = super::BELL.get().map(|(bell, _)| PollFd::new(bell, PollFlags::IN));
            let mut both: Vec<PollFd<'_>> = [reader].into_iter().chain(bell).collect();
            ready(&mut both, None)?;
            if both.first().is_some_and(|reader| !reader.revents().is_empty()) {
                return Ok(());
            }
        }
    }

    pub(super) fn is_waiting(from: &Stdin, within: Option<Duration>) -> io::Result<bool> {
        let within = within.map(|within| Timespec {
            tv_sec: within.as_secs().cast_signed(),
            tv_nsec: within.subsec_nanos().into(),
        });
        ready(&mut [PollFd::new(from, PollFlags::IN)], within.as_ref())
    }

    fn is_free(out: &Stdout, within: Timespec) -> io::Result<bool> {
        ready(&mut [PollFd::new(out, PollFlags::OUT)], Some(&within))
    }

    fn ready(fds: &mut [PollFd<'_>], within: Option<&Timespec>) -> io::Result<bool> {
        match poll(fds, within) {
            Ok(ready) => Ok(ready > 0),
            Err(Errno::INTR) => Ok(false),
            Err(err) => Err(err.into()),
        }
    }

    pub(super) fn stdout() -> io::Result<Stdout> {
        io::stdout().as_fd().try_clone_to_owned().map(File::from)
    }

    pub(super) fn stdin() -> io::Result<Stdin> {
        io::stdin().as_fd().try_clone_to_owned().map(File::from)
    }
}

/// A console there takes other text than UTF-8, and the standard library translates: its buffers stay.
#[cfg(not(unix))]
mod system {
    use std::io::{self, Write};

    pub(super) type Stdout = io::Stdout;
    pub(super) type Stdin = io::Stdin;

    pub(super) fn write(out: &mut Stdout, bytes: &[u8]) -> io::Result<usize> {
        out.write(bytes)
    }

    pub(super) fn stdout() -> io::Result<Stdout> {
        Ok(io::stdout())
    }

    pub(super) fn stdin() -> io::Result<Stdin> {
        Ok(io::stdin())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes so much, then nothing.
    struct Narrow(Vec<u8>, usize);

    impl Write for Narrow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = bytes.len().min(self.1 - self.0.len());
            self.0.extend_from_slice(&bytes[..taken]);
            if taken == 0 { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(taken) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn everything_comes_out_in_order_whatever_its_pieces() {
        let mut out = Wiped::new(Narrow(Vec::new(), usize::MAX));
        let mut wanted = Vec::new();
        for n in 0..40_usize {
            let piece = vec![b'a' + (n % 26) as u8; n * n];
            out.write_all(&piece).unwrap();
            wanted.extend_from_slice(&piece);
            if n % 7 == 0 {
                out.flush().unwrap();
            }
        }
        out.flush().unwrap();
        assert!(out.to.0 == wanted);
    }

    #[test]
    fn nothing_of_what_was_written_is_kept_whether_it_could_be_written_or_not() {
        for most in [usize::MAX, 3, 0] {
            let mut out = Wiped::new(Narrow(Vec::new(), most));
            out.write_all(b"north gate").unwrap();
            assert!(out.held.starts_with(b"north gate"));
            assert_eq!(out.flush().is_ok(), most > 3);
            assert!(out.held.iter().all(|byte| *byte == 0), "{most}");
        }
    }
}
