//! The terminal: the only file that touches it. It is taken over whole, given back whole, and left without a word of what
//! was said on it, however the program ends.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::Show;
use crossterm::event::{DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange};
use crossterm::terminal::{
    Clear, ClearType, DisableLineWrap, EnableLineWrap, EnterAlternateScreen, LeaveAlternateScreen,
};
use crossterm::{execute, terminal};
use ratatui_core::buffer::Buffer;
use ratatui_core::layout::Position;

use super::canvas::Canvas;
use super::hands::Input;
use super::sequences;

/// Whether some terminal is taken over: what a panic has to know.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// A terminal that is taken over until this is dropped.
pub struct Terminal<W: Write> {
    canvas: Canvas<W>,
    /// The wheel scrolls here, and selecting text takes Shift.
    mouse: bool,
}

/// Something a terminal said that is no input.
#[derive(Debug)]
pub enum Heard {
    /// A person did something.
    Input(Input),
    /// It has another size now.
    Resized,
}

impl<W: Write> Terminal<W> {
    /// Takes it over, with the wheel of its mouse or without.
    pub fn open(out: W, mouse: bool) -> io::Result<Terminal<W>> {
        let mut taken = Terminal { canvas: Canvas::new(out, terminal::size()?), mouse };
        taken.enter()?;
        Ok(taken)
    }

    /// Draws one frame: `draw` fills the cells and says where the caret is.
    pub fn draw(&mut self, draw: impl FnOnce(&mut Buffer) -> Option<Position>) -> io::Result<()> {
        if !TAKEN.load(Ordering::Relaxed) {
            // A panic somewhere gave it back: what is drawn now would stay on it.
            return Err(io::Error::other("the terminal was given back"));
        }
        self.canvas.draw(draw)
    }

    /// Asks how large it is now.
    pub fn measure(&mut self) -> io::Result<()> {
        self.canvas.resize(terminal::size()?);
        Ok(())
    }

    /// The next frame is written whole.
    pub fn repaint(&mut self) -> io::Result<()> {
        self.canvas.repaint()
    }

    /// Writes bytes that are not cells: a bell, a notification.
    pub fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.canvas.out().write_all(bytes)?;
        self.canvas.out().flush()
    }

    /// Gives it back, blank; [`Terminal::enter`] takes it again.
    pub fn leave(&mut self) -> io::Result<()> {
        self.canvas.forget();
        if TAKEN.swap(false, Ordering::Relaxed) { give_back(self.canvas.out()) } else { Ok(()) }
    }

    /// Takes it over again.
    pub fn enter(&mut self) -> io::Result<()> {
        TAKEN.store(true, Ordering::Relaxed);
        terminal::enable_raw_mode()?;
        self.measure()?;
        self.canvas.forget();
        execute!(
            self.canvas.out(),
            EnterAlternateScreen,
            // What a terminal draws wider than it should must not reach the next row.
            DisableLineWrap,
            EnableBracketedPaste,
            EnableFocusChange,
            Clear(ClearType::All),
        )?;
        if self.mouse { self.say(sequences::WHEEL) } else { Ok(()) }
    }
}

impl<W: Write> Drop for Terminal<W> {
    fn drop(&mut self) {
        // With the terminal gone there is nothing left to give back.
        let _ = self.leave();
    }
}

impl<W: Write> std::fmt::Debug for Terminal<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Terminal({:?})", self.canvas)
    }
}

/// Blank first: some terminals keep what the other screen showed.
fn give_back(out: &mut impl Write) -> io::Result<()> {
    // Harmless where the wheel was never taken; and a panic does not know whether it was.
    let wheel = out.write_all(sequences::NO_WHEEL);
    let done = execute!(
        out,
        Clear(ClearType::All),
        DisableFocusChange,
        DisableBracketedPaste,
        EnableLineWrap,
        LeaveAlternateScreen,
        Show,
    );
    terminal::disable_raw_mode()?;
    wheel.and(done)
}

/// From now on a panic gives the terminal back before anything is printed, and what it prints is where, not what.
pub fn guard_panics() {
    std::panic::set_hook(Box::new(|panic| {
        if TAKEN.swap(false, Ordering::Relaxed) {
            let _ = give_back(&mut io::stdout());
        }
        let place = panic.location().map(|at| format!(" at {}:{}", at.file(), at.line())).unwrap_or_default();
        let _ =
            writeln!(io::stderr(), "ephem-node stopped because of a mistake in it{place}; nothing was saved");
    }));
}

/// Waits for the next thing the terminal says, where it says so in no bytes. To be called from a thread of its own: it blocks.
#[cfg(not(unix))]
pub fn listen(within: Option<std::time::Duration>) -> io::Result<Option<Heard>> {
    use crossterm::event;
    if within.map_or(Ok(true), event::poll)? { event::read().map(heard) } else { Ok(None) }
}

#[cfg(not(unix))]
fn heard(event: crossterm::event::Event) -> Option<Heard> {
    use crossterm::event::{self, KeyEventKind, MouseEventKind};
    use zeroize::Zeroizing;
    let input = match event {
        event::Event::Key(key) if key.kind != KeyEventKind::Release => Input::Press(press(&key)?),
        event::Event::Key(_) => return None,
        event::Event::Paste(text) => Input::Paste(Zeroizing::new(text)),
        event::Event::FocusGained => Input::Focus(true),
        event::Event::FocusLost => Input::Focus(false),
        event::Event::Mouse(mouse) => match mouse.kind {
            MouseEventKind::ScrollUp => Input::Wheel(-1),
            MouseEventKind::ScrollDown => Input::Wheel(1),
            _ => return None,
        },
        event::Event::Resize(..) => return Some(Heard::Resized),
    };
    Some(Heard::Input(input))
}

#[cfg(not(unix))]
fn press(event: &crossterm::event::KeyEvent) -> Option<super::key::Press> {
    use super::key::{Key, Press};
    use crossterm::event::{KeyCode, KeyModifiers};
    let held = |what| event.modifiers.contains(what);
    let (ctrl, alt) = (held(KeyModifiers::CONTROL), held(KeyModifiers::ALT));
    let mut shift = held(KeyModifiers::SHIFT);
    let key = match event.code {
        KeyCode::Char(c) => {
            // What Shift makes of a letter is the letter; with Ctrl its case means nothing.
            shift = false;
            Key::Char(if ctrl { c.to_ascii_lowercase() } else { c })
        }
        KeyCode::Enter => Key::Enter,
        KeyCode::Tab => Key::Tab,
        KeyCode::BackTab => {
            shift = true;
            Key::Tab
        }
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Delete => Key::Delete,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Esc => Key::Esc,
        KeyCode::F(n) => Key::F(n),
        _ => return None,
    };
    Some(Press { key, ctrl, alt, shift })
}
