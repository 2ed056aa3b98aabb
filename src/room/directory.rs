//! The directory: rooms that want to be found, told of by their owners. It is a lobby without a room, whose secret
//! everybody has; so its frames, gates, topics and signatures are those of any lobby, and nothing of a room is in them
//! but what its owner wrote.
//!
//! A listing is a claim of the key that signed it and proves nothing else. It is never answered and leads to no dial. Whoever
//! begins to look says that somebody does, and what is listed is said again for them.

mod shelf;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use rand_core::CryptoRng;

use super::doors::{Change, Doors};
use super::envelope::{self, Dropped, Opened};
use super::guard::Bucket;
use super::io::Verdict;
use crate::base::id::{Genesis, LogHead, MemberId, Peer, SetTag, Topic, TopicTag};
use crate::base::limits::{
    LISTING_ALL_BURST, LISTING_ALL_EACH_MS, LISTING_LINK_BURST, LISTING_LINK_EACH_MS, LISTING_LINKS,
    LISTING_MOST_MS, LISTINGS, LISTINGS_A_NEIGHBOUR, LISTINGS_NEAR, LOBBY_EPOCHS, LOOK_GAP_MS, MEMBERS,
    TITLE_BYTES,
};
use crate::base::secret::Secret;
use crate::base::tag::Tag;
use crate::base::time::{Day, Mono, Unix};
use crate::crypto::identity::Identity;
use crate::crypto::name::RoomName;
use crate::crypto::root::{Kind, Root};
use crate::crypto::seal::Hedge;
use crate::wire::frame::{FrameType, SIZES};
use crate::wire::payload::{self, Beacon, Body, Payload};
pub use shelf::Entry;
use shelf::Shelf;

/// The one length of its frames.
const FRAME: usize = SIZES[0];
/// Somebody who looks, as a beacon of no room.
const LOOK: Beacon = Beacon {
    set_tag: SetTag([0; 4]),
    topic_tag: TopicTag([0; 4]),
    members: 0,
    never_joined: false,
    founding: [0; 16],
};

/// A room as its owner tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Its name, in the spelling that keys are made from.
    pub name: RoomName,
    /// What it is about; may be empty. A peer's words, not cleaned.
    pub title: String,
    /// What it is filed under.
    pub tags: Vec<Tag>,
    /// What one comes in with.
    pub kind: Kind,
    /// An admin lets people in.
    pub knock: bool,
    /// Nobody comes in now.
    pub locked: bool,
    /// How many are there.
    pub members: u64,
}

impl Listing {
    const KNOCK: u64 = 4;
    const LOCKED: u64 = 8;

    fn encode(&self, until: Unix) -> payload::Listing {
        let mode = u64::from(self.kind.code())
            | if self.knock { Self::KNOCK } else { 0 }
            | if self.locked { Self::LOCKED } else { 0 };
        let title = self.title.get(..self.title.floor_char_boundary(TITLE_BYTES)).unwrap_or_default();
        payload::Listing {
            name: self.name.as_str().to_owned(),
            title: title.to_owned(),
            tag: Tag::join(&self.tags),
            mode,
            members: self.members.min(MEMBERS as u64),
            until,
        }
    }

    fn decode(said: &payload::Listing) -> Result<Listing, Dropped> {
        let kinds = [Kind::Open, Kind::Passphrase, Kind::Invite];
        let kind = kinds.into_iter().find(|kind| u64::from(kind.code()) == said.mode & 3);
        let (Some(kind), Some(tags), 0) = (kind, Tag::split(&said.tag), said.mode >> 4) else {
            return Err(Dropped::Payload);
        };
        if said.title.len() > TITLE_BYTES || !(1..=MEMBERS as u64).contains(&said.members) {
            return Err(Dropped::Payload);
        }
        // Another edition of Unicode may spell a name otherwise: that is nobody's fault.
        let name = RoomName::parse(&said.name).ok().filter(|name| name.as_str() == said.name);
        Ok(Listing {
            name: name.ok_or(Dropped::OtherRoom)?,
            title: said.title.clone(),
            tags,
            kind,
            knock: said.mode & Self::KNOCK != 0,
            locked: said.mode & Self::LOCKED != 0,
            members: said.members,
        })
    }
}

/// By which way a listing came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By gossip, on this topic.
    Gossip(Topic),
    /// Straight from a peer of the same network.
    Near,
}

/// What a frame was worth.
#[derive(Debug)]
pub struct Heard {
    /// What the network is to do with it.
    pub verdict: Verdict,
    /// What is another now: the listing, or that it is over.
    pub news: Option<News>,
}

/// A change.
#[derive(Debug)]
pub enum News {
    /// It is listed, or otherwise than before.
    Listed(Entry),
    /// It is listed no more.
    Gone(Entry),
    /// Somebody has begun to look.
    Looks,
}

