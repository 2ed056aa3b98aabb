//! The log of rights: the same entries give the same rights, and nobody gets further than the rules let them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test that panics has done its work; those about speed look at the clock"
)]

use ephem_node::base::id::{EntryId, Genesis, InviteId, MemberId, MsgId};
use ephem_node::base::limits::{BACKDATED_REMOVALS, LOG_WAITING};
use ephem_node::base::secret::Secret;
use ephem_node::base::time::Unix;
use ephem_node::crypto::identity::Identity;
use ephem_node::crypto::kdf::Label;
use ephem_node::crypto::root::Kind;
use ephem_node::room::log::{EntryError, Inserted, Log, entry_id, sign_entry};
use ephem_node::room::rights::Rank;
use ephem_node::wire::log::{Act, Entry, Policy, Then};

const ROOM: Genesis = Genesis([7; 16]);
const AT: Unix = Unix(1_000_000);
/// Who plays which part in the tests of single rules.
const OWNER: u8 = 1;
const ADMIN: u8 = 2;
const ADMIN2: u8 = 3;
const MEMBER: u8 = 4;
const OTHER: u8 = 5;
const TOKEN: u8 = 200;

fn me(n: u8) -> Identity {
    Identity::from_seed(&Secret::new([n; 32]))
}

fn id(n: u8) -> MemberId {
    me(n).id()
}

fn raw_id(raw: &[u8]) -> EntryId {
    entry_id(&raw[..raw.len() - 64])
}

fn short(founding: &EntryId) -> [u8; 8] {
    *founding.0.first_chunk().unwrap()
}

fn founding(token: u8, nonce: u8) -> Act {
    Act::Founding { reclaim: id(token).0, policy: Policy::default(), nonce: [nonce; 16] }
}

fn kick(n: u8) -> Act {
    Act::Kick { target: id(n), last_seq: 0, why: String::new() }
}

fn ban(n: u8, then: Then) -> Act {
    Act::Ban { target: id(n), last_seq: 0, why: String::new(), until: None, then, salt_hash: [n; 16] }
}

fn grant(n: u8) -> Act {
    Act::Grant { target: id(n) }
}

fn mute(n: u8) -> Act {
    Act::Mute { target: id(n), until: Unix(9_000_000), why: String::new() }
}

fn topic(text: &str) -> Act {
    Act::Policy(Policy { topic: Some(text.to_owned()), ..Policy::default() })
}

fn reclaim(token: u8, who: u8, next: u8) -> Act {
    let token_sig = me(token).sign(Label::Reclaim, &[&ROOM.0, &id(who).0, &id(next).0]);
    Act::Reclaim { next: id(next).0, token_sig }
}

/// Writes as an honest node would, and takes it in.
fn act(log: &mut Log, who: u8, act: Act) -> Result<EntryId, EntryError> {
    let raw = log.write(&me(who), AT, act);
    log.insert(&raw).map(|_| raw_id(&raw))
}

fn must(log: &mut Log, who: u8, what: Act) -> EntryId {
    act(log, who, what).unwrap()
}

fn empty() -> Log {
    Log::new(ROOM, Kind::Passphrase)
}

fn copy(log: &Log) -> Log {
    let mut out = empty();
    give(&mut out, log);
    out
}

/// Hands over everything one has to the other.
fn give(to: &mut Log, from: &Log) {
    for (_, raw) in from.raws() {
        let _ = to.insert(raw);
    }
}

/// Both halves of a partition after it healed, which must agree.
fn heal(a: &mut Log, b: &mut Log) {
    give(a, b);
    give(b, a);
    assert_eq!(digest(a), digest(b));
}

/// A room with an owner and two admins, and its founding.
fn room() -> (Log, EntryId) {
    let mut log = empty();
    let root = must(&mut log, OWNER, founding(TOKEN, 0));
    must(&mut log, OWNER, grant(ADMIN));
    must(&mut log, OWNER, grant(ADMIN2));
    (log, root)
}

fn out(log: &Log, n: u8) -> bool {
    log.rights().removal(&id(n), &[], Unix(0)).is_some()
}

fn rank(log: &Log, n: u8) -> Rank {
    log.rights().rank(&id(n))
}

fn digest(log: &Log) -> String {
    let topic = log.rights().policy.topic.clone();
    let (lock, knock) = (log.rights().locked(), log.rights().knocking());
    let mut removals = log.rights().removals.clone();
    removals.values_mut().for_each(|all| all.sort_by_key(|r| r.entry));
    format!(
        "{:?} {:?} {topic:?} {lock} {knock} {:?} {removals:?} {:?} {:?}",
        log.head(),
        log.len(),
        log.rights(),
        log.equivocators(),
        log.salt_hashes()
    )
}

// ---- agreement ----

/// A small generator, so that a seed replays a run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % sides as u64) as usize
    }

    fn shuffle<T>(&mut self, all: &mut [T]) {
        for i in (1..all.len()).rev() {
            all.swap(i, self.roll(i + 1));
        }
    }
}

const PEOPLE: usize = 7;

