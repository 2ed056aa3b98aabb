//! The full screen on terminals of its own: two people on two screens, and every way to leave one. The terminals are made by
//! `script`; what the program writes is read by a small terminal that takes only what the screen may send.

use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Instant;

use crate::emulator::{Emulator, Widths};
use crate::script::Script;
use crate::words::{Folder, Net, QUIET, WAIT, program};

const QUIT: &str = "/quit\r";

/// A shell at a terminal of 80 by 24: it runs the program, then says how that ended and how the terminal was left.
struct Window {
    script: Script,
    terminal: Emulator,
    /// Everything that was ever written to it, escapes and all.
    written: Vec<u8>,
}

impl Window {
    /// `join lobby`, next to the nodes of a test.
    fn join(net: &Net, nick: &str) -> Window {
        let node = program(net.runtime());
        let run = format!(
            "{} join lobby --open --nick {nick} {}",
            node.get_program().display(),
            net.near().join(" ")
        );
        Window::of(node, &format!("{run}; echo \"ended with $?\""))
    }

    /// A script of one's own, in the environment of this command.
    fn of(environment: Command, run: &str) -> Window {
        let line = format!("stty rows 24 cols 80; {run}; stty -a | tr ';\\n' '  '; echo; echo all");
        let set = [("SHELL", "/bin/sh"), ("TERM", "xterm-256color"), ("LANG", "C.UTF-8")];
        let unset =
            ["NO_COLOR", "SSH_CONNECTION", "LC_ALL", "LC_CTYPE", "TMUX", "VTE_VERSION", "TERM_PROGRAM"];
        let script = Script::run(&environment, &line, &set, &unset);
        let terminal = Emulator::new(80, 24, Widths::Clusters);
        Window { script, terminal, written: Vec::new() }
    }

    fn types(&mut self, keys: &str) {
        self.script.types(keys);
    }

    /// Waits until the screen shows such a thing.
    fn until(&mut self, what: &str, holds: impl Fn(&str) -> bool) {
        let end = Instant::now() + WAIT;
        loop {
            let text = self.terminal.grid.text();
            if holds(&text) {
                return;
            }
            match self.script.shown.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(bytes) => {
                    self.terminal.read(&bytes);
                    self.written.extend(bytes);
                }
                Err(_) => panic!("never so: {what}; shown:\n{text}"),
            }
        }
    }

    fn shows(&mut self, what: &str) {
        self.until(what, |text| text.contains(what));
    }

    /// The terminal is as it was, and nothing of this stands on it.
    fn ended(&mut self, code: &str, secret: &str) {
        self.shows(&format!("ended with {code}"));
        self.until("the state of the terminal", |text| text.lines().any(|line| line.trim() == "all"));
        let text = self.terminal.grid.text();
        assert!(!text.contains(secret), "{text}");
        self.is_given_back();
        let written = String::from_utf8_lossy(&self.written);
        let state = &written[written.rfind("ended with").expect("shown")..].replace("\r\n", " ");
        for set in [" icanon", " echo ", " isig", " icrnl", " opost"] {
            assert!(state.contains(set), "not put back: {set}\n{state}");
        }
    }

    fn is_given_back(&self) {
        let grid = &self.terminal.grid;
        assert_eq!(grid.strange, Vec::<String>::new(), "only what may be sent was sent");
        assert!(grid.cursor, "the cursor is hidden");
        assert!(
            !grid.modes.iter().any(|mode| [1049, 2004, 1004, 2026, 1000, 1006].contains(mode)),
            "{:?}",
            grid.modes
        );
        assert!(grid.modes.contains(&7), "lines wrap again");
    }
}