/// What was heard of rooms that want to be found, and what it takes to say so of one's own.
pub struct Directory<R> {
    rng: R,
    hedge: Hedge,
    root: Root,
    doors: Doors,
    keys: BTreeMap<Day, Secret<32>>,
    counter: u64,
    near: Shelf,
    far: Shelf,
    links: BTreeMap<Peer, Bucket>,
    all: Bucket,
    /// When somebody was last heard to look, or I said that I do.
    looked: Option<Mono>,
}

impl<R: CryptoRng> Directory<R> {
    /// An empty one. The numbers of what is said here are beyond `begun`.
    pub fn new(mut rng: R, wall: Unix, begun: u64) -> Directory<R> {
        let root = Root::directory();
        Directory {
            hedge: Hedge::new(&mut rng),
            rng,
            doors: Doors::new(&root, wall),
            root,
            keys: BTreeMap::new(),
            counter: begun,
            near: Shelf::new(LISTINGS_NEAR, LISTINGS_A_NEIGHBOUR),
            far: Shelf::new(LISTINGS, LISTINGS),
            links: BTreeMap::new(),
            all: Bucket::new(LISTING_ALL_EACH_MS, LISTING_ALL_BURST),
            looked: None,
        }
    }

    /// The topics of now: two around midnight.
    pub fn topics(&self) -> impl Iterator<Item = &Topic> {
        self.doors.topics()
    }

    /// Whether a topic is one of the directory's.
    pub fn has(&self, topic: &Topic) -> bool {
        self.doors.get(topic).is_some()
    }

    /// Moves on to the topics of this instant, and forgets what is over; gives what is no more near.
    pub fn pass_time(&mut self, now: Mono, wall: Unix) -> Vec<News> {
        let Change { join, leave } = self.doors.advance(&self.root, wall, now);
        if !join.is_empty() || !leave.is_empty() {
            let days = wall.day().around();
            self.keys.retain(|day, _| days.contains(day));
        }
        self.links.retain(|_, bucket| !bucket.is_full(now.0));
        self.far.expire(now);
        self.near.expire(now).into_iter().map(News::Gone).collect()
    }

    /// When [`Directory::pass_time`] has news.
    pub fn next_due(&self) -> Option<Mono> {
        self.near.next_due()
    }

    /// Rooms that neighbours told of straight.
    pub fn near(&self) -> impl Iterator<Item = &Entry> {
        self.near.living()
    }

    /// Rooms that gossip told of.
    pub fn far(&self) -> impl Iterator<Item = &Entry> {
        self.far.living()
    }

    /// Whether a frame is one of the directory's: what comes over a link names no topic.
    pub fn admits(&self, bytes: &[u8]) -> bool {
        bytes.len() == FRAME && self.open(None, bytes).is_ok()
    }

    /// A listing of one's own, to be said on this topic; one that holds for no time takes it back.
    pub fn make(
        &mut self,
        me: &Identity,
        wall: Unix,
        listing: &Listing,
        life_ms: u64,
    ) -> Option<(Topic, Vec<u8>)> {
        let until = if life_ms == 0 { Unix(0) } else { Unix(wall.0.saturating_add(life_ms)) };
        self.counter += 1;
        self.seal(me, self.counter, wall, Body::Listing(listing.encode(until)))
    }

    /// A word that somebody here has begun to look, under a key made for it: whoever hears it learns no more than that.
    pub fn look(&mut self, now: Mono, wall: Unix) -> Option<(Topic, Vec<u8>)> {
        self.looked = Some(now);
        let nobody = Identity::generate(&mut self.rng);
        // The numbers of what is said under other keys would lead to them.
        self.seal(&nobody, 1, wall, Body::Beacon(LOOK))
    }

    /// How long it is until somebody who says that they look is passed on.
    pub fn look_wait_ms(&self, now: Mono) -> u64 {
        self.looked.map_or(0, |at| LOOK_GAP_MS.saturating_sub(now.since(at)))
    }

    fn seal(&mut self, me: &Identity, counter: u64, wall: Unix, body: Body) -> Option<(Topic, Vec<u8>)> {
        let payload = Payload {
            genesis: Genesis([0; 16]),
            generation: 0,
            epoch: wall.epoch(),
            sender: me.id(),
            counter,
            sent: wall,
            ttl_s: 0,
            log_head: LogHead([0; 16]),
            body,
        };
        let gate = self.doors.lobby()?;
        let key = self.keys.entry(gate.day()).or_insert_with(|| self.root.lobby(gate.day()));
        let (rng, zero) = (&mut self.rng, SetTag([0; 4]));
        let frame = envelope::seal_frame(me, &self.hedge, rng, gate, FrameType::Lobby, zero, key, &payload)?;
        Some((gate.topic(), frame))
    }

