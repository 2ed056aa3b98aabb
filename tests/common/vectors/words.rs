//! Section 3.2: bytes as words.

use ephem_node::base::id::{Genesis, LogHead, MemberId};
use ephem_node::crypto::words::{self, SpellError};
use serde_json::{Value, json};

use super::json::{bytes, fixed, h, text};
use super::{Group, Outcome, actor, some};

pub fn group() -> Group {
    let mut g = Group::new("words", "section 3.2: tags, safety words, the room's words, bytes read aloud");
    let (ana, bo, genesis) = (actor("ana").id(), actor("bo").id(), super::keys::genesis());
    g.good("A member's tag is an animal and a word", "tag", json!({ "id": h(ana) }));
    g.good("Another member has another tag", "tag", json!({ "id": h(bo) }));
    let pair = |a: MemberId, b: MemberId| json!({ "genesis": h(genesis), "a": h(a), "b": h(b) });
    let one = g.good("Two members compare eight words", "safety-words", pair(ana, bo));
    let other = g.good("Both see the same words", "safety-words", pair(bo, ana));
    assert_eq!(one, other);
    let room = |head: [u8; 16]| json!({ "genesis": h(genesis), "log_head": h(head) });
    g.good("A room has eight words of its own", "room-words", room(some("log head")));
    g.good("A room without a log has words too", "room-words", room([0; 16]));
    let secret = some::<16>("spelled");
    for (name, raw) in [
        ("Sixteen bytes read aloud are fourteen words", secret.as_slice()),
        ("No bytes are two words", &[]),
        ("One byte", &[0xff]),
        ("Eleven bytes fill their words to the last bit", &[0xa5; 11]),
    ] {
        let out = g.good(name, "spell", json!({ "bytes": h(raw) }));
        assert_eq!(unspell(&json!({ "text": out["words"] })), Ok(json!({ "bytes": h(raw) })));
    }
    let spelled = words::spell(&secret);
    let said = spelled.join("  ").to_uppercase();
    g.good("Case and the width of white space do not matter", "unspell", json!({ "text": said }));
    let wide = format!("\u{3000}{}\u{a0}\n", spelled.join("\u{2003}\t"));
    g.good(
        "Any white space of Unicode stands between words, and around them",
        "unspell",
        json!({ "text": wide }),
    );
    for (name, text) in [
        ("A word joiner is no white space", spelled.join("\u{2060}")),
        ("A unit separator is no white space between words", spelled.join("\u{1f}")),
        ("Case is that of ASCII: a Kelvin sign is no k", spelled.join(" ").replacen('k', "\u{212a}", 1)),
    ] {
        assert!(text.chars().any(|c| !c.is_ascii_lowercase() && c != ' ' && c != '-'));
        g.bad(name, "unspell", json!({ "text": text }), "unknown");
    }
    let mut check = spelled.clone();
    *check.last_mut().unwrap() = swap(check.last().unwrap());
    g.bad("A wrong check word is noticed", "unspell", json!({ "text": check.join(" ") }), "check");
    let mut data = spelled.clone();
    data[3] = swap(data[3]);
    g.bad("A wrong word in the middle is noticed", "unspell", json!({ "text": data.join(" ") }), "check");
    let mut unknown = spelled.clone();
    unknown[2] = "xyzzy";
    g.bad("A word that is in no list", "unspell", json!({ "text": unknown.join(" ") }), "unknown");
    g.bad("A word left out", "unspell", json!({ "text": spelled[..5].join(" ") }), "length");
    g.bad("Nothing was said", "unspell", json!({ "text": "" }), "length");
    g
}

/// A word of the list that is not this one.
fn swap(word: &str) -> &'static str {
    let [some_word, ..] = words::spell(&[])[..] else { unreachable!() };
    let last = words::spell(&[0xff; 3])[1];
    if word == some_word { last } else { some_word }
}

pub fn tag(input: &Value) -> Outcome {
    Ok(json!({ "tag": words::tag(&MemberId(fixed(input, "id"))) }))
}

pub fn safety(input: &Value) -> Outcome {
    let (a, b) = (MemberId(fixed(input, "a")), MemberId(fixed(input, "b")));
    Ok(json!({ "words": words::safety(&Genesis(fixed(input, "genesis")), &a, &b).join(" ") }))
}

pub fn room(input: &Value) -> Outcome {
    let (genesis, head) = (Genesis(fixed(input, "genesis")), LogHead(fixed(input, "log_head")));
    Ok(json!({ "words": words::room_phrase(&genesis, &head).join(" ") }))
}

pub fn spell(input: &Value) -> Outcome {
    Ok(json!({ "words": words::spell(&bytes(input, "bytes")).join(" ") }))
}

pub fn unspell(input: &Value) -> Outcome {
    match words::unspell(text(input, "text")) {
        Ok(raw) => Ok(json!({ "bytes": h(&*raw) })),
        Err(SpellError::Unknown(_)) => Err("unknown".into()),
        Err(SpellError::Length) => Err("length".into()),
        Err(SpellError::Check) => Err("check".into()),
    }
}
