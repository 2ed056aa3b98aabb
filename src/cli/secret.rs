//! Where a room's passphrase comes from: a prompt, a file, a descriptor; never the command line, where every process of
//! the machine could read it.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use crossterm::terminal;
use tokio::runtime::{Builder, Runtime};
use zeroize::{Zeroize, Zeroizing};

use super::args;
use super::keys::Keys;
use super::report::Failure;
use super::signals::Signals;
use crate::base::secret::Text;
use crate::chat::problem::{Flaw, Problem};
use crate::crypto::strength::{Strength, strength};
use crate::crypto::words;
use crate::node::{invites, random};
use crate::store::Fault;
use crate::tui::terminal::Heard;
use crate::tui::{Input, Key, Press};
use crate::wire::invite::Invite;

/// The longest passphrase read, in bytes. Longer than any that a person types or a generator makes.
const LONGEST: usize = 4_096;
/// How soon a signal is seen while nobody types.
const LOOK: Duration = Duration::from_millis(100);
/// The exit code of Ctrl+C, which is a key and no signal while nothing is echoed.
const INTERRUPTED: u8 = 130;

/// What admits to a room.
pub(super) enum Chosen {
    /// Its name alone.
    Open,
    /// A passphrase.
    Passphrase(Zeroizing<String>),
    /// An invite, as it was typed.
    Invite(Text),
}

/// Reads an invite, which is all the secret that its room needs; `None` where something else was typed.
pub(super) fn invite(typed: &str, asked: &args::Secret) -> Result<Option<Invite>, Failure> {
    let invite = match invites::read(typed) {
        Err(Problem::BadInvite(Flaw::Neither)) => return Ok(None),
        Ok(invite) => invite,
        Err(problem) => return Err(Failure::Usage(format!("{}; {}", problem.text(), problem.hint()))),
    };
    if asked.passphrase || asked.passphrase_file.is_some() || asked.passphrase_fd.is_some() {
        return Err(Failure::Usage("an invite needs no passphrase".to_owned()));
    }
    Ok(Some(invite))
}

/// Gets the secret in the way that was asked for. Without any, a terminal is asked; a program gets an open room.
pub(super) fn obtain(asked: &args::Secret, no_input: bool, room: &str) -> Result<Chosen, Failure> {
    let interactive = !no_input && io::stdin().is_terminal() && io::stderr().is_terminal();
    if asked.open {
        return Ok(Chosen::Open);
    }
    if let Some(path) = &asked.passphrase_file {
        return from_file(path);
    }
    if let Some(fd) = asked.passphrase_fd {
        return from_descriptor(fd);
    }
    match (interactive, asked.passphrase) {
        (true, _) => prompt(room, !asked.passphrase),
        (false, true) => Err(Failure::Usage(
            "a passphrase was asked for, but there is no terminal to type it \
             at; use --passphrase-file or --passphrase-fd"
                .to_owned(),
        )),
        (false, false) => Ok(Chosen::Open),
    }
}

fn from_file(path: &Path) -> Result<Chosen, Failure> {
    if path.as_os_str() == "-" {
        return first_line(super::raw::stdin()?, "stdin");
    }
    let shown = path.display().to_string();
    let file = File::open(path).map_err(|err| unreadable(&shown, &err.to_string()))?;
    first_line(file, &shown)
}

fn from_descriptor(fd: i32) -> Result<Chosen, Failure> {
    if !cfg!(unix) {
        return Err(Failure::Usage("--passphrase-fd needs a Unix system; use --passphrase-file".to_owned()));
    }
    let shown = format!("descriptor {fd}");
    // Opening the descriptor's name is another handle on the same file, and needs no trust in the number.
    let path = PathBuf::from(format!("/dev/fd/{fd}"));
    let file = File::open(path).map_err(|err| unreadable(&shown, &err.to_string()))?;
    first_line(file, &shown)
}

fn first_line(mut from: impl Read, shown: &str) -> Result<Chosen, Failure> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
    let mut byte = [0_u8; 1];
    loop {
        match from.read(&mut byte) {
            Ok(0) => break,
            Ok(_) if byte == *b"\n" => break,
            Ok(_) if bytes.len() == LONGEST => {
                return Err(unreadable(shown, &format!("its first line is over {LONGEST} bytes")));
            }
            Ok(_) => bytes.extend_from_slice(&byte),
            Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
            Err(err) => return Err(unreadable(shown, &err.to_string())),
        }
    }
    byte.zeroize();
    if bytes.last() == Some(&b'\r') {
        bytes.pop();
    }
    if bytes.is_empty() {
        return Err(unreadable(shown, "its first line is empty; an open room is asked for with --open"));
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Chosen::Passphrase(Zeroizing::new(text.to_owned()))),
        Err(_) => Err(unreadable(shown, "its first line is not UTF-8")),
    }
}

