//! Lines from stdin, read by a thread of their own: a terminal cannot be waited for in any other way on every system, and a
//! blocked read must not hold up the node.

use std::io::{self, Read};
use std::thread;

use tokio::sync::mpsc::{self, Receiver};
use zeroize::Zeroizing;

use crate::chat::lines::{Line, Lines};

/// Lines that may wait. Whoever writes faster waits at the pipe.
const WAITING: usize = 8;

/// A line as it came: `None` where it was too long to be kept.
pub(super) type Typed = Option<Zeroizing<Vec<u8>>>;

/// Starts reading. The channel closes when stdin does.
pub(super) fn lines() -> io::Result<Receiver<Typed>> {
    let (to, from) = mpsc::channel(WAITING);
    let mut stdin = super::raw::stdin()?;
    thread::Builder::new().name("stdin".to_owned()).spawn(move || {
        let mut lines = Lines::new();
        loop {
            let read = match stdin.read(lines.space()) {
                Ok(read) => read,
                Err(err) if err.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => 0,
            };
            lines.fill(read);
            while let Some(line) = lines.take(keep) {
                if to.blocking_send(line).is_err() {
                    return;
                }
            }
            if read == 0 {
                if let Some(line) = lines.finish(keep) {
                    // Nobody may be listening any more: then it is not missed either.
                    let _ = to.blocking_send(line);
                }
                return;
            }
        }
    })?;
    Ok(from)
}

fn keep(line: Line<'_>) -> Typed {
    match line {
        Line::Whole(bytes) => Some(Zeroizing::new(bytes.to_vec())),
        Line::TooLong => None,
    }
}