fn random_act(dice: &mut Dice, log: &Log, who: u8) -> Act {
    let n = 1 + dice.roll(PEOPLE) as u8;
    let target = id(n);
    let some = |dice: &mut Dice| {
        let ids: Vec<EntryId> = log.raws().map(|(id, _)| *id).collect();
        ids[dice.roll(ids.len())]
    };
    let offer = log.raws().map(|(id, _)| *id).find(|e| {
        matches!(log.get(e).unwrap().act, Act::Transfer { to, .. } if to == id(who)) && dice.roll(2) == 0
    });
    match dice.roll(24) {
        0 => founding(TOKEN + who, dice.roll(200) as u8),
        1..=3 => grant(n),
        4 => Act::Revoke { target },
        5..=7 => kick(n),
        8 => ban(n, [Then::Nothing, Then::Lock, Then::Knock][dice.roll(3)]),
        9 => Act::Unban { target },
        10 => mute(n),
        11 => Act::Unmute { target },
        12 => Act::Admit { target },
        13 => Act::Deny { target },
        14 => Act::Invite { id: InviteId([n; 16]), key: [n; 32], uses: 3, until: AT },
        15 => Act::InviteRevoke { id: InviteId([n; 16]) },
        16 => topic(&format!("t{}", dice.roll(1000))),
        17 => Act::Transfer { to: target, leaving: dice.roll(3) == 0 },
        18 | 19 => Act::TransferAccept { transfer: offer.unwrap_or_else(|| some(dice)) },
        20 => reclaim(TOKEN + dice.roll(4) as u8, who, TOKEN + dice.roll(4) as u8),
        21 => {
            let roots: Vec<EntryId> = log.rights().domains.keys().copied().collect();
            Act::Yield { to: roots[dice.roll(roots.len())] }
        }
        22 => Act::Rotate,
        _ => Act::Close,
    }
}

/// Everything that partitioned replicas, honest and not, came to write.
fn random_entries(dice: &mut Dice) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    let mut replicas: Vec<Log> = (0..4).map(|_| empty()).collect();
    for (at, founder) in [(0, 1u8), (2, 2u8)] {
        let raw = replicas[at].write(&me(founder), AT, founding(TOKEN, founder));
        replicas[at].insert(&raw).unwrap();
        replicas[at + 1].insert(&raw).unwrap();
        all.push(raw);
    }
    for _ in 0..110 {
        let (at, who) = (dice.roll(4), 1 + dice.roll(PEOPLE) as u8);
        // Now and then somebody writes as if most of what they know had not happened.
        let mut backdated = empty();
        let back = dice.roll(6) == 0;
        if back {
            let most = 1 + dice.roll(replicas[at].len());
            replicas[at].raws().take(most).for_each(|(_, raw)| {
                let _ = backdated.insert(raw);
            });
        }
        let seen = if back { &backdated } else { &replicas[at] };
        let what = random_act(dice, seen, who);
        let raw = seen.write(&me(who), AT, what);
        let _ = replicas[at].insert(&raw);
        all.push(raw);
        if dice.roll(5) == 0 {
            let from = dice.roll(4);
            let raws: Vec<Vec<u8>> = replicas[from].raws().map(|(_, raw)| raw.to_vec()).collect();
            raws.iter().for_each(|raw| {
                let _ = replicas[at].insert(raw);
            });
        }
    }
    all
}

#[test]
fn the_same_entries_in_any_order_give_the_same_rights() {
    let (mut orders, mut entries, mut domains, mut removals) = (0, 0, 0, 0);
    for seed in 0..52u64 {
        let mut dice = Dice(seed);
        let all = random_entries(&mut dice);
        let mut expected: Option<(String, Log)> = None;
        for order in 0..40 {
            let mut mixed = all.clone();
            for _ in 0..dice.roll(30) {
                mixed.push(all[dice.roll(all.len())].clone());
            }
            // Once as written; else any way at all, or as pieces in a row.
            match order % 3 {
                0 if order > 0 => dice.shuffle(&mut mixed),
                1 => mixed.reverse(),
                _ => {
                    let by = dice.roll(mixed.len());
                    mixed.rotate_left(by);
                }
            }
            if order % 3 == 1 {
                let half = mixed.len() / 2;
                dice.shuffle(&mut mixed[..half]);
            }
            let mut log = empty();
            for raw in &mixed {
                let _ = log.insert(raw);
                if dice.roll(8) == 0 {
                    let _ = log.rights();
                }
            }
            assert!(!log.incomplete(), "seed {seed}, order {order}: {log:?}, missing {:?}", log.missing());
            let now = digest(&log);
            match &expected {
                Some((before, _)) => assert_eq!(*before, now, "seed {seed}, order {order}"),
                None => expected = Some((now, log)),
            }
            orders += 1;
        }
        let (_, log) = expected.unwrap();
        entries += log.len();
        domains += log.rights().domains.values().filter(|d| d.yielded.is_some()).count();
        removals += log.rights().removals.len();
    }
    println!(
        "{orders} orders of seeds 0..52; in the end {entries} entries, {domains} yields, {removals} removals"
    );
    assert!(orders >= 2_000 && entries > 1_500 && domains > 5 && removals > 20);
}

