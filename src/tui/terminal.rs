//! The terminal: the only file that touches it. It is taken over whole, given back whole, and left without a word of what
//! was said on it, however the program ends.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::event::{
    self, DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange, KeyCode,
    KeyEventKind, KeyModifiers, MouseEventKind,
};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen,
};
use crossterm::{execute, queue, terminal};
use ratatui_core::backend::Backend;
use ratatui_core::buffer::Buffer;
use ratatui_core::layout::{Position, Rect};
use ratatui_crossterm::CrosstermBackend;
use zeroize::Zeroizing;

use super::hands::Input;
use super::key::{Key, Press};

/// Whether some terminal is taken over: what a panic has to know.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// A terminal that is taken over until this is dropped.
pub struct Terminal<W: Write> {
    out: CrosstermBackend<W>,
    /// What stands on it.
    shown: Buffer,
    /// What is being drawn: empty between two frames.
    next: Buffer,
    size: (u16, u16),
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
    /// Takes it over.
    pub fn open(out: W) -> io::Result<Terminal<W>> {
        let size = terminal::size()?;
        let mut taken = Terminal {
            out: CrosstermBackend::new(out),
            shown: Buffer::empty(Rect::ZERO),
            next: Buffer::empty(Rect::ZERO),
            size,
        };
        taken.enter()?;
        Ok(taken)
    }

    /// Draws one frame: `draw` fills the cells and says where the caret is. Only what differs is written, in one piece.
    pub fn draw(&mut self, draw: impl FnOnce(&mut Buffer) -> Option<Position>) -> io::Result<()> {
        let area = Rect::new(0, 0, self.size.0, self.size.1);
        if self.next.area != area {
            self.next.resize(area);
            self.shown.resize(area);
            self.shown.reset();
            queue!(self.out, Clear(ClearType::All))?;
        }
        self.next.reset();
        let caret = draw(&mut self.next);
        queue!(self.out, BeginSynchronizedUpdate, Hide)?;
        self.out.draw(self.shown.diff(&self.next).into_iter())?;
        if let Some(at) = caret {
            queue!(self.out, MoveTo(at.x, at.y), Show)?;
        }
        queue!(self.out, EndSynchronizedUpdate)?;
        std::mem::swap(&mut self.shown, &mut self.next);
        // The frame before this one is nobody's any more.
        self.next.reset();
        Write::flush(&mut self.out)
    }

    /// Asks how large it is now.
    pub fn measure(&mut self) -> io::Result<()> {
        self.size = terminal::size()?;
        Ok(())
    }

    /// The next frame is written whole.
    pub fn repaint(&mut self) -> io::Result<()> {
        self.shown.reset();
        queue!(self.out, Clear(ClearType::All))
    }

    /// Writes bytes that are not cells: a bell, a notification.
    pub fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        Write::flush(&mut self.out)
    }

    /// Gives it back, blank; [`Terminal::enter`] takes it again.
    pub fn leave(&mut self) -> io::Result<()> {
        self.shown.reset();
        self.next.reset();
        TAKEN.store(false, Ordering::Relaxed);
        give_back(&mut self.out)
    }

    /// Takes it over again.
    pub fn enter(&mut self) -> io::Result<()> {
        TAKEN.store(true, Ordering::Relaxed);
        terminal::enable_raw_mode()?;
        self.size = terminal::size()?;
        self.shown.reset();
        execute!(
            self.out,
            EnterAlternateScreen,
            EnableBracketedPaste,
            EnableFocusChange,
            Clear(ClearType::All),
        )
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
        write!(f, "Terminal({}x{})", self.size.0, self.size.1)
    }
}

/// Blank first: some terminals keep what the other screen showed.
fn give_back(out: &mut impl Write) -> io::Result<()> {
    let done = execute!(
        out,
        Clear(ClearType::All),
        DisableFocusChange,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        Show,
    );
    terminal::disable_raw_mode()?;
    done
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

/// Waits for the next thing the terminal says. To be called from a thread of its own: it blocks.
pub fn listen() -> io::Result<Heard> {
    loop {
        if let Some(heard) = heard(event::read()?) {
            return Ok(heard);
        }
    }
}

fn heard(event: event::Event) -> Option<Heard> {
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

fn press(event: &event::KeyEvent) -> Option<Press> {
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
