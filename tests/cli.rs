//! The program as a person or a script meets it: what it prints, where, and which exit code it gives.
#![allow(clippy::expect_used, reason = "a test that panics has done its work")]

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
fn the_demo_without_lines_says_that_there_is_no_screen_yet() {
    let out = run(&["demo"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(out.stdout.is_empty());
    assert_eq!(text(&out.stderr), "error: the full screen is not built yet; use `ephem-node demo --lines`\n");
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
    let out = run(&["join", "lobby"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(out.stdout.is_empty());
    let said = text(&out.stderr);
    assert!(said.contains("unrecognized subcommand 'join'"), "{said}");
    assert!(said.contains("commands that exist so far: demo"), "{said}");
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