    /// Takes in what a link brought.
    pub fn hear(
        &mut self,
        (now, wall): (Mono, Unix),
        me: &MemberId,
        from: &Peer,
        way: Way,
        bytes: &[u8],
    ) -> Heard {
        match self.read((now, wall), me, from, way, bytes) {
            Ok(news) => Heard { verdict: Verdict::Accept, news },
            // Whoever passes a listing on has found all this right, with nothing that another could not know.
            Err(
                Dropped::Length
                | Dropped::Version
                | Dropped::Gate
                | Dropped::Header
                | Dropped::Commitment
                | Dropped::Aead
                | Dropped::Payload
                | Dropped::Kind
                | Dropped::Signature,
            ) => Heard { verdict: Verdict::Reject, news: None },
            Err(_) => Heard { verdict: Verdict::Ignore, news: None },
        }
    }

    fn open<'a>(
        &self,
        topic: Option<&Topic>,
        bytes: &'a [u8],
    ) -> Result<(Day, envelope::Admitted<'a>), Dropped> {
        let mut doors = self.doors.topics().filter(|own| topic.is_none_or(|topic| topic == *own));
        let admitted = |own: &Topic| {
            let gate = &self.doors.get(own)?.gate;
            Some(envelope::admit(gate, bytes).map(|frame| (gate.day(), frame)))
        };
        let first = doors.next().and_then(admitted).unwrap_or(Err(Dropped::Topic));
        doors.fold(first, |found, own| found.or_else(|why| admitted(own).unwrap_or(Err(why))))
    }

    /// Cheap things first: a signature is looked at where nothing else is wrong.
    fn read(
        &mut self,
        (now, wall): (Mono, Unix),
        me: &MemberId,
        from: &Peer,
        way: Way,
        bytes: &[u8],
    ) -> Result<Option<News>, Dropped> {
        if bytes.len() != FRAME {
            return Err(Dropped::Length);
        }
        let topic = match &way {
            Way::Gossip(topic) => Some(topic),
            Way::Near => None,
        };
        let (day, frame) = self.open(topic, bytes)?;
        if frame.header.frame_type != FrameType::Lobby || frame.header.set_tag != SetTag([0; 4]) {
            return Err(Dropped::Header);
        }
        let epoch = wall.epoch().nearest(frame.header.epoch_low);
        if epoch.0.abs_diff(wall.epoch().0) > LOBBY_EPOCHS {
            return Err(Dropped::Epoch);
        }
        self.pace(now, from)?;
        let key = self.keys.entry(day).or_insert_with(|| self.root.lobby(day));
        let opened = frame.open(key)?;
        let said = &opened.payload;
        if !matches!(said.body, Body::Listing(_) | Body::Beacon(_)) {
            return Err(Dropped::Kind);
        }
        let blank = said.genesis == Genesis([0; 16]) && said.generation == 0 && said.ttl_s == 0;
        if said.epoch != epoch || said.sent.epoch() != epoch || !blank {
            return Err(Dropped::Payload);
        }
        let Body::Listing(body) = &said.body else { return self.on_look(now, way, &opened) };
        let life_ms = match body.until.0.saturating_sub(said.sent.0) {
            life_ms if life_ms > LISTING_MOST_MS => return Err(Dropped::Payload),
            life_ms => life_ms,
        };
        let listing = Listing::decode(body)?;
        if said.sender == *me {
            return Err(Dropped::OtherRoom);
        }
        let shelf = if topic.is_some() { &mut self.far } else { &mut self.near };
        shelf.takes(now, from, &listing.name, &said.sender, said.counter)?;
        if !Opened::is_signed(&opened) {
            return Err(Dropped::Signature);
        }
        Ok(shelf.put(now, from, listing, said.sender, said.counter, life_ms))
    }

    /// Somebody looks. Passed on once in a while, whoever says so: a flood of them ends at the first link.
    fn on_look(&mut self, now: Mono, way: Way, opened: &Opened) -> Result<Option<News>, Dropped> {
        if opened.payload.body != Body::Beacon(LOOK) {
            return Err(Dropped::Payload);
        }
        if way == Way::Near || self.look_wait_ms(now) > 0 {
            return Err(Dropped::Limit);
        }
        if !opened.is_signed() {
            return Err(Dropped::Signature);
        }
        self.looked = Some(now);
        Ok(Some(News::Looks))
    }

    /// One link may bring only so much, and so may all.
    fn pace(&mut self, now: Mono, from: &Peer) -> Result<(), Dropped> {
        if !self.links.contains_key(from) && self.links.len() >= LISTING_LINKS {
            return Err(Dropped::Limit);
        }
        let fresh = || Bucket::new(LISTING_LINK_EACH_MS, LISTING_LINK_BURST);
        let link = self.links.entry(from.clone()).or_insert_with(fresh);
        let enough = link.take(now.0) && self.all.take(now.0);
        enough.then_some(()).ok_or(Dropped::Limit)
    }
}
