use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;
use crate::base::limits::{
    LISTING_BURST, LISTING_EACH_MS, LISTING_MS, LISTING_TOMB_MS, LISTINGS_A_KEY, LOOK_GAP_MS,
};

const WALL: Unix = Unix(1_800_000_000_000);

fn directory(seed: u64) -> Directory<ChaCha20Rng> {
    Directory::new(ChaCha20Rng::seed_from_u64(seed), WALL, 0)
}

fn key(n: u64) -> Identity {
    let mut seed = [7; 32];
    seed.iter_mut().zip(n.to_be_bytes()).for_each(|(to, from)| *to = from);
    Identity::from_seed(&Secret::new(seed))
}

fn peer(n: u64) -> Peer {
    Peer::new(&n.to_be_bytes()).unwrap()
}

fn room(name: &str) -> Listing {
    Listing {
        name: RoomName::parse(name).unwrap(),
        title: "what it is about".to_owned(),
        tags: Tag::split("region:eu chess").unwrap(),
        kind: Kind::Open,
        knock: false,
        locked: false,
        members: 3,
    }
}

/// Somebody who listens, told of rooms by others.
struct Ear {
    directory: Directory<ChaCha20Rng>,
    me: MemberId,
}

impl Ear {
    fn new() -> Ear {
        Ear { directory: directory(1), me: key(u64::MAX).id() }
    }

    fn hears(&mut self, at: u64, from: u64, (topic, frame): &(Topic, Vec<u8>)) -> Heard {
        let clocks = (Mono(at), Unix(WALL.0 + at));
        self.directory.hear(clocks, &self.me, &peer(from), Way::Gossip(*topic), frame)
    }

    fn names(&self) -> Vec<&str> {
        self.directory.far().map(|entry| entry.listing.name.as_str()).collect()
    }
}

fn says(
    directory: &mut Directory<ChaCha20Rng>,
    by: u64,
    at: u64,
    what: &Listing,
    life: u64,
) -> (Topic, Vec<u8>) {
    directory.make(&key(by), Unix(WALL.0 + at), what, life).unwrap()
}

#[test]
fn what_one_says_another_reads_to_the_letter() {
    let (mut owner, mut ear) = (directory(2), Ear::new());
    for (n, (kind, knock, locked)) in
        [(Kind::Open, false, false), (Kind::Passphrase, true, false), (Kind::Invite, false, true)]
            .into_iter()
            .enumerate()
    {
        let title = ["", "caf\u{e9} \u{202e}gnp.exe", &"x".repeat(TITLE_BYTES)][n].to_owned();
        let said = Listing { kind, knock, locked, title, ..room(&format!("room {n}")) };
        let frame = says(&mut owner, 5, 0, &said, LISTING_MS);
        assert_eq!(frame.1.len(), 640);
        let heard = ear.hears(10, 1, &frame);
        assert_eq!(heard.verdict, Verdict::Accept);
        let Some(News::Listed(entry)) = heard.news else { panic!("no news") };
        assert_eq!((entry.listing, entry.by, entry.until), (said, key(5).id(), Mono(10 + LISTING_MS)));
    }
    let longest = Listing {
        name: RoomName::parse(&"n".repeat(32)).unwrap(),
        title: "\u{20ac}".repeat(100),
        tags: Tag::split(&["a", "b", "c"].map(|tag| tag.repeat(24)).join(" ")).unwrap(),
        members: u64::MAX,
        ..room("x")
    };
    let frame = says(&mut owner, 5, 0, &longest, LISTING_MOST_MS);
    assert_eq!((frame.1.len(), ear.hears(0, 1, &frame).verdict), (640, Verdict::Accept));
}

