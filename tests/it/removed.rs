//! What a removal and a limit come to among eight processes that talk: how soon whoever is kicked reads nothing more, and what a
//! member that sends without measure costs the others. They print figures, so they are run by hand: `just rights`.

use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::words::Net;

/// Kicks that count.
const KICKS: usize = 20;
/// Between two messages of a member: less than a room lets one say.
const PACE: Duration = Duration::from_millis(70);
/// Messages a second of whoever floods, and for how many seconds.
const FLOOD: (u64, u64) = (100, 20);
/// A room lets a member say so much at once unasked, and so much a second.
const BURST: u64 = 20;
/// The same, a second.
const RATE: u64 = 5;

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    u64::try_from(since.as_millis()).expect("not that late")
}

/// Tells of a figure, where whoever runs it by hand can read it.
#[allow(clippy::print_stdout, reason = "figures are for whoever runs this by hand")]
fn told(figure: &str) {
    println!("{figure}");
}

fn quantile(sorted: &[u64], of_100: usize) -> u64 {
    sorted[(sorted.len() * of_100 / 100).min(sorted.len() - 1)]
}

fn stamp(line: &Value) -> u64 {
    line["ts"].as_u64().expect("when")
}

#[test]
#[ignore = "prints figures; takes a minute"]
fn whoever_is_kicked_from_a_room_that_talks_reads_nothing_more() {
    let mut net = Net::hosted_by("ana", &[]);
    let rest = ["bob", "cho", "dan", "eve", "fay", "gus"];
    rest.iter().for_each(|name| net.join(name, None));
    let mut all = vec!["ana"];
    all.extend(rest);
    net.confirmed(&all);
    let (mut late, mut after_keys, mut heard) = (Vec::new(), 0, 0);
    for round in 0..KICKS {
        let victim = format!("vic{round}");
        net.join(&victim, None);
        net.until(&victim, |line| line["type"] == "room" && line["state"] == "confirmed");
        let welcome = format!("welcome {round}");
        net.say("ana", &welcome).expect(&[&victim], &welcome);
        let (mut said, mut kicked) = (0, 0);
        let end = Instant::now() + Duration::from_secs(3);
        while Instant::now() < end || kicked == 0 {
            if said == 12 {
                kicked = now_ms();
                let kick = json!({"cmd": "kick", "cid": victim, "who": victim, "why": "a trial"});
                net.raw("ana", &kick.to_string());
            }
            let text = format!("{round} {said}");
            net.raw(rest[said % rest.len()], &json!({"cmd": "send", "text": text}).to_string());
            said += 1;
            sleep(PACE);
        }
        net.until("ana", |line| line["type"] == "reply" && line["cid"] == victim && line["ok"] == true);
        net.until(&victim, |line| line["type"] == "room" && line["event"] == "left");
        let lines = net.lines(&victim);
        let read: Vec<&Value> = lines.iter().filter(|line| line["type"] == "message").collect();
        heard += read.len();
        late.push(read.iter().map(|line| stamp(line).saturating_sub(kicked)).max().unwrap_or(0));
        // What a member says once it has the new keys is sealed with them.
        for name in rest {
            net.ask(name, json!({"cmd": "rooms"}));
            let theirs = net.lines(name);
            let keys = |line: &&Value| line["type"] == "keys" && stamp(line) >= kicked;
            let rotated =
                theirs.iter().find(keys).map_or(u64::MAX, |line| line["seq"].as_u64().expect("a number"));
            let sealed =
                theirs.iter().filter(|line| line["mine"] == true && line["seq"].as_u64() > Some(rotated));
            let sealed: Vec<&Value> = sealed.map(|line| &line["text"]).collect();
            assert!(!sealed.is_empty(), "{name} said nothing under new keys");
            after_keys += read.iter().filter(|line| sealed.contains(&&line["text"])).count();
        }
        let notice = lines.iter().find(|line| line["code"] == "kicked").expect("it is told");
        let text = notice["text"].as_str().expect("a sentence");
        assert!(text.starts_with("you were kicked by ana (") && text.ends_with("for: a trial"), "{text}");
        net.kill(&victim);
    }
    late.sort_unstable();
    told(&format!(
        "{KICKS} kicks among eight: the last message read after {}, {}, {} ms (half, 99 of 100, longest); {heard} read \
         before, {after_keys} under the keys made after it",
        quantile(&late, 50),
        quantile(&late, 99),
        quantile(&late, 100)
    ));
    assert_eq!(after_keys, 0);
    assert!(quantile(&late, 99) <= 3_000, "{late:?}");
}

