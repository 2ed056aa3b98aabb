//! Rooms that want to be found: what others tell of theirs, and telling them of one's own. What is heard is kept by
//! `room/directory.rs`; here it meets the network, which knows who is a neighbour.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::After;
use super::looking::Looking;
use super::random::{self, Os};
use super::run::Node;
use super::seat::{Effect, Seat};
use super::told;
use crate::base::id::{MemberId, Peer, Topic};
use crate::base::limits::{LISTING_AGAIN_MS, LISTING_MS, LOOK_GAP_MS, LOOK_PER_LISTING_MS, LOOK_SPREAD_MS};
use crate::base::tag::Tag;
use crate::base::time::{Mono, Unix};
use crate::chat::event::Event;
use crate::chat::listing::{Found, Listed, Listing, ListingLine};
use crate::chat::name::{ListingChange, Mode, Reach};
use crate::chat::notice::{Notice, Said};
use crate::chat::problem::Problem;
use crate::chat::reply::Answer;
use crate::chat::request::Look;
use crate::chat::text::Line;
use crate::crypto::root::{Kind, Root};
use crate::crypto::words;
use crate::net;
use crate::room::directory::{Directory, Entry, News, Way};
use crate::room::io::{Standing, Verdict};
use crate::room::log::Log;
use crate::room::rights::{Rank, Rights};

/// How often time is let pass in the directory where nothing else is due: its topics change at midnight.
const PASS_MS: u64 = 10_000;
/// Rooms that were looked up here and are being entered: whom they were listed by.
const LED: usize = 64;

/// The directory on this node.
pub(super) struct Finding {
    directory: Directory<Os>,
    /// Carries for others what they list.
    serve: bool,
    joined: BTreeSet<Topic>,
    /// Somebody here looks.
    looking: Looking,
    next: Mono,
    /// Words that take back what was listed by rooms that this node has left.
    farewells: Vec<(Reach, Topic, Vec<u8>)>,
    /// By whom a room was listed that somebody came into by its listing.
    led: BTreeMap<Line, BTreeSet<MemberId>>,
}

/// How a seat is listed.
pub(super) struct Told {
    reach: Reach,
    tags: Vec<Tag>,
    due: Mono,
    /// When it was said last, and what.
    said: Mono,
    frame: Option<Vec<u8>>,
}

impl Default for Told {
    fn default() -> Told {
        Told { reach: Reach::Off, tags: Vec::new(), due: Mono(0), said: Mono(0), frame: None }
    }
}

impl Told {
    fn words(&self) -> Listed {
        Listed { reach: self.reach, tags: self.tags.clone() }
    }
}

impl Finding {
    pub(super) fn new(wall: Unix, begun: u64, serve: bool) -> Finding {
        Finding {
            directory: Directory::new(random::os(), wall, begun),
            serve,
            joined: BTreeSet::new(),
            looking: Looking::default(),
            next: Mono(0),
            farewells: Vec::new(),
            led: BTreeMap::new(),
        }
    }

    /// Rooms heard of.
    pub(super) fn held(&self) -> usize {
        self.directory.far().count()
    }

    /// How it stands, on one line.
    pub(super) fn words(&self) -> String {
        let (near, far) = (self.directory.near().count(), self.directory.far().count());
        let listens = match (self.joined.is_empty(), self.serve, self.looking.is_on()) {
            (true, ..) => "not listened to",
            (_, true, _) => "carried for others",
            (_, _, true) => "listened to, because you looked",
            _ => "listened to, because a room here is listed",
        };
        format!("directory: {listens}; rooms nearby: {near}, listed: {far}")
    }

    /// Whether a topic is the directory's.
    pub(super) fn has(&self, topic: &Topic) -> bool {
        self.joined.contains(topic)
    }
}

impl Node {
    // ---- asked here ----

    /// The rooms there are, and those that can be found.
    pub(super) async fn find(&mut self, look: Look) -> Answer {
        let now = self.clock.now();
        if look != Look::Here {
            self.finding.looking.begin(now);
        }
        self.let_pass(now).await;
        let fits = |entry: &&Entry| match &look {
            Look::Tag(tag) => entry.listing.tags.contains(tag),
            Look::Here | Look::All => true,
        };
        let directory = &self.finding.directory;
        let mut nearby: Vec<Listing> =
            directory.near().filter(fits).map(|entry| self.shown(entry, true)).collect();
        let is_near = |row: &Listing| {
            let same = |near: &Listing| near.room == row.room && near.by == row.by;
            nearby.iter().any(same)
        };
        let listed = (look != Look::Here).then(|| {
            let rows = directory.far().filter(fits).map(|entry| self.shown(entry, false));
            rows.filter(|row| !is_near(row)).collect::<Vec<_>>()
        });
        nearby.sort_by(|a, b| a.room.cmp(&b.room));
        Answer::Rooms(self.model.room_rows(), Box::new(Found { nearby, listed }))
    }