#[test]
fn a_log_full_of_kicks_is_read_in_no_time() {
    let (mut log, _) = room();
    let started = std::time::Instant::now();
    let most = if cfg!(debug_assertions) { 300u64 } else { 1_000 };
    for n in 0..most {
        let target = MemberId([(n % 251) as u8 + 1; 32]);
        let who = if n < 900 { [OWNER, ADMIN][n as usize % 2] } else { OWNER };
        must(&mut log, who, Act::Kick { target, last_seq: n, why: String::new() });
        // The last of the room is the owner's.
        must(&mut log, if n < 900 { ADMIN2 } else { OWNER }, topic("x"));
    }
    println!("{} entries one after the other: {:?}", log.len(), started.elapsed());
    let raws: Vec<Vec<u8>> = log.raws().map(|(_, raw)| raw.to_vec()).collect();
    let started = std::time::Instant::now();
    let mut again = empty();
    raws.iter().for_each(|raw| {
        again.insert(raw).unwrap();
    });
    assert_eq!(digest(&again), digest(&log));
    println!("read again: {:?}", started.elapsed());
    assert!(started.elapsed().as_secs() < 2);
}

#[test]
fn an_admin_who_forks_at_every_entry_costs_milliseconds_each() {
    let (mut log, _) = room();
    let most = if cfg!(debug_assertions) { 150u64 } else { 1_000 };
    let started = std::time::Instant::now();
    let fork = *log.heads().first().unwrap();
    let mut tips = vec![fork; 8];
    for n in 0..most {
        let lane = (n % 8) as usize;
        let target = MemberId([(n % 251) as u8 + 1; 32]);
        let act = Act::Kick { target, last_seq: 0, why: String::new() };
        let entry = Entry {
            genesis: ROOM,
            author: id(ADMIN),
            seq: n / 8 + 1,
            at: AT,
            parents: vec![tips[lane]],
            act,
        };
        let raw = sign_entry(&me(ADMIN), &Entry { at: Unix(n), ..entry });
        log.insert(&raw).unwrap();
        tips[lane] = raw_id(&raw);
        let _ = log.rights();
    }
    println!("{most} forked entries: {:?}", started.elapsed());
    assert!(started.elapsed().as_secs() < 10);
    assert!(log.equivocators().contains(&id(ADMIN)));
}

// ---- who may do what ----

#[test]
fn each_act_is_taken_from_the_ranks_that_may_and_refused_from_the_others() {
    let invite = || Act::Invite { id: InviteId([1; 16]), key: [1; 32], uses: 1, until: AT };
    let target = id(OTHER);
    let by_admin: Vec<Act> = vec![
        kick(OTHER),
        ban(OTHER, Then::Nothing),
        Act::Unban { target },
        mute(OTHER),
        Act::Unmute { target },
        Act::Admit { target },
        Act::Deny { target },
        invite(),
        Act::InviteRevoke { id: InviteId([1; 16]) },
        topic("hello"),
        Act::Rotate,
        Act::Pin { message: MsgId([1; 8]), author: target, n: 1 },
        Act::Unpin { message: MsgId([1; 8]) },
    ];
    let (_, root) = room();
    let by_owner: Vec<Act> = vec![
        grant(OTHER),
        Act::Revoke { target: id(ADMIN) },
        Act::Transfer { to: target, leaving: false },
        Act::Transfer { to: target, leaving: true },
        Act::Yield { to: root },
        Act::Close,
    ];
    let allowed = |who: u8, what: &Act| act(&mut room().0, who, what.clone()).is_ok();
    for what in &by_admin {
        assert_eq!([OWNER, ADMIN, MEMBER].map(|who| allowed(who, what)), [true, true, false]);
    }
    for what in &by_owner {
        assert_eq!([OWNER, ADMIN, MEMBER].map(|who| allowed(who, what)), [true, false, false]);
    }
    let refused = act(&mut room().0, MEMBER, kick(OTHER));
    assert_eq!(refused, Err(EntryError::NotEntitled));
}

#[test]
fn a_target_must_rank_lower() {
    let (mut log, _) = room();
    for what in [kick(OWNER), ban(OWNER, Then::Lock), mute(OWNER), mute(ADMIN2), kick(ADMIN)] {
        assert_eq!(act(&mut log, ADMIN, what), Err(EntryError::NotEntitled));
    }
    must(&mut log, ADMIN, kick(ADMIN2));
    assert!(!out(&log, ADMIN2) && rank(&log, ADMIN2) == Rank::Admin);
    must(&mut log, OWNER, kick(ADMIN2));
    assert!(out(&log, ADMIN2) && rank(&log, ADMIN2) == Rank::Member);
}

#[test]
fn an_equal_who_answers_a_removal_they_saw_removes_nobody() {
    let (mut log, _) = room();
    must(&mut log, ADMIN, kick(ADMIN2));
    must(&mut log, ADMIN2, kick(ADMIN));
    assert!(!out(&log, ADMIN) && !out(&log, ADMIN2));
}

#[test]
fn equals_who_remove_each_other_at_once_are_both_out() {
    let (mut a, _) = room();
    let mut b = copy(&a);
    must(&mut a, ADMIN, kick(ADMIN2));
    must(&mut b, ADMIN2, kick(ADMIN));
    heal(&mut a, &mut b);
    assert!(out(&a, ADMIN) && out(&a, ADMIN2));
    assert_eq!(rank(&a, ADMIN), Rank::Member);
}

