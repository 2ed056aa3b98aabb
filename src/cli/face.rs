//! What stands before a node: lines for people, JSON lines for programs, next to nothing for a node that nobody sits at.

use std::io::{self, Write};
use std::net::SocketAddr;

use zeroize::Zeroizing;

use super::raw::{self, Wiped};
use super::stdin::Typed;
use crate::chat::event::Event;
use crate::chat::lines;
use crate::chat::problem::Problem;
use crate::chat::reply::Reply;
use crate::chat::request::Asked;
use crate::node::Asking;
use crate::node::clock::Clock;
use crate::node::zone::Zone;
use crate::pipe;
use crate::plain;

/// What stands before a node.
pub(super) trait Face {
    /// Tells what happened.
    fn told(&mut self, event: &Event) -> io::Result<()>;
    /// Hands over what it was told: nothing more comes at once.
    fn flush(&mut self) -> io::Result<()>;
    /// Looks at what time has brought about; gives when to look again, in milliseconds.
    fn passed(&mut self) -> io::Result<Option<u64>>;
    /// Takes what was typed.
    fn typed(&mut self, typed: Typed) -> io::Result<Option<Asked>>;
}

/// The face of a node that serves: addresses, links and troubles, and never a word of a room.
pub(super) struct Served {
    json: Option<Pipe>,
}

impl Served {
    /// With numbers told there, which is said.
    pub(super) fn new(asking: &Asking, json: bool, numbers: Option<SocketAddr>) -> io::Result<Served> {
        if let (Some(at), false) = (numbers, json) {
            writeln!(io::stderr(), "numbers at http://{at}/metrics")?;
        }
        Ok(Served { json: json.then(|| Pipe::new(asking)).transpose()? })
    }
}

impl Face for Served {
    fn told(&mut self, event: &Event) -> io::Result<()> {
        let shown = matches!(
            event,
            Event::Hello(_)
                | Event::Listening(_)
                | Event::Peer(_)
                | Event::Bootstrap(_)
                | Event::Net(_)
                | Event::Notice(_)
                | Event::Bye(_)
        );
        match (&mut self.json, event) {
            (Some(pipe), event) if shown => pipe.told(event),
            (None, Event::Listening(addr)) => writeln!(io::stdout(), "listening on {}", addr.as_str()),
            (None, Event::Net(line)) => match line.addresses.first() {
                Some(addr) => writeln!(io::stdout(), "others add: --bootstrap {}", addr.as_str()),
                None => Ok(()),
            },
            (None, Event::Notice(notice)) => writeln!(io::stderr(), "{}", notice.said.text()),
            _ => Ok(()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.json.as_mut().map_or(Ok(()), Pipe::flush)
    }

    fn passed(&mut self) -> io::Result<Option<u64>> {
        Ok(None)
    }

    fn typed(&mut self, _typed: Typed) -> io::Result<Option<Asked>> {
        Ok(None)
    }
}

/// The face for people.
pub(super) struct Plain {
    state: plain::State,
    zone: Zone,
    out: Wiped<raw::Stdout>,
    clock: Clock,
}

impl Plain {
    pub(super) fn new(asking: &Asking) -> io::Result<Plain> {
        let out = Wiped::new(raw::stdout()?);
        let (clock, zone) = (asking.clock(), Zone::here());
        let state = plain::State::new(zone.minutes_east(clock.wall()));
        Ok(Plain { state, zone, out, clock })
    }

    fn moment(&mut self) -> plain::Moment {
        let at = plain::Moment { now: self.clock.now(), ts: self.clock.wall() };
        // Summer may have begun since the last line.
        self.state.stand(self.zone.minutes_east(at.ts));
        at
    }
}

impl Face for Plain {
    fn told(&mut self, event: &Event) -> io::Result<()> {
        let at = self.moment();
        plain::render(event, at, &mut self.state, &mut self.out)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn passed(&mut self) -> io::Result<Option<u64>> {
        let at = self.moment();
        plain::tick(at, &mut self.state, &mut self.out)?;
        Ok(self.state.next_due().map(|due| due.since(at.now).max(10)))
    }

    fn typed(&mut self, typed: Typed) -> io::Result<Option<Asked>> {
        let at = self.moment();
        let Some(bytes) = typed else {
            let why = Problem::TooLong { what: "the line", most: lines::LINE_BYTES };
            self.told(&Event::Reply(Box::new(Reply::refused(None, why))))?;
            return Ok(None);
        };
        if let Ok(text) = std::str::from_utf8(&bytes) {
            return plain::typed(text, at, &mut self.state, &mut self.out);
        }
        // What is no text is shown as the marks that stand for it, and refused like any other line that is nothing.
        let text = Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
        plain::typed(&text, at, &mut self.state, &mut self.out)
    }
}

/// The face for programs.
pub(super) struct Pipe {
    out: Wiped<raw::Stdout>,
    /// The one copy of a line on its way out.
    buffer: Zeroizing<Vec<u8>>,
    seq: u64,
    clock: Clock,
}

impl Pipe {
    pub(super) fn new(asking: &Asking) -> io::Result<Pipe> {
        Ok(Pipe {
            out: Wiped::new(raw::stdout()?),
            buffer: Zeroizing::default(),
            seq: 0,
            clock: asking.clock(),
        })
    }
}

impl Face for Pipe {
    fn told(&mut self, event: &Event) -> io::Result<()> {
        self.seq += 1;
        let stamp = pipe::Stamp { seq: self.seq, ts: self.clock.wall(), now: self.clock.now() };
        pipe::encode(event, &stamp, &mut self.buffer);
        let done = self.out.write_all(&self.buffer);
        zeroize::Zeroize::zeroize(&mut *self.buffer);
        done
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn passed(&mut self) -> io::Result<Option<u64>> {
        Ok(None)
    }

    fn typed(&mut self, typed: Typed) -> io::Result<Option<Asked>> {
        let raw = typed.as_ref().map_or(lines::Line::TooLong, |bytes| lines::Line::Whole(bytes));
        match pipe::decode(&raw) {
            Ok(asked) => Ok(Some(asked)),
            Err(reply) => self.told(&Event::Reply(reply)).map(|()| None),
        }
    }
}