    /// Lists a room, or no more.
    pub(super) async fn list(
        &mut self,
        at: usize,
        reach: Reach,
        after: &mut After,
    ) -> Result<Answer, Problem> {
        let seat = self.seats.get(at).ok_or(Problem::UnknownRoom)?;
        if matches!(seat.standing(), None | Some(Standing::Searching)) {
            return Err(Problem::NotIn);
        }
        let (name, before) = (seat.name.clone(), seat.listed.reach);
        if before != Reach::Off && before != reach {
            self.take_back(at).await;
        }
        let now = self.clock.now();
        if let Some(seat) = self.seats.get_mut(at) {
            (seat.listed.reach, seat.listed.due) = (reach, now);
        }
        self.open_directory(now).await;
        let said = match reach {
            Reach::Off => (before != Reach::Off).then_some(Said::Unlisted),
            Reach::Near | Reach::On => {
                self.announce(at, now).await;
                Some(Said::Listed { near: reach == Reach::Near })
            }
        };
        let told = said.map(|said| Effect::Tell(Event::Notice(Notice::room(&name, said))));
        after.push((at, told.into_iter().collect()));
        self.how_listed(at)
    }

    /// Files a room under these.
    pub(super) async fn file(&mut self, at: usize, tags: Vec<Tag>) -> Result<Answer, Problem> {
        let now = self.clock.now();
        let seat = self.seats.get_mut(at).ok_or(Problem::UnknownRoom)?;
        seat.listed.tags = tags;
        if seat.listed.reach != Reach::Off {
            self.announce(at, now).await;
        }
        self.how_listed(at)
    }

    /// How a room is listed.
    pub(super) fn how_listed(&self, at: usize) -> Result<Answer, Problem> {
        self.seats.get(at).map(|seat| Answer::Listed(seat.listed.words())).ok_or(Problem::UnknownRoom)
    }

    /// A room is being entered by its name: whoever listed it should have an office there.
    pub(super) fn led_to(&mut self, room: &Line, mode: Mode) {
        let entries = self.finding.directory.near().chain(self.finding.directory.far());
        let by: BTreeSet<MemberId> = entries
            .filter(|entry| {
                entry.listing.name.as_str() == room.as_str() && told::mode(entry.listing.kind) == mode
            })
            .map(|entry| entry.by)
            .collect();
        if !by.is_empty() && self.finding.led.len() < LED {
            self.finding.led.insert(room.clone(), by);
        }
    }

    /// Says so where a room that was found by its listing is another's than it said.
    fn check_leaders(&mut self) {
        let (seats, later) = (&self.seats, &self.later);
        self.finding
            .led
            .retain(|room, _| later.is_coming(room) || seats.iter().any(|seat| seat.name == *room));
        let mut astray = Vec::new();
        for seat in self.seats.iter().filter(|seat| seat.standing() == Some(Standing::Confirmed)) {
            let Some(by) = self.finding.led.remove(&seat.name) else { continue };
            // Of several who list a room of this name nobody knows which one was meant: that of whoever has an office in it.
            if let Some(first) = by.first().filter(|_| !by.iter().any(|by| has_office(seat, by))) {
                astray.push((seat.name.clone(), Line::clean(&words::tag(first))));
            }
        }
        for (room, tag) in astray {
            self.tell(Event::Notice(Notice::room(&room, Said::ListedByOther { tag })));
        }
    }

    // ---- heard of others ----

    /// A frame on a topic of the directory.
    pub(super) fn heard_of(&mut self, from: &Peer, topic: Topic, bytes: &[u8]) -> net::Verdict {
        let at = (self.clock.now(), self.clock.wall());
        let heard = self.finding.directory.hear(at, &self.id(), from, Way::Gossip(topic), bytes);
        if let Some(News::Looks) = heard.news {
            self.finding.looking.heard();
            self.say_soon(at.0);
        }
        match heard.verdict {
            Verdict::Accept => net::Verdict::Accept,
            Verdict::Ignore => net::Verdict::Ignore,
            Verdict::Reject => net::Verdict::Reject,
        }
    }