#[test]
fn whoever_was_removed_by_right_cannot_answer_from_when_they_were_equals() {
    let (mut log, _) = room();
    let mut past = copy(&log);
    let offer = must(&mut log, OWNER, Act::Transfer { to: id(ADMIN), leaving: false });
    must(&mut log, ADMIN, Act::TransferAccept { transfer: offer });
    must(&mut log, ADMIN, kick(ADMIN2));
    must(&mut past, ADMIN2, kick(ADMIN));
    heal(&mut log, &mut past);
    assert!(!out(&log, ADMIN) && out(&log, ADMIN2) && rank(&log, ADMIN) == Rank::Owner);
}

#[test]
fn what_a_removed_admin_wrote_beside_is_void_but_their_removals_stand() {
    let (mut log, _) = room();
    let mut theirs = copy(&log);
    must(&mut log, OWNER, kick(ADMIN));
    must(&mut theirs, ADMIN, topic("mine now"));
    must(&mut theirs, ADMIN, Act::Admit { target: id(OTHER) });
    must(&mut theirs, ADMIN, kick(MEMBER));
    heal(&mut log, &mut theirs);
    assert_eq!(log.rights().policy.topic, None);
    assert!(log.rights().admitted.is_empty() && out(&log, MEMBER) && out(&log, ADMIN));
}

#[test]
fn a_removal_told_a_false_number_voids_nothing_its_author_had_seen() {
    let (mut log, _) = room();
    must(&mut log, OWNER, grant(OTHER));
    must(&mut log, OWNER, Act::Transfer { to: id(ADMIN2), leaving: true });
    // The first owner is a member now, and the removal claims that nothing of theirs ever counted.
    must(&mut log, ADMIN, Act::Kick { target: id(OWNER), last_seq: 0, why: String::new() });
    assert!(out(&log, OWNER));
    assert_eq!([OTHER, ADMIN, ADMIN2].map(|n| rank(&log, n)), [Rank::Admin, Rank::Admin, Rank::Owner]);
}

#[test]
fn of_removals_written_beside_their_authors_own_the_first_eight_stand() {
    let (mut log, _) = room();
    let mut theirs = copy(&log);
    must(&mut log, OWNER, kick(ADMIN));
    for n in 20..35 {
        must(&mut theirs, ADMIN, kick(n));
    }
    heal(&mut log, &mut theirs);
    let gone: Vec<u8> = (20..35).filter(|n| out(&log, *n)).collect();
    assert_eq!(gone, (20..20 + BACKDATED_REMOVALS as u8).collect::<Vec<_>>());
}

#[test]
fn a_removal_that_falls_limits_nobody() {
    let (mut log, _) = room();
    let mut theirs = copy(&log);
    must(&mut log, OWNER, kick(ADMIN));
    must(&mut log, OWNER, grant(OTHER));
    for n in 40..60 {
        must(&mut log, OTHER, kick(n));
    }
    for n in (20..28).chain([OTHER]) {
        must(&mut theirs, ADMIN, kick(n));
    }
    heal(&mut log, &mut theirs);
    assert!(!out(&log, OTHER) && rank(&log, OTHER) == Rank::Admin);
    assert!((40..60).all(|n| out(&log, n)));
}

#[test]
fn a_revoked_admin_writes_nothing_more_from_an_earlier_day() {
    let (mut log, _) = room();
    let mut past = copy(&log);
    must(&mut log, OWNER, Act::Revoke { target: id(ADMIN) });
    must(&mut past, ADMIN, topic("backdated"));
    for n in 20..35 {
        must(&mut past, ADMIN, kick(n));
    }
    heal(&mut log, &mut past);
    assert_eq!(log.rights().policy.topic, None);
    assert_eq!((20..35).filter(|n| out(&log, *n)).count(), BACKDATED_REMOVALS);
}

#[test]
fn an_unban_lifts_what_its_author_saw_and_nothing_else() {
    let (mut a, _) = room();
    must(&mut a, ADMIN, ban(MEMBER, Then::Nothing));
    let mut b = copy(&a);
    must(&mut a, OWNER, Act::Unban { target: id(MEMBER) });
    assert!(!out(&a, MEMBER));
    let second = must(&mut b, ADMIN2, ban(MEMBER, Then::Nothing));
    heal(&mut a, &mut b);
    assert_eq!(a.rights().removal(&id(MEMBER), &[], Unix(0)).unwrap().entry, second);
    must(&mut a, OWNER, Act::Unban { target: id(MEMBER) });
    assert!(!out(&a, MEMBER));
}

#[test]
fn whoever_comes_back_comes_back_as_a_member() {
    let (mut a, _) = room();
    let mut b = copy(&a);
    must(&mut a, OWNER, Act::Revoke { target: id(ADMIN) });
    must(&mut a, ADMIN2, kick(ADMIN));
    // A grant beside the removal, and one after it: neither is an office to come back to.
    must(&mut b, OWNER, grant(ADMIN));
    heal(&mut a, &mut b);
    must(&mut a, OWNER, grant(ADMIN));
    assert!(out(&a, ADMIN) && rank(&a, ADMIN) == Rank::Member);
    must(&mut a, OWNER, Act::Unban { target: id(ADMIN) });
    assert!(!out(&a, ADMIN) && rank(&a, ADMIN) == Rank::Member);
    must(&mut a, OWNER, grant(ADMIN));
    assert_eq!(rank(&a, ADMIN), Rank::Admin);
}

