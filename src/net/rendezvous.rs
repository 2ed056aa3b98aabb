//! When which key is looked up in the table, and when it is published there.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::base::id::Topic;

use super::config::{BEGIN_AGAIN, KEYS, LOOKUP_CONTENT, LOOKUP_MOST, PROVIDE_AGAIN};

/// Opaque to the network; the room derives it.
pub(super) type Key = [u8; 32];

/// What is to be asked of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    Provide(Key),
    LookUp(Key),
}

#[derive(Debug)]
struct Entry {
    topic: Topic,
    look_up: Instant,
    /// Look-ups since the last good reason to begin anew.
    tries: u32,
    provide: Instant,
}

/// The keys of this node.
#[derive(Debug, Default)]
pub(super) struct Keys {
    all: BTreeMap<Key, Entry>,
    begun: Option<Instant>,
}

impl Keys {
    /// False where there are too many.
    pub(super) fn add(&mut self, key: Key, topic: Topic, now: Instant) -> bool {
        if self.all.len() >= KEYS && !self.all.contains_key(&key) {
            return false;
        }
        self.all.entry(key).or_insert(Entry { topic, look_up: now, tries: 0, provide: now }).topic = topic;
        true
    }

    pub(super) fn remove(&mut self, key: &Key) -> bool {
        self.all.remove(key).is_some()
    }

    pub(super) fn topic(&self, key: &[u8]) -> Option<Topic> {
        Key::try_from(key).ok().and_then(|key| self.all.get(&key)).map(|e| e.topic)
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// A server of the table was found: everything is asked from the start, at once unless it just was.
    pub(super) fn begin(&mut self, now: Instant) {
        let at = match self.begun.map(|begun| begun + BEGIN_AGAIN) {
            Some(next) if next > now => next,
            _ => {
                self.begun = Some(now);
                now
            }
        };
        for entry in self.all.values_mut() {
            entry.look_up = entry.look_up.min(at);
            entry.tries = 0;
            entry.provide = entry.provide.min(at);
        }
    }

    /// This node's addresses changed: what was published leads nowhere.
    pub(super) fn publish_again(&mut self, now: Instant) {
        self.all.values_mut().for_each(|e| e.provide = now);
    }

    /// Publishing failed.
    pub(super) fn publish_later(&mut self, key: &[u8], again: Instant) {
        if let Some(entry) = Key::try_from(key).ok().and_then(|key| self.all.get_mut(&key)) {
            entry.provide = again;
        }
    }

    /// What is due. Look-ups come at 0, 1, 2, 4 .. s; those whose topic is `content` with its links come rarely.
    pub(super) fn due(&mut self, now: Instant, content: impl Fn(&Topic) -> bool) -> Vec<Ask> {
        let mut asks = Vec::new();
        for (key, entry) in &mut self.all {
            // First published, then asked: of two who start together the later one finds the other.
            if entry.provide <= now {
                entry.provide = now + PROVIDE_AGAIN;
                asks.push(Ask::Provide(*key));
            }
            if entry.look_up <= now {
                let gap = Duration::from_secs(1 << entry.tries.saturating_sub(1).min(20)).min(LOOKUP_MOST);
                entry.tries = entry.tries.saturating_add(1);
                entry.look_up = now + if content(&entry.topic) { LOOKUP_CONTENT } else { gap };
                asks.push(Ask::LookUp(*key));
            }
        }
        asks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_ups_come_at_0_1_2_4_and_on_to_once_a_minute() {
        let (mut keys, start) = (Keys::default(), crate::net::backoff::now());
        keys.add([7; 32], Topic([1; 32]), start);
        let mut times = Vec::new();
        for second in 0..400u64 {
            let asks = keys.due(start + Duration::from_secs(second), |_| false);
            if asks.contains(&Ask::LookUp([7; 32])) {
                times.push(second);
            }
            assert_eq!(asks.contains(&Ask::Provide([7; 32])), second == 0);
        }
        assert_eq!(times, [0, 1, 2, 4, 8, 16, 32, 64, 124, 184, 244, 304, 364]);
        keys.begin(start);
        assert_eq!(keys.due(start, |_| true).len(), 2);
        assert!(keys.due(start + LOOKUP_CONTENT / 2, |_| true).is_empty());
    }

    #[test]
    fn servers_that_come_and_go_do_not_make_a_node_ask_all_the_time() {
        let (mut keys, start) = (Keys::default(), crate::net::backoff::now());
        keys.add([7; 32], Topic([1; 32]), start);
        let mut asked = 0;
        for ms in (0..10_000).step_by(100) {
            let now = start + Duration::from_millis(ms);
            keys.begin(now);
            asked += keys.due(now, |_| true).len();
        }
        assert_eq!(asked, 2 * 2, "at the start and after five seconds");
    }

    #[test]
    fn keys_are_bounded_and_can_be_taken_back() {
        let (mut keys, now) = (Keys::default(), crate::net::backoff::now());
        for n in 0..KEYS {
            let mut key = [0; 32];
            key[0] = n as u8;
            key[1] = (n >> 8) as u8;
            assert!(keys.add(key, Topic([0; 32]), now));
        }
        assert!(!keys.add([255; 32], Topic([0; 32]), now));
        assert!(keys.remove(&[0; 32]));
        assert!(keys.add([255; 32], Topic([9; 32]), now));
        assert_eq!(keys.topic(&[255; 32]), Some(Topic([9; 32])));
        assert_eq!(keys.topic(b"short"), None);
    }
}
