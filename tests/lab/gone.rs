//! Messages at their end: how far from it they burn, live, caught up and after a process stood still; what a cut link costs of
//! them; how long panic takes.

use std::io::Write;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::words::Net;
use crate::{Lab, run};

/// A deadline is kept to this, in milliseconds.
const KEPT_MS: u64 = 250;

fn number(line: &Value, field: &str) -> u64 {
    line[field].as_u64().unwrap_or_else(|| panic!("no {field}: {line}"))
}

fn figure(what: &str, worst_ms: u64) {
    let _ = writeln!(std::io::stdout(), "{what}: {worst_ms} ms at the worst");
}

/// The names of messages, and when each has to be gone: all processes here go by one clock.
type Ends = Vec<(Value, u64)>;

fn say(net: &mut Net, who: &str, text: &str, ttl_ms: u64) -> (Value, u64) {
    let id = net.ask(who, json!({"cmd": "send", "text": text, "ttl_ms": ttl_ms}))["id"].clone();
    let line = net.until(who, |line| line["type"] == "message" && line["id"] == id);
    // By the clock of this machine, which all of them share; `sent_ms` is by the room's.
    (id, number(&line, "ts") + ttl_ms)
}

/// How far from its end any of these was said to have burned, at the worst: from its true one, and from the one that the node
/// told with it. What came within two seconds has its whole life from there on, so the first counts the way as well. Lives are
/// whole seconds: a part of one would be rounded up.
fn worst(net: &mut Net, who: &[&str], ends: &Ends) -> (u64, u64) {
    let (mut of_true, mut of_told) = (0, 0);
    for name in who {
        for (id, end) in ends {
            let gone = |line: &Value| line["type"] == "burned" && line["id"] == *id;
            net.eventually(name, |seen| seen.iter().any(gone));
            let at = number(&net.find(name, gone), "ts");
            let told = net.find(name, |line| line["type"] == "message" && line["id"] == *id);
            of_true = of_true.max(at.abs_diff(*end));
            of_told = of_told.max(at.abs_diff(number(&told, "ts") + number(&told, "burns_ms")));
        }
    }
    (of_true, of_told)
}

fn pair(lab: &str) -> (Lab, String, Net) {
    let (lab, a, b) = Lab::lan(lab);
    let mut net = Net::of(&[]);
    net.patience = Duration::from_secs(180);
    net.start_in(&a, "ana", &[]);
    net.start_in(&b, "bob", &[]);
    net.confirmed(&["ana", "bob"]);
    (lab, b, net)
}

fn cut(host: &str) {
    run(&format!("ip -n {host} link set eth0 down"));
}

fn mend(host: &str) {
    run(&format!("ip -n {host} link set eth0 up && ip -n {host} route add 224.0.0.0/4 dev eth0"));
}

#[test]
#[ignore = "needs root and network namespaces: just lab"]
fn messages_burn_at_their_end_live_and_caught_up() {
    let (_lab, b, mut net) = pair("ends");
    let both = ["ana", "bob"];
    let live: Ends = (0..10)
        .map(|n| say(&mut net, both[n % 2], &format!("live {n}"), 5_000 + n as u64 / 2 * 1_000))
        .collect();
    let (live, of_told) = worst(&mut net, &both, &live);
    figure("live, from its true end to the burn", live);
    figure("live, from the end that was told", of_told);
    cut(&b);
    let apart: Ends = (0..10).map(|n| say(&mut net, both[n % 2], &format!("apart {n}"), 75_000)).collect();
    // Long enough for the links to be given up.
    sleep(Duration::from_secs(30));
    mend(&b);
    for n in 0..10 {
        net.expect(&both, &format!("apart {n}"));
    }
    for (n, name) in [(1, "ana"), (0, "bob")] {
        let late = net.find(name, |line| line["type"] == "message" && line["text"] == format!("apart {n}"));
        assert_eq!(late["caught_up"], true, "{late}");
    }
    let (of_true, off) = worst(&mut net, &both, &apart);
    figure("caught up, from its true end to the burn", of_true);
    assert!(
        [live, of_told, of_true, off].iter().all(|ms| *ms <= KEPT_MS),
        "{live} {of_told} {of_true} {off}"
    );
}