#[test]
fn two_talk_on_two_screens_and_what_burned_is_on_neither() {
    let net = Net::hosted_by("host", &[]);
    let (mut ana, mut bob) = (Window::join(&net, "ana"), Window::join(&net, "bob"));
    for window in [&mut ana, &mut bob] {
        window.shows("3 here");
    }
    ana.types("this one stays\r");
    bob.shows("this one stays");
    ana.types("/ttl 5s\r");
    ana.shows("[5s]");
    ana.types("the kestrel flies\r");
    for window in [&mut ana, &mut bob] {
        window.shows("the kestrel flies");
        // The countdown, then the mark where it was, then nothing.
        window.until("the fuse counts", |text| {
            text.lines().any(|line| line.contains("kestrel flies") && line.trim_end().ends_with(" 2s"))
        });
        window.until("it burned", |text| !text.contains("estrel") && text.contains("\u{b7} \u{b7} \u{b7}"));
        window.until("the mark closed", |text| !text.contains("\u{b7} \u{b7} \u{b7}"));
        let text = window.terminal.grid.text();
        assert!(text.contains("this one stays") && !text.contains("kestrel"), "{text}");
    }
    for window in [&mut ana, &mut bob] {
        window.types(QUIT);
        window.ended("0", "kestrel");
        assert!(!window.terminal.grid.text().contains("this one stays"));
    }
}

/// Escape in the spelling that no key after it can become a part of.
const ESC: &str = "\u{1b}[27u";

#[test]
fn two_talk_alone_on_two_screens_and_the_room_hears_nothing_of_it() {
    let mut net = Net::hosted_by("host", &[]);
    let (mut ana, mut bob) = (Window::join(&net, "ana"), Window::join(&net, "bob"));
    for window in [&mut ana, &mut bob] {
        // Nothing is said alone before others have vouched for a node.
        window.until("vouched for", |text| {
            let head = text.lines().next().unwrap_or_default();
            head.contains("3 here") && !head.contains("unconfirmed") && !head.contains(" only")
        });
    }
    ana.types("/ttl 20s\r");
    ana.shows("[20s]");
    ana.types("/dm bob\r");
    ana.shows("[20s] [to bob alone]");
    ana.shows("ALONE, sealed to this one person");
    ana.types("the kestrel flies\r");
    ana.shows("the kestrel flies");
    // Somebody new asks; the room only says so.
    bob.shows("ana asks to write to you alone: Alt+2");
    bob.types("\u{1b}2");
    bob.shows("[asks to write to you alone] Enter opens");
    assert!(!bob.terminal.grid.text().contains("kestrel"));
    bob.types(&format!("{ESC}\r"));
    bob.shows("the kestrel flies");
    bob.types("so it does\r");
    ana.shows("so it does");
    net.say("host", "to all of you");
    for window in [&mut ana, &mut bob] {
        // In the room stands what was said to all, and between the two what was said there.
        window.shows(" 1 #lobby    1 ");
        assert!(!window.terminal.grid.text().contains("to all of you"));
        window.types("\u{1b}1");
        window.until("the room", |text| text.contains("to all of you") && !text.contains("so it does"));
        window.types("\u{1b}2");
        window.shows("so it does");
    }
    for window in [&mut ana, &mut bob] {
        window.until("it burned", |text| !text.contains("estrel"));
        window.until("the mark closed", |text| !text.contains("\u{b7} \u{b7} \u{b7}"));
        assert!(window.terminal.grid.text().contains("so it does"));
    }
    for text in ["the kestrel flies", "so it does"] {
        net.never("host", text);
    }
    for window in [&mut ana, &mut bob] {
        window.types("/quit\r");
        window.ended("0", "so it does");
    }
}

#[test]
fn every_way_out_gives_the_terminal_back_without_a_word_of_the_talk() {
    type Way = (&'static str, &'static str, fn(&mut Window));
    let ways: [Way; 4] = [
        ("quit", "0", |window| window.types(QUIT)),
        ("ctrl-c", "0", |window| {
            window.types("\u{3}");
            window.shows("Ctrl+C again");
            window.types("\u{3}");
        }),
        ("term", "143", |window| window.script.signal("TERM")),
        ("hup", "129", |window| window.script.signal("HUP")),
    ];
    let mut net = Net::hosted_by("host", &[]);
    for (name, code, leave) in ways {
        let mut window = Window::join(&net, name);
        net.counts("host", 2);
        window.shows("2 here");
        net.say("host", "the kestrel flies");
        window.shows("the kestrel flies");
        leave(&mut window);
        window.ended(code, "kestrel");
        net.until("host", |line| {
            line["type"] == "member" && line["event"] == "leave" && line["nick"] == name
        });
    }
}

