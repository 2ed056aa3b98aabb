//! The floors of the house, kept by a machine: a room imports only rooms on lower floors, and below floor 3 nothing knows
//! the world. Every rule below is also shown a made-up file that breaks it.
#![allow(
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that panics has done its work"
)]

#[path = "architecture/plaintext.rs"]
mod plaintext;
#[path = "architecture/source.rs"]
mod source;

use std::fmt;
use std::path::{Path as FilePath, PathBuf};

use source::{Path, Token, code_only, paths, tokens};

/// Who stands where. A new folder in `src/` gets a line here and one in the floor map of the documentation.
const FLOORS: &[(&str, u8)] = &[
    ("base", 0),
    ("crypto", 1),
    ("wire", 1),
    ("room", 2),
    ("chat", 2),
    ("net", 3),
    ("store", 3),
    ("tui", 3),
    ("plain", 3),
    ("pipe", 3),
    ("node", 4),
    ("cli", 5),
    ("main", 6),
];

/// Rooms that import nothing of ours but these. What people do and see must not depend on how a room works, and a face
/// shows it without knowing that there is a protocol.
const ONLY: &[(&str, &[&str])] = &[
    ("chat", &["base"]),
    ("tui", &["base", "chat"]),
    ("plain", &["base", "chat"]),
    ("pipe", &["base", "chat"]),
];

/// The highest floor that has no clock, no network, no disk and no randomness of its own.
const PURE: u8 = 2;

/// Names of the world, wherever they appear on a pure floor.
const WORLD: &[&str] = &[
    "tokio",
    "libp2p",
    "ratatui",
    "crossterm",
    "clap",
    "Instant",
    "SystemTime",
    "getrandom",
    "OsRng",
    "SysRng",
];

/// Modules of the standard library that are the world too.
const STD_WORLD: &[&str] = &["net", "fs", "env", "process", "thread"];

/// Collections without an order, which would make a room's replay differ from its first run.
const UNORDERED: &[&str] = &["HashMap", "HashSet"];

/// Files whose secrets are made up and shown on purpose.
const SHOWN: &[&str] = &["src/cli/commands/demo/script.rs"];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rule {
    Upward,
    Sideways,
    Aside,
    UnknownRoom,
    WholeCrate,
    HiddenSource,
    World,
    Unordered,
    Copied,
}

const RULES: &[Rule] = &[
    Rule::Upward,
    Rule::Sideways,
    Rule::Aside,
    Rule::UnknownRoom,
    Rule::WholeCrate,
    Rule::HiddenSource,
    Rule::World,
    Rule::Unordered,
    Rule::Copied,
];

impl Rule {
    fn says(self) -> &'static str {
        match self {
            Rule::Upward => "a room imports only rooms on lower floors",
            Rule::Sideways => "rooms on one floor do not know each other",
            Rule::Aside => {
                "the vocabulary imports base alone, and a face nothing but base and the vocabulary"
            }
            Rule::UnknownRoom => "every folder of src/ has its floor in tests/architecture.rs",
            Rule::WholeCrate => "imports name a room, never the root, which would hide where they go",
            Rule::HiddenSource => {
                "a file is where its module path says: no #[path], no include!, no extern crate self"
            }
            Rule::World => "floors 0 to 2 have no clock, network, disk, randomness or runtime",
            Rule::Unordered => "room/ keeps ordered collections, so that one seed replays everything",
            Rule::Copied => "a text or a secret is copied only into what is wiped, and never formatted",
        }
    }
}

/// One rule broken in one place.
struct Breach {
    file: String,
    line: usize,
    rule: Rule,
    what: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.file, self.line, self.what, self.rule.says())
    }
}