#[test]
fn the_newer_word_counts_and_what_is_over_stays_over() {
    let (mut owner, mut ear) = (directory(2), Ear::new());
    let first = says(&mut owner, 5, 0, &room("tea"), LISTING_MS);
    let second = says(&mut owner, 5, 0, &Listing { members: 4, ..room("tea") }, LISTING_MS);
    assert_eq!(ear.hears(0, 1, &second).verdict, Verdict::Accept);
    assert_eq!(ear.hears(0, 1, &first).verdict, Verdict::Ignore, "an older word");
    assert_eq!(ear.hears(0, 2, &second).verdict, Verdict::Ignore, "the same again");
    assert_eq!(ear.directory.far().map(|entry| entry.listing.members).collect::<Vec<_>>(), [4]);
    // It ends by itself, whatever is said again of it.
    ear.directory.pass_time(Mono(LISTING_MS), Unix(WALL.0 + LISTING_MS));
    assert!(ear.names().is_empty());
    for late in [LISTING_MS, LISTING_TOMB_MS - 1] {
        ear.directory.pass_time(Mono(late), Unix(WALL.0 + late));
        assert_eq!(ear.hears(late, 3, &second).verdict, Verdict::Ignore, "{late}");
    }
    let forgotten = LISTING_MS + LISTING_TOMB_MS;
    ear.directory.pass_time(Mono(forgotten), Unix(WALL.0 + forgotten));
    assert_eq!(ear.hears(forgotten, 3, &second).verdict, Verdict::Ignore, "too old by any clock");
    // Taken back at once by whoever said it; by nobody else.
    let at = forgotten;
    let again = says(&mut owner, 5, at, &room("tea"), LISTING_MS);
    assert!(matches!(ear.hears(at, 1, &again).news, Some(News::Listed(_))));
    let other = says(&mut directory(3), 6, at, &room("tea"), 0);
    assert!(ear.hears(at, 1, &other).news.is_none() && ear.names() == ["tea"]);
    let gone = says(&mut owner, 5, at, &room("tea"), 0);
    assert!(matches!(ear.hears(at, 1, &gone).news, Some(News::Gone(_))));
    assert!(ear.names().is_empty());
    assert_eq!(ear.hears(at, 1, &again).verdict, Verdict::Ignore);
}

#[test]
fn clocks_that_are_minutes_apart_do_not_matter_and_more_does() {
    for (off_ms, verdict) in
        [(-300_000, Verdict::Accept), (300_000, Verdict::Accept), (-900_000, Verdict::Ignore)]
    {
        let (mut owner, mut ear) = (directory(2), Ear::new());
        let wall = WALL.shifted(off_ms);
        let said = owner.make(&key(5), wall, &room("tea"), LISTING_MS).unwrap();
        assert_eq!(ear.hears(0, 1, &said).verdict, verdict, "{off_ms}");
        assert!(ear.directory.far().all(|entry| entry.until == Mono(LISTING_MS)));
    }
}

#[test]
fn each_byte_that_is_wrong_costs_whoever_passed_it_on() {
    let mut owner = directory(2);
    let (topic, frame) = says(&mut owner, 5, 0, &room("tea"), LISTING_MS);
    for at in 0..frame.len() {
        let mut bad = frame.clone();
        bad[at] ^= 1;
        let heard = Ear::new().hears(0, 1, &(topic, bad));
        assert!(heard.verdict == Verdict::Reject && heard.news.is_none(), "byte {at}");
    }
    for len in [0, 1, 639, 641, 1_792] {
        assert_eq!(Ear::new().hears(0, 1, &(topic, vec![1; len])).verdict, Verdict::Reject);
    }
    let strange = (Topic([9; 32]), frame);
    assert_eq!(Ear::new().hears(0, 1, &strange).verdict, Verdict::Ignore);
}

/// A listing whose fields nobody honest would write, rightly sealed and signed.
fn forged(by: u64, counter: u64, change: impl Fn(&mut Payload)) -> (Topic, Vec<u8>) {
    let (me, mut maker) = (key(by), directory(9));
    let mut payload = Payload {
        genesis: Genesis([0; 16]),
        generation: 0,
        epoch: WALL.epoch(),
        sender: me.id(),
        counter,
        sent: WALL,
        ttl_s: 0,
        log_head: LogHead([0; 16]),
        body: Body::Listing(room("tea").encode(Unix(WALL.0 + LISTING_MS))),
    };
    change(&mut payload);
    let gate = maker.doors.lobby().unwrap();
    let (lobby, zero) = (maker.root.lobby(gate.day()), SetTag([0; 4]));
    let frame = envelope::seal_frame(
        &me,
        &maker.hedge,
        &mut maker.rng,
        gate,
        FrameType::Lobby,
        zero,
        &lobby,
        &payload,
    );
    (gate.topic(), frame.unwrap())
}

