//! Sections 3 and 4: from what a person has to the keys of a day and of an epoch.

use std::collections::BTreeSet;

use ephem_node::base::id::{ChainId, Genesis, LogHead, MemberId};
use ephem_node::base::secret::Secret;
use ephem_node::base::time::{Day, Epoch};
use ephem_node::crypto::gate::Gate;
use ephem_node::crypto::kdf::{self, Hmac256, Label, sha256};
use ephem_node::crypto::name::{RoomName, RoomNameError};
use ephem_node::crypto::root::{ARGON2_KIB, ARGON2_LANES, ARGON2_PASSES, Kind, Root};
use ephem_node::crypto::{chain as base_chain, chain::EpochKey};
use serde_json::{Value, json};

use super::json::{fixed, h, hs, list, many_fixed, num, opt, text};
use super::{Group, Outcome, actor, some};

/// The day and the epoch in which most vectors play: 2027-01-15.
pub const DAY: u64 = 20_833;
pub const EPOCH: u64 = DAY * 1_440 + 600;

/// The genesis of the room in which most vectors play: the passphrase room of the root that they share.
pub fn genesis() -> [u8; 16] {
    let root = json!({ "root": h(some::<32>("root")) });
    root_of(&root, Kind::Passphrase).genesis().unwrap().0
}

pub fn rooms() -> Group {
    let mut g = Group::new("room secrets", "section 3 and the first lines of section 4");
    for (name, typed) in [
        ("A plain name stays as it is", "general"),
        ("A name is lower-cased", "General"),
        ("A name is trimmed on both sides", "  general\t"),
        ("Full-width letters fold to plain ones", "Ｇｅｎｅｒａｌ"),
        ("A letter and its combining accent become one letter", "cafe\u{301}"),
        ("A ligature is taken apart", "o\u{fb03}ce"),
        ("Lower-casing that undoes the normal form is normalised again", "\u{130}stanbul"),
        ("One space between words stays", "night owls"),
        ("Emoji are a name like any other", "\u{1f989}"),
        (
            "Every white space of Unicode is trimmed, as no-break and ideographic space are",
            "\u{a0}\u{85}tea\u{3000}\u{2028}",
        ),
        ("A no-break space inside becomes a space", "tea\u{a0}room"),
        ("A sigma at the end of a word is the final one", "ΟΔΥΣΣΕΥΣ ΣΑΣ"),
        ("A capital whose small letter is two code points", "\u{130}zmir"),
        ("A sharp s stays, and is not the same room as two", "STRA\u{1e9e}E"),
        ("A name of exactly 32 bytes is short enough", "abcdefghijklmnopqrstuvwxyz012345"),
    ] {
        g.good(name, "room-name", json!({ "typed": typed }));
    }
    for (name, typed, reason) in [
        ("Nothing is no name", "", "empty"),
        ("White space alone is no name", " \t ", "empty"),
        ("33 bytes are too long", "abcdefghijklmnopqrstuvwxyz0123456", "too-long"),
        ("A name that grows past 32 bytes by folding is too long", "\u{fdfa}\u{fdfa}", "too-long"),
        ("A control character is refused", "gen\u{7}eral", "invisible"),
        ("A zero-width space is refused", "gen\u{200b}eral", "invisible"),
        ("A direction mark is refused", "gen\u{202e}eral", "invisible"),
        ("A line break inside is refused", "gen\neral", "invisible"),
        ("Two spaces in a row are refused", "night  owls", "invisible"),
        ("Something typed of 2,049 bytes is not looked at", &" ".repeat(2_049), "too-long"),
        ("A word joiner is no white space: it is not trimmed", "general\u{2060}", "invisible"),
        ("A unit separator is no white space", "\u{1f}general", "invisible"),
        (
            "What cannot be seen is looked for before the length",
            "abcdefghijklmnopqrstuvwxyz01234\u{200b}",
            "invisible",
        ),
    ] {
        g.bad(name, "room-name", json!({ "typed": typed }), reason);
    }
    let secret = some::<16>("invite secret");
    for (name, input) in [
        ("The root of an open room needs its name only", json!({ "room_kind": 0, "room": "general" })),
        (
            "The root of the directory is that of the open room without a name",
            json!({ "room_kind": 0, "room": "" }),
        ),
        ("An open room of another name has another root", json!({ "room_kind": 0, "room": "general2" })),
        (
            "The root of a passphrase room takes the slow hash",
            json!({ "room_kind": 1, "room": "general", "passphrase": "correct horse battery staple" }),
        ),
        (
            "White space in a passphrase counts, also where NFKC makes it plain",
            json!({ "room_kind": 1, "room": "general", "passphrase": "\u{3000}two  words\t" }),
        ),
        (
            "A passphrase is normalised to NFKC and neither trimmed nor lower-cased",
            json!({ "room_kind": 1, "room": "general", "passphrase": " Ｃafe\u{301} " }),
        ),
        (
            "The root of an invite room comes from 16 random bytes",
            json!({ "room_kind": 2, "room": "general", "secret": h(secret) }),
        ),
    ] {
        g.good(name, "root", input);
    }
    let root = some::<32>("root");
    for (name, day) in
        [("Lobby key and rendezvous of a day", DAY), ("They are others on the next day", DAY + 1)]
    {
        g.good(name, "day-keys", json!({ "root": h(root), "day": day }));
    }
    g
}