/// Every breach in one file, `file` being its path below the crate, as in `src/room/entry.rs`.
fn inspect(file: &str, source: &str) -> Vec<Breach> {
    let module = module_path(file);
    let room = module.first().map_or("main", String::as_str);
    let breach = |line: usize, rule: Rule, what: String| Breach { file: file.to_owned(), line, rule, what };
    let Some(floor) = floor_of(room) else {
        return vec![breach(1, Rule::UnknownRoom, format!("`{room}` has no floor"))];
    };

    let code = code_only(source);
    let tokens = tokens(&code);
    let mut found = Vec::new();
    for path in paths(&tokens, &["crate", "self", "super", "ephem_node"]) {
        if let Some((rule, what)) = judge_import(room, floor, &module, &path) {
            found.push(breach(path.line, rule, what));
        }
    }
    for line in hidden_sources(&tokens) {
        found.push(breach(line, Rule::HiddenSource, "source from elsewhere".to_owned()));
    }
    if floor <= PURE {
        for (line, name) in world(&tokens) {
            found.push(breach(line, Rule::World, format!("{room} names `{name}`")));
        }
    }
    for (line, what) in plaintext::copied(&tokens).into_iter().filter(|_| !SHOWN.contains(&file)) {
        found.push(breach(line, Rule::Copied, what));
    }
    if room == "room" {
        for token in tokens.iter().filter(|t| UNORDERED.contains(&t.text)) {
            found.push(breach(token.line, Rule::Unordered, format!("{room} names `{}`", token.text)));
        }
    }
    found
}

fn floor_of(room: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == room).map(|&(_, floor)| floor)
}

/// `src/room/entry.rs` is `room::entry`; the two roots, which may see every room, are the empty path.
fn module_path(file: &str) -> Vec<String> {
    let inner = file.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    if matches!(inner, "lib" | "main") { Vec::new() } else { inner.split('/').map(str::to_owned).collect() }
}

/// What is wrong with a path of this crate, if anything is.
fn judge_import(room: &str, floor: u8, module: &[String], path: &Path<'_>) -> Option<(Rule, String)> {
    let spelled = path.segments.join("::");
    let target = match target_of(module, path) {
        Target::Inside => return None,
        Target::Root => return Some((Rule::WholeCrate, format!("`{spelled}`"))),
        Target::Room(target) => target,
    };
    if target == room {
        return None;
    }
    let Some(other) = floor_of(target) else {
        return Some((Rule::UnknownRoom, format!("`{spelled}`: `{target}` has no floor")));
    };
    let aside = ONLY.iter().any(|(name, may)| *name == room && !may.contains(&target));
    let rule = match other.cmp(&floor) {
        std::cmp::Ordering::Less if aside => Rule::Aside,
        std::cmp::Ordering::Less => return None,
        std::cmp::Ordering::Equal => Rule::Sideways,
        std::cmp::Ordering::Greater => Rule::Upward,
    };
    Some((rule, format!("{room} (floor {floor}) imports {target} (floor {other}) by `{spelled}`")))
}

enum Target<'a> {
    /// Stays below the top folder it is in.
    Inside,
    Root,
    Room(&'a str),
}

/// Where a path leads, once every `super` has been climbed.
fn target_of<'a>(module: &[String], path: &Path<'a>) -> Target<'a> {
    let mut height = module.len() + path.inline_depth;
    // The two roots may write `self::` and reach their own rooms.
    let at_root = height == 0;
    let mut rest = path.segments.as_slice();
    if let ["crate" | "ephem_node", tail @ ..] = rest {
        height = 0;
        rest = tail;
    }
    while let [step @ ("self" | "super"), tail @ ..] = rest {
        height = height.saturating_sub(usize::from(*step == "super"));
        rest = tail;
    }
    match rest {
        _ if height > 0 || at_root => Target::Inside,
        // `pub(crate)`, `pub(super)` and a value called `self` lead nowhere.
        [] if !path.renamed => Target::Inside,
        [] | ["*", ..] => Target::Root,
        [room, ..] => Target::Room(room),
    }
}

