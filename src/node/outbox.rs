//! What a face is told, from the node's task to the face's: one [`Queue`] between the two, which neither waits for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::chat::event::Event;
use crate::chat::queue::Queue;

/// The node's end.
#[derive(Debug)]
pub struct Outbox(Arc<Shared>);

/// The face's end.
#[derive(Debug)]
pub struct Inbox(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    held: Mutex<Held>,
    /// Something was put in, or never will be again.
    news: Notify,
    /// Something was taken out, or never will be again.
    room: Notify,
}

#[derive(Debug, Default)]
struct Held {
    queue: Queue,
    /// One end is gone.
    closed: bool,
}

/// Makes both ends.
pub fn outbox() -> (Outbox, Inbox) {
    let shared = Arc::new(Shared::default());
    (Outbox(shared.clone()), Inbox(shared))
}

impl Shared {
    fn held(&self) -> MutexGuard<'_, Held> {
        // Nothing in there breaks off halfway.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outbox {
    /// Tells the face. With nobody there to hear it, it is dropped.
    pub fn tell(&self, event: Event) {
        let mut held = self.0.held();
        if !held.closed {
            held.queue.push(event);
            self.0.news.notify_one();
        }
    }

    /// Whether a question can be taken: its answer has a place.
    pub fn has_room(&self) -> bool {
        self.0.held().queue.has_room()
    }

    /// Waits until one can be taken.
    pub async fn room(&self) {
        while !self.has_room() && !self.is_closed() {
            self.0.room.notified().await;
        }
    }

    /// Whether the face is gone.
    pub fn is_closed(&self) -> bool {
        self.0.held().closed
    }
}

impl Inbox {
    /// Whether something waits to be taken.
    pub fn waits(&self) -> bool {
        !self.0.held().queue.is_empty()
    }

    /// What happened next; `None` after the last word. Safe to drop and call again.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            {
                let mut held = self.0.held();
                if let Some(event) = held.queue.pop() {
                    self.0.room.notify_one();
                    return Some(event);
                }
                if held.closed {
                    return None;
                }
            }
            self.0.news.notified().await;
        }
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        self.0.held().closed = true;
        self.0.news.notify_one();
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        let mut held = self.0.held();
        // Texts among what waits are not to outlive whoever they were for.
        *held = Held { queue: Queue::default(), closed: true };
        self.0.room.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::notice::{Notice, Said};
    use crate::chat::queue::{QUEUE, REPLIES};
    use crate::chat::reply::{Answer, Reply};
    use crate::chat::text::Line;

    fn some() -> Event {
        Event::Listening(Line::clean("here"))
    }

    fn reply() -> Event {
        Event::Reply(Box::new(Reply::done(None, Answer::Done)))
    }

    #[tokio::test]
    async fn a_slow_face_loses_news_is_told_how_many_and_gets_its_answers() {
        let (outbox, mut face) = outbox();
        (0..QUEUE + 10).for_each(|_| outbox.tell(some()));
        assert!(outbox.has_room());
        outbox.tell(reply());
        drop(outbox);
        let mut got = Vec::new();
        while let Some(event) = face.next().await {
            got.push(event);
        }
        assert_eq!(got.iter().filter(|event| matches!(event, Event::Listening(_))).count(), QUEUE);
        assert_eq!(got.iter().filter(|event| matches!(event, Event::Reply(_))).count(), 1);
        let lost = got.iter().find_map(|event| match event {
            Event::Notice(Notice { said: Said::Lagged { dropped }, .. }) => Some(*dropped),
            _ => None,
        });
        assert_eq!(lost, Some(10));
    }

    #[tokio::test]
    async fn whoever_waits_at_either_end_is_woken() {
        let (outbox, mut face) = outbox();
        (0..REPLIES).for_each(|_| outbox.tell(reply()));
        assert!(!outbox.has_room());
        let ((), first) = tokio::join!(outbox.room(), face.next());
        assert!(matches!(first, Some(Event::Reply(_))) && outbox.has_room());
        while !outbox.0.held().queue.is_empty() {
            face.next().await;
        }
        let (event, ()) = tokio::join!(face.next(), async { outbox.tell(some()) });
        assert!(matches!(event, Some(Event::Listening(_))));
        let (end, ()) = tokio::join!(face.next(), async { drop(outbox) });
        assert!(end.is_none());
    }

    #[tokio::test]
    async fn a_face_that_is_gone_keeps_nothing_and_holds_nobody_up() {
        let (outbox, face) = outbox();
        (0..REPLIES).for_each(|_| outbox.tell(reply()));
        drop(face);
        outbox.room().await;
        outbox.tell(some());
        assert!(outbox.is_closed() && outbox.0.held().queue.is_empty());
    }
}