pub fn gates() -> Group {
    let mut g = Group::new("gates", "section 4: topic, outer tag and header mask of a day");
    let (a, b) = (some::<16>("salt a"), some::<16>("salt b"));
    let input = |salts: &[[u8; 16]], day: u64| {
        json!({
            "root": h(some::<32>("root")), "day": day, "salts": hs(salts),
            "nonce": h(some::<24>("nonce")), "before": h(some::<64>("before the tag")),
        })
    };
    g.good("The gate of a room without bans is the lobby's", "gate", input(&[], DAY));
    g.good("Another day has another topic, tag and mask", "gate", input(&[], DAY + 1));
    g.good("One ban salt moves the gate", "gate", input(&[a], DAY));
    let one = g.good("Two ban salts move it again", "gate", input(&[a, b], DAY));
    let other = g.good("The order in which salts are known does not matter", "gate", input(&[b, a], DAY));
    let twice = g.good("A salt known twice counts once", "gate", input(&[b, a, b], DAY));
    assert!(one == other && one == twice);
    g
}

pub fn chains() -> Group {
    let mut g = Group::new("chains", "section 4: base chains, the set they make, the joint keys of an epoch");
    let genesis = super::keys::genesis();
    let base = |who: &str, birth: u64| json!({ "author": h(actor(who).id()), "birth": birth, "key": h(some::<32>(&format!("chain of {who}"))) });
    let single = |birth: u64, to: u64| {
        let mut input = base("ana", birth);
        input["genesis"] = h(genesis);
        input["gen"] = 1.into();
        input["to"] = to.into();
        input
    };
    g.good("A chain at its birth has the key it was born with", "chain", single(EPOCH, EPOCH));
    g.good("A chain steps forward once an epoch", "chain", single(EPOCH, EPOCH + 5));
    g.good("A chain steps across the wrap of the header's epoch bits", "chain", single(0x1_fffe, 0x2_0001));

    let (ana, bo, cy) = (base("ana", EPOCH), base("bo", EPOCH - 3), base("cy", EPOCH - 1));
    let set = |chains: &[&Value], generation: u64, epoch: u64| {
        json!({
            "genesis": h(genesis), "gen": generation, "epoch": epoch, "log_head": h(some::<16>("log head")),
            "chains": chains,
        })
    };
    g.good("One chain makes a set", "joint", set(&[&ana], 1, EPOCH));
    g.good("The same chain an epoch later gives other keys", "joint", set(&[&ana], 1, EPOCH + 1));
    g.good("In another generation the same chain key makes another chain", "joint", set(&[&ana], 2, EPOCH));
    let ab =
        g.good("Two chains born at different epochs meet in one set", "joint", set(&[&ana, &bo], 1, EPOCH));
    let ba = g.good("Two chains in the other order are the same set", "joint", set(&[&bo, &ana], 1, EPOCH));
    let abc = g.good("Three chains, all stepped to one epoch", "joint", set(&[&ana, &bo, &cy], 1, EPOCH + 2));
    let cba = g.good("Three chains backwards", "joint", set(&[&cy, &bo, &ana], 1, EPOCH + 2));
    let bca = g.good("Three chains in a third order", "joint", set(&[&bo, &cy, &ana], 1, EPOCH + 2));
    assert!(ab == ba && abc == cba && abc == bca && ab != abc);
    g
}

