//! What time does: the date changes, and a machine sleeps. The date is shown to the processes by `libfaketime`, a shim from
//! outside; nothing in the program knows of it.

use std::io::Write;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::words::Net;
use crate::{Lab, say_both_ways};

/// Where distributions put it.
const SHIMS: [&str; 4] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib64/faketime/libfaketimeMT.so.1",
    "/usr/lib/faketime/libfaketimeMT.so.1",
];
const DAY: u64 = 86_400;

/// Processes see the calendar so far ahead that the date changes in this many seconds. False without the shim.
fn before_midnight(net: &mut Net, seconds: u64) -> bool {
    let Some(shim) = SHIMS.iter().find(|shim| Path::new(shim).exists()) else {
        let _ = writeln!(std::io::stdout(), "skipped: no libfaketime here");
        return false;
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let ahead = DAY - seconds - now % DAY;
    net.env.push(("LD_PRELOAD", (*shim).to_owned()));
    net.env.push(("FAKETIME", format!("+{ahead}s")));
    // Only the calendar: timers go on as they are.
    net.env.push(("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()));
    true
}

/// The time of day, as a node stamps its lines.
fn second_of_day(net: &mut Net, who: &str) -> u64 {
    net.ask(who, json!({"cmd": "rooms"}))["ts"].as_u64().expect("a time") / 1_000 % DAY
}

#[test]
#[ignore = "needs root and network namespaces: just lab"]
fn a_room_whose_date_changes_talks_on_and_is_found_by_newcomers() {
    let (_lab, a, b) = Lab::lan("date");
    let mut net = Net::of(&[]);
    if !before_midnight(&mut net, 30) {
        return;
    }
    net.start_in(&a, "ana", &[]);
    net.start_in(&b, "bob", &[]);
    net.confirmed(&["ana", "bob"]);
    assert!(second_of_day(&mut net, "ana") > DAY - 60, "the shim works");
    say_both_ways(&mut net, "ana", "bob", "before midnight");
    while second_of_day(&mut net, "ana") > DAY / 2 {
        let now = second_of_day(&mut net, "bob");
        say_both_ways(&mut net, "ana", "bob", &format!("at {now}"));
        sleep(Duration::from_secs(1));
    }
    say_both_ways(&mut net, "ana", "bob", "after midnight");
    net.start_in(&b, "cho", &[]);
    net.confirmed(&["ana", "bob", "cho"]);
    net.say("cho", "good morning").expect(&["ana", "bob"], "good morning");
    // Past the minutes in which both days' topics are held the old one is gone; that is played in the simulator.
}

/// A process that is stopped stands in for a machine that sleeps: its timers and links stand still, the world does not.
/// What differs: the machine's clocks go on, as those that count sleep do.
#[test]
#[ignore = "needs root and network namespaces: just lab"]
fn a_node_that_slept_for_a_minute_comes_back_and_has_missed_nothing_that_lives() {
    let (_lab, a, b) = Lab::lan("sleep");
    let mut net = Net::of(&[]);
    net.patience = Duration::from_secs(180);
    net.start_in(&a, "ana", &[]);
    net.start_in(&b, "bob", &[]);
    net.confirmed(&["ana", "bob"]);
    let short =
        net.ask("ana", json!({"cmd": "send", "text": "dead before you wake", "ttl_ms": 40_000}))["id"]
            .clone();
    net.expect(&["bob"], "dead before you wake");
    net.signal("bob", "STOP");
    for n in 0..6 {
        net.say("ana", &format!("said while you slept, {n}"));
        sleep(Duration::from_secs(10));
    }
    net.signal("bob", "CONT");
    let woke = Instant::now();
    for n in 0..6 {
        net.expect(&["bob"], &format!("said while you slept, {n}"));
    }
    let _ = writeln!(
        std::io::stdout(),
        "asleep for 60 s, all that lives is there after {:.1} s",
        woke.elapsed().as_secs_f64()
    );
    net.until("bob", |line| line["type"] == "burned" && line["id"] == short);
    say_both_ways(&mut net, "ana", "bob", "awake");
    net.confirmed(&["ana", "bob"]);
}
