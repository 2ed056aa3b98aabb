//! `join` at a terminal of its own, read like a person does.

use std::thread;
use std::time::Instant;

use crate::script::Script;
use crate::words::{Net, WAIT, program};

/// A shell at a terminal: it runs the program, then says how that ended and how the terminal was left.
struct Terminal {
    script: Script,
    seen: String,
    /// How much of it has been looked at.
    read: usize,
}

impl Terminal {
    /// `join` with these arguments in line mode, next to the nodes of a test.
    fn join(net: &Net, args: &[&str]) -> Terminal {
        Terminal::open(net, &["join", "--plain"], args)
    }

    /// A command with these arguments, next to the nodes of a test.
    fn open(net: &Net, command: &[&str], args: &[&str]) -> Terminal {
        let node = program(net.runtime());
        let typed: Vec<String> = command.iter().chain(args).map(|arg| format!("'{arg}'")).collect();
        let line = format!(
            "{} {} {}; echo \"ended with $?\"; stty -a | tr ';' '\\n'; echo all",
            node.get_program().display(),
            typed.join(" "),
            net.near().join(" ")
        );
        let data = net.runtime().join("data").display().to_string();
        let script = Script::run(&node, &line, &[("TERM", "xterm"), ("XDG_DATA_HOME", &data)], &[]);
        Terminal { script, seen: String::new(), read: 0 }
    }

    fn types(&mut self, keys: &str) {
        self.script.types(keys);
    }

    /// Waits for this, and gives what came before it since the last such call.
    fn until(&mut self, what: &str) -> String {
        let end = Instant::now() + WAIT;
        loop {
            if let Some(at) = self.seen[self.read..].find(what) {
                let before = self.seen[self.read..self.read + at].to_owned();
                self.read += at + what.len();
                return before;
            }
            let wait = end.saturating_duration_since(Instant::now());
            match self.script.shown.recv_timeout(wait) {
                Ok(bytes) => self.seen.push_str(&String::from_utf8_lossy(&bytes)),
                Err(_) => panic!("never shown: {what}; seen:\n{}", self.seen),
            }
        }
    }

    /// The exit code, once the terminal was looked at: it has to be as it was.
    fn ended(&mut self) -> i32 {
        self.until("ended with ");
        let code = self.until("\r\n").trim().parse().expect("a code");
        let state = self.until("\nall");
        for set in [" icanon", " echo ", " isig", " icrnl", " opost"] {
            assert!(state.replace("\r\n", " ").contains(set), "not put back: {set}\n{state}");
        }
        code
    }
}

const QUESTION: &str = "Ctrl+G = six generated words): ";

#[test]
fn a_passphrase_is_asked_for_and_never_shown() {
    let secret = "seven otters row upstream";
    let mut net = Net::with_secret(&["ana"], secret);
    let mut bob = Terminal::join(&net, &["lobby", "--nick", "bob"]);
    assert!(
        bob.until(QUESTION)
            .starts_with("Passphrase for lobby (Enter alone = an open room anybody can read, ")
    );
    // A wrong beginning taken back, a slip of the finger, then the words.
    bob.types("six\u{15}seven otters row upstreak\u{7f}m\r");
    bob.until("guessing it costs a well-equipped attacker about");
    bob.until("the same keys: you are in");
    net.counts("ana", 2);
    net.say("ana", "among ourselves");
    bob.until("among ourselves");
    bob.types("and I hear you\r");
    net.expect(&["ana"], "and I hear you");
    bob.types("/quit\r");
    assert_eq!(bob.ended(), 0);
    for word in ["otters", "upstrea", "six\r"] {
        assert!(!bob.seen.contains(word), "{word} was shown:\n{}", bob.seen);
    }
}

