//! What protects a node from being fed twice, too fast, or too early: replay windows, token buckets, the waiting room.

use std::collections::{BTreeMap, VecDeque};

use crate::base::id::{MemberId, Peer, SetTag, Topic};
use crate::base::limits::{REPLAY_WINDOW, WAITING_FRAMES, WAITING_MS};
use crate::base::time::Mono;

/// Which counters of one sender were seen.
#[derive(Clone, Debug, Default)]
pub struct Window {
    top: u64,
    /// A ring of bits, as far as it was ever used: most senders never come far.
    seen: Vec<u64>,
}

impl Window {
    /// Whether this counter is new.
    pub fn is_new(&self, counter: u64) -> bool {
        if counter == 0 || (counter <= self.top && self.top - counter >= REPLAY_WINDOW) {
            return false;
        }
        counter > self.top || !self.bit(counter)
    }

    /// Marks a counter as seen.
    pub fn mark(&mut self, counter: u64) {
        if counter > self.top {
            let ahead = counter - self.top;
            if ahead >= REPLAY_WINDOW {
                self.seen.clear();
            } else {
                for skipped in self.top + 1..counter {
                    self.set(skipped, false);
                }
            }
            self.top = counter;
        }
        self.set(counter, true);
    }

    fn place(counter: u64) -> (usize, u64) {
        let bit = counter % REPLAY_WINDOW;
        ((bit / 64) as usize, 1 << (bit % 64))
    }

    fn bit(&self, counter: u64) -> bool {
        let (word, mask) = Self::place(counter);
        self.seen.get(word).is_some_and(|w| w & mask != 0)
    }

    fn set(&mut self, counter: u64, on: bool) {
        let (word, mask) = Self::place(counter);
        if on && word >= self.seen.len() {
            self.seen.resize(word + 1, 0);
        }
        if let Some(w) = self.seen.get_mut(word) {
            if on { *w |= mask } else { *w &= !mask }
        }
    }
}

/// Windows of many senders. The one heard longest ago makes room when there are too many.
#[derive(Debug)]
pub struct Windows {
    most: usize,
    windows: BTreeMap<MemberId, (Window, Mono)>,
}

impl Windows {
    /// Room for so many senders.
    pub fn new(most: usize) -> Windows {
        Windows { most, windows: BTreeMap::new() }
    }

    /// Whether this sender's counter is new.
    pub fn is_new(&self, sender: &MemberId, counter: u64) -> bool {
        match self.windows.get(sender) {
            Some((window, _)) => window.is_new(counter),
            None => counter > 0,
        }
    }

    /// Whether nothing that its sender sealed later was marked.
    pub fn is_latest(&self, sender: &MemberId, counter: u64) -> bool {
        self.windows.get(sender).is_none_or(|(window, _)| window.top <= counter)
    }

    /// Marks it.
    pub fn mark(&mut self, sender: &MemberId, counter: u64, now: Mono) {
        if !self.windows.contains_key(sender) && self.windows.len() >= self.most {
            let oldest = self.windows.iter().min_by_key(|(id, (_, at))| (*at, **id)).map(|(id, _)| *id);
            if let Some(id) = oldest {
                self.windows.remove(&id);
            }
        }
        let (window, at) = self.windows.entry(*sender).or_insert_with(|| (Window::default(), now));
        window.mark(counter);
        *at = now;
    }
}

/// A token bucket in whole milliseconds.
#[derive(Clone, Debug)]
pub struct Bucket {
    burst_ms: u64,
    each_ms: u64,
    spent_until: u64,
}

impl Bucket {
    /// One token each `each_ms`, at most `burst` at once.
    pub fn new(each_ms: u64, burst: u64) -> Bucket {
        Bucket { burst_ms: each_ms.saturating_mul(burst), each_ms, spent_until: 0 }
    }

    /// Changes the rate; what was spent stays spent.
    pub fn set_each(&mut self, each_ms: u64, burst: u64) {
        self.each_ms = each_ms;
        self.burst_ms = each_ms.saturating_mul(burst);
    }