fn unreadable(what: &str, why: &str) -> Failure {
    Failure::Usage(format!("no passphrase in {what}: {why}"))
}

/// One question. Nothing that is typed is echoed; what was generated is shown, because it must be written down.
fn prompt(room: &str, may_be_open: bool) -> Result<Chosen, Failure> {
    let enter =
        if may_be_open { "Enter alone = an open room anybody can read" } else { "it must not be empty" };
    let signalled = Signalled::watch()?;
    // Before the question: whoever types ahead of it is not echoed either.
    let raw = Raw::enter()?;
    let mut keys = Keys::new()?;
    let mut out = io::stderr();
    write!(out, "Passphrase for {room} ({enter}, Ctrl+G = six generated words): ")?;
    out.flush()?;
    let mut generated = false;
    let mut typed = Zeroizing::new(String::with_capacity(LONGEST));
    loop {
        match read_keys(&mut typed, &mut keys, &signalled)? {
            Asked::Enter if typed.is_empty() && may_be_open => {
                drop(raw);
                writeln!(out, "\nopen room: whoever knows or guesses the name can read it")?;
                return Ok(Chosen::Open);
            }
            Asked::Enter if typed.is_empty() => {}
            Asked::Enter => break,
            Asked::Generate => {
                draw(&mut typed, &mut out, "Tell it to the others")?;
                generated = true;
            }
            Asked::Stop(code) => {
                drop(raw);
                writeln!(out)?;
                return Err(Failure::Stopped(code));
            }
        }
    }
    drop(raw);
    writeln!(out, "\n{}", verdict(&typed, generated))?;
    Ok(Chosen::Passphrase(typed))
}

/// Gets the passphrase of a profile: from where it was said to be, else by asking.
pub(super) fn own(
    keep: &args::Keep,
    no_input: bool,
    name: &str,
    new: bool,
) -> Result<Zeroizing<String>, Failure> {
    let read = match (&keep.profile_passphrase_file, keep.profile_passphrase_fd) {
        (Some(path), _) => Some(from_file(path)?),
        (None, Some(fd)) => Some(from_descriptor(fd)?),
        (None, None) => None,
    };
    match read {
        Some(Chosen::Passphrase(text)) => return Ok(text),
        Some(Chosen::Open | Chosen::Invite(_)) => return Err(Fault::Empty.into()),
        None => {}
    }
    if no_input || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(Failure::Locked);
    }
    let mut desk = Desk::open()?;
    if new { desk.make_own(name) } else { Ok(desk.ask(&format!("Passphrase of profile {name}: "), false)?.0) }
}

/// A terminal that echoes nothing, also between two questions, and loses nothing that was typed ahead.
struct Desk {
    signalled: Signalled,
    _raw: Raw,
    keys: Keys,
}

impl Desk {
    fn open() -> io::Result<Desk> {
        let signalled = Signalled::watch()?;
        let raw = Raw::enter()?;
        Ok(Desk { signalled, _raw: raw, keys: Keys::new()? })
    }

    /// Nobody can mend a slip of the finger in what a profile is sealed with, so it is asked for twice.
    fn make_own(&mut self, name: &str) -> Result<Zeroizing<String>, Failure> {
        let question = format!("Profile {name} is new. Passphrase for it (Ctrl+G = six generated words): ");
        loop {
            let (typed, generated) = self.ask(&question, true)?;
            write!(io::stderr(), "{}\r\n", verdict(&typed, generated))?;
            if *self.ask("Again: ", false)?.0 == *typed {
                return Ok(typed);
            }
            write!(io::stderr(), "these were two different ones\r\n")?;
        }
    }

    /// One question, whose answer is not empty; with whether it was generated.
    fn ask(&mut self, question: &str, may_generate: bool) -> Result<(Zeroizing<String>, bool), Failure> {
        let mut out = io::stderr();
        write!(out, "{question}")?;
        out.flush()?;
        let mut generated = false;
        let mut typed = Zeroizing::new(String::with_capacity(LONGEST));
        loop {
            match read_keys(&mut typed, &mut self.keys, &self.signalled)? {
                Asked::Enter if typed.is_empty() => {}
                Asked::Enter => break,
                Asked::Generate if !may_generate => {}
                Asked::Generate => {
                    draw(&mut typed, &mut out, "Write it down")?;
                    generated = true;
                }
                Asked::Stop(code) => {
                    write!(out, "\r\n")?;
                    return Err(Failure::Stopped(code));
                }
            }
        }
        write!(out, "\r\n")?;
        Ok((typed, generated))
    }
}