#[test]
fn a_new_profile_is_asked_for_its_passphrase_twice_and_neither_is_shown() {
    let net = Net::hosted_by("ana", &[]);
    let args = ["lobby", "--open", "-P", "mina", "--nick", "bob"];
    let mut bob = Terminal::join(&net, &args);
    assert!(bob.until(QUESTION).ends_with("Profile mina is new. Passphrase for it ("));
    // A slip of the finger in the second one: both again. What is typed ahead is not shown either.
    bob.types("four otters\r");
    bob.until("Again: ");
    bob.types("four otterz\rfour otters row upstream\r");
    bob.until("these were two different ones");
    bob.until("guessing it costs a well-equipped attacker about");
    bob.until("Again: ");
    bob.types("four otters row upstream\r");
    bob.until("profile mina is new: ");
    bob.until("you are bob (");
    let tag = bob.until(")");
    bob.until("you are in");
    bob.types("/quit\r");
    assert_eq!(bob.ended(), 0);
    let mut again = Terminal::join(&net, &args);
    again.until("Passphrase of profile mina: ");
    again.types("four otters row upstream\r");
    again.until("you are bob (");
    assert_eq!(again.until(")"), tag);
    again.until("you are in");
    again.types("/quit\r");
    assert_eq!(again.ended(), 0);
    for seen in [&bob.seen, &again.seen] {
        assert!(!seen.contains("otter") && !seen.contains("upstream"), "it was shown:\n{seen}");
    }
}

#[test]
fn six_words_are_generated_and_bring_another_in() {
    let mut net = Net::of(&[]);
    let mut ana = Terminal::join(&net, &["den", "--nick", "ana"]);
    ana.until(QUESTION);
    ana.types("\u{7}");
    ana.until("\r\n  ");
    let words = ana.until("\r\n");
    assert_eq!(words.split(' ').count(), 6, "{words}");
    ana.until("nobody can recover it");
    ana.until("then Enter: ");
    // A second wish is other words.
    ana.types("\u{7}");
    ana.until("\r\n  ");
    let others = ana.until("\r\n");
    assert_ne!(words, others);
    ana.until("then Enter: ");
    ana.types("\r");
    ana.until("good: guessing it costs");
    ana.until("listening on ");
    let at = ana.until("\r\n");
    net.start("bob", &["den", "--bootstrap", at.trim()], Some(&others));
    net.counts("bob", 2);
    net.talk("bob", "den", "the words fit");
    ana.until("the words fit");
    // The first words lead elsewhere.
    net.start("eve", &["den", "--bootstrap", at.trim()], Some(&words));
    assert_ne!(net.mark("bob"), net.mark("eve"));
}

#[test]
fn panic_does_not_wait_for_a_terminal_that_was_stopped() {
    let mut net = Net::hosted_by("ana", &[]);
    let mut bob = Terminal::join(&net, &["lobby", "--open", "--nick", "bob"]);
    bob.until("you are in");
    let node = format!("/proc/{}", bob.script.node());
    // Ctrl+S: from here on the terminal takes nothing.
    bob.types("\u{13}");
    for n in 0..3 {
        net.say("ana", &format!("unread {n}"));
        net.until("ana", |line| line["type"] == "receipt" && line["state"] == "delivered");
    }
    let begun = Instant::now();
    bob.types("/panic\r");
    while std::path::Path::new(&node).exists() {
        assert!(begun.elapsed() < WAIT, "it waits for its terminal");
        thread::yield_now();
    }
    net.until("ana", |line| line["type"] == "member" && line["event"] == "leave");
    bob.types("\u{11}");
    assert_eq!(bob.ended(), 0);
    assert!(!bob.seen.contains("unread 1"), "it was not stopped: {}", bob.seen);
}

#[test]
fn enter_alone_is_an_open_room_and_says_so() {
    let mut net = Net::hosted_by("ana", &[]);
    let mut bob = Terminal::join(&net, &["lobby", "--nick", "bob"]);
    bob.until(QUESTION);
    bob.types("\r");
    bob.until("open room: whoever knows or guesses the name can read it");
    bob.until("the others type: ephem-node join lobby --bootstrap ");
    net.counts("ana", 2);
    bob.types("/quit\r");
    assert_eq!(bob.ended(), 0);
}

#[test]
fn a_question_that_is_not_answered_leaves_the_terminal_as_it_was() {
    let net = Net::of(&[]);
    for (keys, code) in [("hal\u{3}", 130), ("\u{4}", 130)] {
        let mut ana = Terminal::join(&net, &["den"]);
        ana.until(QUESTION);
        ana.types(keys);
        assert_eq!(ana.ended(), code);
        assert!(!ana.seen.contains("hal"), "{}", ana.seen);
    }
}

#[test]
fn a_signal_at_the_question_leaves_the_terminal_as_it_was() {
    let net = Net::of(&[]);
    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        let mut ana = Terminal::join(&net, &["den"]);
        ana.until(QUESTION);
        ana.script.signal(signal);
        assert_eq!(ana.ended(), code, "{}", ana.seen);
    }
}