#[test]
fn fields_out_of_their_bounds_are_refused_however_well_they_are_signed() {
    fn body(change: impl Fn(&mut payload::Listing)) -> impl Fn(&mut Payload) {
        move |payload| {
            let Body::Listing(body) = &mut payload.body else { return };
            change(body);
        }
    }
    type Change = Box<dyn Fn(&mut Payload)>;
    let reject: Vec<Change> = vec![
        Box::new(body(|said| said.tag = "a b c d".to_owned())),
        Box::new(body(|said| said.tag = "Region:EU".to_owned())),
        Box::new(body(|said| said.tag = "a\u{1b}[2J".to_owned())),
        Box::new(body(|said| said.title = "x".repeat(TITLE_BYTES + 1))),
        Box::new(body(|said| said.mode = 3)),
        Box::new(body(|said| said.mode = 16)),
        Box::new(body(|said| said.mode = u64::MAX)),
        Box::new(body(|said| said.members = 0)),
        Box::new(body(|said| said.members = 257)),
        Box::new(body(|said| said.until = Unix(WALL.0 + LISTING_MOST_MS + 1))),
        Box::new(body(|said| said.until = Unix(u64::MAX))),
        Box::new(|payload| payload.genesis = Genesis([1; 16])),
        Box::new(|payload| payload.sent = Unix(WALL.0 + 600_000)),
        Box::new(|payload| payload.sender = key(6).id()),
        Box::new(|payload| payload.body = Body::Leave { panic: false }),
    ];
    for (n, change) in reject.iter().enumerate() {
        let heard = Ear::new().hears(0, 1, &forged(5, 1, change));
        assert_eq!(heard.verdict, Verdict::Reject, "case {n}");
    }
    for name in ["", "Tea", " tea", "te\u{202e}a", "a  b"] {
        let name = name.to_owned();
        let heard = Ear::new().hears(0, 1, &forged(5, 1, body(move |said| said.name.clone_from(&name))));
        assert_eq!(heard.verdict, Verdict::Ignore);
    }
    assert_eq!(Ear::new().hears(0, 1, &forged(5, 1, |_| {})).verdict, Verdict::Accept);
}

#[test]
fn a_flood_of_ten_thousand_fills_what_is_free_and_pushes_nobody_out() {
    let (mut owner, mut ear) = (directory(2), Ear::new());
    for n in 0..20 {
        let said = says(&mut owner, n, 0, &room(&format!("honest {n}")), LISTING_MOST_MS);
        assert_eq!(ear.hears(0, 1, &said).verdict, Verdict::Accept);
    }
    let (mut liar, mut taken) = (directory(3), 0);
    for n in 0..10_000 {
        // As fast as one link may bring them, over five minutes.
        let said = says(&mut liar, 1_000 + n, 30 * n, &room(&format!("junk {n}")), LISTING_MOST_MS);
        taken += usize::from(ear.hears(30 * n, 2, &said).verdict == Verdict::Accept);
    }
    assert_eq!((taken, ear.names().len()), (LISTINGS - 20, LISTINGS));
    assert_eq!(ear.names().iter().filter(|name| name.starts_with("honest")).count(), 20);
    // Whoever comes by another link finds a place, and the liar's youngest goes.
    let at = 300_000;
    for n in 20..40 {
        let said = says(&mut owner, n, at, &room(&format!("honest {n}")), LISTING_MOST_MS);
        assert_eq!(ear.hears(at, 3, &said).verdict, Verdict::Accept);
    }
    assert_eq!(ear.names().iter().filter(|name| name.starts_with("honest")).count(), 40);
    assert_eq!(ear.names().len(), LISTINGS);
    // And at once: what is too fast is not even opened.
    let mut ear = Ear::new();
    let frame = says(&mut liar, 5, 0, &room("tea"), LISTING_MS);
    let heard = (0..10_000).filter(|_| ear.hears(0, 2, &frame).verdict != Verdict::Ignore).count();
    assert_eq!(heard, 1);
    assert!(ear.directory.links.len() == 1 && ear.hears(0, 3, &frame).verdict == Verdict::Ignore);
}

#[test]
fn one_key_lists_so_many_rooms_and_changes_its_word_only_so_often() {
    let (mut owner, mut ear) = (directory(2), Ear::new());
    let listed = (0..20).filter(|n| {
        let said = says(&mut owner, 5, 0, &room(&format!("room {n}")), LISTING_MS);
        ear.hears(0, 1, &said).verdict == Verdict::Accept
    });
    assert_eq!(listed.count(), LISTINGS_A_KEY);
    let mut ear = Ear::new();
    let mut changed = |at| {
        let said = says(&mut owner, 5, at, &room("tea"), LISTING_MS);
        ear.hears(at, 1, &said).verdict == Verdict::Accept
    };
    assert_eq!((0..20).filter(|_| changed(0)).count() as u64, LISTING_BURST);
    assert!(changed(LISTING_EACH_MS) && !changed(LISTING_EACH_MS));
}