pub fn room_name(input: &Value) -> Outcome {
    match RoomName::parse(text(input, "typed")) {
        Ok(name) => Ok(json!({ "name": name.as_str(), "lp": h(name.prefixed()) })),
        Err(RoomNameError::Empty) => Err("empty".into()),
        Err(RoomNameError::TooLong) => Err("too-long".into()),
        Err(RoomNameError::Invisible) => Err("invisible".into()),
    }
}

/// The kind of room by its byte.
pub fn kind_of(byte: u64) -> Kind {
    [Kind::Open, Kind::Passphrase, Kind::Invite][byte as usize]
}

pub fn root(input: &Value) -> Outcome {
    let kind = kind_of(num(input, "room_kind"));
    let directory = text(input, "room").is_empty().then(Root::directory);
    let name =
        directory.map_or_else(|| RoomName::parse(text(input, "room")).unwrap(), |root| root.name().clone());
    let salt = kdf::hash(Label::Salt, &[&[kind.code()], &name.prefixed()]);
    let (made, key) = match kind {
        Kind::Open => (Root::open(&name), kdf::extract(&salt, &[b"open"])),
        Kind::Invite => {
            let secret = Secret::new(fixed(input, "secret"));
            (Root::invite(&name, &secret), kdf::extract(&salt, &[secret.expose()]))
        }
        Kind::Passphrase => {
            let typed = text(input, "passphrase");
            (Root::passphrase(&name, typed).unwrap(), slow_hash(typed, &salt))
        }
    };
    // The crate keeps a root to itself, so the bytes are made a second time, and must hang the same things.
    let known = Root::from_bytes(kind, name, key.duplicate());
    assert_eq!(known.psk(), made.psk());
    Ok(json!({
        "salt": h(salt), "root": h(key.expose()), "psk": h(made.psk().expose()), "mark": made.mark(),
        "genesis": opt(made.genesis()),
    }))
}

fn slow_hash(typed: &str, salt: &[u8; 32]) -> Secret<32> {
    use argon2::{Algorithm, Argon2, Params, Version};
    use unicode_normalization::UnicodeNormalization;
    let normal: String = typed.nfkc().collect();
    let params = Params::new(ARGON2_KIB, ARGON2_PASSES, ARGON2_LANES, Some(32)).unwrap();
    let mut out = Secret::zeroed();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(normal.as_bytes(), salt, out.expose_mut())
        .unwrap();
    out
}

pub fn day_keys(input: &Value) -> Outcome {
    let (root, day) = (root_of(input, Kind::Open), Day(num(input, "day")));
    Ok(json!({ "lobby": h(root.lobby(day).expose()), "rdv": h(root.rendezvous(day)) }))
}

/// The root whose bytes are given.
pub fn root_of(input: &Value, kind: Kind) -> Root {
    Root::from_bytes(kind, RoomName::parse("general").unwrap(), Secret::new(fixed(input, "root")))
}