/// Six words in place of what was typed, shown once, and what to do with them.
fn draw(typed: &mut Zeroizing<String>, out: &mut impl Write, then: &str) -> io::Result<()> {
    typed.zeroize();
    typed.push_str(&words::generate_passphrase(&mut random::os()));
    write!(
        out,
        "\r\n  {}\r\n  nobody can recover it; it stands on this screen until you clear it\r\n{then}, then Enter: ",
        &**typed
    )?;
    out.flush()
}

/// How long a passphrase withstands, in a sentence.
fn verdict(typed: &str, generated: bool) -> String {
    let measured = if generated { Strength::generated() } else { strength(typed) };
    let verdict = if measured.weak() { "weak" } else { "good" };
    format!("{verdict}: guessing it costs a well-equipped attacker about {}", measured.cost_in_words())
}

enum Asked {
    Enter,
    Generate,
    Stop(u8),
}

/// Puts the terminal back however the reading ends.
struct Raw;

impl Raw {
    fn enter() -> io::Result<Raw> {
        terminal::enable_raw_mode().map(|()| Raw)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // With the terminal gone there is nothing left to put back.
        let _ = terminal::disable_raw_mode();
    }
}

/// A signal that came while the question stood there: the terminal has to be put back before the program ends.
struct Signalled {
    code: Arc<AtomicU8>,
    _runtime: Runtime,
}

impl Signalled {
    fn watch() -> io::Result<Signalled> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let code = Arc::new(AtomicU8::new(0));
        let seen = Arc::clone(&code);
        let mut signals = runtime.block_on(async { Signals::new() })?;
        runtime.spawn(async move { seen.store(signals.end().await.0, Ordering::Relaxed) });
        Ok(Signalled { code, _runtime: runtime })
    }

    fn code(&self) -> Option<u8> {
        Some(self.code.load(Ordering::Relaxed)).filter(|code| *code != 0)
    }
}

fn read_keys(typed: &mut Zeroizing<String>, keys: &mut Keys, signalled: &Signalled) -> io::Result<Asked> {
    loop {
        if let Some(code) = signalled.code() {
            return Ok(Asked::Stop(code));
        }
        let Some(Heard::Input(Input::Press(Press { key, ctrl, .. }))) = keys.next(Some(LOOK))? else {
            continue;
        };
        match key {
            Key::Enter => return Ok(Asked::Enter),
            Key::Char('j' | 'm') if ctrl => return Ok(Asked::Enter),
            Key::Char('g') if ctrl => return Ok(Asked::Generate),
            Key::Char('c') if ctrl => return Ok(Asked::Stop(INTERRUPTED)),
            Key::Char('d') if ctrl && typed.is_empty() => return Ok(Asked::Stop(INTERRUPTED)),
            Key::Char('u') if ctrl => typed.zeroize(),
            Key::Backspace => wipe_last(typed),
            Key::Char('h') if ctrl => wipe_last(typed),
            // Over the limit nothing is taken: a buffer that grew would leave a copy behind.
            Key::Char(c) if !ctrl && typed.len() + c.len_utf8() <= LONGEST => typed.push(c),
            _ => {}
        }
    }
}

/// Takes the last character away; its bytes stay in the buffer's spare room, which is wiped with it.
fn wipe_last(typed: &mut Zeroizing<String>) {
    typed.pop();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(bytes: &[u8]) -> Result<String, String> {
        match first_line(bytes, "a file") {
            Ok(Chosen::Passphrase(text)) => Ok(text.to_string()),
            Ok(Chosen::Open | Chosen::Invite(_)) => unreachable!("a file holds a passphrase"),
            Err(Failure::Usage(why)) => Err(why),
            Err(_) => unreachable!("only usage"),
        }
    }

    #[test]
    fn the_first_line_counts_and_its_end_does_not() {
        for bytes in [&b"six words"[..], b"six words\n", b"six words\r\nmore\n"] {
            assert_eq!(line(bytes).as_deref(), Ok("six words"));
        }
        assert_eq!(line(b" spaces stay \n").as_deref(), Ok(" spaces stay "));
    }

    #[test]
    fn what_is_no_passphrase_is_told_with_its_reason() {
        for (bytes, why) in [(&b""[..], "empty"), (b"\nsecond", "empty"), (b"\xff\xfe", "UTF-8")] {
            assert!(line(bytes).is_err_and(|err| err.contains(why)), "{bytes:?}");
        }
        assert!(line(&vec![b'a'; LONGEST]).is_ok());
        assert!(line(&vec![b'a'; LONGEST + 1]).is_err_and(|err| err.contains("bytes")));
    }
}
