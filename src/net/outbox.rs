//! Frames published before anybody listens, kept for a short while until somebody does.

use std::collections::{BTreeMap, VecDeque};

use tokio::time::Instant;

use crate::base::id::Topic;

use super::config::{OUTBOX_AGE, OUTBOX_FRAMES, OUTBOX_TOTAL};

/// Frames that wait, by topic, oldest first.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    waiting: BTreeMap<Topic, VecDeque<(Instant, Vec<u8>)>>,
    /// Frames nobody came for.
    pub(super) in_vain: u64,
}

impl Outbox {
    /// Keeps a frame; the oldest of its topic makes room, and where all is full the frame itself is lost.
    pub(super) fn hold(&mut self, topic: Topic, frame: Vec<u8>, now: Instant) {
        let total: usize = self.waiting.values().map(VecDeque::len).sum();
        let queue = self.waiting.entry(topic).or_default();
        if queue.len() >= OUTBOX_FRAMES {
            queue.pop_front();
            self.in_vain += 1;
        } else if total >= OUTBOX_TOTAL {
            self.in_vain += 1;
            return;
        }
        queue.push_back((now, frame));
    }

    /// What waits for a topic, oldest first.
    pub(super) fn take(&mut self, topic: &Topic) -> Vec<Vec<u8>> {
        self.waiting.remove(topic).unwrap_or_default().into_iter().map(|(_, frame)| frame).collect()
    }

    /// A topic was left: what waits for it has nowhere to go.
    pub(super) fn forget(&mut self, topic: &Topic) {
        self.in_vain += self.waiting.remove(topic).map_or(0, |q| q.len() as u64);
    }

    /// Drops what waited too long.
    pub(super) fn expire(&mut self, now: Instant) {
        let in_vain = &mut self.in_vain;
        self.waiting.retain(|_, queue| {
            while queue.front().is_some_and(|(at, _)| now.saturating_duration_since(*at) > OUTBOX_AGE) {
                queue.pop_front();
                *in_vain += 1;
            }
            !queue.is_empty()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outbox_keeps_the_newest_of_a_topic_and_never_grows_past_its_bounds() {
        let (mut outbox, now) = (Outbox::default(), crate::net::backoff::now());
        for n in 0..=OUTBOX_FRAMES {
            outbox.hold(Topic([0; 32]), vec![n as u8], now);
        }
        for n in 0..OUTBOX_TOTAL {
            outbox.hold(Topic([1 + (n % 200) as u8; 32]), vec![0], now);
        }
        let total: usize = outbox.waiting.values().map(VecDeque::len).sum();
        assert_eq!(total, OUTBOX_TOTAL);
        let kept = outbox.take(&Topic([0; 32]));
        assert_eq!((kept.len(), kept[0][0]), (OUTBOX_FRAMES, 1));
        assert!(outbox.take(&Topic([0; 32])).is_empty());
        outbox.expire(now + OUTBOX_AGE * 2);
        assert!(outbox.waiting.is_empty());
        assert_eq!(outbox.in_vain, (1 + OUTBOX_FRAMES + OUTBOX_TOTAL - OUTBOX_FRAMES) as u64);
    }
}