#[test]
fn a_ban_may_lock_the_room_or_make_newcomers_knock() {
    for (then, locked, knocking) in
        [(Then::Nothing, false, false), (Then::Lock, true, false), (Then::Knock, false, true)]
    {
        let (mut log, _) = room();
        must(&mut log, ADMIN, ban(MEMBER, then));
        assert_eq!((log.rights().locked(), log.rights().knocking()), (locked, knocking));
        assert_eq!(log.salt_hashes().len(), 1);
    }
    // One that does not stand moves no lock.
    let (mut log, _) = room();
    must(&mut log, ADMIN, ban(ADMIN2, Then::Lock));
    assert!(!log.rights().locked());
}

#[test]
fn a_word_for_somebody_counts_once_their_ban_is_over() {
    for (written, expected) in [(Unix(59_999), Rank::Member), (Unix(60_000), Rank::Admin)] {
        let (mut log, _) = room();
        let Act::Ban { target, last_seq, why, then, salt_hash, .. } = ban(MEMBER, Then::Nothing) else {
            unreachable!("a ban")
        };
        must(&mut log, ADMIN, Act::Ban { target, last_seq, why, until: Some(Unix(60_000)), then, salt_hash });
        let raw = log.write(&me(OWNER), written, grant(MEMBER));
        log.insert(&raw).unwrap();
        assert_eq!(rank(&log, MEMBER), expected);
        assert_eq!(digest(&copy(&log)), digest(&log));
    }
}

// ---- who owns the room ----

#[test]
fn a_transfer_takes_an_acceptance_unless_the_owner_leaves() {
    let (mut log, _) = room();
    let offer = must(&mut log, OWNER, Act::Transfer { to: id(MEMBER), leaving: false });
    assert_eq!([OWNER, MEMBER].map(|n| rank(&log, n)), [Rank::Owner, Rank::Member]);
    let others = act(&mut log, OTHER, Act::TransferAccept { transfer: offer });
    assert_eq!(others, Err(EntryError::NotEntitled));
    must(&mut log, MEMBER, Act::TransferAccept { transfer: offer });
    assert_eq!([OWNER, MEMBER].map(|n| rank(&log, n)), [Rank::Admin, Rank::Owner]);
    assert!(act(&mut log, MEMBER, Act::TransferAccept { transfer: offer }).is_err());
    must(&mut log, MEMBER, Act::Transfer { to: id(ADMIN), leaving: true });
    assert_eq!([MEMBER, ADMIN].map(|n| rank(&log, n)), [Rank::Member, Rank::Owner]);
}

#[test]
fn an_acceptance_that_does_not_name_the_offer_in_its_past_is_refused_in_either_order() {
    let (mut log, _) = room();
    let mut blind = copy(&log);
    let offer = must(&mut log, OWNER, Act::Transfer { to: id(MEMBER), leaving: false });
    let raw = blind.write(&me(MEMBER), AT, Act::TransferAccept { transfer: offer });
    assert_eq!(blind.insert(&raw), Err(EntryError::NotEntitled));
    assert_eq!(log.insert(&raw), Err(EntryError::NotEntitled));
}

#[test]
fn whoever_is_removed_takes_no_offer_from_an_earlier_day() {
    let (mut log, _) = room();
    let offer = must(&mut log, OWNER, Act::Transfer { to: id(MEMBER), leaving: false });
    let mut past = copy(&log);
    must(&mut log, OWNER, topic("on we go"));
    must(&mut log, ADMIN, kick(MEMBER));
    must(&mut past, MEMBER, Act::TransferAccept { transfer: offer });
    heal(&mut log, &mut past);
    assert_eq!([OWNER, MEMBER].map(|n| rank(&log, n)), [Rank::Owner, Rank::Member]);
    assert!(act(&mut log, MEMBER, Act::TransferAccept { transfer: offer }).is_err());
}

#[test]
fn a_token_makes_an_owner_once() {
    let (mut log, _) = room();
    must(&mut log, OWNER, kick(MEMBER));
    assert!(act(&mut log, MEMBER, reclaim(99, MEMBER, 201)).is_err());
    assert!(act(&mut log, MEMBER, reclaim(TOKEN, MEMBER, TOKEN)).is_err());
    must(&mut log, MEMBER, reclaim(TOKEN, MEMBER, 201));
    assert_eq!([OWNER, MEMBER].map(|n| rank(&log, n)), [Rank::Member, Rank::Owner]);
    assert!(!out(&log, MEMBER));
    assert_eq!(act(&mut log, OTHER, reclaim(TOKEN, OTHER, 202)), Err(EntryError::NotEntitled));
    // A signature made for one is nothing for another.
    assert!(act(&mut log, OTHER, reclaim(201, MEMBER, 202)).is_err());
    must(&mut log, OTHER, reclaim(201, OTHER, 202));
    assert_eq!(rank(&log, OTHER), Rank::Owner);
}

