//! Lines from stdin, read by a thread of their own: a terminal cannot be waited for in any other way on every system, and a
//! blocked read must not hold up the node.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use tokio::sync::Notify;
use zeroize::Zeroizing;

use super::raw;
use crate::chat::lines::{LINE_BYTES, Line, Lines};
use crate::node;

/// Bytes of lines that may wait: eight of the longest. Whoever writes more waits at the pipe.
const WAITING: usize = 8 * LINE_BYTES;
/// What a line counts for besides its own bytes, so that many empty ones have an end too.
const EACH: usize = 64;

/// A line as it came: `None` where it was too long to be kept.
pub(super) type Typed = Option<Zeroizing<Vec<u8>>>;

/// Whether a line wants everything burned at once.
pub(super) type IsPanic = fn(&[u8]) -> bool;

/// The lines, in their order.
pub(super) struct Typing(Arc<Shared>);

#[derive(Default)]
struct Shared {
    held: Mutex<Held>,
    /// A line came, or none will any more.
    news: Notify,
    /// A line was taken, or none will be any more.
    room: Condvar,
}

#[derive(Default)]
struct Held {
    waiting: VecDeque<Typed>,
    bytes: usize,
    /// One end is gone.
    closed: bool,
}

/// Starts reading. What wants everything burned waits for nobody: not for the lines before it, and not for a reader.
pub(super) fn lines(is_panic: IsPanic) -> io::Result<Typing> {
    let typing = Typing(Arc::default());
    let to = Writing(typing.0.clone());
    let mut stdin = raw::stdin()?;
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
                if !to.put(line, is_panic) {
                    return;
                }
            }
            if read == 0 {
                if let Some(line) = lines.finish(keep) {
                    // Nobody may be listening any more: then it is not missed either.
                    let _ = to.put(line, is_panic);
                }
                return;
            }
        }
    })?;
    Ok(typing)
}

fn keep(line: Line<'_>) -> Typed {
    match line {
        Line::Whole(bytes) => Some(Zeroizing::new(bytes.to_vec())),
        Line::TooLong => None,
    }
}

impl Shared {
    fn held(&self) -> MutexGuard<'_, Held> {
        // Nothing in there breaks off halfway.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self) {
        self.held().closed = true;
        self.news.notify_one();
        self.room.notify_one();
    }
}

impl Typing {
    /// The next line; `None` after the last. Safe to drop and call again.
    pub(super) async fn next(&mut self) -> Option<Typed> {
        loop {
            {
                let mut held = self.0.held();
                if let Some(line) = held.waiting.pop_front() {
                    held.bytes -= weight(&line);
                    self.0.room.notify_one();
                    return Some(line);
                }
                if held.closed {
                    return None;
                }
            }
            self.0.news.notified().await;
        }
    }
}

impl Drop for Typing {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// The reading thread's end.
struct Writing(Arc<Shared>);

impl Writing {
    /// Puts a line where it can be taken, as soon as there is room; false where nobody takes any.
    fn put(&self, line: Typed, is_panic: IsPanic) -> bool {
        let mut held = self.0.held();
        if line.as_ref().is_some_and(|line| is_panic(line)) {
            (held.waiting, held.bytes) = (VecDeque::new(), 0);
            raw::press(node::PANIC);
        }
        while held.bytes > 0 && held.bytes + weight(&line) > WAITING && !held.closed {
            held = self.0.room.wait(held).unwrap_or_else(PoisonError::into_inner);
        }
        if held.closed {
            return false;
        }
        held.bytes += weight(&line);
        held.waiting.push_back(line);
        self.0.news.notify_one();
        true
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.0.close();
    }
}

fn weight(line: &Typed) -> usize {
    EACH + line.as_ref().map_or(0, |line| line.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Typed {
        Some(Zeroizing::new(text.as_bytes().to_vec()))
    }

    fn text(line: Option<Typed>) -> String {
        String::from_utf8(line.unwrap().unwrap().to_vec()).unwrap()
    }

    fn never(_: &[u8]) -> bool {
        false
    }

    #[tokio::test]
    async fn lines_come_in_their_order_and_then_the_end() {
        let mut typing = Typing(Arc::default());
        let to = Writing(typing.0.clone());
        assert!(to.put(line("one"), never) && to.put(None, never) && to.put(line("two"), never));
        drop(to);
        assert_eq!(text(typing.next().await), "one");
        assert!(typing.next().await.is_some_and(|line| line.is_none()));
        assert_eq!(text(typing.next().await), "two");
        assert!(typing.next().await.is_none());
    }

    #[test]
    fn whoever_writes_more_than_may_wait_waits_and_is_let_go_when_nobody_reads_any_more() {
        let typing = Typing(Arc::default());
        let shared = typing.0.clone();
        let to = Writing(shared.clone());
        let writer = thread::spawn(move || while to.put(line(&"x".repeat(LINE_BYTES)), never) {});
        while shared.held().bytes + LINE_BYTES + EACH <= WAITING {
            thread::yield_now();
        }
        assert!(!writer.is_finished() && shared.held().bytes <= WAITING);
        drop(typing);
        writer.join().unwrap();
    }
}
