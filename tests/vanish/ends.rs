//! Every other way in which something ends before its time: left, burned, opened once, recalled, thrown away; and a process
//! that has to be gone at once.

use std::path::Path;
use std::thread::{sleep, yield_now};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::messages::texts;
use crate::scan::{SHORT, Wanted, may_read};
use crate::seat::Seat;
use crate::words::{Net, WAIT};

/// So long after its end nothing is left of it.
const AFTER: Duration = Duration::from_secs(2);
/// So long a process may take that has to be gone at once.
const AT_ONCE: Duration = Duration::from_millis(300);

/// A node, one on lines and one on the screen, all in `lobby` and `ops`.
struct Three {
    net: Net,
    bob: Seat,
    cho: Seat,
}

impl Three {
    fn meet() -> Option<Three> {
        let mut net = Net::hosted_by("ana", &["--rate", "off"]);
        if !may_read(net.pid("ana")) {
            return None;
        }
        net.ask("ana", json!({"cmd": "join", "room": "ops"}));
        let bob = Seat::lines(&net, &["lobby", "ops", "--open", "--nick", "bob"]);
        let cho = Seat::screen(&net, &["lobby", "ops", "--open", "--nick", "cho"]);
        for room in ["lobby", "ops"] {
            net.eventually("ana", |seen| {
                let last = seen.iter().rfind(|line| line["type"] == "room" && line["room"] == room);
                last.is_some_and(|line| line["members"] == 3 && line["state"] == "confirmed")
            });
        }
        let mut three = Three { net, bob, cho };
        // Each room comes to the front as it opens: once both have, the first is chosen.
        three.cho.until("both rooms", |text| text.contains("1 #lobby") && text.contains("▸2 #ops"));
        three.cho.types("/join lobby\r");
        three.cho.until("the first of them", |text| text.contains("▸1 #lobby") && text.contains("3 here"));
        Some(three)
    }