#[test]
fn an_owner_who_lost_the_room_to_the_token_neither_closes_it_nor_removes_the_new_one() {
    let (mut log, _) = room();
    let mut past = copy(&log);
    must(&mut log, MEMBER, reclaim(TOKEN, MEMBER, 201));
    for what in [kick(MEMBER), Act::Close, grant(OTHER), Act::Revoke { target: id(ADMIN) }] {
        must(&mut past, OWNER, what);
    }
    heal(&mut log, &mut past);
    assert!(log.rights().closed.is_none() && !out(&log, MEMBER));
    let ranks = [OWNER, ADMIN, MEMBER, OTHER].map(|n| rank(&log, n));
    assert_eq!(ranks, [Rank::Member, Rank::Admin, Rank::Owner, Rank::Member]);
}

// ---- more than one founding ----

/// Two rooms with members of their own, met. The second is owned by `OTHER`.
fn two_rooms() -> (Log, EntryId, EntryId) {
    let (mut a, first) = room();
    let mut b = empty();
    let second = must(&mut b, OTHER, founding(210, 1));
    must(&mut b, OTHER, grant(6));
    heal(&mut a, &mut b);
    (a, first, second)
}

#[test]
fn two_foundings_stand_side_by_side_and_reach_their_own_people() {
    let (mut log, first, second) = two_rooms();
    must(&mut log, ADMIN, kick(MEMBER));
    must(&mut log, 6, kick(MEMBER + 30));
    let removed = |n: u8, under: EntryId| log.rights().removal(&id(n), &[short(&under)], Unix(0)).is_some();
    assert!(removed(MEMBER, first) && !removed(MEMBER, second));
    assert!(removed(MEMBER + 30, second) && !removed(MEMBER + 30, first));
    assert_eq!(act(&mut log, 6, Act::Revoke { target: id(ADMIN) }), Err(EntryError::NotEntitled));
}

#[test]
fn whoever_forges_a_founding_gains_nothing_over_those_under_the_first() {
    let (mut log, first, _) = two_rooms();
    log.look_from(&[short(&first)]);
    let before = digest_of_home(&log);
    let forged = must(&mut log, MEMBER, founding(220, 9));
    let acts = [kick(OWNER), mute(OTHER), ban(ADMIN, Then::Lock), topic("forged"), Act::Rotate, Act::Close];
    for what in acts {
        must(&mut log, MEMBER, what);
    }
    must(&mut log, MEMBER, Act::Deny { target: id(ADMIN) });
    let check = |log: &Log| {
        assert_eq!(digest_of_home(log), before);
        for n in [OWNER, ADMIN] {
            assert!(log.rights().removal(&id(n), &[short(&first)], Unix(0)).is_none());
        }
        assert_eq!((rank(log, OWNER), rank(log, MEMBER)), (Rank::Owner, Rank::Member));
        assert!(log.rights().reach(&id(MEMBER), &id(OWNER)).0.is_empty());
    };
    check(&log);
    // Nor by putting it under the first afterwards.
    must(&mut log, MEMBER, Act::Yield { to: first });
    check(&log);
    assert!(log.rights().removal(&id(OWNER), &[short(&forged)], Unix(0)).is_some());
}

/// What those under the first founding see of settings.
fn digest_of_home(log: &Log) -> String {
    let r = log.rights();
    let topic = &r.policy.topic;
    format!(
        "{:?} {topic:?} {:?} {:?} {} {:?} {:?}",
        r.muted,
        r.denied,
        r.closed,
        r.locked(),
        r.rotations,
        log.salt_hashes()
    )
}

#[test]
fn a_yield_joins_both_under_one() {
    let (mut log, first, second) = two_rooms();
    must(&mut log, OTHER, ban(30, Then::Nothing));
    must(&mut log, OTHER, Act::Yield { to: first });
    assert_eq!(log.rights().resolve(&second), first);
    assert_eq!([OTHER, 6, OWNER].map(|n| rank(&log, n)), [Rank::Member, Rank::Member, Rank::Owner]);
    // Its people are reached from now on, and what it removed before can be lifted.
    must(&mut log, ADMIN, kick(31));
    assert!(log.rights().removal(&id(31), &[short(&second)], Unix(0)).is_some());
    assert!(log.rights().removal(&id(30), &[short(&second)], Unix(0)).is_some());
    must(&mut log, ADMIN, Act::Unban { target: id(30) });
    assert!(log.rights().removal(&id(30), &[short(&second)], Unix(0)).is_none());
    // Nobody brings back what has yielded by yielding to it.
    must(&mut log, 40, founding(221, 3));
    must(&mut log, 40, Act::Yield { to: second });
    assert_eq!(log.rights().resolve(&second), first);
    assert_eq!(rank(&log, OTHER), Rank::Member);
}

#[test]
fn two_who_yield_to_each_other_at_once_end_under_one() {
    let (mut a, first, second) = two_rooms();
    let mut b = copy(&a);
    must(&mut a, OWNER, Act::Yield { to: second });
    must(&mut b, OTHER, Act::Yield { to: first });
    heal(&mut a, &mut b);
    assert_eq!(a.rights().resolve(&first), a.rights().resolve(&second));
}

