//! Messages of three processes, one for each face, and what all three hold of them two seconds after the last has burned.

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::scan::{SHORT, Stride, Wanted, long, may_read};
use crate::seat::Seat;
use crate::words::Net;

/// So long after the last deadline nothing is left.
const AFTER: Duration = Duration::from_secs(2);

/// Texts like people's, of words that are nowhere else: the same ones each time.
pub(crate) fn texts(count: usize, seed: u64) -> Vec<String> {
    let mut state = seed;
    let mut draw = move |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut word = move || {
        let length = 4 + draw(7);
        (0..length).map(|_| char::from(b'a' + draw(26) as u8)).collect::<String>()
    };
    (0..count).map(|n| format!("m{n:04} {}", [(); 8].map(|()| word()).join(" "))).collect()
}

/// One says most of them, the others type or paste one now and then; all three must hold them while they live and nothing of
/// them afterwards. False where no memory may be read.
fn say_and_search(count: usize, ttl_s: u64, strides: &[Stride]) -> bool {
    let mut net = Net::hosted_by("ana", &["--rate", "off"]);
    let ana = net.pid("ana");
    if !may_read(ana) {
        return false;
    }
    let texts = texts(count, 7);
    let mut bob = Seat::lines(&net, &["lobby", "--open", "--nick", "bob"]);
    let mut cho = Seat::screen(&net, &["lobby", "--open", "--nick", "cho"]);
    net.counts("ana", 3);
    bob.shows("you are in");
    cho.shows("3 here");
    bob.types(&format!("/ttl {ttl_s}s\r"));
    cho.types(&format!("/ttl {ttl_s}s\r"));
    cho.shows(&format!("[{ttl_s}s]"));
    let begun = Instant::now();
    for (n, text) in texts.iter().enumerate() {
        match n % 20 {
            5 => bob.types(&format!("{text}\r")),
            10 => text.chars().chain(['\r']).for_each(|key| cho.types(&key.to_string())),
            15 => cho.types(&format!("\u{1b}[200~{text}\u{1b}[201~\r")),
            _ => {
                let reply = net.ask("ana", json!({"cmd": "send", "text": text, "ttl_ms": ttl_s * 1_000}));
                assert_eq!(reply["ok"], true, "{reply}");
            }
        }
    }
    net.eventually("ana", |seen| seen.iter().filter(|line| line["type"] == "message").count() == count);
    println!("{count} messages said and heard in {:.1} s", begun.elapsed().as_secs_f64());

    let wanted = Wanted::of(&texts);
    let all = [("ana: pipe", ana), ("bob: lines", bob.pid()), ("cho: screen", cho.pid())];
    for (who, pid) in all {
        let found = loop {
            let found = wanted.within(pid, &SHORT);
            if found.texts.len() == count {
                break found;
            }
            let living = begun.elapsed() < Duration::from_secs(ttl_s);
            assert!(living, "{who} never held all of them, or the machine is too slow: {found}");
        };
        println!("{who}: while they live: {} pieces of {} messages", found.pieces, found.texts.len());
    }
    let cells = wanted.within(cho.pid(), &SHORT[5..]);
    assert!(cells.pieces > 0, "the search sees no cells: {cells}");

    net.patience += Duration::from_secs(ttl_s);
    net.eventually("ana", |seen| seen.iter().filter(|line| line["type"] == "burned").count() == count);
    sleep(AFTER);
    let mut left = Vec::new();
    for (who, pid) in all {
        let found = wanted.within(pid, strides);
        println!("{who}: afterwards: {} pieces in {} KiB", found.pieces, found.bytes / 1_024);
        if found.pieces > 0 {
            left.push(format!("{who} still holds {found}"));
        }
    }
    assert!(left.is_empty(), "{}", left.join("\n"));
    true
}

#[test]
fn what_has_burned_is_in_the_memory_of_no_process() {
    say_and_search(40, 10, &SHORT);
}

#[test]
#[ignore = "long: just vanish"]
fn of_a_thousand_messages_no_process_holds_a_piece_two_seconds_after_the_last() {
    assert!(say_and_search(1_000, 55, &long()), "nothing was searched");
}