    /// A frame straight from a peer; true where it is the directory's. From afar nobody is a neighbour.
    pub(super) fn told_near(&mut self, from: &Peer, bytes: &[u8]) -> bool {
        if !self.finding.directory.admits(bytes) {
            return false;
        }
        if self.links.is_near(from) {
            let at = (self.clock.now(), self.clock.wall());
            let heard = self.finding.directory.hear(at, &self.id(), from, Way::Near, bytes);
            heard.news.into_iter().for_each(|news| self.tell_listing(&news));
        }
        true
    }

    fn tell_listing(&mut self, news: &News) {
        let (change, entry) = match news {
            News::Listed(entry) => (ListingChange::Listed, entry),
            News::Gone(entry) => (ListingChange::Gone, entry),
            News::Looks => return,
        };
        let listing = self.shown(entry, true);
        self.tell(Event::Listing(Box::new(ListingLine { change, listing })));
    }

    /// A listing as faces show it.
    fn shown(&self, entry: &Entry, near: bool) -> Listing {
        let said = &entry.listing;
        let (room, mode) = (Line::clean(said.name.as_str()), told::mode(said.kind));
        let here = self.seats.iter().find(|seat| seat.name == room);
        // Another room of the same name, or one whose name looks the same.
        let other = here
            .is_some_and(|seat| seat.mode != mode || (mode != Mode::Open && !has_office(seat, &entry.by)));
        Listing {
            title: Some(Line::clean(&said.title)).filter(|title| !title.is_empty()),
            tags: said.tags.clone(),
            mode,
            knock: said.knock,
            locked: said.locked,
            members: said.members,
            mark: (said.kind == Kind::Open).then(|| Line::clean(&Root::open(&said.name).mark())),
            by: entry.by,
            tag: Line::clean(&words::tag(&entry.by)),
            near,
            until: entry.until,
            joined: here.is_some(),
            alike: other || self.seats.iter().any(|seat| Listing::looks_like(&seat.name, &room)),
            room,
        }
    }

    // ---- said of one's own ----

    /// Somebody has begun to look: what is listed is said again, if that was not a moment ago.
    fn say_soon(&mut self, now: Mono) {
        let more = self.finding.held() as u64 * LOOK_PER_LISTING_MS;
        let (from, to) = LOOK_SPREAD_MS;
        for told in self.seats.iter_mut().map(|seat| &mut seat.listed).filter(|told| told.reach == Reach::On)
        {
            let soon = now + random::between((from, to + more / 10));
            told.due = told.due.min(soon.max(told.said + LOOK_GAP_MS.max(more)));
        }
    }

    /// A link listens to the directory.
    pub(super) fn met_listener(&mut self) {
        let now = self.clock.now();
        self.finding.looking.meet(now);
    }

    /// A neighbour came: it is told at once of what is listed here.
    pub(super) async fn greet(&self, peer: &Peer) {
        if !self.links.is_near(peer) {
            return;
        }
        for seat in &self.seats {
            if let (true, Some(frame)) = (seat.listed.reach != Reach::Off, &seat.listed.frame) {
                let _stopped = self.net.direct(peer.clone(), frame.clone()).await;
            }
        }
    }

    /// Says what is due, and forgets what is over.
    pub(super) async fn tend_directory(&mut self) {
        let now = self.clock.now();
        self.check_leaders();
        if self.finding.looking.calls(now, self.finding.directory.look_wait_ms(now))
            && let Some((topic, frame)) = self.finding.directory.look(now, self.clock.wall())
        {
            let _stopped = self.net.publish(topic, frame).await;
        }
        for (reach, topic, frame) in std::mem::take(&mut self.finding.farewells) {
            self.say(reach, topic, frame).await;
        }
        for at in 0..self.seats.len() {
            let Some(seat) = self.seats.get(at).filter(|seat| seat.listed.reach != Reach::Off) else {
                continue;
            };
            if seat.rank() < Rank::Owner {
                let name = seat.name.clone();
                self.take_back(at).await;
                if let Some(seat) = self.seats.get_mut(at) {
                    seat.listed.reach = Reach::Off;
                }
                self.tell(Event::Notice(Notice::room(&name, Said::Unlisted)));
            } else if seat.listed.due <= now {
                self.announce(at, now).await;
            }
        }
        if now >= self.finding.next || self.finding.directory.next_due().is_some_and(|due| due <= now) {
            self.let_pass(now).await;
        }
    }