#[test]
fn a_member_who_forges_a_founding_while_being_kicked_is_out_all_the_same() {
    let (mut a, first) = room();
    let mut b = copy(&a);
    must(&mut a, ADMIN, kick(MEMBER));
    must(&mut b, MEMBER, founding(222, 4));
    must(&mut b, MEMBER, Act::Unban { target: id(MEMBER) });
    heal(&mut a, &mut b);
    must(&mut a, MEMBER, Act::Admit { target: id(MEMBER) });
    assert!(a.rights().removal(&id(MEMBER), &[short(&first)], Unix(0)).is_some());
    assert!(out(&a, MEMBER));
}

#[test]
fn a_removed_admin_gets_no_power_back_by_forging_a_founding() {
    let (mut log, first) = room();
    must(&mut log, OWNER, kick(ADMIN));
    let forged = must(&mut log, ADMIN, founding(223, 5));
    must(&mut log, ADMIN, kick(MEMBER));
    assert!(log.rights().removal(&id(MEMBER), &[short(&first)], Unix(0)).is_none());
    assert_eq!(log.rights().powers(&id(ADMIN)).into_keys().collect::<Vec<_>>(), vec![forged]);
}

// ---- liars and limits ----

#[test]
fn everybody_agrees_on_an_owner_who_says_two_things_and_sees_it() {
    let (mut a, _) = room();
    let mut b = copy(&a);
    must(&mut a, OWNER, grant(MEMBER));
    must(&mut b, OWNER, kick(MEMBER));
    assert!(a.equivocators().is_empty() && b.equivocators().is_empty());
    heal(&mut a, &mut b);
    assert!(a.equivocators().contains(&id(OWNER)) && b.equivocators().contains(&id(OWNER)));
    assert!(out(&a, MEMBER) && rank(&a, MEMBER) == Rank::Member);
}

#[test]
fn whoever_founds_twice_has_not_lied() {
    let mut log = empty();
    let mut other = empty();
    must(&mut log, OWNER, founding(TOKEN, 0));
    must(&mut other, OWNER, founding(TOKEN, 1));
    heal(&mut log, &mut other);
    assert!(log.equivocators().is_empty());
    must(&mut log, OWNER, grant(ADMIN));
}

#[test]
fn numbers_leave_no_gap_to_slip_something_into() {
    let (mut log, _) = room();
    let raw = log.write(&me(ADMIN), AT, kick(MEMBER));
    let entry = Entry::decode(&raw[..raw.len() - 64]).unwrap();
    for seq in [0, 2, 1_000, u64::MAX] {
        let raw = sign_entry(&me(ADMIN), &Entry { seq, ..entry.clone() });
        assert_eq!(log.insert(&raw), Err(EntryError::NotEntitled));
    }
    assert_eq!(log.insert(&raw), Ok(Inserted::Added));
}

#[test]
fn each_kind_of_bad_entry_is_refused_by_its_name() {
    let (mut log, _) = room();
    let good = log.write(&me(ADMIN), AT, kick(MEMBER));
    assert_eq!(log.insert(&[]), Err(EntryError::Malformed));
    assert_eq!(log.insert(&[0; 64]), Err(EntryError::Malformed));
    assert_eq!(log.insert(&vec![1; 2_000]), Err(EntryError::Malformed));
    let mut bad = good.clone();
    *bad.last_mut().unwrap() ^= 1;
    assert_eq!(log.insert(&bad), Err(EntryError::Signature));
    let foreign = Log::new(Genesis([8; 16]), Kind::Passphrase).write(&me(ADMIN), AT, founding(TOKEN, 0));
    assert_eq!(log.insert(&foreign), Err(EntryError::OtherRoom));
    let act = Act::Genesis { room: "r".into(), reclaim: [0; 32], policy: Policy::default(), nonce: [0; 16] };
    let genesis = empty().write(&me(ADMIN), AT, act);
    assert_eq!(log.insert(&genesis), Err(EntryError::OtherRoom));
    let mut invite = Log::new(ROOM, Kind::Invite);
    let raw = invite.write(&me(ADMIN), AT, founding(TOKEN, 0));
    assert_eq!(invite.insert(&raw), Err(EntryError::OtherRoom));
    assert_eq!(invite.insert(&genesis), Err(EntryError::OtherRoom));
    let mut theirs = Log::new(Genesis(*raw_id(&genesis).0.first_chunk().unwrap()), Kind::Invite);
    assert_eq!(theirs.insert(&genesis), Ok(Inserted::Added));
    assert_eq!(log.insert(&good), Ok(Inserted::Added));
    assert_eq!(log.insert(&good), Ok(Inserted::Known));
}

#[test]
fn what_builds_on_a_refused_entry_is_refused_too() {
    let (mut log, _) = room();
    let refused = log.write(&me(MEMBER), AT, kick(OTHER));
    let entry = Entry {
        genesis: ROOM,
        author: id(OWNER),
        seq: 4,
        at: AT,
        parents: vec![raw_id(&refused)],
        act: Act::Rotate,
    };
    let child = sign_entry(&me(OWNER), &entry);
    assert_eq!(log.insert(&child), Ok(Inserted::Waiting));
    assert_eq!(log.missing().into_iter().collect::<Vec<_>>(), vec![raw_id(&refused)]);
    assert_eq!(log.insert(&refused), Err(EntryError::NotEntitled));
    assert!(!log.incomplete());
    assert_eq!(log.insert(&child), Err(EntryError::NotEntitled));
}