    /// Takes a token if there is one. `at` may be any clock, as long as it is always the same.
    pub fn take(&mut self, at: u64) -> bool {
        let from = self.spent_until.max(at);
        let after = from.saturating_add(self.each_ms);
        if after.saturating_sub(at) > self.burst_ms {
            return false;
        }
        self.spent_until = after;
        true
    }

    /// Whether nothing is spent of it: then it need not be remembered.
    pub fn is_full(&self, at: u64) -> bool {
        self.spent_until <= at
    }

    /// When the next token will be there.
    pub fn ready_at(&self, at: u64) -> u64 {
        self.spent_until.saturating_add(self.each_ms).saturating_sub(self.burst_ms).max(at)
    }
}

/// A frame that passed the gate and whose key is not known yet.
#[derive(Clone)]
pub struct Waiting {
    /// The topic it came on.
    pub topic: Topic,
    /// The link it came over.
    pub from: Peer,
    /// Whether it came straight from its author's link.
    pub direct: bool,
    /// The frame.
    pub bytes: Vec<u8>,
    tag: SetTag,
    at: Mono,
}

/// The waiting room: bounded in number and time.
#[derive(Default)]
pub struct WaitingRoom(VecDeque<Waiting>);

impl WaitingRoom {
    /// Lets a frame wait; the oldest makes room.
    pub fn push(&mut self, topic: Topic, from: Peer, direct: bool, bytes: &[u8], tag: SetTag, at: Mono) {
        if self.0.len() >= WAITING_FRAMES {
            self.0.pop_front();
        }
        self.0.push_back(Waiting { topic, from, direct, bytes: bytes.to_vec(), tag, at });
    }

    /// Takes out what waited for this set.
    pub fn take(&mut self, tag: SetTag) -> Vec<Waiting> {
        let (ready, rest) = std::mem::take(&mut self.0).into_iter().partition(|w: &Waiting| w.tag == tag);
        self.0 = rest;
        ready.into()
    }

    /// Drops what waited too long.
    pub fn expire(&mut self, now: Mono) {
        self.0.retain(|w| now.since(w.at) < WAITING_MS);
    }

    /// A set that a frame has waited for at least so long.
    pub fn stuck(&self, now: Mono, ms: u64) -> Option<SetTag> {
        self.0.iter().find(|w| now.since(w.at) >= ms).map(|w| w.tag)
    }

    /// Number of frames that wait.
    pub fn waiting(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_is_taken_once_and_only_inside_the_window() {
        let mut w = Window::default();
        assert!(!w.is_new(0));
        for c in [5u64, 3, 4, 8_195, 6, 10_000, 1_809] {
            assert!(w.is_new(c), "{c}");
            w.mark(c);
            assert!(!w.is_new(c), "{c}");
        }
        assert!(!w.is_new(1_808), "too old");
        assert!(w.is_new(1_810));
        w.mark(1_000_000);
        assert!(!w.is_new(10_000) && !w.is_new(991_808) && w.is_new(991_809));
        w.mark(u64::MAX);
        assert!(!w.is_new(u64::MAX) && w.is_new(u64::MAX - 1));
    }

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let mut b = Bucket::new(200, 20);
        let first = (0..100).filter(|_| b.take(1_000)).count();
        assert_eq!(first, 20);
        assert!(!b.take(1_199));
        assert_eq!(b.ready_at(1_100), 1_200);
        assert!(b.take(1_200) && !b.take(1_200));
    }

    #[test]
    fn the_waiting_room_is_bounded() {
        let mut room = WaitingRoom::default();
        let (topic, peer) = (Topic([0; 32]), Peer::new(&[1]).unwrap());
        for i in 0..1_000u32 {
            room.push(
                topic,
                peer.clone(),
                false,
                &i.to_be_bytes(),
                SetTag([(i % 2) as u8; 4]),
                Mono(u64::from(i)),
            );
        }
        assert_eq!(room.waiting(), WAITING_FRAMES);
        assert_eq!(room.take(SetTag([1; 4])).len(), WAITING_FRAMES / 2);
        room.expire(Mono(999 + WAITING_MS));
        assert_eq!(room.waiting(), 0);
    }
}