#[test]
fn neighbours_have_a_part_of_their_own_with_a_share_for_each() {
    let (mut owner, mut ear) = (directory(2), Ear::new());
    let near = |ear: &mut Ear, from: u64, by: u64, owner: &mut Directory<ChaCha20Rng>| {
        let (_, frame) = says(owner, by, 0, &room(&format!("room {by}")), LISTING_MS);
        assert!(ear.directory.admits(&frame));
        ear.directory.hear((Mono(0), WALL), &ear.me, &peer(from), Way::Near, &frame)
    };
    let taken = (0..50).filter(|by| near(&mut ear, 1, *by, &mut owner).verdict == Verdict::Accept).count();
    assert_eq!(taken, LISTINGS_A_NEIGHBOUR);
    for from in 2..100 {
        near(&mut ear, from, 100 + from, &mut owner);
    }
    assert_eq!(ear.directory.near().count(), LISTINGS_NEAR);
    assert_eq!(ear.directory.far().count(), 0, "gossip's part is another");
    let gone = ear.directory.pass_time(Mono(LISTING_MS), Unix(WALL.0 + LISTING_MS));
    assert_eq!(gone.len(), LISTINGS_NEAR);
    assert!(gone.iter().all(|news| matches!(news, News::Gone(_))));
    assert!(!ear.directory.admits(&[1; FRAME]) && !ear.directory.admits(b""));
}

#[test]
fn one_hears_nothing_of_oneself_and_a_new_day_has_another_topic() {
    let (mut owner, mut ear) = (directory(2), Ear::new());
    let said = owner.make(&key(u64::MAX), WALL, &room("tea"), LISTING_MS).unwrap();
    assert_eq!(ear.hears(0, 1, &said).verdict, Verdict::Ignore);
    let today: Vec<Topic> = ear.directory.topics().copied().collect();
    let day = 86_400_000;
    ear.directory.pass_time(Mono(day), Unix(WALL.0 + day));
    assert!(today.iter().all(|topic| !ear.directory.has(topic)) && ear.directory.topics().count() == 1);
}

#[test]
fn whoever_begins_to_look_says_no_more_than_that_and_is_passed_on_once_in_a_while() {
    let (mut looker, mut ear) = (directory(2), Ear::new());
    let look = |looker: &mut Directory<ChaCha20Rng>, at| looker.look(Mono(at), Unix(WALL.0 + at)).unwrap();
    let frames: Vec<(Topic, Vec<u8>)> = (0..4).map(|_| look(&mut looker, 1_000)).collect();
    let opened = |(topic, bytes): &(Topic, Vec<u8>)| {
        let (day, frame) = looker.open(Some(topic), bytes).unwrap();
        frame.open(&looker.root.lobby(day)).unwrap().payload
    };
    let said: Vec<Payload> = frames.iter().map(opened).collect();
    assert!(said.windows(2).all(|two| two[0].sender != two[1].sender), "under another key each time");
    assert!(said.iter().all(|payload| payload.counter == 1), "which leads to no other key");
    assert!(frames.iter().all(|(_, bytes)| bytes.len() == FRAME));
    let (first, rest) = frames.split_first().unwrap();
    let heard = ear.hears(1_010, 1, first);
    assert_eq!(heard.verdict, Verdict::Accept);
    assert!(matches!(heard.news, Some(News::Looks)));
    for (link, frame) in (2..).zip(rest) {
        let heard = ear.hears(1_020, link, frame);
        assert_eq!(heard.verdict, Verdict::Ignore, "by whatever link, and under whatever key");
        assert!(heard.news.is_none());
    }
    let later = 1_010 + LOOK_GAP_MS;
    let frame = look(&mut looker, later);
    assert!(matches!(ear.hears(later, 1, &frame).news, Some(News::Looks)));
    // Straight it means nothing, and a beacon of a room does not belong here.
    let clocks = (Mono(3 * later), Unix(WALL.0 + later));
    let near = ear.directory.hear(clocks, &ear.me, &peer(1), Way::Near, &frame.1);
    assert!(near.verdict == Verdict::Ignore && near.news.is_none());
    let wrong = Body::Beacon(Beacon { members: 1, ..LOOK });
    let frame = looker.seal(&key(3), 1, Unix(WALL.0 + later), wrong).unwrap();
    assert_eq!(ear.hears(3 * later, 1, &frame).verdict, Verdict::Reject);
}
