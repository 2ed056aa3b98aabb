//! The program as a person or a script meets it: what it prints, where, and which exit code it gives.
#![allow(clippy::expect_used, clippy::panic, reason = "a test that panics has done its work")]

#[cfg(unix)]
#[path = "cli/transcript.rs"]
mod transcript;

use std::io::Read;
use std::process::{Command, Output, Stdio};

fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ephem-node"));
    command.args(args).stdin(Stdio::null());
    command
}

fn run(args: &[&str]) -> Output {
    program(args).output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("output is UTF-8")
}

#[test]
fn the_demo_tells_the_same_story_every_time() {
    let out = run(&["demo", "--lines"]);
    assert_eq!(text(&out.stderr), "");
    assert_eq!(out.status.code(), Some(0));
    let wanted = include_str!("cmd/demo.txt");
    let told = text(&out.stdout);
    for (n, (told, wanted)) in told.lines().zip(wanted.lines()).enumerate() {
        assert_eq!(told, wanted, "line {} of tests/cmd/demo.txt", n + 1);
    }
    assert_eq!(told.lines().count(), wanted.lines().count());
}

#[test]
fn every_line_of_the_demo_has_a_time_a_view_and_fits_a_terminal_of_a_hundred_columns() {
    let told = text(&run(&["demo", "--lines", "--seed", "2"]).stdout);
    assert!(told.lines().count() > 40);
    assert_ne!(told, include_str!("cmd/demo.txt"), "another seed is another run");
    for line in told.lines().filter(|line| !line.is_empty()) {
        assert!(line.chars().count() <= 100, "too long: {line}");
        assert!(!line.chars().any(char::is_control), "a control character: {line:?}");
        let (time, view) = (line.get(..5).unwrap_or_default(), line.get(5..22).unwrap_or_default());
        assert!(time.split(':').all(|part| part.len() == 2 && part.parse::<u8>().is_ok()), "no time: {line}");
        assert!(view.starts_with("  ") && view.ends_with("  "), "columns out of line: {line}");
    }
}

#[test]
fn a_burned_text_is_not_shown_again() {
    let told = text(&run(&["demo", "--lines"]).stdout);
    let burned = told.find("#1 burned").expect("the first message burns");
    let shown: Vec<usize> = told.match_indices("floor plan").map(|(at, _)| at).collect();
    assert!(!shown.is_empty() && shown.iter().all(|at| *at < burned));
}