#[test]
fn ctrl_c_in_the_room_says_goodbye() {
    let mut net = Net::hosted_by("ana", &[]);
    let mut bob = Terminal::join(&net, &["lobby", "--open", "--nick", "bob"]);
    net.counts("ana", 2);
    bob.types("\u{3}");
    net.until("ana", |line| line["type"] == "member" && line["event"] == "leave" && line["nick"] == "bob");
    assert_eq!(bob.ended(), 130);
}

#[test]
fn a_terminal_that_is_closed_is_a_goodbye_too() {
    let mut net = Net::hosted_by("ana", &[]);
    let mut bob = Terminal::join(&net, &["lobby", "--open", "--nick", "bob"]);
    net.counts("ana", 2);
    let node = bob.script.node();
    // The window is closed: whoever holds the other end of the terminal is gone.
    bob.script.close();
    net.until("ana", |line| line["type"] == "member" && line["event"] == "leave" && line["nick"] == "bob");
    let end = Instant::now() + WAIT;
    while std::path::Path::new(&format!("/proc/{node}")).exists() {
        assert!(Instant::now() < end, "it said goodbye and stays");
        thread::yield_now();
    }
}

#[test]
fn an_invite_that_is_used_up_ends_join_with_words_and_a_code() {
    let mut net = Net::of(&[]);
    net.open("ana", &["new", "den", "--json"], None);
    let invite =
        net.until("ana", |line| line["invite"].is_string())["invite"].as_str().expect("it").to_owned();
    let mut bob = Terminal::join(&net, &[&invite, "--nick", "bob"]);
    net.counts("ana", 2);
    let mut eve = Terminal::join(&net, &[&invite]);
    eve.until("the invite is used up");
    eve.until("ask for a new one");
    assert_eq!(eve.ended(), 5);
    net.ask("ana", serde_json::json!({"cmd": "kick", "who": "bob", "why": "noise"}));
    bob.until("you were kicked by ana (");
    assert_eq!(bob.ended(), 6);
}

#[test]
fn whoever_is_removed_reads_why_once_the_screen_is_gone() {
    let mut net = Net::hosted_by("ana", &[]);
    let mut bob = Terminal::open(&net, &["join"], &["lobby", "--open", "--nick", "bob"]);
    net.counts("ana", 2);
    net.ask("ana", serde_json::json!({"cmd": "kick", "who": "bob", "why": "flooding"}));
    // The terminal is given back first, then it is said.
    bob.until("\u{1b}[?1049l");
    let said = bob.until("(exit code 6)");
    assert!(said.contains("ended: you were kicked by ana") && said.contains("flooding"), "{said}");
    assert_eq!(bob.ended(), 6);
}

#[test]
fn nobody_in_time_ends_the_screen_with_its_reason() {
    let net = Net::of(&[]);
    let args = ["lobby", "--open", "--nick", "bob", "--timeout", "1s"];
    let mut bob = Terminal::open(&net, &["join"], &args);
    bob.until("\u{1b}[?1049l");
    bob.until("ended: nobody was found in time (exit code 4)");
    assert_eq!(bob.ended(), 4);
}

#[test]
fn a_room_that_ends_is_counted_down_and_ends_line_mode_with_its_code() {
    let mut net = Net::hosted_by("ana", &[]);
    let mut bob = Terminal::join(&net, &["lobby", "--open", "--nick", "bob"]);
    net.counts("ana", 2);
    net.ask("ana", serde_json::json!({"cmd": "line", "text": "/expires 13s"}));
    bob.until("set: closes in 1");
    bob.until("warning: the room closes in 10 seconds");
    bob.until("the room's time is over");
    assert_eq!(bob.ended(), 7);
}

#[test]
fn the_panic_key_ends_the_screen_and_says_goodbye() {
    let mut net = Net::hosted_by("ana", &[]);
    let mut bob = Terminal::open(&net, &["join"], &["lobby", "--open", "--nick", "bob"]);
    net.counts("ana", 2);
    bob.types("\u{1b}[24;2~");
    bob.until("\u{1b}[?1049l");
    assert_eq!(bob.ended(), 0);
    net.until("ana", |line| line["type"] == "member" && line["event"] == "leave" && line["nick"] == "bob");
}
