//! Events on their way to the owner, who may be slow: frames are dropped and counted, news of links waits and is bounded.

use std::collections::VecDeque;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::config::{BACKLOG, EVENTS_FOR_STATE};
use super::io::Event;

/// The driver's end of the channel of events.
#[derive(Debug)]
pub(super) struct Outlet {
    sender: mpsc::Sender<Event>,
    backlog: VecDeque<Event>,
    lost: u64,
}

impl Outlet {
    pub(super) fn new(sender: mpsc::Sender<Event>) -> Outlet {
        Outlet { sender, backlog: VecDeque::new(), lost: 0 }
    }

    /// Hands a frame over; false where the owner is too far behind. Frames never overtake news: a frame's link is known.
    pub(super) fn frame(&mut self, event: Event) -> bool {
        self.flush();
        self.backlog.is_empty()
            && self.sender.capacity() > EVENTS_FOR_STATE
            && self.sender.try_send(event).is_ok()
    }

    /// Tells news, now or as soon as there is room.
    pub(super) fn news(&mut self, event: Event) {
        self.flush();
        if self.backlog.len() >= BACKLOG {
            self.lost += 1;
            return;
        }
        self.backlog.push_back(event);
        self.flush();
    }

    /// Moves on what waits. What was lost is told first when there is room again.
    pub(super) fn flush(&mut self) {
        while let Some(event) = self.backlog.pop_front() {
            match self.sender.try_send(event) {
                Ok(()) => {}
                Err(TrySendError::Full(event)) => return self.backlog.push_front(event),
                Err(TrySendError::Closed(_)) => return self.backlog.clear(),
            }
        }
        if self.lost > 0 && self.sender.try_send(Event::Lagged { lost: self.lost }).is_ok() {
            self.lost = 0;
        }
    }

    pub(super) fn waits(&self) -> bool {
        !self.backlog.is_empty() || self.lost > 0
    }

    /// For waiting on room, or on the owner's going away, apart from `self`.
    pub(super) fn sender(&self) -> mpsc::Sender<Event> {
        self.sender.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::Peer;
    use crate::net::config::EVENTS;

    fn news() -> Event {
        Event::LinkDown { peer: Peer::new(b"x").unwrap() }
    }

    fn frame() -> Event {
        Event::Direct { from: Peer::new(b"x").unwrap(), bytes: vec![0] }
    }

    #[test]
    fn a_slow_owner_loses_frames_first_news_last_and_is_told() {
        let (sender, mut receiver) = mpsc::channel(EVENTS);
        let mut outlet = Outlet::new(sender);
        let taken = (0..2 * EVENTS).filter(|_| outlet.frame(frame())).count();
        assert_eq!(taken, EVENTS - EVENTS_FOR_STATE, "frames leave room for news");
        for _ in 0..EVENTS_FOR_STATE + BACKLOG + 5 {
            outlet.news(news());
        }
        assert!(!outlet.frame(frame()), "a frame does not overtake news");
        let (mut links, mut frames, mut lost) = (0, 0, 0);
        while let Ok(event) = receiver.try_recv() {
            match event {
                Event::LinkDown { .. } => links += 1,
                Event::Lagged { lost: n } => lost += n,
                _ => frames += 1,
            }
            outlet.flush();
        }
        assert_eq!((frames, links, lost), (taken, EVENTS_FOR_STATE + BACKLOG, 5));
        assert!(!outlet.waits());
    }
}
