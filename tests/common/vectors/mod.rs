//! The test vectors of protocol version 1: how each case is made, and how each is checked.
//!
//! A case is an input and what comes of it: `out`, or the reason for which it is `refused`. [`check`] computes the
//! second from the first with nothing but the crate. Whatever needs randomness happens when the input is made.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "shared by a test and an example that writes its input: a mistake in either may panic"
)]

pub mod bodies;
pub mod cbor;
pub mod chance;
pub mod corners;
pub mod curve;
pub mod dag;
pub mod directory;
pub mod dms;
pub mod draft;
pub mod entries;
pub mod frames;
pub mod handing;
pub mod invites;
pub mod json;
pub mod keys;
pub mod merges;
pub mod payloads;
pub mod sealing;
pub mod views;
pub mod words;

use ephem_node::base::secret::Secret;
use ephem_node::crypto::identity::{Identity, rank_hash};
use ephem_node::crypto::kdf::sha256;
use json::h;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::{Map, Value, json};

/// Where the file stands.
pub const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/v1.json");

/// What a check gives: the outcome, or the name of the reason for refusing.
pub type Outcome = Result<Value, String>;

/// The people of the vectors. Their seeds are hashes of their names.
pub const ACTORS: [&str; 8] = ["ana", "bo", "cy", "dee", "eli", "fay", "gus", "hal"];

/// Cases of one kind of thing.
pub struct Group {
    name: &'static str,
    about: &'static str,
    cases: Vec<Value>,
}

impl Group {
    pub fn new(name: &'static str, about: &'static str) -> Group {
        Group { name, about, cases: Vec::new() }
    }

    /// A case that ends well; the crate says how.
    pub fn good(&mut self, name: &str, kind: &str, input: Value) -> Value {
        let out = check(kind, &input).unwrap_or_else(|reason| panic!("`{name}` was refused: {reason}"));
        self.cases.push(json!({ "name": name, "kind": kind, "in": input, "out": out }));
        out
    }

    /// A case that must be refused for this reason, which whoever wrote the case knew without asking the crate.
    pub fn bad(&mut self, name: &str, kind: &str, input: Value, reason: &str) {
        assert_eq!(check(kind, &input), Err(reason.to_owned()), "`{name}`");
        self.cases.push(json!({ "name": name, "kind": kind, "in": input, "refused": reason }));
    }

    fn to_json(&self) -> Value {
        json!({ "name": self.name, "about": self.about, "cases": self.cases })
    }
}

/// The whole file.
pub fn generate() -> String {
    let groups = [
        keys::rooms(),
        keys::gates(),
        keys::chains(),
        cbor::group(),
        payloads::group(),
        frames::good(),
        frames::bad(),
        sealing::group(),
        handing::group(),
        dms::group(),
        directory::group(),
        entries::notes(),
        entries::group(),
        merges::group(),
        corners::group(),
        views::group(),
        chance::group(chance::KEPT),
        invites::group(),
        words::group(),
    ];
    file(&groups)
}

/// A file of these groups.
pub fn file(groups: &[Group]) -> String {
    let actors: Map<String, Value> = ACTORS.iter().map(|name| ((*name).to_owned(), describe(name))).collect();
    let file = json!({
        "protocol": 1,
        "seeds": "a generator is ChaCha20 (rand_chacha) seeded with SHA-256(\"ephem/1 vectors: \" || what it is for)",
        "actors": actors,
        "groups": groups.iter().map(Group::to_json).collect::<Vec<_>>(),
    });
    let mut out = serde_json::to_string_pretty(&file).unwrap();
    out.push('\n');
    out
}

/// Does what a case of this kind asks for.
pub fn check(kind: &str, input: &Value) -> Outcome {
    match kind {
        "room-name" => keys::room_name(input),
        "root" => keys::root(input),
        "day-keys" => keys::day_keys(input),
        "gate" => keys::gate(input),
        "chain" => keys::chain(input),
        "joint" => keys::joint(input),
        "cbor" => cbor::check(input),
        "payload" => payloads::check(input),
        "listing" => directory::check(input),
        "frame" => frames::check_one(input),
        "frames" => frames::check_many(input),
        "collision" => frames::collision(input),
        "kem-seed" => sealing::seed(input),
        "kem" => sealing::public(input),
        "hello" => handing::hello(input),
        "welcome" => handing::welcome(input),
        "part" => handing::part(input),
        "missed" => handing::missed(input),
        "dm" => dms::check(input),
        "report" => handing::report(input),
        "note" => entries::note(input),
        "entry" => entries::check(input),
        "heads" => entries::heads(input),
        "log" => dag::check(input),
        "invite" => invites::check(input),
        "tag" => words::tag(input),
        "safety-words" => words::safety(input),
        "room-words" => words::room(input),
        "spell" => words::spell(input),
        "unspell" => words::unspell(input),
        other => panic!("`{other}` is no kind of check"),
    }
}

/// The generator for one purpose.
pub fn rng(purpose: &str) -> ChaCha20Rng {
    ChaCha20Rng::from_seed(sha256(format!("ephem/1 vectors: {purpose}").as_bytes()))
}

/// Fixed bytes for one purpose.
pub fn some<const N: usize>(purpose: &str) -> [u8; N] {
    let mut bytes = [0; N];
    rng(purpose).fill_bytes(&mut bytes);
    bytes
}

/// One of [`ACTORS`].
pub fn actor(name: &str) -> Identity {
    assert!(ACTORS.contains(&name), "`{name}` is not in the play");
    Identity::from_seed(&Secret::new(actor_seed(name)))
}

pub fn actor_seed(name: &str) -> [u8; 32] {
    sha256(format!("ephem/1 vectors: actor {name}").as_bytes())
}

fn describe(name: &str) -> Value {
    let id = actor(name).id();
    json!({ "seed": h(actor_seed(name)), "id": h(id), "h": h(rank_hash(&id)) })
}
