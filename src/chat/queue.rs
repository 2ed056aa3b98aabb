//! What waits for a face. A node never slows down for a slow one: beyond a bound events are dropped, and the face is told how
//! many. Replies are never dropped; whoever is owed too many is not listened to for a while.

use std::collections::VecDeque;

use super::event::Event;
use super::notice::{Notice, Said};

/// Events that wait, replies not counted: some seconds of the liveliest room, at a few hundred bytes each.
pub const QUEUE: usize = 1_024;

/// Replies that may wait before no more requests are read.
pub const REPLIES: usize = 64;

/// Events on their way to one face, as handles: a text that burns while it waits here is wiped, and never shown.
#[derive(Debug, Default)]
pub struct Queue {
    waiting: VecDeque<Event>,
    replies: usize,
    dropped: u64,
}

impl Queue {
    /// Takes an event in, or counts it as dropped.
    pub fn push(&mut self, event: Event) {
        if let Event::Burned(burned) = &event {
            // The reader will learn that it is gone; it must not learn after that what it said.
            self.waiting.retain(|waiting| !matches!(waiting, Event::Message(m) if m.id == burned.id));
        }
        let owed = matches!(event, Event::Reply(_) | Event::Bye(_));
        if !owed && self.waiting.len() - self.replies >= QUEUE {
            self.dropped += 1;
            return;
        }
        if !owed {
            // Where lines are missing the notice stands, so that what comes after it is known to be later.
            let lagged = self.lagged();
            self.waiting.extend(lagged);
        }
        self.replies += usize::from(owed);
        self.waiting.push_back(event);
    }

    /// What comes next.
    pub fn pop(&mut self) -> Option<Event> {
        let event = self.waiting.pop_front().or_else(|| self.lagged())?;
        self.replies -= usize::from(matches!(event, Event::Reply(_) | Event::Bye(_)));
        Some(event)
    }

    /// Whether the next request may be read: its reply has a place.
    pub fn has_room(&self) -> bool {
        self.replies < REPLIES
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.dropped == 0
    }

    fn lagged(&mut self) -> Option<Event> {
        let dropped = std::mem::take(&mut self.dropped);
        (dropped > 0).then(|| Event::Notice(Notice::node(Said::Lagged { dropped })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::reply::{Answer, Reply};
    use crate::chat::text::Line;

    fn event(n: usize) -> Event {
        Event::Listening(Line::clean(&n.to_string()))
    }

    fn reply() -> Event {
        Event::Reply(Box::new(Reply::done(None, Answer::Done)))
    }

    fn lagged(event: &Event) -> Option<u64> {
        match event {
            Event::Notice(Notice { said: Said::Lagged { dropped }, .. }) => Some(*dropped),
            _ => None,
        }
    }

    #[test]
    fn a_slow_reader_is_told_how_many_lines_it_missed_and_where() {
        let mut queue = Queue::default();
        (0..QUEUE + 7).for_each(|n| queue.push(event(n)));
        assert_eq!(queue.len(), QUEUE);
        queue.pop();
        queue.pop();
        queue.push(event(9_999));
        let rest: Vec<Event> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(rest.len(), QUEUE - 2 + 2);
        assert_eq!(lagged(&rest[rest.len() - 2]), Some(7));
        assert!(queue.is_empty());
    }

    #[test]
    fn a_reader_who_catches_up_is_told_even_if_nothing_more_happens() {
        let mut queue = Queue::default();
        (0..QUEUE + 1).for_each(|n| queue.push(event(n)));
        let last = std::iter::from_fn(|| queue.pop()).last().unwrap();
        assert_eq!(lagged(&last), Some(1));
        assert!(queue.pop().is_none());
    }

    #[test]
    fn replies_are_never_dropped_and_bound_what_is_read() {
        let mut queue = Queue::default();
        (0..QUEUE * 2).for_each(|n| queue.push(event(n)));
        let mut replies = 0;
        while queue.has_room() {
            queue.push(reply());
            replies += 1;
        }
        assert_eq!(replies, REPLIES);
        let all: Vec<Event> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(all.iter().filter(|e| matches!(e, Event::Reply(_))).count(), REPLIES);
        assert!(queue.has_room());
    }
}