fn hidden_sources(tokens: &[Token<'_>]) -> Vec<usize> {
    let patterns: [&[&str]; 4] = [
        &["#", "[", "path"],
        &["include", "!"],
        &["extern", "crate", "self"],
        &["extern", "crate", "ephem_node"],
    ];
    let here = |at: usize| {
        patterns.iter().any(|p| tokens[at..].iter().map(|t| t.text).take(p.len()).eq(p.iter().copied()))
    };
    (0..tokens.len()).filter(|&at| here(at)).map(|at| tokens[at].line).collect()
}

fn world(tokens: &[Token<'_>]) -> Vec<(usize, String)> {
    let words = tokens.iter().filter(|t| WORLD.contains(&t.text)).map(|t| (t.line, t.text.to_owned()));
    let standard = paths(tokens, &["std", "core", "alloc"]).into_iter().filter_map(|path| {
        let whole = path.segments.len() == 1 && path.renamed || path.segments.get(1) == Some(&"*");
        let outside = path.segments.get(1).is_some_and(|s| STD_WORLD.contains(s));
        (whole || outside).then(|| (path.line, path.segments.join("::")))
    });
    words.chain(standard).collect()
}

/// Every Rust file below `folder`, in a fixed order.
fn rust_files(folder: &FilePath) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let entries = std::fs::read_dir(folder).unwrap_or_else(|why| panic!("{}: {why}", folder.display()));
    for entry in entries {
        let path = entry.expect("a readable folder entry").path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn arrows_run_down_and_the_lower_floors_do_not_know_the_world() {
    let root = FilePath::new(env!("CARGO_MANIFEST_DIR"));
    let files = rust_files(&root.join("src"));
    assert!(files.len() > 5, "the source was not found");
    let mut breaches = Vec::new();
    for path in files {
        let name = path.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
        let source = std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{name}: {why}"));
        breaches.extend(inspect(&name, &source).iter().map(Breach::to_string));
    }
    assert!(breaches.is_empty(), "\n{}\n", breaches.join("\n"));
}

/// Made-up files, each with the line and the rule it breaks.
const BROKEN: &[(&str, &str, usize, Rule)] = &[
    ("src/base/id.rs", "use crate::room::State;", 1, Rule::Upward),
    ("src/base/id.rs", "\n\npub use crate::crypto::Key;", 3, Rule::Upward),
    ("src/base/id.rs", "pub(crate) use crate::wire as w;", 1, Rule::Upward),
    ("src/crypto/kdf.rs", "use crate::wire::frame::Frame;", 1, Rule::Sideways),
    ("src/wire/cbor.rs", "use crate::crypto::{self, kdf};", 1, Rule::Sideways),
    ("src/room/io.rs", "use crate::chat::Model;", 1, Rule::Sideways),
    ("src/net/driver.rs", "use crate::tui::view;", 1, Rule::Sideways),
    ("src/chat/model.rs", "use crate::crypto::words;", 1, Rule::Aside),
    ("src/chat/event.rs", "use crate::wire::payload::Reason;", 1, Rule::Aside),
    ("src/chat/event.rs", "use crate::room::io::Event;", 1, Rule::Sideways),
    ("src/pipe/encode.rs", "use crate::room::io::Event;", 1, Rule::Aside),
    ("src/plain/mod.rs", "use crate::{base, crypto::name::RoomName};", 1, Rule::Aside),
    ("src/plain/mod.rs", "use crate::pipe::encode;", 1, Rule::Sideways),
    ("src/tui/view.rs", "use crate::node::run;", 1, Rule::Upward),
    ("src/crypto/gate.rs", "use crate::{base::id, room};", 1, Rule::Upward),
    (
        "src/wire/log.rs",
        "use crate::{\n  base::{id::{A, B}, time},\n  node::{run::{self}},\n};",
        3,
        Rule::Upward,
    ),
    ("src/base/time.rs", "fn f() {\n    crate::room::x()\n}", 2, Rule::Upward),
    ("src/base/time.rs", "type T = Vec<crate::net::Peer>;", 1, Rule::Upward),
    ("src/base/time.rs", "macro_rules! m { () => { $crate::cli::run() } }", 1, Rule::Upward),
    ("src/base/time.rs", "fn f() { crate::r#room::x() }", 1, Rule::Upward),
    ("src/crypto/mod.rs", "use super::wire::frame;", 1, Rule::Sideways),
    ("src/crypto/kdf.rs", "use super::super::room::State;", 1, Rule::Upward),
    ("src/crypto/kdf.rs", "use self::super::super::{base, chat};", 1, Rule::Upward),
    ("src/crypto/kdf.rs", "mod inner {\n fn f() { super::super::super::room::x() }\n}", 2, Rule::Upward),
    ("src/crypto/kdf.rs", "mod tests { use super::*; }\nuse super::super::wire;", 2, Rule::Sideways),
    ("src/base/id.rs", "const S: char = '\"'; use crate::room; // \"", 1, Rule::Upward),
    ("src/base/id.rs", "fn f<'a>(x: &'a str) { crate::room::x() }", 1, Rule::Upward),
    ("src/base/id.rs", "const R: &str = r#\"\"\"#; use crate::room;", 1, Rule::Upward),
    ("src/node/run.rs", "use ephem_node::cli::Args;", 1, Rule::Upward),
    ("src/attic/mod.rs", "", 1, Rule::UnknownRoom),
    ("src/helpers.rs", "", 1, Rule::UnknownRoom),
    ("src/cli/args.rs", "use crate::attic::Thing;", 1, Rule::UnknownRoom),
    ("src/base/id.rs", "use crate::*;", 1, Rule::WholeCrate),
    ("src/base/id.rs", "use crate as house;", 1, Rule::WholeCrate),
    ("src/base/id.rs", "use crate::{self as house};", 1, Rule::WholeCrate),
    ("src/base/mod.rs", "use super::*;", 1, Rule::WholeCrate),
    ("src/base/mod.rs", "use super as house;", 1, Rule::WholeCrate),
    ("src/base/id.rs", "use super::super as house;", 1, Rule::WholeCrate),
    ("src/base/id.rs", "#[path = \"../room/io.rs\"] mod io;", 1, Rule::HiddenSource),
    ("src/base/id.rs", "include!(\"../room/io.rs\");", 1, Rule::HiddenSource),
    ("src/base/id.rs", "extern crate self as house;", 1, Rule::HiddenSource),
    ("src/room/state.rs", "use tokio::sync::mpsc;", 1, Rule::World),
    ("src/room/state.rs", "fn f() { libp2p::gossipsub::x() }", 1, Rule::World),
    ("src/chat/model.rs", "use ratatui::text::Line;", 1, Rule::World),
    ("src/room/clock.rs", "use std::time::Instant;", 1, Rule::World),
    ("src/room/clock.rs", "use std::time as t; fn f() { t::SystemTime::now(); }", 1, Rule::World),
    ("src/crypto/seal.rs", "fn f() { getrandom::fill(&mut x) }", 1, Rule::World),
    ("src/crypto/seal.rs", "use rand_core::OsRng;", 1, Rule::World),
    ("src/wire/invite.rs", "use std::{fmt, net::IpAddr};", 1, Rule::World),
    ("src/wire/invite.rs", "fn f() { ::std::fs::read(p) }", 1, Rule::World),
    ("src/wire/invite.rs", "use std as s;", 1, Rule::World),
    ("src/node/told.rs", "fn f() {\n let s = heard.text.as_str().to_owned(); }", 2, Rule::Copied),
    ("src/node/told.rs", "fn f() { String::from(&*heard.text.as_str()) }", 1, Rule::Copied),
    (
        "src/plain/render.rs",
        "fn f() { out(&format!(\"{} {}\", at(1), line.text.as_str())) }",
        1,
        Rule::Copied,
    ),
    ("src/net/io.rs", "fn f() { tracing::debug!(what = text.as_str(), \"sent\"); }", 1, Rule::Copied),
    ("src/crypto/kdf.rs", "fn f() { secret.expose().to_vec() }", 1, Rule::Copied),
    ("src/room/roster.rs", "use std::collections::HashMap;", 1, Rule::Unordered),
    ("src/room/roster.rs", "use std::collections::{BTreeMap, HashSet};", 1, Rule::Unordered),
];

/// Made-up files in which nothing is wrong.
const SOUND: &[(&str, &str)] = &[
    ("src/room/state.rs", "use crate::{base::{id::*, time}, crypto::seal, wire::frame::{self, Frame}};"),
    (
        "src/room/state.rs",
        "use super::io::{Input, Output}; use self::inner::X; pub(crate) fn f() { self.x() }",
    ),
    ("src/room/state.rs", "mod tests { use super::*; use super::super::clock; } pub(super) struct S;"),
    ("src/room/state.rs", "pub(in crate::room) fn f() {} use super::super::base::id;"),
    ("src/room/mod.rs", "pub mod io; use super::base::id;"),
    ("src/room/state.rs", "// use crate::net::x;\n/* crate::tui /* crate::cli */ tokio */"),
    (
        "src/room/state.rs",
        "/// See `crate::node`.\nconst S: &str = \"crate::net\\\" HashMap\"; const B: &[u8] = br##\"tokio\"# \"##;",
    ),
    (
        "src/net/driver.rs",
        "use std::{net::IpAddr, time::Instant, collections::HashMap}; use tokio::net::TcpStream;",
    ),
    ("src/crypto/kdf.rs", "use std::collections::HashMap; use std::fmt; use core::time::Duration;"),
    (
        "src/plain/render.rs",
        "fn f() { out.push_str(line.text.as_str()); write!(out, \"{}\", line.text.as_str()); format!(\"{}\", n) }",
    ),
    (
        "src/tui/boxes.rs",
        "fn f() { Zeroizing::new(door.secret.as_str().to_owned()); Text::new(line.text.as_str()) }",
    ),
    ("src/tui/boxes.rs", "#[cfg(test)]\nmod tests { fn f() { said.text.as_str().to_owned() } }"),
    ("src/pipe/decode.rs", "use crate::{base::id, chat::{command, text::Line}}; use super::read;"),
    ("src/main.rs", "use ephem_node::{cli, node}; fn main() {}"),
    ("src/lib.rs", "pub mod base; pub mod room; pub use self::base::id; pub use crate::room::State;"),
    (
        "src/base/id.rs",
        "macro_rules! id { ($name:ident) => { pub struct $name; } } let c = '{'; let q = '\\'';",
    ),
];

#[test]
fn a_made_up_file_that_breaks_a_rule_is_reported_at_its_line() {
    for &(file, source, line, rule) in BROKEN {
        let found = inspect(file, source);
        let told: Vec<String> = found.iter().map(Breach::to_string).collect();
        assert!(
            found.iter().any(|b| b.rule == rule && b.line == line),
            "{file}: {source}\nreported: {told:#?}"
        );
    }
}

#[test]
fn a_made_up_file_that_keeps_the_rules_is_left_alone() {
    for (file, source) in SOUND {
        let told: Vec<String> = inspect(file, source).iter().map(Breach::to_string).collect();
        assert!(told.is_empty(), "{file}: {source}\nreported: {told:#?}");
    }
}

#[test]
fn every_rule_is_shown_to_fail() {
    for rule in RULES {
        assert!(BROKEN.iter().any(|(.., broken)| broken == rule), "{rule:?} has no example");
    }
    for word in WORLD.iter().chain(UNORDERED) {
        let found = inspect("src/room/x.rs", &format!("use a::{word};"));
        assert!(!found.is_empty(), "`{word}` slips through");
    }
    for module in STD_WORLD {
        let found = inspect("src/base/x.rs", &format!("use std::{{fmt, {module}}};"));
        assert!(!found.is_empty(), "`std::{module}` slips through");
    }
}

#[test]
fn every_pair_of_rooms_is_judged_by_its_floors() {
    for &(from, low) in FLOORS.iter().filter(|(name, _)| *name != "main") {
        for &(to, high) in FLOORS {
            let found = inspect(&format!("src/{from}/x.rs"), &format!("use crate::{to}::y;"));
            let aside = ONLY.iter().any(|(name, may)| *name == from && !may.contains(&to));
            assert_eq!(found.is_empty(), from == to || (high < low && !aside), "{from} imports {to}");
        }
    }
}
