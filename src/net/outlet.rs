//! Events on their way to the owner, who may be slow: the network waits for one who takes something, and not for long for one
//! who takes nothing. Then frames are dropped and counted, and news of links waits and is bounded.

use std::collections::VecDeque;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::Instant;

use super::config::{BACKLOG, EVENTS_AHEAD, EVENTS_FOR_STATE, OWNER_STILL};
use super::io::Event;

/// The driver's end of the channel of events.
#[derive(Debug)]
pub(super) struct Outlet {
    sender: mpsc::Sender<Event>,
    backlog: VecDeque<Event>,
    lost: u64,
    /// Events that the owner was given or has waiting.
    given: u64,
    /// While frames have no room: how many events the owner had taken, and when that last changed.
    behind: Option<(u64, Instant)>,
}

impl Outlet {
    pub(super) fn new(sender: mpsc::Sender<Event>) -> Outlet {
        Outlet { sender, backlog: VecDeque::new(), lost: 0, given: 0, behind: None }
    }

    /// Hands a frame over; false where the owner is too far behind. Frames never overtake news: a frame's link is known.
    pub(super) fn frame(&mut self, event: Event) -> bool {
        self.flush();
        let taken = self.has_room_for_frames() && self.sender.try_send(event).is_ok();
        self.given += u64::from(taken);
        taken
    }

    fn has_room_for_frames(&self) -> bool {
        self.backlog.is_empty() && self.sender.capacity() > EVENTS_FOR_STATE
    }

    /// Whether the network is to wait: frames have no room, and the owner took something within [`OWNER_STILL`]. What is
    /// not read from a link costs nobody anything but time; a frame that was read and dropped never comes again.
    pub(super) fn holds(&mut self, now: Instant) -> bool {
        if self.has_room_for_frames() {
            self.behind = None;
            return false;
        }
        let waiting = self.sender.max_capacity() - self.sender.capacity();
        let taken = self.given.saturating_sub(waiting as u64);
        match self.behind {
            Some((before, since)) if before == taken => now < since + OWNER_STILL,
            _ => {
                self.behind = Some((taken, now));
                true
            }
        }
    }

    /// How many places have to be free for waiting to have an end.
    pub(super) fn wanted(&self) -> usize {
        if self.waits() { 1 } else { EVENTS_FOR_STATE + EVENTS_AHEAD }
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
                Ok(()) => self.given += 1,
                Err(TrySendError::Full(event)) => return self.backlog.push_front(event),
                Err(TrySendError::Closed(_)) => return self.backlog.clear(),
            }
        }
        if self.lost > 0 && self.sender.try_send(Event::Lagged { lost: self.lost }).is_ok() {
            self.lost = 0;
            self.given += 1;
        }
    }

    /// Whether there is something to be told that found no room.
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

    #[test]
    fn the_network_waits_for_an_owner_who_takes_something_and_not_for_one_who_takes_nothing() {
        let (sender, mut receiver) = mpsc::channel(EVENTS);
        let (mut outlet, start) = (Outlet::new(sender), crate::net::backoff::now());
        assert!(!outlet.holds(start));
        while outlet.frame(frame()) {}
        let mut now = start;
        for _ in 0..2 * EVENTS_FOR_STATE {
            assert!(outlet.holds(now));
            now += OWNER_STILL / 2;
            assert!(outlet.holds(now), "slow, and still not to be given up");
            now += OWNER_STILL / 4;
            receiver.try_recv().unwrap();
            assert!(!outlet.holds(now) && outlet.frame(frame()));
        }
        assert!(outlet.holds(now) && !outlet.holds(now + OWNER_STILL), "nothing was taken");
        outlet.news(news());
        assert!(!outlet.holds(now + OWNER_STILL), "what is given is not what is taken");
        receiver.try_recv().unwrap();
        assert!(outlet.holds(now + 2 * OWNER_STILL), "it moves again, with no room for a frame yet");
    }
}