pub fn gate(input: &Value) -> Outcome {
    let salts: BTreeSet<[u8; 16]> = many_fixed(input, "salts").into_iter().collect();
    let (day, nonce, before) =
        (num(input, "day"), fixed(input, "nonce"), super::json::bytes(input, "before"));
    let gate = Gate::new(&root_of(input, Kind::Open), &salts, Day(day));
    // The keys themselves, for whoever looks for a mistake; the crate shows only what they do.
    let sorted: Vec<&[u8]> = salts.iter().map(|salt| salt.as_slice()).collect();
    let key = kdf::extract(&kdf::hash(Label::Bans, &sorted), &[&fixed::<32>(input, "root")]);
    let of_day = |label| kdf::expand32(&key, label, &[&day.to_be_bytes()]);
    let (gate_k, hdr_k) = (of_day(Label::Gate), of_day(Label::Header));
    assert_eq!(Hmac256::new(&gate_k).tag(&[&before]), gate.tag(&before));
    assert_eq!(Hmac256::new(&hdr_k).tag(&[&nonce])[..8], gate.mask(&nonce));
    Ok(json!({
        "gate": h(key.expose()), "gate_k": h(gate_k.expose()), "hdr_k": h(hdr_k.expose()),
        "topic": gate.topic().hex(), "topic_tag": h(gate.topic_tag()),
        "mask": h(gate.mask(&nonce)), "tag": h(gate.tag(&before)),
    }))
}

pub fn chain(input: &Value) -> Outcome {
    let (id, mut key) = born(input, &Genesis(fixed(input, "genesis")), num(input, "gen"));
    let birth = num(input, "birth");
    let mut keys = vec![json!([birth, h(key.expose())])];
    for epoch in birth + 1..=num(input, "to") {
        key = base_chain::step(&key, &id, Epoch(epoch));
        keys.push(json!([epoch, h(key.expose())]));
    }
    let commit = sha256(&fixed::<32>(input, "key"));
    Ok(json!({ "commit": h(commit), "id": h(id), "keys": keys }))
}

fn born(chain: &Value, genesis: &Genesis, generation: u64) -> (ChainId, Secret<32>) {
    let key = Secret::new(fixed(chain, "key"));
    let (author, birth) = (MemberId(fixed(chain, "author")), Epoch(num(chain, "birth")));
    (base_chain::chain_id(genesis, generation, &author, birth, &base_chain::commit(&key)), key)
}

/// The chains of a set, each stepped to one epoch.
pub fn set_at(input: &Value, epoch: u64) -> (Vec<ChainId>, EpochKey) {
    let (genesis, generation) = (Genesis(fixed(input, "genesis")), num(input, "gen"));
    let mut chains = Vec::new();
    for chain in list(input, "chains") {
        let (id, mut key) = born(chain, &genesis, generation);
        for to in num(chain, "birth") + 1..=epoch {
            key = base_chain::step(&key, &id, Epoch(to));
        }
        chains.push((id, key));
    }
    let parts: Vec<(ChainId, &Secret<32>)> = chains.iter().map(|(id, key)| (*id, key)).collect();
    (chains.iter().map(|(id, _)| *id).collect(), base_chain::joint(generation, &parts))
}

pub fn joint(input: &Value) -> Outcome {
    let (genesis, generation, epoch) =
        (Genesis(fixed(input, "genesis")), num(input, "gen"), num(input, "epoch"));
    let (mut ids, keys) = set_at(input, epoch);
    let set = base_chain::set_hash(generation, &ids);
    let tag = base_chain::set_tag(generation, &ids);
    let conf = keys.confirm(&genesis, generation, &ids, Epoch(epoch), &LogHead(fixed(input, "log_head")));
    ids.sort_unstable();
    Ok(json!({
        "ids": hs(&ids), "set": h(set), "set_tag": h(tag), "frame_k": h(keys.frame.expose()),
        "conf_k": h(keys.conf.expose()), "conf": h(conf),
    }))
}