/// A shell in which the program has its own name, with settings that keep it on this machine: what is typed at it is what
/// a person types.
fn at_a_shell(net: &Net, settings: &str) -> Window {
    let mut node = program(net.runtime());
    let path = Path::new(node.get_program()).parent().expect("a folder").display().to_string();
    let settings = format!("listen = \"/ip4/127.0.0.1/tcp/0\"\nno_mdns = true\nno_dht = true\n{settings}\n");
    let folder = net.runtime().join("ephem-node");
    std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::write(folder.join("config.toml"), settings))
        .expect("settings");
    node.env("XDG_CONFIG_HOME", net.runtime());
    let run = format!(
        "PATH=\"{path}:$PATH\"; echo shell; IFS= read -r typed; eval \"$typed\"; echo \"ended with $?\"",
    );
    let mut window = Window::of(node, &run);
    window.shows("shell");
    window
}

/// Keys from the shell's prompt to a message that the other has read.
const KEYS_MOST: usize = 45;

#[test]
fn from_the_shell_to_the_first_message_read_it_takes_few_keys_and_no_question() {
    let net = Net::of(&[]);
    let mut founder = at_a_shell(&net, "");
    let mut keys = [0, 0];
    let mut typed = |count: usize, window: &mut Window, text: &str| {
        keys[count] += text.len();
        window.types(text);
    };
    typed(0, &mut founder, "ephem-node join lobby --open\r");
    // From the first frame on what is typed stands in the draft; nothing asks, and no letter is a command.
    founder.shows("[..]");
    typed(0, &mut founder, "hello bob");
    founder.shows("hello bob");
    founder.until("in the room", |text| text.contains("#lobby") && text.contains("] hello bob"));
    // Where the founder is the joiner's settings say; in a local network it would be found.
    founder.types("\u{1b}[15~");
    founder.shows("/ip4/127.0.0.1/tcp/");
    let panel = founder.terminal.grid.text();
    let at = &panel[panel.find("/ip4/127.0.0.1/tcp/").expect("shown")..];
    let place = at.split("/p2p/").next().expect("an address");
    founder.types("\u{1b}");
    founder.until("the panel is closed", |text| !text.contains("/ip4/"));
    let mut joiner = at_a_shell(&net, &format!("bootstrap = \"{place}\""));
    typed(1, &mut joiner, "ephem-node join lobby --open\r");
    joiner.shows("[..]");
    typed(1, &mut joiner, "dq/p? hello ana");
    for window in [&mut founder, &mut joiner] {
        window.shows("2 here");
    }
    typed(0, &mut founder, "\r");
    joiner
        .until("read", |text| text.lines().any(|line| line.contains("hello bob") && !line.starts_with('[')));
    typed(1, &mut joiner, "\r");
    founder.until("read", |text| text.contains("dq/p? hello ana"));
    assert!(keys.iter().all(|keys| *keys <= KEYS_MOST), "{keys:?}");
    for window in [&mut founder, &mut joiner] {
        window.types(QUIT);
        window.ended("0", "hello");
    }
}

#[test]
fn what_the_settings_say_of_the_screen_holds_on_a_terminal() {
    let mut net = Net::hosted_by("host", &[]);
    let near = net.near();
    let settings = format!(
        "bootstrap = \"{}\"\nmouse = true\ncurtain_after = \"10s\"\n[notify]\ndefault = \"off\"\nlobby = \"all\"",
        near.last().expect("an address")
    );
    let mut bob = at_a_shell(&net, &settings);
    bob.types("ephem-node join lobby --open\r");
    bob.shows("2 here");
    assert!([1000, 1006].iter().all(|mode| bob.terminal.grid.modes.contains(mode)), "the wheel is taken");
    // However long that took: the curtain falls so long after this key. Then nobody looks at the window.
    bob.types("\u{7f}");
    bob.types("\u{1b}[O");
    net.say("host", "the kestrel flies");
    bob.until("the bell and the curtain", |text| text.contains("hidden; any key"));
    assert!(bob.written.contains(&7), "it rang");
    assert!(!bob.terminal.grid.text().contains("kestrel"));
    bob.types("x");
    bob.shows("the kestrel flies");
    bob.types(QUIT);
    bob.ended("0", "kestrel");
}

