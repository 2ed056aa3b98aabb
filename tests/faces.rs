//! The two plain faces, as a program and as a person meet them: every line that goes out fits the published schema, every
//! line that comes in gets one answer, and nothing a peer can send steers a terminal.
#![cfg(feature = "node")]
#![allow(
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that panics has done its work"
)]

#[path = "faces/samples.rs"]
mod samples;
#[path = "faces/schema.rs"]
mod schema;
#[path = "faces/twins.rs"]
mod twins;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use ephem_node::base::secret::Text;
use ephem_node::base::time::{Mono, Unix};
use ephem_node::chat::event::{Burned, Event, Message};
use ephem_node::chat::lines::{LINE_BYTES, Lines};
use ephem_node::chat::model::Model;
use ephem_node::chat::name::BurnWhy;
use ephem_node::chat::queue::Queue;
use ephem_node::chat::reply::{Answer, Reply};
use ephem_node::chat::text::Body;
use ephem_node::pipe::{Stamp, cmds, decode, encode, finding};
use ephem_node::plain::{self, Moment, State};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use samples::{events, line, message};
use schema::Schema;
use serde_json::Value;
use zeroize::Zeroizing;

static EVENTS: LazyLock<Vec<Event>> = LazyLock::new(events);

const SCHEMA: &str = include_str!("../docs/schema/pipe-v1.json");

fn stamp(now: u64) -> Stamp {
    Stamp { seq: 3, ts: Unix(1_700_000_000_000), now: Mono(now) }
}

fn written(event: &Event) -> Value {
    let mut out = Zeroizing::new(Vec::new());
    encode(event, &stamp(0), &mut out);
    assert_eq!(out.capacity(), out.len(), "the buffer was measured");
    let text = std::str::from_utf8(&out).expect("UTF-8");
    assert_eq!(text.matches('\n').count(), 1, "one line: {text}");
    serde_json::from_str(text).unwrap_or_else(|why| panic!("{why}: {text}"))
}

#[test]
fn every_line_that_goes_out_is_described_by_the_schema() {
    let schema = Schema::parse(SCHEMA);
    let mut seen = BTreeSet::new();
    for event in EVENTS.iter() {
        let value = written(event);
        schema.check(&value).unwrap_or_else(|why| panic!("{why}\n{value}"));
        seen.insert(value["type"].as_str().unwrap().to_owned());
    }
    for found in ephem_node::chat::doctor::samples() {
        let mut line = Vec::new();
        finding(&found, &stamp(0), &mut line);
        let value: Value = serde_json::from_slice(&line).unwrap();
        schema.check(&value).unwrap_or_else(|why| panic!("{why}\n{value}"));
        seen.insert(value["type"].as_str().unwrap().to_owned());
    }
    let described: BTreeSet<String> = schema.lines().into_iter().map(str::to_owned).collect();
    assert_eq!(seen, described, "a kind of line is not described, or is described and never written");
}

#[test]
fn every_value_the_schema_promises_can_come() {
    let schema = Schema::parse(SCHEMA);
    let lines: Vec<Value> = EVENTS.iter().map(written).collect();
    for (kind, field) in [
        ("room", "event"),
        ("room", "state"),
        ("room", "mode"),
        ("member", "event"),
        ("message", "kind"),
        ("receipt", "state"),
        ("burned", "why"),
        ("peer", "event"),
        ("peer", "path"),
        ("net", "nat"),
        ("keys", "event"),
        ("notice", "level"),
    ] {
        let promised: BTreeSet<String> = schema.values(kind, field).into_iter().collect();
        let of_kind = lines.iter().filter(|value| value["type"] == kind);
        let came: BTreeSet<String> = of_kind.filter_map(|v| v[field].as_str().map(str::to_owned)).collect();
        assert_eq!(came, promised, "{kind}.{field}");
    }
}

#[test]
fn every_command_for_programs_is_on_its_page() {
    let page = include_str!("../docs/PIPE.md");
    for cmd in cmds() {
        let rows = page.lines().filter(|l| l.starts_with("| `"));
        let mut named =
            rows.filter(|row| row.split('|').nth(1).is_some_and(|cell| cell.contains(&format!("`{cmd}`"))));
        assert!(named.next().is_some(), "{cmd}");
    }
}