    fn all(&self) -> [(&'static str, u32); 3] {
        [("ana: pipe", self.net.pid("ana")), ("bob: lines", self.bob.pid()), ("cho: screen", self.cho.pid())]
    }

    /// Ana says it, and everybody has it.
    fn says(&mut self, room: &str, text: &str, more: serde_json::Value) -> serde_json::Value {
        let mut line = json!({"cmd": "send", "room": room, "text": text});
        line.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        let reply = self.net.ask("ana", line);
        assert_eq!(reply["ok"], true, "{reply}");
        reply["id"].clone()
    }
}

/// Everybody of these holds it.
fn held(who: &[(&str, u32)], text: &str) {
    let wanted = Wanted::of(&[text]);
    for (name, pid) in who {
        let end = Instant::now() + WAIT;
        while wanted.within(*pid, &SHORT).pieces == 0 {
            assert!(Instant::now() < end, "{name} never held it");
        }
    }
}

/// Nobody of these holds it any more.
fn gone(who: &[(&str, u32)], text: &str) {
    let wanted = Wanted::of(&[text]);
    for (name, pid) in who {
        let found = wanted.within(*pid, &SHORT);
        println!("{name}: {found}");
        assert_eq!(found.pieces, 0, "{name} still holds {found}");
    }
}

#[test]
#[ignore = "long: just vanish"]
fn what_was_said_in_a_room_that_was_left_is_gone_and_what_stands_in_another_is_not() {
    let Some(mut three) = Three::meet() else { return };
    let [left, stays] = texts(2, 11).try_into().expect("two");
    three.says("ops", &left, json!({}));
    three.says("lobby", &stays, json!({}));
    let all = three.all();
    held(&all, &left);
    held(&all, &stays);
    three.net.ask("ana", json!({"cmd": "leave", "room": "ops"}));
    // To the second room.
    three.cho.types("\u{1b}2");
    three.cho.shows(left.split(' ').next().expect("a word"));
    three.cho.types("/leave\r");
    three.cho.shows(stays.split(' ').next().expect("a word"));
    sleep(AFTER);
    gone(&[all[0], all[2]], &left);
    held(&[all[1]], &left);
    held(&all, &stays);
}

#[test]
fn what_was_burned_is_gone_everywhere() {
    let Some(mut three) = Three::meet() else { return };
    let [burned, stays] = texts(2, 12).try_into().expect("two");
    three.says("lobby", &burned, json!({}));
    let all = three.all();
    held(&all, &burned);
    three.net.ask("ana", json!({"cmd": "burn", "room": "lobby", "id": "mine"}));
    three.says("lobby", &stays, json!({}));
    held(&all, &stays);
    sleep(AFTER);
    gone(&all, &burned);
}

#[test]
#[ignore = "long: just vanish"]
fn what_opens_once_is_gone_from_whoever_opened_it() {
    let Some(mut three) = Three::meet() else { return };
    let [once] = texts(1, 13).try_into().expect("one");
    let id = three.says("lobby", &once, json!({"once": true, "once_ms": 5_000}));
    let all = three.all();
    let first = once.split(' ').next().expect("a word");
    three.bob.shows("sent a one-time message");
    three.bob.types("/join lobby\r");
    three.bob.types(&format!("/open {}\r", id.as_str().expect("an id")));
    three.bob.shows(first);
    let bob = [all[1]];
    held(&bob, &once);
    three.bob.shows("1 message burned");
    sleep(AFTER);
    gone(&bob, &once);
}

#[test]
#[ignore = "long: just vanish"]
fn what_opens_once_on_the_screen_is_gone_from_it() {
    let Some(mut three) = Three::meet() else { return };
    let [first, second] = texts(2, 16).try_into().expect("two");
    let cho = [three.all()[2]];
    let last = |text: &str| text.rsplit(' ').next().expect("a word").to_owned();
    for (text, by_number) in [(&first, true), (&second, false)] {
        let id = three.says("lobby", text, json!({"once": true, "once_ms": 5_000}));
        three.cho.shows("opens once");
        if by_number {
            three.cho.types(&format!("/open {}\r", id.as_str().expect("an id")));
        } else {
            three.cho.answers("\u{1b}");
            three.cho.types("\r");
            three.cho.shows("[Enter] open");
            three.cho.types("\r");
        }
        three.cho.shows(&last(text));
        held(&cho, text);
        three.cho.until("its seconds are over", |shown| !shown.contains(&last(text)));
        sleep(AFTER);
        gone(&cho, text);
    }
}

#[test]
#[ignore = "long: just vanish"]
fn a_draft_that_was_sent_recalled_or_thrown_away_is_gone() {
    let Some(mut three) = Three::meet() else { return };
    let [sent, thrown] = texts(2, 14).try_into().expect("two");
    let type_out = |seat: &mut Seat, text: &str| text.chars().for_each(|key| seat.types(&key.to_string()));
    three.cho.types("/ttl 8s\r");
    three.cho.shows("[8s]");
    type_out(&mut three.cho, &sent);
    type_out(&mut three.cho, "\r");
    let last = |text: &str| text.rsplit(' ').next().expect("a word").to_owned();
    let shown = |text: &str, what: &str| text.matches(what).count();
    three.cho.until("sent", |text| shown(text, &last(&sent)) == 1 && text.contains("write a message"));
    three.cho.types("\u{1b}[A");
    three.cho.until("recalled", |text| shown(text, &last(&sent)) == 2);
    let cho = [three.all()[2]];
    held(&cho, &sent);
    three.cho.until("burned", |text| shown(text, &last(&sent)) == 0);
    type_out(&mut three.cho, &thrown);
    three.cho.shows(&last(&thrown));
    held(&cho, &thrown);
    // A word is cut and put back; then all of it goes.
    three.cho.types("\u{17}");
    three.cho.until("cut", |text| shown(text, &last(&thrown)) == 0);
    three.cho.types("\u{19}");
    three.cho.shows(&last(&thrown));
    three.cho.types("\u{3}");
    three.cho.until("cleared", |text| shown(text, &last(&thrown)) == 0);
    sleep(AFTER);
    gone(&three.all(), &sent);
    gone(&cho, &thrown);
}

#[test]
fn a_panic_ends_the_process_at_once() {
    let Some(mut three) = Three::meet() else { return };
    for (name, pid) in three.all() {
        let begun = Instant::now();
        match name {
            "ana: pipe" => {
                three.net.raw("ana", &json!({"cmd": "line", "text": "/panic", "room": "lobby"}).to_string())
            }
            "bob: lines" => three.bob.types("/panic\r"),
            _ => three.cho.types("/panic\r"),
        }
        // A process that ended and was not asked for its exit code has no memory left.
        let lives = || {
            let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            Path::new(&format!("/proc/{pid}")).exists() && !state.contains(") Z ")
        };
        while lives() {
            assert!(begun.elapsed() < WAIT, "{name} stays");
            yield_now();
        }
        let took = begun.elapsed();
        println!("{name}: gone {} ms after /panic", took.as_millis());
        assert!(took <= AT_ONCE, "{name} took {took:?}");
    }
}