#[test]
fn the_demo_without_a_terminal_says_what_it_needs() {
    let out = run(&["demo"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(out.stdout.is_empty());
    assert_eq!(text(&out.stderr), "error: the demo needs a terminal\n`ephem-node demo --lines` prints one\n");
}

#[test]
fn help_names_every_command_and_goes_to_stdout() {
    let out = run(&["--help"]);
    assert_eq!(out.status.code(), Some(0));
    assert!(text(&out.stdout).contains("demo") && out.stderr.is_empty());
    let out = run(&["demo", "--help"]);
    for option in ["--lines", "--seed", "--speed"] {
        assert!(text(&out.stdout).contains(option), "{option}");
    }
}

#[test]
fn the_version_is_the_packages() {
    let out = run(&["--version"]);
    assert_eq!(text(&out.stdout), concat!("ephem-node ", env!("CARGO_PKG_VERSION"), "\n"));
    assert_eq!(out.status.code(), Some(0));
}

#[test]
fn an_unknown_command_is_a_usage_error_that_names_those_that_exist() {
    let out = run(&["jion", "lobby"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(out.stdout.is_empty());
    let said = text(&out.stderr);
    assert!(said.contains("unrecognized subcommand 'jion'") && said.contains("'join'"), "{said}");
    assert!(said.contains("commands that exist so far: join, new, invite, send"), "{said}");
}

/// Options under which a node stays on this machine.
const QUIET: [&str; 4] = ["--no-mdns", "--no-dht", "--listen", "/ip4/127.0.0.1/tcp/0"];

/// What came instead is kept whole in a file: where that is what it should be, it is copied over by a person who has read it.
#[cfg(unix)]
#[test]
fn what_cannot_be_used_is_refused_as_the_transcript_says() {
    let wanted = include_str!("cmd/refused.txt");
    let told = transcript::play(wanted, &transcript::Files::new());
    if told != wanted {
        let kept = concat!(env!("CARGO_TARGET_TMPDIR"), "/refused.txt");
        std::fs::write(kept, &told).expect("writable");
        let differs = told.lines().zip(wanted.lines()).enumerate().find(|(_, (told, wanted))| told != wanted);
        panic!("{differs:?}, from line 0 of tests/cmd/refused.txt; all that came is in {kept}");
    }
}

#[test]
fn whoever_finds_nobody_in_time_gets_a_code_of_its_own() {
    for args in [&["listen", "lobby"][..], &["send", "lobby", "hi"]] {
        let out = program(args).args(QUIET).args(["--timeout", "1s"]).output().expect("the program starts");
        assert_eq!(out.status.code(), Some(4), "{args:?}");
        assert!(text(&out.stderr).contains("nobody was found in time"));
    }
}

#[test]
fn the_doctor_looks_at_every_part_and_says_when_the_network_is_unusable() {
    let doctor = |more: &[&str]| {
        let mut command = program(&["doctor", "--bootstrap", "127.0.0.1:9"]);
        command.args(more).env("XDG_CONFIG_HOME", "/nonexistent").env_remove("EPHEM_BOOTSTRAP");
        command.output().expect("the program starts")
    };
    let out = doctor(&[]);
    // Nobody answers at the one address that was given.
    assert_eq!(out.status.code(), Some(9), "{}", text(&out.stderr));
    let told = text(&out.stdout);
    for part in ["network, ", "clock, ", "terminal, ", "memory, "] {
        assert!(told.lines().any(|line| line.starts_with(part)), "{part}\n{told}");
    }
    assert!(told.contains("network, broken: 127.0.0.1:9 cannot be reached: "), "{told}");
    let out = doctor(&["--json"]);
    assert_eq!(out.status.code(), Some(9));
    for (n, line) in text(&out.stdout).lines().enumerate() {
        let value: serde_json::Value = serde_json::from_str(line).expect("an object a line");
        assert_eq!((&value["type"], &value["seq"]), (&"finding".into(), &(n + 1).into()), "{line}");
    }
}

/// 64 KiB is what many systems let a user lock.
#[cfg(target_os = "linux")]
#[test]
fn keys_lie_in_locked_memory_also_where_little_may_be_locked() {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -l 64 && exec \"$0\" doctor --json --bootstrap 127.0.0.1:9"]);
    command.arg(env!("CARGO_BIN_EXE_ephem-node")).env("XDG_CONFIG_HOME", "/nonexistent");
    let out = command.output().expect("a shell");
    let lines = text(&out.stdout);
    let found = lines.lines().find(|line| line.contains("key_lock")).unwrap_or_else(|| panic!("{out:?}"));
    let finding: serde_json::Value = serde_json::from_str(found).expect("an object a line");
    assert_eq!(finding["state"], "ok", "{finding}");
}

#[test]
fn what_is_promised_is_worded_alike_everywhere() {
    let promise = "nce its life or 180 seconds have passed, whichever is later, an honest node that kept running holds neither the \
                   text nor any key that opens it.";
    let whole =
        |text: &str| text.split_whitespace().filter(|word| *word != ">").collect::<Vec<_>>().join(" ");
    for (name, text) in [
        ("README.md", include_str!("../README.md").to_owned()),
        ("PROTOCOL.md", include_str!("../docs/PROTOCOL.md").to_owned()),
        ("privacy.rs", include_str!("../src/chat/privacy.rs").replace('\\', "")),
    ] {
        assert!(whole(&text).contains(promise), "{name}");
    }
}

#[test]
fn completions_and_the_manual_name_every_command() {
    for args in [&["completions", "bash"][..], &["man"]] {
        let told = text(&run(args).stdout);
        for command in
            ["join", "new", "invite", "send", "listen", "pipe", "serve", "status", "ping", "doctor", "demo"]
        {
            assert!(told.contains(command), "{args:?} without {command}");
        }
    }
}

#[test]
fn an_unknown_flag_is_a_usage_error_that_names_it() {
    let out = run(&["demo", "--linse"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(out.stdout.is_empty());
    let said = text(&out.stderr);
    assert!(said.contains("unexpected argument '--linse'") && said.contains("--lines"), "{said}");
}

#[test]
fn no_command_shows_the_help_as_a_usage_error() {
    let out = run(&[]);
    assert_eq!(out.status.code(), Some(2));
    assert!(out.stdout.is_empty() && text(&out.stderr).contains("demo"));
}

#[test]
fn a_reader_who_stops_reading_is_no_failure() {
    for args in [&["demo", "--lines"][..], &["--help"]] {
        let mut child =
            program(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        drop(child.stdout.take());
        let mut said = String::new();
        child.stderr.take().expect("a pipe").read_to_string(&mut said).expect("output is UTF-8");
        assert_eq!(said, "");
        assert_eq!(child.wait().expect("it ends").code(), Some(0));
    }
}

#[test]
fn the_units_for_systemd_say_what_the_program_takes() {
    let help = text(&run(&["serve", "--help"]).stdout);
    for unit in [
        include_str!("../packaging/systemd/ephem-node.service"),
        include_str!("../packaging/systemd/user/ephem-node.service"),
    ] {
        let starts = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).expect("what is started");
        let mut words = starts.split(' ').skip(1);
        assert_eq!(words.next(), Some("serve"));
        for flag in words.filter(|word| word.starts_with("--")) {
            assert!(help.contains(&format!("{flag} ")) || help.contains(&format!("{flag}\n")), "{flag}");
        }
        // What ends it in good order is no failure, and wrong settings are not tried again.
        assert!(unit.contains("SuccessExitStatus=143") && unit.contains("RestartPreventExitStatus=2 3"));
        assert!(unit.contains("ExecReload=/bin/kill -HUP $MAINPID") && unit.contains("NoNewPrivileges=yes"));
    }
}