#[test]
fn a_line_that_is_wrong_does_not_pass_the_schema() {
    let schema = Schema::parse(SCHEMA);
    let good = written(&Event::Message(Box::new(message(1, "x"))));
    schema.check(&good).unwrap();
    let spoiled = |spoil: &dyn Fn(&mut serde_json::Map<String, Value>)| {
        let mut value = good.clone();
        spoil(value.as_object_mut().unwrap());
        schema.check(&value).is_err()
    };
    assert!(spoiled(&|o| drop(o.remove("text"))));
    assert!(spoiled(&|o| drop(o.insert("kind".into(), "shout".into()))));
    assert!(spoiled(&|o| drop(o.insert("id".into(), "01".into()))));
    assert!(spoiled(&|o| drop(o.insert("ttl_ms".into(), (-1).into()))));
    assert!(spoiled(&|o| drop(o.insert("extra".into(), 1.into()))));
    assert!(spoiled(&|o| drop(o.insert("v".into(), 2.into()))));
}

#[test]
fn a_message_reads_as_promised_and_is_silent_once_its_time_is_over() {
    let event = Event::Message(Box::new(message(1, "two\nlines \"quoted\" \\ and 🔥")));
    let mut out = Zeroizing::new(Vec::new());
    encode(&event, &stamp(540_000), &mut out);
    let value: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(value["text"], "two\nlines \"quoted\" \\ and 🔥");
    assert_eq!(value["burns_ms"], 60_000);
    assert_eq!(value["id"], "0101010101010101");
    encode(&event, &stamp(600_000), &mut out);
    let value: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!((&value["text"], &value["burns_ms"]), (&Value::Null, &0.into()));
}

#[test]
fn what_burns_while_it_waits_to_be_written_is_never_written() {
    let mut queue = Queue::default();
    let burn = |n| Event::Burned(Burned { room: line("lobby"), id: message(n, "").id, why: BurnWhy::Sender });
    queue.push(Event::Message(Box::new(message(1, "north gate"))));
    queue.push(Event::Message(Box::new(message(2, "stays"))));
    queue.push(burn(1));
    let kinds: Vec<String> = std::iter::from_fn(|| queue.pop())
        .map(|e| written(&e)["type"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kinds, ["message", "burned"]);
}

#[test]
fn the_last_handle_to_a_text_goes_with_the_event_that_burns_it() {
    let text = Text::new("north gate");
    let mut model = Model::default();
    let room = EVENTS.iter().find(|e| matches!(e, Event::Room(_))).unwrap();
    model.update(Mono(0), room);
    let said = Message { text: Some(Body::of(&text)), ..message(1, "") };
    model.update(Mono(0), &Event::Message(Box::new(said.clone())));
    drop(said);
    let held = |model: &Model| format!("{:?}", model.rooms()[0].scroll).contains("Some(Body(");
    assert!(held(&model));
    model.update(
        Mono(0),
        &Event::Burned(Burned { room: line("lobby"), id: message(1, "").id, why: BurnWhy::Ttl }),
    );
    assert!(!held(&model));
    assert!(!format!("{model:?}").contains("north"), "and it was never printed");
}

/// What a driver does with bytes that come: cut, decode, answer.
fn answers(bytes: &[u8]) -> Vec<Reply> {
    let mut lines = Lines::new();
    let mut replies = Vec::new();
    let mut answer = |line: ephem_node::chat::lines::Line<'_>| {
        replies.push(match decode(&line) {
            Ok(asked) => Reply::done(asked.cid, Answer::Done),
            Err(reply) => *reply,
        });
    };
    let mut rest = bytes;
    while !rest.is_empty() {
        let space = lines.space();
        let n = space.len().min(rest.len());
        space[..n].copy_from_slice(&rest[..n]);
        lines.fill(n);
        rest = &rest[n..];
        while lines.take(&mut answer).is_some() {}
    }
    lines.finish(&mut answer);
    replies
}

