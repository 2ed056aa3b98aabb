//! Diagnostics in a file, searched for everything that must not be in it.

use std::fs;

use serde_json::{Value, json};

use crate::words::{Folder, Net};

#[test]
fn diagnostics_have_numbers_and_nothing_of_what_was_said_named_or_typed() {
    let folder = Folder::new();
    let file = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let mut net = Net::of(&[]);
    net.start("anabella", &["sanctuary"], Some("seven otters row upstream"));
    net.start("bobadil", &["sanctuary", "--bootstrap", "127.0.0.1:9"], Some("seven otters row upstream"));
    net.confirmed(&["anabella", "bobadil"]);
    net.ask("anabella", json!({"cmd": "policy", "topic": "lighthouse"}));
    net.ask("bobadil", json!({"cmd": "profile", "status": "fishing alone"}));
    for (name, text) in [("anabella", "north gate at nine"), ("bobadil", "bring the lantern")] {
        let reply = net.ask(name, json!({"cmd": "send", "room": "sanctuary", "text": text}));
        assert_eq!(reply["ok"], true, "{reply}");
        net.expect(&["anabella", "bobadil"], text);
    }
    net.ask("bobadil", json!({"cmd": "mute", "who": "anabella", "why": "wrong lantern"}));
    let path = file("bug.txt");
    let reply = net.ask("bobadil", json!({"cmd": "bug", "path": path}));
    assert_eq!((&reply["ok"], &reply["path"]), (&json!(true), &json!(path)), "{reply}");
    let told = fs::read_to_string(&path).expect("the file");
    assert_eq!(reply["bytes"], told.len());
    for part in [
        "Left out:",
        "room 1 mode=passphrase state=confirmed",
        "ephem_uptime_seconds",
        "members=2",
        "machine ",
    ] {
        assert!(told.contains(part), "{part} is missing in:\n{told}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&path).expect("its metadata").permissions().mode() & 0o777, 0o600);
    }
    let mut secrets: Vec<String> = [
        "gate",
        "lantern",
        "anabella",
        "bobadil",
        "sanctuary",
        "otters",
        "upstream",
        "lighthouse",
        "fishing",
        "127.0.0.1",
        "/ip4",
        "/ip6",
        "12D3",
        "::1",
    ]
    .map(str::to_owned)
    .to_vec();
    let lines: Vec<Value> = ["anabella", "bobadil"].iter().flat_map(|name| net.lines(name)).collect();
    for line in &lines {
        for text in
            [&line["me"]["tag"], &line["me"]["id"], &line["peer"], &line["mark"], &line["id"], &line["tag"]]
        {
            secrets.extend(text.as_str().map(str::to_owned));
        }
    }
    // Of keys and names of messages their first eight digits as well.
    let short: Vec<String> = secrets.iter().filter(|s| s.len() >= 16).map(|s| s[..8].to_owned()).collect();
    let lower = told.to_lowercase();
    for secret in secrets.iter().chain(&short) {
        assert!(!lower.contains(&secret.to_lowercase()), "{secret:?} is in:\n{told}");
    }
    // What is there is left alone, also where it only points somewhere.
    let again = net.ask("bobadil", json!({"cmd": "bug", "path": path}));
    assert_eq!(again["error"]["code"], "file_exists", "{again}");
    assert_eq!(fs::read_to_string(&path).expect("the file"), told);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(file("nowhere"), file("link")).expect("a link");
        assert_eq!(
            net.ask("bobadil", json!({"cmd": "bug", "path": file("link")}))["error"]["code"],
            "file_exists"
        );
    }
    let nowhere = net.ask("bobadil", json!({"cmd": "bug", "path": file("none/bug.txt")}));
    assert_eq!(nowhere["error"]["code"], "not_written", "{nowhere}");
    assert!(!std::path::Path::new(&file("nowhere")).exists());
}