/// Processor time of all threads that a process has, in milliseconds.
fn processor_ms(pid: u32) -> u64 {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).expect("it runs");
    let nanoseconds = threads.flatten().map(|thread| {
        let times = std::fs::read_to_string(thread.path().join("schedstat")).unwrap_or_default();
        times.split(' ').next().and_then(|first| first.parse::<u64>().ok()).unwrap_or(0)
    });
    nanoseconds.sum::<u64>() / 1_000_000
}

/// The one that floods has a room of its own first, without a rate, and its own founding's settings are what it goes by. So it
/// measures nothing, as a changed program would.
#[test]
#[ignore = "prints figures; takes half a minute"]
fn of_a_flood_no_more_than_twice_the_rate_is_shown() {
    let mut net = Net::hosted_by("ana", &[]);
    let honest = ["ana", "bob", "cho", "dan", "fay", "gus"];
    honest[1..].iter().for_each(|name| net.join(name, None));
    net.confirmed(&honest);
    let there = net.address("ana");
    net.start_first("eve", &["lobby", "--rate", "off"]);
    net.until("eve", |line| line["type"] == "room" && line["event"] == "joined");
    net.join("hal", None);
    net.confirmed(&["eve", "hal"]);
    // Somebody who knows the way to both, and leaves: eight are in the room.
    net.start("ian", &["lobby", "--bootstrap", &there], None);
    let all = ["ana", "bob", "cho", "dan", "fay", "gus", "eve", "hal", "ian"];
    net.confirmed(&all);
    net.ask("ian", json!({"cmd": "quit"}));
    net.ended("ian");
    net.say("eve", "the first of many").expect(&honest, "the first of many");
    let before: Vec<u64> = honest.iter().map(|name| processor_ms(net.pid(name))).collect();
    let (each, seconds) = FLOOD;
    let (begin, total) = (Instant::now(), each * seconds);
    for n in 0..total {
        net.raw("eve", &json!({"cmd": "send", "text": format!("flood {n}")}).to_string());
        let due = Duration::from_millis(n * 1_000 / each);
        sleep(due.saturating_sub(begin.elapsed()));
    }
    let took = begin.elapsed();
    let spent: Vec<u64> = honest.iter().map(|name| processor_ms(net.pid(name))).collect();
    net.ask("eve", json!({"cmd": "rooms"}));
    let flood = |line: &Value| line["text"].as_str().is_some_and(|text| text.starts_with("flood "));
    let sent = net.lines("eve").iter().filter(|line| flood(line)).count();
    assert!(sent as u64 > total / 2, "it holds itself back: {sent} of {total}");
    // Whoever is heard after the flood has taken in what came before it.
    net.say("bob", "and it is over").expect(&honest, "and it is over");
    let mut shown = Vec::new();
    let mut caught_up = Vec::new();
    for name in honest {
        let lines = net.lines(name);
        let (late, live): (Vec<&Value>, Vec<&Value>) =
            lines.iter().filter(|line| flood(line)).partition(|line| line["caught_up"] == true);
        shown.push(live.len());
        caught_up.push(late.len());
    }
    let shares: Vec<f64> = before
        .iter()
        .zip(&spent)
        .map(|(before, after)| (after - before) as f64 * 100.0 / took.as_millis() as f64)
        .collect();
    told(&format!(
        "{sent} messages in {} s from one of eight: shown to the others as it came {shown:?}, caught up \
         {caught_up:?}; processor of each {shares:.1?} % of a core",
        took.as_secs()
    ));
    // Receivers allow twice the rate, in each second that it touches, and what is over it comes by no other way.
    let most = 2 * (BURST + RATE * (took.as_secs() + 2));
    let all: Vec<usize> = shown.iter().zip(&caught_up).map(|(live, late)| live + late).collect();
    assert!(all.iter().all(|n| *n as u64 <= most), "more than {most}: {all:?}");
}