#[test]
fn every_line_in_gets_exactly_one_reply_whatever_it_is() {
    let long = vec![b'x'; 2 * LINE_BYTES];
    let lines: Vec<&[u8]> = vec![
        br#"{"cmd":"status","cid":1}"#,
        b"",
        b"garbage",
        b"\xff\xfe{",
        br#"{"cmd":"send"}"#,
        &long,
        b"[[[[[[[[",
        br#"{"cmd":"line","text":"/quti"}"#,
        br#"{"cmd":"send","text":"last"}"#,
    ];
    let replies = answers(&lines.join(&b'\n'));
    let codes: Vec<&str> =
        replies.iter().map(|r| r.outcome.as_ref().map_or_else(|why| why.code(), |_| "ok")).collect();
    let want = [
        "ok",
        "not_json",
        "not_json",
        "not_utf8",
        "missing_field",
        "too_long",
        "not_json",
        "unknown_command",
        "ok",
    ];
    assert_eq!(codes, want);
}

/// Text that tries to do more than be read.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\u{1b}[2J".to_owned()),
        Just("\u{1b}]0;title\u{7}".to_owned()),
        Just("\u{9b}31m\r".to_owned()),
        Just("\n21:00 you are banned".to_owned()),
        Just("\u{202e}\u{200b}\u{2066}".to_owned()),
        "\\PC{0,6}",
        any::<String>(),
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::with_cases(500)
    })]

    #[test]
    fn any_bytes_get_as_many_replies_as_they_have_lines(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let ends = bytes.iter().filter(|&&b| b == b'\n').count();
        let rest = usize::from(bytes.last().is_some_and(|&b| b != b'\n'));
        prop_assert_eq!(answers(&bytes).len(), ends + rest);
    }

    #[test]
    fn no_typed_line_stops_line_mode_or_steers_the_terminal(lines in proptest::collection::vec(hostile(), 1..5)) {
        let mut state = State::new(Some(60));
        let at = Moment { now: Mono(5), ts: Unix(1_700_000_000_000) };
        let mut out = Vec::new();
        for event in EVENTS.iter().take(8) {
            plain::render(event, at, &mut state, &mut out).unwrap();
        }
        for line in &lines {
            plain::typed(line, at, &mut state, &mut out).unwrap();
            plain::typed(&format!("/{line}"), at, &mut state, &mut out).unwrap();
        }
        prop_assert!(is_plain(&out));
    }

    #[test]
    fn no_text_of_a_peer_steers_the_terminal_or_begins_a_line(text in hostile()) {
        let mut state = State::new(Some(0));
        let at = Moment { now: Mono(5), ts: Unix(1_700_000_000_000) };
        let mut out = Vec::new();
        let room = EVENTS.iter().find(|e| matches!(e, Event::Room(_))).unwrap();
        plain::render(room, at, &mut state, &mut out).unwrap();
        let before = out.len();
        plain::render(&Event::Message(Box::new(message(1, &text))), at, &mut state, &mut out).unwrap();
        prop_assert!(is_plain(&out));
        let said = String::from_utf8(out[before..].to_vec()).unwrap();
        for (n, line) in said.lines().enumerate() {
            prop_assert!(n == 0 || line.starts_with("      | "), "{:?}", said);
        }
    }
}

#[test]
fn every_event_is_a_line_in_line_mode_and_none_steers_the_terminal() {
    let mut state = State::new(Some(0));
    let mut out = Vec::new();
    for (n, event) in EVENTS.iter().enumerate() {
        let at = Moment { now: Mono(n as u64 * 1_000), ts: Unix(1_700_000_000_000) };
        plain::render(event, at, &mut state, &mut out).unwrap();
        plain::tick(at, &mut state, &mut out).unwrap();
    }
    assert!(is_plain(&out));
    for line in String::from_utf8(out).unwrap().lines() {
        assert!(line.len() < 400, "{line}");
    }
}

/// UTF-8 with line ends and tabs, and nothing else that is not drawn.
fn is_plain(out: &[u8]) -> bool {
    std::str::from_utf8(out).is_ok_and(|text| {
        text.chars().all(|c| {
            matches!(c, '\n' | '\t')
                || !(c.is_control()
                    || matches!(c, '\u{200b}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
        })
    })
}