#[test]
fn a_room_of_ones_own_shows_its_invite_as_a_text_and_as_a_square() {
    let net = Net::of(&[]);
    let node = program(net.runtime());
    let run = format!("{} new den {}; echo \"ended with $?\"", node.get_program().display(), QUIET.join(" "));
    let mut ana = Window::of(node, &run);
    ana.shows("Invite to den");
    ana.shows("EPHEM:");
    let text = ana.terminal.grid.text();
    let link: String = text
        .lines()
        .skip_while(|line| !line.contains("EPHEM:"))
        .flat_map(|line| line.split('\u{2502}').find(|part| part.contains("EPHEM:") || is_link(part)))
        .map(str::trim)
        .collect();
    ana.types("\t");
    ana.until("the square", |text| text.matches('\u{2588}').count() > 100 && !text.contains("EPHEM:"));
    ana.shows("[Tab] as a text");
    ana.types("\t");
    ana.shows("EPHEM:");
    ana.types("\r");
    ana.until("the box is closed", |text| !text.contains("EPHEM:"));
    // The link that was shown leads in.
    let mut bob = Window::of(
        program(net.runtime()),
        &format!(
            "{} join {link} --nick bob {}; echo \"ended with $?\"",
            program(net.runtime()).get_program().display(),
            QUIET.join(" ")
        ),
    );
    for window in [&mut ana, &mut bob] {
        window.shows("2 here");
        window.types(QUIT);
    }
    ana.ended("0", "EPHEM:");
    bob.ended("0", "#den");
}

fn is_link(part: &str) -> bool {
    let part = part.trim();
    part.len() > 8 && part.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
}

#[test]
fn in_the_background_nothing_is_shown_and_it_comes_back() {
    let mut net = Net::hosted_by("host", &[]);
    let node = program(net.runtime());
    let run = format!(
        "set -m; {} join lobby --open --nick bob {}; echo \"stopped with $?\"; read go; fg > /dev/null; \
         echo \"ended with $?\"",
        node.get_program().display(),
        net.near().join(" ")
    );
    let mut bob = Window::of(node, &run);
    bob.shows("2 here");
    net.say("host", "the kestrel flies");
    bob.shows("the kestrel flies");
    bob.types("\u{1a}");
    bob.shows("stopped with");
    assert!(!bob.terminal.grid.text().contains("kestrel"));
    bob.is_given_back();
    bob.types("go\n");
    bob.shows("the kestrel flies");
    bob.types(QUIT);
    bob.ended("0", "kestrel");
}

#[test]
fn a_closed_window_is_a_goodbye() {
    let mut net = Net::hosted_by("host", &[]);
    let mut bob = Window::join(&net, "bob");
    bob.shows("2 here");
    let node = bob.script.node();
    bob.script.close();
    net.until("host", |line| line["type"] == "member" && line["event"] == "leave" && line["nick"] == "bob");
    let end = Instant::now() + WAIT;
    while std::path::Path::new(&format!("/proc/{node}")).exists() {
        assert!(Instant::now() < end, "it said goodbye and stays");
        thread::yield_now();
    }
}

#[test]
#[ignore = "run by the test below, on a terminal"]
fn a_mistake_while_a_text_is_shown() {
    use ephem_node::tui::terminal::{Terminal, guard_panics};
    guard_panics();
    let mut terminal = Terminal::open(std::io::stdout(), false).expect("a terminal");
    let draw = |cells: &mut ratatui_core::buffer::Buffer| {
        for (x, letter) in "the kestrel flies".chars().enumerate() {
            cells[(x as u16, 3)].set_char(letter);
        }
        None
    };
    terminal.draw(draw).expect("drawn");
    let text = String::from("kestrel in a panic");
    panic!("{text}");
}

#[test]
fn a_panic_gives_the_terminal_back_and_says_where_but_not_what() {
    let folder = Folder::new();
    let test = std::env::current_exe().expect("this test");
    let run = format!(
        "{} --ignored --exact --nocapture screen::a_mistake_while_a_text_is_shown; echo \"ended with $?\"",
        test.display()
    );
    let mut window = Window::of(program(folder.path()), &run);
    window.shows("stopped because of a mistake");
    window.ended("101", "kestrel");
    // It was there, on the other screen.
    assert!(String::from_utf8_lossy(&window.written).contains("kestrel"));
}
