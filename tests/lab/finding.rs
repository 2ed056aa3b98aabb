//! Rooms that want to be found, with two homes and a machine that serves between them: in the same home they are nearby, from
//! the other they are listed, and both only as long as somebody says so.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::nat::{Internet, Router};
use crate::words::Net;

/// A listing holds for a minute and a half.
const PATIENCE: Duration = Duration::from_secs(120);

fn line(net: &mut Net, who: &str, text: &str) -> Value {
    net.ask(who, json!({"cmd": "line", "text": text}))
}

/// Waits until a list of rooms has one of this name, or has it no more; gives its row.
fn has(net: &mut Net, who: &str, list: &str, room: &str, wanted: bool) -> Value {
    let end = Instant::now() + PATIENCE;
    loop {
        let reply = net.ask(who, json!({"cmd": "rooms", "tag": "region:eu"}));
        let rows = reply[list].as_array().expect("a list").clone();
        let row = rows.into_iter().find(|row| row["room"] == room);
        if row.is_some() == wanted {
            return row.unwrap_or_default();
        }
        assert!(Instant::now() < end, "{who}: {room} in {list}, {wanted} is awaited: {reply}");
        // Nothing tells when gossip has something new: it is asked again.
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
#[ignore = "needs root and network namespaces: just lab"]
fn a_room_is_nearby_at_home_and_listed_elsewhere_until_its_owner_is_gone() {
    let mut internet = Internet::new("find");
    let (public, at) = internet.machine("pub");
    let home = internet.household("h1", Router::Keeps, 2);
    let away = internet.home("h2", Router::Keeps);
    let mut net = Net::of(&[]);
    net.patience = PATIENCE;
    let listen = ["--listen", "/ip4/0.0.0.0/udp/4077/quic-v1", "--listen", "/ip4/0.0.0.0/tcp/4077"];
    net.serve_in(&public, "between", &listen);
    let bootstrap = ["--bootstrap", &format!("{at}:4077")];
    // Each in a room of its own: nothing but the directory leads from one to the other.
    net.start_at(&home[0], "ana", "print-room", &bootstrap);
    net.start_at(&home[1], "bob", "elsewhere", &["--lan-only"]);
    net.start_at(&away, "cho", "far", &bootstrap);
    net.until("ana", |line| line["type"] == "room" && line["state"] == "alone");
    line(&mut net, "ana", "/tag region:eu");
    // For neighbours alone, who need no way to anywhere else.
    line(&mut net, "ana", "/list near");
    let row = has(&mut net, "bob", "nearby", "print-room", true);
    assert!(row["near"] == true, "{row}");
    line(&mut net, "ana", "/list on");
    let row = has(&mut net, "cho", "listed", "print-room", true);
    assert!(row["near"] == false, "{row}");
    assert_eq!(net.count("cho", |line| line["type"] == "listing"), 0, "nobody near cho said so");
    has(&mut net, "bob", "nearby", "print-room", true);
    // Taken back, it goes at once; where its owner is gone without a word, with its time.
    line(&mut net, "ana", "/list off");
    has(&mut net, "cho", "listed", "print-room", false);
    has(&mut net, "bob", "nearby", "print-room", false);
    line(&mut net, "ana", "/list on");
    has(&mut net, "cho", "listed", "print-room", true);
    has(&mut net, "bob", "nearby", "print-room", true);
    let killed = Instant::now();
    net.kill("ana");
    has(&mut net, "cho", "listed", "print-room", false);
    has(&mut net, "bob", "nearby", "print-room", false);
    assert!(killed.elapsed() < Duration::from_secs(95), "it was listed for {:?}", killed.elapsed());
}