#[test]
fn entries_that_wait_are_bounded_and_give_way_to_those_of_officers() {
    let (mut log, _) = room();
    let stray = |who: u8, seq: u64| {
        let parents = vec![EntryId([9; 32])];
        let act = Act::Rotate;
        sign_entry(&me(who), &Entry { genesis: ROOM, author: id(who), seq, at: AT, parents, act })
    };
    let taken = (0..2 * LOG_WAITING as u64)
        .filter(|n| log.insert(&stray(50 + (*n % 20) as u8, *n)) == Ok(Inserted::Waiting))
        .count();
    assert_eq!(taken, LOG_WAITING);
    assert_eq!(log.insert(&stray(49, 1)), Err(EntryError::Full));
    assert_eq!(log.insert(&stray(ADMIN, 9)), Ok(Inserted::Waiting));
    let of_one = (100..300).filter(|n| log.insert(&stray(ADMIN2, *n)) == Ok(Inserted::Waiting)).count();
    assert!(of_one < 100, "{of_one}");
    assert_eq!(act(&mut log, OWNER, kick(MEMBER)).err(), None);
}

#[test]
fn foundings_by_nobody_fill_no_log_and_hide_no_heads() {
    let (mut log, first) = room();
    let full = (50..=250u8).filter(|n| act(&mut log, *n, founding(*n, 0)) == Err(EntryError::Full)).count();
    assert!(full > 100);
    for n in 50..60 {
        for _ in 0..5 {
            let _ = act(&mut log, n, Act::Rotate);
        }
    }
    let mut plain = room().0;
    // The officers go on, and what they write depends on nothing that another node may lack.
    for what in [kick(MEMBER), ban(OTHER, Then::Lock), Act::Unban { target: id(OTHER) }] {
        let raw = log.write(&me(ADMIN), AT, what);
        assert_eq!(log.insert(&raw), Ok(Inserted::Added));
        assert_eq!(plain.insert(&raw), Ok(Inserted::Added));
    }
    let leading = log.leading_heads(1);
    assert_eq!(log.seen_by(&leading, &first), Some(true));
    assert_eq!(log.get(&leading[0]).unwrap().author, id(ADMIN));
}

#[test]
fn an_admin_who_fills_the_log_leaves_the_owner_room_to_answer() {
    let mut log = room().0;
    let (mut lanes, mut turn) = (vec![(*log.heads().first().unwrap(), 0u64); 4], 0u64);
    let mut full = 0;
    while full < 8 {
        let lane = (turn % 4) as usize;
        let (tip, seq) = lanes[lane];
        let who = [ADMIN, ADMIN2][lane / 2];
        let (parents, act) = (vec![tip], topic("spam"));
        let entry = Entry { genesis: ROOM, author: id(who), seq: seq + 1, at: Unix(turn), parents, act };
        let raw = sign_entry(&me(who), &entry);
        match log.insert(&raw) {
            Ok(_) => lanes[lane] = (raw_id(&raw), seq + 1),
            Err(error) => {
                assert_eq!(error, EntryError::Full);
                full += 1;
            }
        }
        turn += 1;
    }
    must(&mut log, OWNER, kick(ADMIN));
    must(&mut log, OWNER, kick(ADMIN2));
    assert!(out(&log, ADMIN) && out(&log, ADMIN2));
}

// ---- what somebody has seen ----

#[test]
fn heads_tell_what_somebody_has_seen_and_what_they_lack() {
    let (mut a, root) = room();
    let mut b = copy(&a);
    let old: Vec<EntryId> = a.heads().iter().copied().collect();
    let left = must(&mut a, ADMIN, kick(MEMBER));
    let right = must(&mut b, ADMIN2, kick(OTHER));
    heal(&mut a, &mut b);
    assert_eq!(a.heads().len(), 2);
    assert_eq!(a.seen_by(&[left], &root), Some(true));
    assert_eq!(a.seen_by(&[left], &left), Some(true));
    assert_eq!(a.seen_by(&[left], &right), Some(false));
    assert_eq!(a.seen_by(&[left, right], &right), Some(true));
    assert_eq!(a.seen_by(&[EntryId([9; 32])], &root), None);
    assert_eq!(a.seen_by(&[left], &EntryId([9; 32])), None);
    let ids = |raws: Vec<&[u8]>| raws.into_iter().map(raw_id).collect::<Vec<_>>();
    assert_eq!(ids(a.beyond(&[left])), vec![right]);
    assert_eq!(ids(a.beyond(&old)), vec![left, right]);
    assert_eq!(a.beyond(&[left, right, EntryId([9; 32])]).len(), 0);
    assert_eq!(a.beyond(&[]).len(), a.len());
    let join = must(&mut a, OWNER, Act::Rotate);
    assert_eq!(a.heads().iter().copied().collect::<Vec<_>>(), vec![join]);
    assert_eq!(a.last_seq(&id(OWNER)), 4);
    assert!(a.has(&join) && a.raw(&join).is_some() && !a.is_empty());
}