#[test]
#[ignore = "needs root and network namespaces: just lab"]
fn two_hundred_said_on_each_side_of_a_cut_come_once_and_with_their_time() {
    const EACH: usize = 200;
    const TTL_MS: u64 = 600_000;
    let (_lab, b, mut net) = pair("cut");
    cut(&b);
    let begun = Instant::now();
    for n in 0..EACH {
        for who in ["ana", "bob"] {
            say(&mut net, who, &format!("{who} {n}"), TTL_MS);
        }
        // A minute apart is what is tried.
        sleep(
            (begun + Duration::from_millis(300 * (n as u64 + 1))).saturating_duration_since(Instant::now()),
        );
    }
    mend(&b);
    let healed = Instant::now();
    let mut off = 0;
    let mut late = 0_usize;
    for (name, other) in [("ana", "bob"), ("bob", "ana")] {
        for n in 0..EACH {
            let text = format!("{other} {n}");
            net.expect(&[name], &text);
            let line = net.find(name, |line| line["type"] == "message" && line["text"] == text);
            if line["caught_up"] == true {
                let left = (number(&line, "sent_ms") + TTL_MS).saturating_sub(number(&line, "ts"));
                off = off.max(left.abs_diff(number(&line, "burns_ms")));
                late += 1;
            }
        }
    }
    let _ = writeln!(
        std::io::stdout(),
        "200 on each side of a cut of 60 s: all there, once, {:.1} s after the cable is back; {late} caught up",
        healed.elapsed().as_secs_f64()
    );
    figure("their time left, against what it should be", off);
    assert!(off <= KEPT_MS);
    assert!(late >= EACH, "what was said apart came by another way: {late}");
}

#[test]
#[ignore = "half a minute of standing still: just lab"]
fn whatever_was_over_while_a_process_stood_still_for_half_a_minute_is_never_told() {
    let mut net = Net::of(&["ana", "bob"]).join_all("lobby");
    let mut before = Vec::new();
    for n in 0..8 {
        before.push(say(&mut net, "ana", &format!("seen {n}"), 10_000));
        net.expect(&["bob"], &format!("seen {n}"));
    }
    net.signal("bob", "STOP");
    for n in 0..8 {
        say(&mut net, "ana", &format!("over by then {n}"), 5_000 + n * 500);
    }
    sleep(Duration::from_secs(30));
    net.signal("bob", "CONT");
    let woke = Instant::now();
    for (id, _) in &before {
        net.eventually("bob", |seen| seen.iter().any(|line| line["type"] == "burned" && line["id"] == *id));
    }
    let took = woke.elapsed();
    net.say("ana", "awake").expect(&["bob"], "awake");
    for n in 0..8 {
        net.never("bob", &format!("over by then {n}"));
    }
    figure("stopped for 30 s: from going on to the last burn", took.as_millis() as u64);
    assert!(took <= Duration::from_millis(KEPT_MS), "{took:?}");
}

#[test]
#[ignore = "twenty processes that end: just lab"]
fn panic_takes_no_longer_than_a_moment_twenty_times() {
    let mut took = Vec::new();
    let mut net = Net::hosted_by("ana", &[]);
    for n in 0..20 {
        let bob = format!("bob{n}");
        net.join(&bob, None);
        net.confirmed(&["ana", &bob]);
        net.say(&bob, &format!("by {bob}")).expect_all(&format!("by {bob}"));
        let begun = Instant::now();
        net.raw(&bob, &json!({"cmd": "line", "text": "/panic"}).to_string());
        assert_eq!(net.ended(&bob).1, Some(0));
        took.push(begun.elapsed().as_millis() as u64);
        net.until("ana", |line| line["type"] == "member" && line["event"] == "leave");
    }
    took.sort_unstable();
    let _ = writeln!(
        std::io::stdout(),
        "panic, from the line to the end of the process: {} ms in the middle",
        took[10]
    );
    figure("the same", took[19]);
    assert!(took[19] < 300, "{took:?}");
}