    async fn let_pass(&mut self, now: Mono) {
        self.finding.next = now + PASS_MS;
        let gone = self.finding.directory.pass_time(now, self.clock.wall());
        gone.iter().for_each(|news| self.tell_listing(news));
        self.open_directory(now).await;
    }

    /// When [`Node::tend_directory`] has something to do.
    pub(super) fn directory_due(&self) -> Option<Mono> {
        let listed = self.seats.iter().filter(|seat| seat.listed.reach != Reach::Off);
        let listed = listed.map(|seat| seat.listed.due);
        let pass = (!self.finding.joined.is_empty()).then_some(self.finding.next);
        listed.chain(self.finding.directory.next_due()).chain(self.finding.looking.due()).chain(pass).min()
    }

    /// Listens where somebody here looks, lists or carries, and nowhere else.
    async fn open_directory(&mut self, now: Mono) {
        self.finding.looking.expire(now);
        let lists = self.seats.iter().any(|seat| seat.listed.reach == Reach::On);
        let wanted: BTreeSet<Topic> = match self.finding.serve || lists || self.finding.looking.is_on() {
            true => self.finding.directory.topics().copied().collect(),
            false => BTreeSet::new(),
        };
        for topic in wanted.difference(&self.finding.joined) {
            let _stopped = self.net.join(*topic).await;
        }
        for topic in self.finding.joined.difference(&wanted) {
            let _stopped = self.net.part(*topic).await;
        }
        self.finding.looking.listens(now, !wanted.is_empty());
        self.finding.joined = wanted;
    }

    async fn announce(&mut self, at: usize, now: Mono) {
        let again = random::between(LISTING_AGAIN_MS);
        let Some((reach, topic, frame)) = self.worded(at, LISTING_MS) else { return };
        if let Some(seat) = self.seats.get_mut(at) {
            let told = &mut seat.listed;
            (told.due, told.said, told.frame) = (now + again, now, Some(frame.clone()));
        }
        self.say(reach, topic, frame).await;
    }

    async fn take_back(&mut self, at: usize) {
        let Some((reach, topic, frame)) = self.worded(at, 0) else { return };
        if let Some(seat) = self.seats.get_mut(at) {
            seat.listed.frame = None;
        }
        self.say(reach, topic, frame).await;
    }

    fn worded(&mut self, at: usize, life_ms: u64) -> Option<(Reach, Topic, Vec<u8>)> {
        let (me, wall) = (self.identity(), self.clock.wall());
        let seat = self.seats.get(at)?;
        let (topic, frame) = self.finding.directory.make(&me, wall, &of_seat(seat), life_ms)?;
        Some((seat.listed.reach, topic, frame))
    }

    /// A room is left: what was said of it is taken back with the next turn.
    pub(super) fn unlist(&mut self, seat: &Seat) {
        if seat.listed.reach == Reach::Off {
            return;
        }
        let (me, wall) = (self.identity(), self.clock.wall());
        if let Some((topic, frame)) = self.finding.directory.make(&me, wall, &of_seat(seat), 0) {
            self.finding.farewells.push((seat.listed.reach, topic, frame));
        }
    }

    /// The last words: all that is listed is taken back.
    pub(super) async fn close_directory(&mut self) {
        for seat in std::mem::take(&mut self.seats) {
            self.unlist(&seat);
            self.seats.push(seat);
        }
        for (reach, topic, frame) in std::mem::take(&mut self.finding.farewells) {
            self.say(reach, topic, frame).await;
        }
    }

    /// To those who look, and straight to neighbours: they need not look.
    async fn say(&self, reach: Reach, topic: Topic, frame: Vec<u8>) {
        for peer in self.links.neighbours() {
            let _stopped = self.net.direct(peer.clone(), frame.clone()).await;
        }
        if reach == Reach::On {
            let _stopped = self.net.publish(topic, frame).await;
        }
    }
}

fn has_office(seat: &Seat, who: &MemberId) -> bool {
    seat.look().log().is_some_and(|log| log.rights().rank(who) > Rank::Member)
}

/// What is told of a room: nothing that is not in here.
fn of_seat(seat: &Seat) -> crate::room::directory::Listing {
    let rights = seat.look().log().map(Log::rights);
    crate::room::directory::Listing {
        name: seat.look().name().clone(),
        title: seat.policy().topic.unwrap_or_default(),
        tags: seat.listed.tags.clone(),
        kind: seat.look().kind(),
        knock: rights.is_some_and(Rights::knocking),
        locked: rights.is_some_and(Rights::locked),
        members: seat.members() as u64,
    }
}
