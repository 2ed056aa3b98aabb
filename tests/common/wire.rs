//! Strategies for everything the wire floor knows, in bounds. Large keys are one byte repeated: their content
//! is nobody's business here, and shrinking stays quick.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its own part")]

use ephem_node::base::id::{EntryId, Genesis, InviteId, LogHead, MemberId, MsgId, SetTag, TopicTag};
use ephem_node::base::limits as max;
use ephem_node::base::secret::{Secret, Text};
use ephem_node::base::time::{Epoch, Unix};
use ephem_node::wire::frame::{FrameType, Header};
use ephem_node::wire::handover::{Handover, Note, Why};
use ephem_node::wire::invite::Invite;
use ephem_node::wire::log::{Act, Entry, History, Policy, Then};
use ephem_node::wire::payload::{
    Ask, Beacon, Beat, Body, FileOffer, Hello, Join, KeyAnnounce, KeyUse, Listing, Missed, Payload, Profile,
    Proof, Row, Say, Sealed, What,
};
use proptest::array::uniform4;
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// The same cases on every machine and every day.
pub fn fixed(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(0x65_70_68_65_6d),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Numbers, with those at the steps of their spelling more often than chance would have it.
pub fn number() -> impl Strategy<Value = u64> + Clone {
    prop_oneof![
        0..30u64,
        Just(255u64),
        Just(256),
        Just(65_535),
        Just(65_536),
        Just(1 << 32),
        Just(u64::MAX),
        any::<u64>()
    ]
}

pub fn text(bytes: std::ops::RangeInclusive<usize>) -> BoxedStrategy<String> {
    let (least, most) = (*bytes.start(), *bytes.end());
    let any_chars = vec(any::<char>(), 0..40).prop_map(move |chars| {
        let mut text = String::new();
        for c in chars {
            if text.len() + c.len_utf8() <= most {
                text.push(c);
            }
        }
        while text.len() < least {
            text.push('x');
        }
        text
    });
    prop_oneof![8 => any_chars, 1 => Just("e".repeat(least)), 1 => Just("m".repeat(most))].boxed()
}

pub fn blob(most: usize) -> BoxedStrategy<Vec<u8>> {
    let short = vec(any::<u8>(), 0..most.min(60));
    let any_length = (any::<u8>(), 0..=most).prop_map(|(byte, len)| vec![byte; len]);
    prop_oneof![4 => short, 1 => any_length].boxed()
}

pub fn raw<const N: usize>() -> impl Strategy<Value = [u8; N]> + Clone {
    any::<[u8; N]>()
}

pub fn flag() -> impl Strategy<Value = bool> + Clone {
    any::<bool>()
}

pub fn name() -> BoxedStrategy<String> {
    text(0..=max::NAME_BYTES)
}

pub fn kem() -> impl Strategy<Value = Box<[u8; max::KEM_BYTES]>> {
    any::<u8>().prop_map(|b| Box::new([b; max::KEM_BYTES]))
}

pub fn member() -> impl Strategy<Value = MemberId> {
    raw::<32>().prop_map(MemberId)
}

pub fn sig() -> impl Strategy<Value = [u8; 64]> {
    any::<u8>().prop_map(|b| [b; 64])
}

pub fn heads() -> impl Strategy<Value = Vec<EntryId>> {
    btree_set(raw::<32>(), 0..4).prop_map(|ids| ids.into_iter().map(EntryId).collect())
}

pub fn peer() -> BoxedStrategy<Vec<u8>> {
    blob(max::PEER_BYTES)
}

pub fn addrs(most: usize) -> impl Strategy<Value = Vec<Vec<u8>>> {
    vec(blob(max::ADDR_BYTES), 0..=most)
}

pub fn foundings() -> impl Strategy<Value = Vec<[u8; 8]>> {
    vec(raw::<8>(), 0..=max::FOUNDINGS)
}

pub fn counters() -> impl Strategy<Value = Vec<(MemberId, Vec<(u64, u64)>)>> {
    let ranges = vec((2..100u64, 0..50u64), 0..5).prop_map(|steps| {
        let mut end = 0;
        let ranges = steps.into_iter().map(|(gap, len)| {
            let from = end + gap;
            end = from + len;
            (from, end)
        });
        ranges.collect::<Vec<_>>()
    });
    vec((member(), ranges), 0..4)
}

pub fn entries() -> impl Strategy<Value = Vec<Vec<u8>>> {
    vec(blob(max::ENTRY_BYTES), 0..6)
}

prop_compose! {
    pub fn say()(
        n in number(), flags in uniform4(flag()), text in text(1..=max::TEXT_BYTES),
        reply in option::of(raw::<8>()), once_s in number(),
    ) -> Say {
        let [action, announce, from_read, keep] = flags;
        Say { n, action, announce, from_read, keep, text: Text::new(&text), reply: reply.map(MsgId), once_s }
    }
}

prop_compose! {
    pub fn proof()(invite in raw::<16>(), key in raw::<32>(), sig in sig()) -> Proof {
        Proof { invite: InviteId(invite), key, sig }
    }
}

prop_compose! {
    pub fn join()(
        nick in text(1..=max::NICK_BYTES), serve in flag(), proof in option::of(proof()), kem in kem(),
        foundings in foundings(), peer in peer(), addrs in addrs(max::ADDRS),
    ) -> Join {
        Join { nick, serve, proof, kem, foundings, peer, addrs }
    }
}

prop_compose! {
    pub fn key()(direct in flag(), kem in kem(), x25519 in option::of(raw::<32>())) -> KeyAnnounce {
        KeyAnnounce { used_for: if direct { KeyUse::Direct } else { KeyUse::Handover }, kem, x25519 }
    }
}

prop_compose! {
    pub fn beat()(
        flags in uniform4(flag()), conf in raw::<32>(), roster in raw::<16>(),
        living in raw::<16>(), joined in number(), peer in peer(), addrs in addrs(max::ADDRS),
    ) -> Beat {
        let [unconfirmed, serve, away, _] = flags;
        Beat { unconfirmed, serve, away, conf, roster, living, joined: Unix(joined), peer, addrs }
    }
}

prop_compose! {
    pub fn sealed()(
        to in vec((raw::<8>(), blob(1_200)), 0..4), nonce in raw::<24>(),
        com in raw::<32>(), boxed in blob(4_000),
    ) -> Sealed {
        Sealed { to, nonce, com, boxed }
    }
}

prop_compose! {
    pub fn profile()(
        nick in text(1..=max::NICK_BYTES), status in name(), glyph in number(), colour in number(),
    ) -> Profile {
        Profile { nick, status, glyph, colour }
    }
}

prop_compose! {
    pub fn offer()(
        n in number(), name in name(), size in number(), hash in raw::<32>(),
        key in raw::<32>(),
    ) -> FileOffer {
        FileOffer { n, name, size, hash, key: Secret::new(key) }
    }
}

prop_compose! {
    pub fn listing()(
        name in name(), title in name(), tag in name(),
        mode in number(), members in number(), until in number(),
    ) -> Listing {
        Listing { name, title, tag, mode, members, until: Unix(until) }
    }
}

prop_compose! {
    pub fn row()(
        id in member(), nick in text(1..=max::NICK_BYTES), joined in number(), serve in flag(),
        left in flag(), kem in option::of(kem()), foundings in foundings(), peer in peer(),
        addrs in addrs(max::ADDRS),
    ) -> Row {
        Row { id, nick, joined: Unix(joined), serve, left, kem, foundings, peer, addrs }
    }
}

prop_compose! {
    pub fn beacon()(
        set in raw::<4>(), topic in raw::<4>(), members in number(), never_joined in flag(),
        founding in raw::<16>(),
    ) -> Beacon {
        Beacon { set_tag: SetTag(set), topic_tag: TopicTag(topic), members, never_joined, founding }
    }
}

prop_compose! {
    pub fn hello()(
        kem in kem(), nonce in raw::<16>(), proof in option::of(proof()),
        at in option::of((raw::<4>(), raw::<4>())),
    ) -> Hello {
        Hello { kem, nonce, proof, at: at.map(|(set, topic)| (SetTag(set), TopicTag(topic))) }
    }
}

prop_compose! {
    pub fn ask()(what in 0..3, heads in heads(), kem in option::of(kem()), had in counters()) -> Ask {
        Ask { what: [What::Roster, What::Log, What::Missed][what as usize], heads, kem, had }
    }
}

prop_compose! {
    pub fn missed()(
        nonce in raw::<24>(), com in raw::<32>(), sealed in blob(1_200), boxed in blob(4_000),
    ) -> Missed {
        Missed { nonce, com, sealed, boxed }
    }
}

/// One strategy a kind, in the order of their numbers.
pub fn bodies() -> Vec<BoxedStrategy<Body>> {
    let hash = || raw::<32>();
    vec![
        say().prop_map(Body::Text).boxed(),
        counters().prop_map(Body::Have).boxed(),
        raw::<8>().prop_map(|id| Body::Opened(MsgId(id))).boxed(),
        (vec(raw::<8>().prop_map(MsgId), 0..9), number())
            .prop_map(|(ids, upto)| Body::Burn { ids, upto })
            .boxed(),
        join().prop_map(Body::Join).boxed(),
        flag().prop_map(|panic| Body::Leave { panic }).boxed(),
        key().prop_map(Body::Key).boxed(),
        beat().prop_map(Body::Beat).boxed(),
        sealed().prop_map(Body::Share).boxed(),
        sealed().prop_map(Body::Rekey).boxed(),
        entries().prop_map(Body::Entry).boxed(),
        profile().prop_map(Body::Profile).boxed(),
        (raw::<8>(), blob(4_000)).prop_map(|(tag, sealed)| Body::Dm { tag, sealed }).boxed(),
        offer().prop_map(Body::File).boxed(),
        sealed().prop_map(Body::Report).boxed(),
        listing().prop_map(Body::Listing).boxed(),
        (number(), number(), vec(row(), 0..3))
            .prop_map(|(page, pages, rows)| Body::Roster { page, pages, rows })
            .boxed(),
        (entries(), heads()).prop_map(|(entries, heads)| Body::Log { entries, heads }).boxed(),
        beacon().prop_map(Body::Beacon).boxed(),
        hello().prop_map(Body::Hello).boxed(),
        (hash(), blob(9_000)).prop_map(|(hello, sealed)| Body::Welcome { hello, sealed }).boxed(),
        (hash(), blob(2_000)).prop_map(|(hello, sealed)| Body::Refusal { hello, sealed }).boxed(),
        ask().prop_map(Body::Ask).boxed(),
        missed().prop_map(Body::Missed).boxed(),
        (hash(), number(), number())
            .prop_map(|(hash, first, count)| Body::Want { hash, first, count })
            .boxed(),
        (hash(), number(), blob(16_000))
            .prop_map(|(hash, index, bytes)| Body::Chunk { hash, index, bytes })
            .boxed(),
        (vec(raw::<8>().prop_map(MsgId), 0..9), number())
            .prop_map(|(ids, upto)| Body::Gone { ids, upto })
            .boxed(),
        vec(raw::<8>().prop_map(MsgId), 0..9).prop_map(Body::Seen).boxed(),
        any::<bool>().prop_map(|alone| Body::Typing { alone }).boxed(),
    ]
}

/// A payload around a body.
pub fn payload_of(body: BoxedStrategy<Body>) -> BoxedStrategy<Payload> {
    let head =
        (raw::<16>(), number(), number(), member(), 1..=u64::MAX, number(), 0..=max::TTL_MAX_S, raw::<16>());
    (head, body)
        .prop_map(|((genesis, generation, epoch, sender, counter, sent, ttl_s, log_head), body)| Payload {
            genesis: Genesis(genesis),
            generation,
            epoch: Epoch(epoch),
            sender,
            counter,
            sent: Unix(sent),
            ttl_s,
            log_head: LogHead(log_head),
            body,
        })
        .boxed()
}

/// A payload of any kind.
pub fn payload() -> BoxedStrategy<Payload> {
    payload_of(proptest::strategy::Union::new(bodies()).boxed())
}

prop_compose! {
    pub fn handover()(
        generation in number(), epoch in number(), chains in vec((blob(max::NOTE_BYTES), raw::<32>()), 1..5),
        salts in btree_set(raw::<16>(), 0..5), room in number(), steps_ms in number(),
        flags in uniform4(flag()), entries in entries(), rows in vec(row(), 0..3),
    ) -> Handover {
        let [never_joined, more_log, more_roster, _] = flags;
        let chains = chains.into_iter().map(|(note, key)| (note, Secret::new(key))).collect();
        Handover {
            generation, epoch: Epoch(epoch), chains, salts: salts.into_iter().collect(),
            room: Unix(room), steps_ms,
            never_joined, more_log, more_roster, entries, rows,
        }
    }
}

prop_compose! {
    pub fn note()(
        genesis in raw::<16>(), generation in number(), author in member(), birth in number(),
        commit in raw::<32>(), why in 0..8usize, causes in btree_set(raw::<32>(), 0..=max::CAUSES),
        heads in heads(),
    ) -> Note {
        let why = [
            Why::Founding, Why::Entry, Why::Gone, Why::Age, Why::Crowd, Why::Collapse, Why::Union,
            Why::Conflict,
        ][why];
        Note {
            genesis: Genesis(genesis), generation, author, birth: Epoch(birth), commit, why,
            causes: causes.into_iter().collect(), heads,
        }
    }
}

prop_compose! {
    pub fn policy()(
        a in option::of(number()), b in option::of(number()), c in option::of(number()),
        history in option::of(flag()),
        lock in option::of(flag()), knock in option::of(flag()), d in option::of(number()),
        (e, quiet_s) in (option::of(number()), option::of(number())), topic in option::of(name()), expires in option::of(number()),
        persist in option::of(flag()), queued in option::of(flag()),
    ) -> Policy {
        Policy {
            max: a, ttl_s: b, ttl_max_s: c,
            history: history.map(|all| if all { History::Unexpired } else { History::None }),
            lock, knock, slow_s: d, rate: e, topic, expires: expires.map(Unix), persist, queued, quiet_s,
        }
    }
}

/// One strategy an act, in the order of their numbers.
pub fn acts() -> Vec<BoxedStrategy<Act>> {
    let id32 = || raw::<32>();
    let id16 = || raw::<16>();
    let why = || text(0..=max::WHY_BYTES);
    let then = || (0..3usize).prop_map(|then| [Then::Nothing, Then::Lock, Then::Knock][then]);
    vec![
        (text(1..=max::ROOM_BYTES), id32(), policy(), id16())
            .prop_map(|(room, reclaim, policy, nonce)| Act::Genesis { room, reclaim, policy, nonce })
            .boxed(),
        (id32(), policy(), id16())
            .prop_map(|(reclaim, policy, nonce)| Act::Founding { reclaim, policy, nonce })
            .boxed(),
        member().prop_map(|target| Act::Grant { target }).boxed(),
        member().prop_map(|target| Act::Revoke { target }).boxed(),
        (member(), number(), why())
            .prop_map(|(target, last_seq, why)| Act::Kick { target, last_seq, why })
            .boxed(),
        (member(), number(), why(), option::of(1..=u64::MAX), then(), id16())
            .prop_map(|(target, last_seq, why, until, then, salt_hash)| Act::Ban {
                target,
                last_seq,
                why,
                until: until.map(Unix),
                then,
                salt_hash,
            })
            .boxed(),
        member().prop_map(|target| Act::Unban { target }).boxed(),
        (member(), number(), why())
            .prop_map(|(target, until, why)| Act::Mute { target, until: Unix(until), why })
            .boxed(),
        member().prop_map(|target| Act::Unmute { target }).boxed(),
        member().prop_map(|target| Act::Admit { target }).boxed(),
        member().prop_map(|target| Act::Deny { target }).boxed(),
        (id16(), id32(), number(), number())
            .prop_map(|(id, key, uses, until)| Act::Invite {
                id: InviteId(id),
                key,
                uses,
                until: Unix(until),
            })
            .boxed(),
        id16().prop_map(|id| Act::InviteRevoke { id: InviteId(id) }).boxed(),
        policy().prop_map(Act::Policy).boxed(),
        (member(), flag()).prop_map(|(to, leaving)| Act::Transfer { to, leaving }).boxed(),
        id32().prop_map(|transfer| Act::TransferAccept { transfer: EntryId(transfer) }).boxed(),
        (id32(), sig()).prop_map(|(next, token_sig)| Act::Reclaim { next, token_sig }).boxed(),
        id32().prop_map(|to| Act::Yield { to: EntryId(to) }).boxed(),
        Just(Act::Rotate).boxed(),
        Just(Act::Close).boxed(),
        (raw::<8>(), member(), number())
            .prop_map(|(message, author, n)| Act::Pin { message: MsgId(message), author, n })
            .boxed(),
        raw::<8>().prop_map(|message| Act::Unpin { message: MsgId(message) }).boxed(),
    ]
}

/// An entry around an act, with parents and genesis as that act wants them.
pub fn entry_of(act: BoxedStrategy<Act>) -> BoxedStrategy<Entry> {
    let parents = btree_set(raw::<32>(), 1..10);
    (raw::<16>(), member(), number(), number(), parents, act)
        .prop_map(|(genesis, author, seq, at, parents, act)| Entry {
            genesis: if matches!(act, Act::Genesis { .. }) { Genesis([0; 16]) } else { Genesis(genesis) },
            author,
            seq,
            at: Unix(at),
            parents: if act.begins() { Vec::new() } else { parents.into_iter().map(EntryId).collect() },
            act,
        })
        .boxed()
}

prop_compose! {
    pub fn invite()(
        room in text(1..=max::ROOM_BYTES), secret in raw::<16>(), owner_fp in raw::<10>(),
        seed in raw::<16>(), addrs in addrs(max::INVITE_ADDRS),
    ) -> Invite {
        Invite { room, secret: Secret::new(secret), owner_fp, seed: Secret::new(seed), addrs }
    }
}

prop_compose! {
    pub fn header()(set in raw::<4>(), epoch_low in any::<u16>(), lobby in flag()) -> Header {
        let frame_type = if lobby { FrameType::Lobby } else { FrameType::Room };
        Header { set_tag: SetTag(set), epoch_low, frame_type }
    }
}
