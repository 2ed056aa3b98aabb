//! Listings that are held: the newest of each key and room, so many, and a fair share of them for each link. Whoever floods
//! it fills what is free and pushes out nobody but their own.

use std::collections::BTreeMap;

use super::super::envelope::Dropped;
use super::super::guard::Bucket;
use super::{Listing, News};
use crate::base::id::{MemberId, Peer};
use crate::base::limits::{LISTING_BURST, LISTING_EACH_MS, LISTING_TOMB_MS, LISTINGS_A_KEY};
use crate::base::time::Mono;
use crate::crypto::name::RoomName;

/// A room that is listed.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What was said of it.
    pub listing: Listing,
    /// The key that said so.
    pub by: MemberId,
    /// Until when that holds.
    pub until: Mono,
    /// Over, and kept so that nobody brings it back.
    over: bool,
    counter: u64,
    /// The link it came by first, and when.
    from: Peer,
    first: Mono,
    pace: Bucket,
}

impl Entry {
    fn is_newer(&self, counter: u64, now: Mono) -> Result<(), Dropped> {
        if counter <= self.counter {
            return Err(Dropped::Replay);
        }
        if self.pace.ready_at(now.0) > now.0 { Err(Dropped::Limit) } else { Ok(()) }
    }
}

#[derive(Debug)]
pub(super) struct Shelf {
    most: usize,
    /// Of these by one link.
    share: usize,
    entries: BTreeMap<(RoomName, MemberId), Entry>,
}

impl Shelf {
    pub(super) fn new(most: usize, share: usize) -> Shelf {
        Shelf { most, share, entries: BTreeMap::new() }
    }

    pub(super) fn living(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values().filter(|entry| !entry.over)
    }

    pub(super) fn next_due(&self) -> Option<Mono> {
        self.living().map(|entry| entry.until).min()
    }

    /// What is over by now, once.
    pub(super) fn expire(&mut self, now: Mono) -> Vec<Entry> {
        let mut gone = Vec::new();
        for entry in self.entries.values_mut().filter(|entry| !entry.over && entry.until <= now) {
            entry.over = true;
            gone.push(entry.clone());
        }
        self.entries.retain(|_, entry| now.since(entry.until) < LISTING_TOMB_MS);
        gone
    }

    /// Whether there would be a place for it, and nothing newer is known.
    pub(super) fn takes(
        &self,
        now: Mono,
        from: &Peer,
        name: &RoomName,
        by: &MemberId,
        counter: u64,
    ) -> Result<(), Dropped> {
        if let Some(known) = self.entries.get(&(name.clone(), *by)) {
            return known.is_newer(counter, now);
        }
        if self.entries.values().filter(|entry| entry.by == *by).count() >= LISTINGS_A_KEY {
            return Err(Dropped::Limit);
        }
        if self.living().filter(|entry| entry.from == *from).count() >= self.share {
            return Err(Dropped::Limit);
        }
        if self.living().count() < self.most || self.to_go(from).is_some() {
            Ok(())
        } else {
            Err(Dropped::Limit)
        }
    }

    /// Takes it in; gives what is another now.
    pub(super) fn put(
        &mut self,
        now: Mono,
        from: &Peer,
        listing: Listing,
        by: MemberId,
        counter: u64,
        life_ms: u64,
    ) -> Option<News> {
        let key = (listing.name.clone(), by);
        if !self.entries.contains_key(&key) {
            self.make_room(from);
        }
        let fresh = || Bucket::new(LISTING_EACH_MS, LISTING_BURST);
        let before = self.entries.get(&key);
        let was = before.filter(|entry| !entry.over).map(|entry| entry.listing.clone());
        let mut entry = Entry {
            listing,
            by,
            until: now + life_ms,
            over: life_ms == 0,
            counter,
            from: before.map_or(from, |entry| &entry.from).clone(),
            first: before.map_or(now, |entry| entry.first),
            pace: before.map_or_else(fresh, |entry| entry.pace.clone()),
        };
        // There was a token: that was looked at before the signature.
        entry.pace.take(now.0);
        self.entries.insert(key, entry.clone());
        match (was, entry.over) {
            (None, true) => None,
            (Some(_), true) => Some(News::Gone(entry)),
            (_, false) => Some(News::Listed(entry)),
        }
    }

    /// A place for one more: of what is over the oldest goes, else the youngest of the link that holds the most.
    fn make_room(&mut self, from: &Peer) {
        if self.living().count() >= self.most
            && let Some(key) = self.to_go(from)
        {
            self.entries.remove(&key);
        }
        while self.entries.len() >= 2 * self.most {
            let over = self.entries.iter().filter(|(_, entry)| entry.over);
            let Some(key) = over.min_by_key(|(_, entry)| entry.until).map(|(key, _)| key.clone()) else {
                break;
            };
            self.entries.remove(&key);
        }
    }

    /// What makes place for one more from this link: nothing, where no other link holds more than it would then.
    fn to_go(&self, from: &Peer) -> Option<(RoomName, MemberId)> {
        let mut held: BTreeMap<&Peer, usize> = BTreeMap::new();
        for entry in self.living() {
            *held.entry(&entry.from).or_insert(0) += 1;
        }
        let own = held.get(from).copied().unwrap_or_default();
        let (largest, _) = held.into_iter().filter(|(_, n)| *n > own + 1).max_by_key(|(_, n)| *n)?;
        let youngest = self.entries.iter().filter(|(_, entry)| !entry.over && entry.from == *largest);
        youngest.max_by_key(|(_, entry)| entry.first).map(|(key, _)| key.clone())
    }
}
