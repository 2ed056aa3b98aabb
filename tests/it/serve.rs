//! A node that serves: what it prints, the numbers it tells, its limits, settings read again, its end.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::words::{Net, WAIT, finish, program};

/// A serving node, with what it says on both of its streams in the order in which it comes.
struct Served {
    child: Child,
    said: Receiver<String>,
    heard: Vec<String>,
    config: PathBuf,
}

impl Served {
    /// On loopback, with these settings and arguments of its own.
    fn start(net: &Net, settings: &str, args: &[&str]) -> Served {
        let config = net.runtime().join("serve.toml");
        std::fs::write(&config, settings).expect("settings");
        let mut command = program(net.runtime());
        command.args(["serve", "--no-mdns", "--no-dht", "--listen", "/ip4/127.0.0.1/tcp/0", "--config"]);
        command.arg(&config).args(["--metrics", "127.0.0.1:0"]).args(args);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let (to, said) = channel();
        let streams: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stdout.take().expect("a pipe")), Box::new(child.stderr.take().expect("a pipe"))];
        for stream in streams {
            let to = to.clone();
            thread::spawn(move || {
                // Nobody waits for it any more: then it is read to its end all the same.
                BufReader::new(stream).lines().map_while(Result::ok).for_each(|line| drop(to.send(line)));
            });
        }
        Served { child, said, heard: Vec::new(), config }
    }

    /// Waits for a line with this in it, among those heard before as well.
    fn hears(&mut self, part: &str) -> String {
        let end = Instant::now() + WAIT;
        let mut at = 0;
        loop {
            while let Some(line) = self.heard.get(at) {
                at += 1;
                if line.contains(part) {
                    return line.clone();
                }
            }
            let left = end.saturating_duration_since(Instant::now());
            let line = self.said.recv_timeout(left);
            self.heard.push(line.unwrap_or_else(|_| panic!("nobody said {part:?}: {:#?}", self.heard)));
        }
    }

    /// Where others reach it.
    fn address(&mut self) -> String {
        self.hears("listening on").rsplit(' ').next().expect("an address").to_owned()
    }

    /// Where it tells its numbers.
    fn numbers(&mut self) -> SocketAddr {
        let line = self.hears("numbers at http://");
        line.split("//")
            .nth(1)
            .and_then(|rest| rest.strip_suffix("/metrics"))
            .expect("a place")
            .parse()
            .expect("one")
    }

    /// A number as it is told now.
    fn number(&mut self, sample: &str) -> u64 {
        let page = get(self.numbers(), b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
        let line = page.lines().find(|line| line.starts_with(&format!("{sample} "))).expect("that number");
        line.rsplit(' ').next().expect("a value").parse().expect("a number")
    }

    /// Waits until a number is this.
    fn counts(&mut self, sample: &str, wanted: impl Fn(u64) -> bool) -> u64 {
        let end = Instant::now() + WAIT;
        loop {
            let now = self.number(sample);
            if wanted(now) {
                return now;
            }
            assert!(Instant::now() < end, "{sample} stays {now}");
            thread::yield_now();
        }
    }

    /// Gives it other settings, and says so.
    fn settle(&mut self, settings: &str) {
        std::fs::write(&self.config, settings).expect("settings");
        self.signal("HUP");
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &pid]).status().expect("kill");
        assert!(sent.success());
    }

    /// Its exit code, which comes within this time.
    fn ends(&mut self, within: Duration) -> Option<i32> {
        let end = Instant::now() + within;
        loop {
            match self.child.try_wait().expect("its state") {
                Some(status) => return status.code(),
                None => assert!(Instant::now() < end, "it stays: {:#?}", self.heard),
            }
            thread::yield_now();
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn connect(at: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(at).expect("it is heard");
    stream.set_read_timeout(Some(WAIT)).expect("a bound");
    stream
}

/// One request, and all that comes back.
fn get(at: SocketAddr, request: &[u8]) -> String {
    let mut stream = connect(at);
    // One that refuses before it has read all of it may hang up.
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).expect("UTF-8")
}

const ASKED: &[u8] = b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: a test\r\n\r\n";

#[test]
fn a_node_that_serves_tells_how_it_is_reached_and_its_numbers_and_no_name() {
    let mut net = Net::of(&[]);
    let mut served = Served::start(&net, "", &[]);
    let (address, at) = (served.address(), served.numbers());
    let pasted = served.hears("others add: --bootstrap ");
    assert!(pasted.ends_with(&address), "{pasted} for {address}");
    net.start("ana", &["lobby", "--bootstrap", &address], None);
    served.counts("ephem_peers{path=\"lan\"}", |peers| peers == 1);
    let page = get(at, ASKED);
    let (head, body) = page.split_once("\r\n\r\n").expect("a head");
    assert!(
        head.starts_with("HTTP/1.1 200 OK\r\n")
            && head.contains("application/openmetrics-text; version=1.0.0")
    );
    assert!(head.contains(&format!("Content-Length: {}", body.len())) && body.ends_with("# EOF\n"));
    for family in
        ["ephem_build_info{version=", "ephem_uptime_seconds", "ephem_rooms 0", "ephem_relay_circuits 0"]
    {
        assert!(body.contains(family), "{family}: {body}");
    }
    let peer = address.rsplit('/').next().expect("a peer");
    assert!(!body.contains(peer) && !body.contains("127.0.0.1") && !body.contains("lobby"), "{body}");
}

#[test]
fn whoever_sends_rubbish_or_nothing_at_all_keeps_nobody_from_the_numbers() {
    let net = Net::of(&[]);
    let mut served = Served::start(&net, "", &[]);
    let at = served.numbers();
    let answers = |request: &[u8]| get(at, request).split("\r\n").next().unwrap_or_default().to_owned();
    assert_eq!(answers(b"GET / HTTP/1.1\r\n\r\n"), "HTTP/1.1 404 Not Found");
    assert_eq!(answers(b"DELETE /metrics HTTP/1.1\r\n\r\n"), "HTTP/1.1 405 Method Not Allowed");
    assert_eq!(answers(b"GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n"), "HTTP/1.1 403 Forbidden");
    assert_eq!(answers(b"\x16\x03\x01\x02\x00\x01\r\n\r\n"), "HTTP/1.1 400 Bad Request");
    let endless = [b"GET /metrics HTTP/1.1\r\nX: ".as_slice(), &[b'a'; 4_096 - 26]].concat();
    assert_eq!(answers(&endless), "HTTP/1.1 431 Request Header Fields Too Large");
    for seed in 0..50_u32 {
        let noise: Vec<u8> =
            (0..200_u32).map(|n| (seed + n).wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
        get(at, &[&noise[..], b"\r\n\r\n"].concat());
    }
    // A thousand that connect and say nothing, some hundred of them at a time.
    let mut silent = std::collections::VecDeque::new();
    for _ in 0..1_000 {
        silent.push_back(connect(at));
        if silent.len() > 150 {
            silent.pop_front();
        }
    }
    let asked = Instant::now();
    assert_eq!(answers(ASKED), "HTTP/1.1 200 OK");
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    drop(silent);
    // Letter by letter: it is hung up on, and meanwhile others are answered.
    let mut slow = connect(at);
    let begun = Instant::now();
    for letter in ASKED.iter().take(ASKED.len() - 1).cycle() {
        assert_eq!(answers(ASKED), "HTTP/1.1 200 OK");
        if slow.write_all(&[*letter]).is_err() {
            break;
        }
        assert!(begun.elapsed() < WAIT, "it is waited for without end");
    }
    for (args, why) in [
        (["--metrics", "0.0.0.0:9464"], "on this machine alone"),
        (["--metrics", "192.0.2.1:9464"], "on this machine alone"),
        (["--metrics", "9464"], "an address with its port"),
    ] {
        let out = finish(program(net.runtime()).arg("serve").args(args), None);
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.code() == Some(2) && said.contains(why), "{said}");
    }
}

#[test]
fn settings_are_read_again_on_a_hangup_and_links_stay() {
    let mut net = Net::of(&[]);
    let log = net.runtime().join("serve.log");
    let mut served = Served::start(&net, "[serve]\npeers = 1\n", &["--log-file", &log.display().to_string()]);
    let address = served.address();
    net.start("ana", &["--bootstrap", &address], None);
    served.counts("ephem_links", |links| links == 1);
    // One more is turned away, which is counted and said.
    net.start_first("bob", &["--bootstrap", &address]);
    served.counts("ephem_links_refused_total", |refused| refused > 0);
    served.hears("others are turned away");
    assert_eq!(served.number("ephem_links"), 1);
    // A wrong file is told with its reason, and changes nothing.
    served.settle("[serve]\npeers = \"many\"\n");
    let told = served.hears("the settings are as before");
    assert!(told.contains("serve: peers: must be a number from 1"), "{told}");
    served.settle("this is no TOML");
    served.hears("TOML");
    assert_eq!(served.number("ephem_links"), 1);
    let debugs = |log: &PathBuf| std::fs::read_to_string(log).expect("a log").matches("DEBUG").count();
    assert_eq!(debugs(&log), 0, "the log tells what was asked for");
    // A good one holds from now on: bob tries again by himself, and whoever is named is asked.
    let elsewhere = Net::of(&[]);
    let mut other = Served::start(&elsewhere, "", &[]);
    let more = other.address();
    served.settle(&format!("log_level = \"debug\"\nbootstrap = [\"{more}\"]\n[serve]\npeers = 3\n"));
    served.hears("the settings were read again");
    other.counts("ephem_links", |links| links == 1);
    served.counts("ephem_links", |links| links == 3);
    assert!(
        net.count("ana", |line| line["type"] == "peer" && line["event"] == "lost") == 0,
        "her link stayed"
    );
    assert!(debugs(&log) > 0, "and now it tells more");
}

#[test]
fn a_signal_ends_it_in_good_order_within_five_seconds() {
    let mut net = Net::of(&[]);
    let mut served = Served::start(&net, "", &["lobby"]);
    let address = served.address();
    for name in ["ana", "bob", "cho"] {
        net.start(name, &["lobby", "--bootstrap", &address], None);
    }
    served.counts("ephem_peers{path=\"lan\"}", |peers| peers == 3);
    net.confirmed(&["ana", "bob", "cho"]);
    let _idle = connect(served.numbers());
    served.signal("TERM");
    assert_eq!(served.ends(Duration::from_secs(5)), Some(143));
    let left = |line: &serde_json::Value| line["type"] == "member" && line["event"] == "leave";
    net.until("ana", left);
    net.until("bob", |line| line["type"] == "peer" && line["event"] == "lost");
}

#[test]
fn a_serving_member_is_shown_as_such_and_a_room_goes_with_its_last_person() {
    let mut net = Net::of(&[]);
    let mut served = Served::start(&net, "", &["lobby", "--nick", "between"]);
    let address = served.address();
    for name in ["ana", "bob"] {
        net.start(name, &["lobby", "--history", "unexpired", "--bootstrap", &address], None);
    }
    // It opens no room, and is a member like others of the one they opened.
    net.counts("ana", 3);
    net.counts("bob", 3);
    let members = net.ask("ana", json!({"cmd": "who"}));
    let rows = members["members"].as_array().expect("members").iter();
    let serving: Vec<(&Value, &Value)> = rows.map(|row| (&row["nick"], &row["serve"])).collect();
    assert!(serving.contains(&(&json!("between"), &json!(true))), "{serving:?}");
    assert_eq!(serving.iter().filter(|(_, serve)| **serve == json!(true)).count(), 1);
    net.say("ana", "before").expect(&["bob"], "before");
    // One person is company enough; with the last one all is wiped, though the message still had its time.
    net.close_stdin("bob");
    net.ended("bob");
    net.start("cho", &["lobby", "--bootstrap", &address], None);
    net.expect(&["cho"], "before");
    for name in ["ana", "cho"] {
        net.ask(name, json!({"cmd": "quit"}));
        net.ended(name);
    }
    net.start_first("dan", &["lobby", "--bootstrap", &address]);
    net.until("dan", |line| line["type"] == "room" && line["state"] == "alone");
    net.counts("dan", 2);
    net.talk("dan", "lobby", "a room of my own");
    net.never("dan", "before");
}
