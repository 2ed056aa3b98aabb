//! What a process holds of a text once it has burned: root reads all of its memory, which no other program of its user can.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::words::{Net, WAIT};

/// How often the memory of a process holds these bytes.
fn copies(pid: u32, wanted: &[u8]) -> usize {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).expect("its map");
    let mut memory = File::open(format!("/proc/{pid}/mem")).expect("its memory: this needs root");
    let mut found = 0;
    for line in maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|may| may.starts_with('r'))) {
        let range = line.split(' ').next().and_then(|range| range.split_once('-')).expect("a range");
        let (from, to) = [range.0, range.1].map(|end| u64::from_str_radix(end, 16).expect("hex")).into();
        let mut bytes = vec![0; usize::try_from(to - from).expect("a size")];
        // What the kernel maps for itself cannot be read, and holds nothing of ours.
        if memory.seek(SeekFrom::Start(from)).is_ok() && memory.read_exact(&mut bytes).is_ok() {
            found += bytes.windows(wanted.len()).filter(|here| *here == wanted).count();
        }
    }
    found
}

#[test]
#[ignore = "needs root: just lab"]
fn a_text_is_in_memory_while_it_lives_and_nowhere_once_it_has_burned() {
    let mut net = Net::of(&["ana", "bob"]).join_all("lobby");
    let text = "zebra quartz under a fjord";
    net.ask("ana", json!({"cmd": "send", "text": text, "ttl_ms": 5_000}));
    net.expect_all(text);
    let pids = ["ana", "bob"].map(|name| net.pid(name));
    for pid in pids {
        assert!(copies(pid, text.as_bytes()) >= 1, "the search finds nothing where something is");
    }
    for name in ["ana", "bob"] {
        net.until(name, |line| line["type"] == "burned");
    }
    for pid in pids {
        let end = Instant::now() + WAIT;
        while copies(pid, text.as_bytes()) > 0 {
            assert!(Instant::now() < end, "it stays");
            sleep(Duration::from_millis(200));
        }
    }
}
