//! The programs of docs/BOTS.md, run as they stand there, beside people in a room.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::words::{Folder, Net, WAIT, program, send};

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/bots").join(name)
}

#[test]
fn the_page_shows_the_programs_as_they_are() {
    let page = include_str!("../../docs/BOTS.md");
    let mut shown = 0;
    for entry in fs::read_dir(example("")).expect("the folder").flatten() {
        let program = fs::read_to_string(entry.path()).expect("a text");
        assert!(page.contains(&format!("\n{program}```\n")), "{:?} is shown otherwise", entry.path());
        shown += 1;
    }
    assert_eq!(page.matches("\n```python\n").count() + page.matches("\n```sh\n").count(), shown);
}

/// A program of the page, until this is dropped; it finds `ephem-node` where a person's shell would.
struct Bot(Child);

impl Bot {
    /// `None` where this machine has no such interpreter.
    fn start(net: &Net, interpreter: &str, name: &str, args: &[&str]) -> Option<Bot> {
        if Command::new(interpreter)
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_err()
        {
            let _ = writeln!(std::io::stderr(), "NOT SHOWN: there is no {interpreter} here to run {name}");
            return None;
        }
        let built = Path::new(env!("CARGO_BIN_EXE_ephem-node")).parent().expect("a folder");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let paths = std::iter::once(built.to_owned()).chain(std::env::split_paths(&path));
        let mut command = Command::new(interpreter);
        for (name, value) in program(net.runtime()).get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let child = command
            .arg(example(name))
            .args(args)
            .args(net.near())
            .env("PATH", std::env::join_paths(paths).expect("a path"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("it starts");
        Some(Bot(child))
    }

    /// The interpreter and all that it started.
    fn signal(&self, signal: &str) {
        let group = format!("-{}", self.0.id());
        let _ =
            Command::new("kill").args([&format!("-{signal}"), "--", &group]).stderr(Stdio::null()).status();
    }
}

impl Drop for Bot {
    fn drop(&mut self) {
        self.signal("KILL");
        let _ = self.0.wait();
    }
}

fn is(event: &'static str, nick: &'static str) -> impl Fn(&Value) -> bool {
    move |line| line["type"] == "member" && line["event"] == event && line["nick"] == nick
}

#[test]
fn the_echo_says_again_what_it_is_asked_to_and_nothing_else() {
    let mut net = Net::hosted_by("ana", &[]);
    let Some(mut bot) = Bot::start(&net, "python3", "echo.py", &["lobby", "--nick", "parrot"]) else {
        return;
    };
    net.until("ana", is("join", "parrot"));
    for text in ["hello", "!echo one \"two\"\nthree \u{1f600}", "!echo", "!echo last"] {
        net.say("ana", text);
    }
    net.until("ana", |line| line["type"] == "message" && line["text"] == "last");
    let heard: Vec<String> = net
        .lines("ana")
        .iter()
        .filter(|line| line["from"]["nick"] == "parrot")
        .map(|line| line["text"].to_string())
        .collect();
    assert_eq!(heard, [json!("one \"two\"\nthree \u{1f600}").to_string(), json!("last").to_string()]);
    // Ctrl+C goes to everything at that terminal.
    bot.signal("INT");
    net.until("ana", is("leave", "parrot"));
    let end = Instant::now() + WAIT;
    let status = loop {
        match bot.0.try_wait().expect("its state") {
            Some(status) => break status,
            None => assert!(Instant::now() < end, "it stays"),
        }
        thread::sleep(Duration::from_millis(10));
    };
    assert_eq!(status.code(), Some(130), "the code of the node is the bot's");
}

#[test]
fn the_moderator_mutes_who_goes_on_and_then_kicks_and_obeys_nobody_but_those_in_office() {
    let mut net = Net::hosted_by("ana", &[]);
    let Some(_bot) = Bot::start(&net, "python3", "moderator.py", &["lobby", "--nick", "warden"]) else {
        return;
    };
    net.until("ana", is("join", "warden"));
    for name in ["eve", "bob", "cho"] {
        net.join(name, None);
    }
    net.counts("ana", 5);
    net.counts("eve", 5);
    let nag = |net: &mut Net, times: usize| {
        for _ in 0..times {
            net.ask("eve", json!({"cmd": "send", "text": "buy my coins"}));
        }
    };
    // Not in office yet: it may not, and does not try.
    nag(&mut net, 3);
    net.say("ana", "that was three times").expect(&["eve"], "that was three times");
    net.ask("ana", json!({"cmd": "admin", "who": "warden"}));
    net.until("ana", is("role", "warden"));
    net.until("eve", is("role", "warden"));
    // Who holds no office is not obeyed.
    net.ask("eve", json!({"cmd": "send", "text": "!mod off"}));
    for (n, warning) in ["warning 1 of 2", "warning 2 of 2"].into_iter().enumerate() {
        nag(&mut net, 3);
        let muted = net.until("ana", is("mute", "eve"));
        assert!(muted["reason"].as_str().is_some_and(|why| why.ends_with(warning)), "{muted}");
        assert_eq!(muted["by"]["nick"], "warden");
        // It may come before the answer to what she said last.
        net.eventually("eve", |seen| seen.iter().filter(|line| is("mute", "eve")(line)).count() > n);
        net.ask("ana", json!({"cmd": "unmute", "who": "eve"}));
        net.until("eve", is("unmute", "eve"));
    }
    nag(&mut net, 3);
    let kicked = net.until("ana", is("kick", "eve"));
    assert_eq!(kicked["reason"], "the same again and again after warnings");
    // Two who report one; those in office are left alone, and turn it off.
    for name in ["bob", "cho"] {
        net.until(name, is("kick", "eve"));
    }
    net.ask("bob", json!({"cmd": "report", "who": "cho", "text": "sells"}));
    net.ask("bob", json!({"cmd": "report", "who": "cho", "text": "and sells"}));
    net.ask("ana", json!({"cmd": "report", "who": "cho", "text": "yes"}));
    assert_eq!(net.until("ana", is("mute", "cho"))["reason"], "reported by several; warning 1 of 2");
    for n in 0..9 {
        net.say("ana", &format!("I may talk {n}"));
    }
    net.say("ana", "!mod off").until("ana", |line| line["text"] == "moderation is off");
    for _ in 0..3 {
        net.say("bob", "pardon?");
    }
    net.say("ana", "!mod on").until("ana", |line| line["text"] == "moderation is on");
    assert_eq!(net.count("ana", |line| line["event"] == "mute" && line["nick"] != "eve"), 1);
}

#[test]
fn lines_added_to_a_file_come_as_messages_one_by_one() {
    let mut net = Net::hosted_by("ana", &[]);
    let folder = Folder::new();
    let path = folder.path().join("app.log");
    let mut log = fs::File::create(&path).expect("a file");
    writeln!(log, "old news").expect("written");
    let file = path.to_str().expect("UTF-8");
    let Some(_bot) = Bot::start(&net, "sh", "tail.sh", &[file, "lobby", "--nick", "watch"]) else { return };
    net.until("ana", is("join", "watch"));
    // `tail` opened the file long before the node was in the room, but nobody promised that: it is written to until it did.
    let end = Instant::now() + WAIT;
    while !net.texts("ana").iter().any(|text| text == "ready") {
        assert!(Instant::now() < end, "nothing of the file came");
        writeln!(log, "ready").expect("written");
        net.ask("ana", json!({"cmd": "rooms"}));
        thread::sleep(Duration::from_millis(200));
    }
    write!(log, "disk 91 %\n\n\ttwo\r\n").expect("written");
    net.until("ana", |line| line["text"] == "disk 91 %");
    net.until("ana", |line| line["text"] == "\ttwo");
    assert!(!net.texts("ana").iter().any(|text| text == "old news" || text.is_empty()));
}

#[test]
fn a_stream_that_ends_is_sent_whole_and_a_second_word_for_stdin_is_refused() {
    let mut net = Net::hosted_by("ana", &[]);
    let lines: String = (0..80).map(|n| format!("line {n}\n")).collect();
    let mut command = program(net.runtime());
    command.args(["send", "lobby", "--lines", "--nick", "batch"]).args(net.near());
    let out = thread::spawn(move || crate::words::finish(&mut command, Some(lines.as_bytes())));
    net.until("ana", |line| line["text"] == "line 79");
    let out = out.join().expect("it ends");
    assert_eq!((out.status.code(), String::from_utf8_lossy(&out.stderr).as_ref()), (Some(0), ""));
    let heard: Vec<String> = net.texts("ana").into_iter().filter(|text| text.starts_with("line ")).collect();
    assert_eq!(heard, (0..80).map(|n| format!("line {n}")).collect::<Vec<_>>(), "each once, in order");
    let out = net.run(&["send", "lobby", "a text", "--lines"]);
    assert_eq!(out.status.code(), Some(2));
}

#[test]
fn a_stream_whose_end_is_waited_for_says_so() {
    let net = Net::hosted_by("ana", &[]);
    let mut command = program(net.runtime());
    command.args(["send", "lobby"]).args(net.near()).stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.stdout(Stdio::null()).spawn().expect("it starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    writeln!(stdin, "the first line of many").expect("it reads");
    let mut said = String::new();
    let stderr = child.stderr.take().expect("a pipe");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(stderr), &mut said).expect("a line");
    assert!(said.contains("--lines"), "{said:?}");
    drop(stdin);
    let end = Instant::now() + WAIT;
    while child.try_wait().expect("its state").is_none() {
        if Instant::now() > end {
            send(child.id(), "KILL");
            panic!("it does not end");
        }
        thread::sleep(Duration::from_millis(10));
    }
}
