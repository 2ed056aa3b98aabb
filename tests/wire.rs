//! What decodes is what was encoded, and nothing else decodes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that panics has done its work"
)]

mod common;

use std::fmt::Debug;

use common::wire as any_;
use ephem_node::base::limits as max;
use ephem_node::base::secret::Text;
use ephem_node::wire::cbor::{CborError, Item, Reader, Writer};
use ephem_node::wire::field::FieldError;
use ephem_node::wire::frame::{self, FrameView};
use ephem_node::wire::handover::{Handover, Note, StatementError};
use ephem_node::wire::invite::Invite;
use ephem_node::wire::log::Entry;
use ephem_node::wire::payload::{
    Body, Carriage, Kind, Payload, PayloadError, Refusal, decode_missed, encode_missed,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// Decodes and, where that is granted, insists on the same bytes again.
fn payload_again(bytes: &[u8]) -> Result<Payload, PayloadError> {
    Payload::decode(bytes).inspect(|payload| assert_eq!(*payload.encode(), bytes))
}

fn handover_again(bytes: &[u8]) -> Result<Handover, FieldError> {
    Handover::decode(bytes).inspect(|handover| assert_eq!(*handover.encode(), bytes))
}

fn note_again(bytes: &[u8]) -> Result<Note, StatementError> {
    Note::decode(bytes).inspect(|note| assert_eq!(note.encode(), bytes))
}

fn entry_again(bytes: &[u8]) -> Result<Entry, StatementError> {
    Entry::decode(bytes).inspect(|entry| assert_eq!(entry.encode(), bytes))
}

fn missed_again(bytes: &[u8]) -> Result<(), CborError> {
    let items: Vec<_> =
        decode_missed(bytes)?.into_iter().map(|(inner, left)| (inner.to_vec(), left)).collect();
    assert_eq!(*encode_missed(&items), bytes);
    Ok(())
}

fn refusal_again(bytes: &[u8]) -> Result<Refusal, FieldError> {
    Refusal::decode(bytes).inspect(|refusal| assert_eq!(*refusal.encode(), bytes))
}

fn cbor_again(bytes: &[u8]) -> Result<(), CborError> {
    let mut r = Reader::new(bytes);
    let mut w = Writer::with_capacity(0);
    while !r.is_empty() {
        match r.item()? {
            Item::Uint(n) => w.uint(n),
            Item::Bytes(bytes) => w.bytes(bytes),
            Item::Text(text) => w.text(text),
            Item::Array(len) => w.array(len),
            Item::Bool(value) => w.bool(value),
            Item::Null => w.null(),
        };
    }
    r.end()?;
    assert_eq!(*w.finish(), bytes);
    Ok(())
}

/// Everything that reads bytes of others, on the same bytes.
fn read_as_everything(bytes: &[u8]) {
    let _ = payload_again(bytes);
    let _ = handover_again(bytes);
    let _ = note_again(bytes);
    let _ = entry_again(bytes);
    let _ = missed_again(bytes);
    let _ = refusal_again(bytes);
    let _ = cbor_again(bytes);
    let _ = FrameView::parse(bytes);
    let _ = frame::split_inner(bytes);
    let _ = Invite::parse(&String::from_utf8_lossy(bytes));
}

/// A few values of a strategy, the same ones each time.
fn some<T: Debug>(strategy: &impl Strategy<Value = T>, count: usize) -> Vec<T> {
    let mut runner = TestRunner::new(any_::fixed(1));
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// Cuts the bytes at every place and changes each of them, in a few ways.
fn torment<T: Debug, E: Debug>(bytes: &[u8], read: impl Fn(&[u8]) -> Result<T, E>) {
    assert!(read(bytes).is_ok());
    for len in 0..bytes.len() {
        assert!(read(&bytes[..len]).is_err(), "cut to {len} of {}", bytes.len());
    }
    let mut longer = bytes.to_vec();
    longer.push(0);
    assert!(read(&longer).is_err());
    let mut changed = bytes.to_vec();
    for at in 0..bytes.len() {
        for flip in [0x01, 0x20, 0x80, 0xff] {
            changed[at] ^= flip;
            let _ = read(&changed);
            changed[at] ^= flip;
        }
    }
}

#[test]
fn every_kind_comes_back_as_it_was() {
    for (kind, body) in Kind::ALL.into_iter().zip(any_::bodies()) {
        for payload in some(&any_::payload_of(body), 40) {
            assert_eq!(payload.kind(), kind);
            assert_eq!(payload_again(&payload.encode()), Ok(payload));
        }
    }
}

#[test]
fn every_act_comes_back_as_it_was() {
    for (number, act) in any_::acts().into_iter().enumerate() {
        for entry in some(&any_::entry_of(act), 40) {
            assert!(entry.fits(), "act {number}");
            assert_eq!(entry_again(&entry.encode()), Ok(entry));
        }
    }
}

#[test]
fn a_payload_cut_or_changed_anywhere_does_no_harm() {
    for body in any_::bodies() {
        let samples = some(&any_::payload_of(body), 12);
        let shortest = samples.iter().min_by_key(|payload| payload.encode().len()).unwrap();
        torment(&shortest.encode(), payload_again);
    }
}

#[test]
fn a_handover_a_note_and_an_entry_cut_or_changed_anywhere_do_no_harm() {
    let handovers = some(&any_::handover(), 20);
    torment(&handovers.iter().map(Handover::encode).min_by_key(|bytes| bytes.len()).unwrap(), handover_again);
    for note in some(&any_::note(), 2) {
        torment(&note.encode(), note_again);
    }
    for act in any_::acts() {
        torment(&some(&any_::entry_of(act), 1)[0].encode(), entry_again);
    }
    torment(&encode_missed(&[(vec![1; 40], 5), (vec![2; 30], 70_000)]), missed_again);
}

#[test]
fn what_is_printed_for_debugging_tells_no_text_and_no_key() {
    let text = "do not print me";
    let mut shown = String::new();
    for body in any_::bodies() {
        let mut payload = some(&any_::payload_of(body), 1).remove(0);
        match &mut payload.body {
            Body::Text(say) => say.text = Text::new(text),
            Body::Profile(profile) => profile.nick = text.into(),
            Body::Join(join) => join.nick = text.into(),
            Body::File(offer) => offer.name = text.into(),
            _ => {}
        }
        shown += &match &payload.body {
            Body::Text(say) => format!("{payload:?} {say:?}"),
            Body::Profile(profile) => format!("{payload:?} {profile:?}"),
            Body::Join(join) => format!("{payload:?} {join:?}"),
            Body::File(offer) => format!("{payload:?} {offer:?}"),
            _ => format!("{payload:?}"),
        };
    }
    let invite = Invite { room: text.into(), ..some(&any_::invite(), 1).remove(0) };
    shown += &format!("{invite:?}");
    assert!(!shown.contains(text), "{shown}");
}

#[test]
fn each_kind_has_one_way_to_travel() {
    let of = |carriage| {
        Kind::ALL.into_iter().filter(move |kind| kind.carriage() == carriage).map(|kind| kind as u64)
    };
    assert!(of(Carriage::Lobby).eq([8, 9, 15, 18, 19, 20, 21]));
    assert!(of(Carriage::Direct).eq([16, 17, 23, 24, 25, 26, 27, 28, 29]));
    assert_eq!(of(Carriage::Room).count(), 13);
}

#[test]
fn a_claimed_length_is_never_believed() {
    // Each head promises four thousand million items or more, with next to nothing behind it.
    for major in [0x40u8, 0x60, 0x80] {
        for tail in [&[0xff; 4][..], &[0xff; 8]] {
            let info = if tail.len() == 4 { 26 } else { 27 };
            let huge = [&[major | info][..], tail, &[0; 16]].concat();
            assert_eq!(cbor_again(&huge), Err(CborError::Truncated));
            assert!(missed_again(&huge).is_err());
            // The same in the place of a list inside a body: the receivers of a share, the entries of a page.
            for kind in [Kind::Share, Kind::Entry] {
                let mut w = Writer::with_capacity(0);
                head(&mut w, kind as u64, 600);
                w.array(if kind == Kind::Share { 4 } else { 1 });
                let bytes = [&w.finish()[..], &huge].concat();
                assert_eq!(payload_again(&bytes), Err(PayloadError::Cbor(CborError::Truncated)));
            }
        }
    }
}

/// A payload up to its body.
fn head(w: &mut Writer, kind: u64, ttl_s: u64) {
    w.array(11).uint(1).bytes(&[1; 16]).uint(1).uint(2).bytes(&[3; 32]).uint(4).uint(kind);
    w.uint(5).uint(ttl_s).bytes(&[6; 16]);
}

/// What a payload with this body is refused for.
fn refused(kind: Kind, body: impl FnOnce(&mut Writer)) -> PayloadError {
    let mut w = Writer::with_capacity(0);
    head(&mut w, kind as u64, 600);
    body(&mut w);
    payload_again(&w.finish()).unwrap_err()
}

#[test]
fn each_field_out_of_its_bound_is_refused_by_name() {
    use PayloadError::{Cbor, Field};
    let say = |n: usize, flags| {
        refused(Kind::Text, |w| {
            w.array(5).uint(1).uint(flags).text(&"x".repeat(n)).null().uint(0);
        })
    };
    assert_eq!(say(0, 0), Field("text"));
    assert_eq!(say(max::TEXT_BYTES + 1, 0), Field("text"));
    assert_eq!(say(1, 16), Field("flags"));
    let leave = refused(Kind::Leave, |w| {
        w.array(1).uint(2);
    });
    assert_eq!(leave, Field("why"));
    let burn = refused(Kind::Burn, |w| {
        w.array(2).array(max::BURN_IDS + 1);
        (0..=max::BURN_IDS).for_each(|_| {
            w.bytes(&[0; 8]);
        });
        w.uint(0);
    });
    assert_eq!(burn, Cbor(CborError::TooMany));
    let key = refused(Kind::Key, |w| {
        w.array(3).uint(2).bytes(&[0; max::KEM_BYTES]).null();
    });
    assert_eq!(key, Field("use"));
    let short = refused(Kind::Key, |w| {
        w.array(3).uint(1).bytes(&[0; max::KEM_BYTES - 1]).null();
    });
    assert_eq!(short, Cbor(CborError::WrongLength));
    let ask = refused(Kind::Ask, |w| {
        w.array(4).uint(4).array(0).null().array(0);
    });
    assert_eq!(ask, Field("what"));
    let profile = |nick: usize, status: usize| {
        refused(Kind::Profile, |w| {
            w.array(4).text(&"n".repeat(nick)).text(&"s".repeat(status)).uint(0).uint(0);
        })
    };
    assert_eq!(profile(0, 0), Field("nick"));
    assert_eq!(profile(max::NICK_BYTES + 1, 0), Field("nick"));
    assert_eq!(profile(1, max::NAME_BYTES + 1), Field("status"));
    let beat = |flags, peer: usize, addr: usize, addrs: usize| {
        refused(Kind::Beat, |w| {
            w.array(7)
                .uint(flags)
                .bytes(&[0; 32])
                .bytes(&[0; 16])
                .bytes(&[0; 16])
                .uint(0)
                .bytes(&vec![0; peer]);
            w.array(addrs);
            (0..addrs).for_each(|_| {
                w.bytes(&vec![0; addr]);
            });
        })
    };
    assert_eq!(beat(8, 0, 0, 0), Field("flags"));
    assert_eq!(beat(0, max::PEER_BYTES + 1, 0, 0), Field("peer"));
    assert_eq!(beat(0, 0, max::ADDR_BYTES + 1, 1), Field("addr"));
    assert_eq!(beat(0, 0, 0, max::ADDRS + 1), Cbor(CborError::TooMany));
    let have = refused(Kind::Have, |w| {
        w.array(1).array(1).array(2).bytes(&[0; 32]).array(2);
        w.array(2).uint(1).uint(2).array(2).uint(3).uint(4);
    });
    assert_eq!(have, Field("range"));
    let entry = refused(Kind::Entry, |w| {
        w.array(1).array(1).bytes(&[0; max::ENTRY_BYTES + 1]);
    });
    assert_eq!(entry, Field("entry"));
}

#[test]
fn the_head_of_a_payload_is_checked_field_by_field() {
    let mut good = Writer::with_capacity(0);
    head(&mut good, 5, max::TTL_MAX_S);
    good.array(1).uint(0);
    assert!(payload_again(&good.finish()).is_ok());

    let with = |kind, ttl_s| {
        let mut w = Writer::with_capacity(0);
        head(&mut w, kind, ttl_s);
        w.array(1).uint(0);
        payload_again(&w.finish()).unwrap_err()
    };
    assert_eq!(with(5, max::TTL_MAX_S + 1), PayloadError::Field("ttl"));
    assert_eq!(with(22, 0), PayloadError::Reserved);
    assert_eq!(with(30, 0), PayloadError::UnknownKind(30));

    let mut other = Writer::with_capacity(0);
    other.array(2).uint(2).null();
    assert_eq!(payload_again(&other.finish()), Err(PayloadError::Version(2)));

    let mut uncounted = Writer::with_capacity(0);
    uncounted.array(11).uint(1).bytes(&[1; 16]).uint(1).uint(2).bytes(&[3; 32]).uint(0);
    (0..5).for_each(|_| {
        uncounted.null();
    });
    assert_eq!(payload_again(&uncounted.finish()), Err(PayloadError::Field("counter")));
    assert_eq!(payload_again(&[0; max::PAYLOAD_BYTES + 1]), Err(PayloadError::Length));
}

#[test]
fn a_payload_spelled_any_other_way_is_refused() {
    // `[1]` in the place of a leave's body, in each spelling that general CBOR has for it.
    for (body, error) in [
        (&[0x98, 1, 1][..], CborError::NotShortest),
        (&[0x81, 0x18, 1], CborError::NotShortest),
        (&[0x9f, 1, 0xff], CborError::Indefinite),
        (&[0xc1, 0x81, 1], CborError::Unsupported),
        (&[0x81, 0x20], CborError::Unsupported),
        (&[0x81, 0xf9, 0x3c, 0], CborError::Unsupported),
        (&[0xa1, 0, 1], CborError::Unsupported),
        (&[0x81, 0x41, 1], CborError::WrongType),
        (&[0x82, 1, 1], CborError::WrongLength),
        (&[0x81, 1, 0], CborError::Trailing),
        (&[0x81], CborError::Truncated),
    ] {
        let mut w = Writer::with_capacity(0);
        head(&mut w, 5, 0);
        let bytes = [&w.finish()[..], body].concat();
        assert_eq!(payload_again(&bytes), Err(PayloadError::Cbor(error)), "{body:02x?}");
    }
}

#[test]
fn a_handover_has_chains_and_sorted_salts() {
    let read = |chains: usize, salts: &[[u8; 16]], flags| {
        let mut w = Writer::with_capacity(0);
        w.array(9).uint(1).uint(2).array(chains);
        (0..chains).for_each(|_| {
            w.array(2).bytes(&[1; 70]).bytes(&[2; 32]);
        });
        w.array(salts.len());
        salts.iter().for_each(|salt| {
            w.bytes(salt);
        });
        w.uint(3).uint(4).uint(flags).array(0).array(0);
        handover_again(&w.finish()).map(drop)
    };
    assert_eq!(read(64, &[[1; 16], [2; 16]], 7), Ok(()));
    assert_eq!(read(0, &[], 0), Err(FieldError::Value("chains")));
    assert_eq!(read(65, &[], 0), Err(FieldError::Cbor(CborError::TooMany)));
    assert_eq!(read(1, &[[2; 16], [1; 16]], 0), Err(FieldError::Value("salts")));
    assert_eq!(read(1, &[[2; 16], [2; 16]], 0), Err(FieldError::Value("salts")));
    assert_eq!(read(1, &[], 8), Err(FieldError::Value("flags")));
}

#[test]
fn a_note_has_a_known_reason_and_sorted_causes() {
    let read = |why, causes: &[[u8; 32]]| {
        let mut w = Writer::with_capacity(0);
        w.array(9)
            .uint(1)
            .bytes(&[0; 16])
            .uint(1)
            .bytes(&[1; 32])
            .uint(2)
            .bytes(&[3; 32])
            .uint(why)
            .array(causes.len());
        causes.iter().for_each(|cause| {
            w.bytes(cause);
        });
        w.array(0);
        note_again(&w.finish()).map(drop)
    };
    assert_eq!(read(7, &[[1; 32], [2; 32]]), Ok(()));
    assert_eq!(read(8, &[]), Err(StatementError::Field("why")));
    assert_eq!(read(1, &[[2; 32], [1; 32]]), Err(StatementError::Field("causes")));
    assert_eq!(read(1, &[[2; 32], [2; 32]]), Err(StatementError::Field("causes")));
    assert_eq!(read(1, &[[2; 32]; 33]), Err(StatementError::Cbor(CborError::TooMany)));
}

#[test]
fn an_entry_has_parents_unless_it_begins_a_log() {
    let read = |version, genesis: [u8; 16], parents: &[[u8; 32]], kind, body: &dyn Fn(&mut Writer)| {
        let mut w = Writer::with_capacity(0);
        w.array(8).uint(version).bytes(&genesis).bytes(&[1; 32]).uint(1).uint(2).array(parents.len());
        parents.iter().for_each(|parent| {
            w.bytes(parent);
        });
        body(w.uint(kind));
        entry_again(&w.finish()).map(drop)
    };
    let rotate = |w: &mut Writer| {
        w.array(0);
    };
    let genesis = |w: &mut Writer| {
        w.array(4).text("room").bytes(&[2; 32]).array(13);
        (0..13).for_each(|_| {
            w.null();
        });
        w.bytes(&[3; 16]);
    };
    let ban = |w: &mut Writer| {
        w.array(6).bytes(&[4; 32]).uint(1).text("").uint(0).uint(3).bytes(&[5; 16]);
    };
    let kick = |w: &mut Writer| {
        w.array(3).bytes(&[4; 32]).uint(1).text(&"y".repeat(max::WHY_BYTES + 1));
    };
    let (a, b) = ([1; 32], [2; 32]);
    assert_eq!(read(1, [0; 16], &[], 0, &genesis), Ok(()));
    assert_eq!(read(1, [7; 16], &[a, b], 18, &rotate), Ok(()));
    assert_eq!(read(2, [7; 16], &[a], 18, &rotate), Err(StatementError::Version(2)));
    assert_eq!(read(1, [7; 16], &[], 18, &rotate), Err(StatementError::Field("parents")));
    assert_eq!(read(1, [0; 16], &[a], 0, &genesis), Err(StatementError::Field("parents")));
    assert_eq!(read(1, [7; 16], &[b, a], 18, &rotate), Err(StatementError::Field("parents")));
    assert_eq!(read(1, [7; 16], &[a, a], 18, &rotate), Err(StatementError::Field("parents")));
    assert_eq!(read(1, [7; 16], &[], 0, &genesis), Err(StatementError::Field("genesis")));
    assert_eq!(read(1, [7; 16], &[a], 22, &rotate), Err(StatementError::UnknownKind(22)));
    assert_eq!(read(1, [7; 16], &[a], 5, &ban), Err(StatementError::Field("then")));
    assert_eq!(read(1, [7; 16], &[a], 4, &kick), Err(StatementError::Field("why")));
    let many: Vec<_> = (0..32).map(|n| [n; 32]).collect();
    assert_eq!(read(1, [7; 16], &many, 18, &rotate), Err(StatementError::Length));
    let most = &many[..25];
    assert_eq!(read(1, [7; 16], most, 18, &rotate), Ok(()));
}

proptest! {
    #![proptest_config(any_::fixed(300))]

    #[test]
    fn payloads_come_back_as_they_were(payload in any_::payload()) {
        prop_assert_eq!(payload_again(&payload.encode()), Ok(payload));
    }

    #[test]
    fn handovers_come_back_as_they_were(handover in any_::handover()) {
        prop_assert_eq!(handover_again(&handover.encode()), Ok(handover));
    }

    #[test]
    fn notes_come_back_as_they_were(note in any_::note()) {
        prop_assert_eq!(note_again(&note.encode()), Ok(note));
    }

    #[test]
    fn invites_come_back_as_they_were(invite in any_::invite()) {
        let link = invite.to_link();
        prop_assert!(link.starts_with("EPHEM:"));
        let read = Invite::parse(&link).unwrap();
        prop_assert_eq!(read.to_link(), link);
        prop_assert_eq!(read, invite);
    }

    #[test]
    fn a_link_with_one_letter_changed_is_refused_or_is_another_invite(
        invite in any_::invite(), at in any::<prop::sample::Index>(), letter in "[A-Z2-7]",
    ) {
        let link = invite.to_link();
        let at = 6 + at.index(link.len() - 6);
        let changed = format!("{}{letter}{}", &link[..at], &link[at + 1..]);
        if let Ok(read) = Invite::parse(&changed) {
            prop_assert_eq!(&*read.to_link(), &changed);
            prop_assert_eq!(read == invite, changed == **link);
        }
    }

    #[test]
    fn an_inner_comes_back_as_it_was(
        payload in prop::collection::vec(any::<u8>(), 0..5_000), sig in any_::sig(),
    ) {
        let len = frame::frame_len_for(payload.len()).unwrap();
        let inner = frame::pad_inner(&payload, &sig, len);
        prop_assert_eq!(inner.len() + 65 + 16 + 32, len);
        prop_assert_eq!(frame::split_inner(&inner), Ok((&payload[..], &sig)));
    }

    #[test]
    fn a_header_comes_back_as_it_was(header in any_::header()) {
        prop_assert_eq!(frame::Header::from_bytes(header.to_bytes()), Ok(header));
    }

    #[test]
    fn any_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        read_as_everything(&bytes);
    }

    #[test]
    fn bytes_that_look_like_cbor_do_no_harm(
        bytes in prop::collection::vec(
            prop_oneof![0..24u8, 0x40..0x62u8, 0x80..0x8du8, Just(0xf6), 0x18..0x1cu8], 0..300,
        ),
    ) {
        read_as_everything(&bytes);
    }

    #[test]
    fn two_payloads_spliced_do_no_harm(
        a in any_::payload(), b in any_::payload(), cut in any::<[prop::sample::Index; 2]>(),
    ) {
        let [x, y] = cut;
        let (a, b) = (a.encode(), b.encode());
        read_as_everything(&[&a[..x.index(a.len())], &b[y.index(b.len())..]].concat());
    }
}
