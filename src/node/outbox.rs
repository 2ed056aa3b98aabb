//! What faces are told, in its order, through a queue with an end: a face that reads too slowly loses news and is told how
//! many, and the node does not wait for it. Answers are never lost: no question is taken while there is no place for its
//! answer.

use tokio::sync::mpsc::{self, Receiver, Sender};

use crate::chat::event::Event;
use crate::chat::notice::{Notice, Said};

/// Events that may wait for a face: some seconds of a busy room.
const WAITING: usize = 4_096;
/// Of these, kept for answers and for the last words.
const FOR_ANSWERS: usize = 256;

/// The node's end.
#[derive(Debug)]
pub struct Outbox {
    to: Sender<Event>,
    dropped: u64,
}

/// Makes both ends.
pub fn outbox() -> (Outbox, Receiver<Event>) {
    let (to, from) = mpsc::channel(WAITING);
    (Outbox { to, dropped: 0 }, from)
}

impl Outbox {
    /// Tells something that may be lost on a slow face.
    pub fn tell(&mut self, event: Event) {
        if self.to.capacity() <= FOR_ANSWERS {
            self.dropped += 1;
            return;
        }
        if self.dropped > 0 && self.to.capacity() > FOR_ANSWERS + 1 {
            let dropped = std::mem::take(&mut self.dropped);
            self.send(Event::Notice(Notice::node(Said::Lagged { dropped })));
        }
        self.send(event);
    }

    /// Tells what was asked for, or the last words.
    pub fn answer(&mut self, event: Event) {
        self.send(event);
    }

    /// Whether a question can be taken: what it may answer fits.
    pub fn has_room(&self) -> bool {
        self.to.capacity() > FOR_ANSWERS / 2
    }

    /// Whether the face is gone.
    pub fn is_closed(&self) -> bool {
        self.to.is_closed()
    }

    fn send(&mut self, event: Event) {
        // Full happens only to answers of a face that asks without reading; gone, to all.
        if self.to.try_send(event).is_err() {
            self.dropped += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::text::Line;

    fn some() -> Event {
        Event::Listening(Line::clean("here"))
    }

    #[tokio::test]
    async fn a_slow_face_loses_news_is_told_how_many_and_still_gets_its_answers() {
        let (mut outbox, mut face) = outbox();
        for _ in 0..WAITING + 10 {
            outbox.tell(some());
        }
        assert!(outbox.has_room());
        outbox.answer(some());
        let mut got = 0;
        while face.try_recv().is_ok() {
            got += 1;
        }
        assert_eq!(got, WAITING - FOR_ANSWERS + 1);
        outbox.tell(some());
        let lost = (WAITING + 10 - (WAITING - FOR_ANSWERS)) as u64;
        match face.try_recv() {
            Ok(Event::Notice(Notice { said: Said::Lagged { dropped }, .. })) => assert_eq!(dropped, lost),
            other => panic!("no word of what was lost: {other:?}"),
        }
        assert!(matches!(face.try_recv(), Ok(Event::Listening(_))));
    }
}
