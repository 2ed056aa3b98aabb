//! What two say to each other alone, one of them on a screen: both hold it while it lives, and nothing of it afterwards.

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::messages::texts;
use crate::scan::{SHORT, Wanted, may_read};
use crate::seat::Seat;
use crate::words::Net;

/// So long after the last deadline nothing is left.
const AFTER: Duration = Duration::from_secs(2);
const COUNT: usize = 20;
const TTL_S: u64 = 15;

#[test]
fn what_was_said_alone_and_burned_is_in_no_memory() {
    let mut net = Net::hosted_by("ana", &["--rate", "off"]);
    let ana = net.pid("ana");
    if !may_read(ana) {
        return;
    }
    let texts = texts(COUNT, 33);
    let mut cho = Seat::screen(&net, &["lobby", "--open", "--nick", "cho"]);
    net.counts("ana", 2);
    cho.shows("2 here");
    cho.types(&format!("/ttl {TTL_S}s\r"));
    cho.shows(&format!("[{TTL_S}s]"));
    // It comes once others have vouched for cho. From then on the two know each other, and all that follows is shown.
    assert_eq!(net.ask("ana", json!({"cmd": "dm", "to": "cho", "text": "may I?"}))["ok"], true);
    cho.shows("ana asks to write to you alone: Alt+2");
    cho.types("\u{1b}2");
    cho.shows("[asks to write to you alone] Enter opens");
    cho.types("\u{1b}[27u\r");
    cho.shows("may I?");
    cho.shows("[to ana alone]");
    let begun = Instant::now();
    for (n, text) in texts.iter().enumerate() {
        match n % 4 {
            0 => text.chars().chain(['\r']).for_each(|key| cho.types(&key.to_string())),
            1 => cho.types(&format!("\u{1b}[200~{text}\u{1b}[201~\r")),
            _ => {
                let said = json!({"cmd": "dm", "to": "cho", "text": text, "ttl_ms": TTL_S * 1_000});
                let reply = net.ask("ana", said);
                assert_eq!(reply["ok"], true, "{reply}");
            }
        }
    }
    net.eventually("ana", |seen| {
        let alone = |line: &&serde_json::Value| line["type"] == "message" && line["kind"] == "dm";
        seen.iter().filter(alone).filter(|line| line["text"].is_string()).count() > COUNT
    });
    // Keys take longer than lines: what was typed last stands lowest.
    let typed = texts.iter().enumerate().rfind(|(n, _)| n % 4 < 2).expect("one was typed").1;
    cho.shows(typed.rsplit(' ').next().expect("a word"));
    let wanted = Wanted::of(&texts);
    let all = [("ana: pipe", ana), ("cho: screen", cho.pid())];
    for (who, pid) in all {
        let found = loop {
            let found = wanted.within(pid, &SHORT);
            if found.texts.len() == COUNT {
                break found;
            }
            let living = begun.elapsed() < Duration::from_secs(TTL_S);
            assert!(living, "{who} never held all of them, or the machine is too slow: {found}");
        };
        println!("{who}: while they live: {} pieces of {} messages", found.pieces, found.texts.len());
    }
    let cells = wanted.within(cho.pid(), &SHORT[5..]);
    assert!(cells.pieces > 0, "the search sees no cells: {cells}");
    net.patience += Duration::from_secs(TTL_S);
    net.eventually("ana", |seen| seen.iter().filter(|line| line["type"] == "burned").count() == COUNT);
    sleep(AFTER);
    for (who, pid) in all {
        let found = wanted.within(pid, &SHORT);
        println!("{who}: afterwards: {} pieces in {} KiB", found.pieces, found.bytes / 1_024);
        assert_eq!(found.pieces, 0, "{who} still holds {found}");
    }
}
