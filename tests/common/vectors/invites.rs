//! Section 3.1: invites as links, whole and damaged.

use ephem_node::base::secret::Secret;
use ephem_node::crypto::identity::rank_hash;
use ephem_node::room::invite::{invite_id, invite_key};
use ephem_node::wire::invite::{Invite, InviteError};
use serde_json::{Value, json};

use super::json::{h, hs, text};
use super::{Group, Outcome, actor, some};

pub fn group() -> Group {
    let mut g = Group::new("invites", "section 3.1");
    let invite = |room: &str, addrs: usize| {
        let owner_fp = *rank_hash(&actor("ana").id()).first_chunk().unwrap();
        let addr = |n| vec![4, 192, 0, 2, n as u8, 6, 0x1f, 0x90];
        Invite {
            room: room.to_owned(),
            secret: Secret::new(some("invite secret")),
            owner_fp,
            seed: Secret::new(some("invite seed")),
            addrs: (0..addrs).map(addr).collect(),
        }
    };
    let link = invite("general", 2).to_link().to_string();
    let mut good = |name: &str, link: &str| g.good(name, "invite", json!({ "link": link }));
    let upper = good("A link tells room, secret, owner, key and addresses", &link);
    good("A link may carry no address", &invite("general", 0).to_link());
    good("A link may carry three addresses and any room's name", &invite("nachtwächter", 3).to_link());
    let lower = good("A link in lower case is the same link", &link.to_lowercase());
    let spaced = good("White space around a link does not matter", &format!(" {link}\r\n"));
    assert!(upper == lower && upper == spaced);
    let mut longest = invite(&"r".repeat(32), 3);
    longest.addrs.iter_mut().for_each(|addr| addr.resize(128, 7));
    let longest = longest.to_link().to_string();
    assert_eq!(longest.len(), "EPHEM:".len() + 762);
    good("The longest link has 762 letters after its prefix", &longest);

    let whole = |digits: &str| format!("EPHEM:{}", checked(digits));
    let items = |version: u8, room: &str, fp: &[u8], addrs: usize| {
        use ephem_node::wire::cbor::Writer;
        let mut w = Writer::with_capacity(256);
        w.array(6).uint(version.into()).text(room).bytes(&[1; 16]).bytes(fp).bytes(&[2; 16]).array(addrs);
        (0..addrs).for_each(|_| {
            w.bytes(&[4]);
        });
        whole(&base32(&w.finish()))
    };
    let trailing = {
        use ephem_node::wire::cbor::Writer;
        let mut w = Writer::with_capacity(256);
        w.array(6).uint(2).text("general").bytes(&[1; 16]).bytes(&[3; 10]).bytes(&[2; 16]).array(0).uint(0);
        whole(&base32(&w.finish()))
    };
    // The digits without those that check them, to be changed and checked anew.
    let bare = |link: &str| link["EPHEM:".len()..link.len() - 6].to_owned();
    let cut = bare(&link);
    let swapped = {
        let mut letters = link.clone().into_bytes();
        let at = (20..).find(|at| letters[*at] != letters[at + 1]).unwrap();
        letters.swap(at, at + 1);
        String::from_utf8(letters).unwrap()
    };
    let misread = {
        let mut letters = link.clone().into_bytes();
        letters[30] = if letters[30] == b'A' { b'B' } else { b'A' };
        String::from_utf8(letters).unwrap()
    };
    let padding = format!("letter {}", link.len() - "EPHEM:".len() + 1);
    for (name, link, reason) in [
        ("Something else is no invite", "https://example.org/".to_owned(), "not-an-invite"),
        ("Nothing is no invite", String::new(), "not-an-invite"),
        ("A no-break space before it is not trimmed", format!("\u{a0}{link}"), "not-an-invite"),
        ("A vertical tab before it is not trimmed", format!("\u{b}{link}"), "not-an-invite"),
        ("Space inside", link.replacen("EPHEM:", "EPHEM: ", 1), "letter 1"),
        (
            "A letter whose capital is of ASCII, and itself is not",
            format!("EPHEM:\u{131}{}", &link[7..]),
            "letter 1",
        ),
        ("One letter more than the longest link", format!("{longest}A"), "too-long"),
        ("An address of 129 bytes", long_addr(), "field"),
        ("A letter outside of base32", format!("EPHEM:1{}", &link[7..]), "letter 1"),
        ("One letter for another, which the check finds", misread, "letter 25"),
        ("Two neighbours that changed places", swapped, "damaged"),
        ("The check is missing", format!("EPHEM:{cut}"), "damaged"),
        ("A number of letters that no bytes have", whole(&odd_length(&cut)), "damaged"),
        ("Padding is not part of a link", format!("{link}="), &padding),
        (
            "Leftover bits that are not zero",
            whole(&with_spare_bit(&bare(&invite("general2", 0).to_link()))),
            "damaged",
        ),
        ("Cut short", link[..link.len() - 8].to_owned(), "damaged"),
        ("Cut short at a whole byte, and checked anew", whole(&cut[..cut.len() / 8 * 8 - 8]), "cbor"),
        ("Bytes after the end", trailing, "cbor"),
        ("A fingerprint of nine bytes", items(2, "general", &[3; 9], 0), "cbor"),
        ("An invite of version 3", items(3, "general", &[3; 10], 0), "version"),
        ("A room without a name", items(2, "", &[3; 10], 0), "field"),
        ("A room's name of 33 bytes", items(2, &"x".repeat(33), &[3; 10], 0), "field"),
        ("Four addresses", items(2, "general", &[3; 10], 4), "cbor"),
        ("Longer than any invite", format!("EPHEM:{}", "A".repeat(800)), "too-long"),
    ] {
        g.bad(name, "invite", json!({ "link": link }), reason);
    }
    g
}

/// A link whose address is over its bound.
fn long_addr() -> String {
    use ephem_node::wire::cbor::Writer;
    let mut w = Writer::with_capacity(256);
    w.array(6)
        .uint(2)
        .text("general")
        .bytes(&[1; 16])
        .bytes(&[3; 10])
        .bytes(&[2; 16])
        .array(1)
        .bytes(&[4; 129]);
    format!("EPHEM:{}", checked(&base32(&w.finish())))
}

/// Digits with more after them, up to a length that base32 does not have.
fn odd_length(digits: &str) -> String {
    let more = (1..8).find(|more| [1, 3, 6].contains(&((digits.len() + more) % 8))).unwrap();
    format!("{digits}{}", "A".repeat(more))
}

/// The same digits with the lowest of the bits that spell nothing set.
fn with_spare_bit(digits: &str) -> String {
    assert_ne!(digits.len() % 8, 0, "the last group is full");
    let last = digits.chars().last().unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let value = alphabet.find(last).unwrap();
    assert_eq!(value & 1, 0);
    format!("{}{}", &digits[..digits.len() - 1], &alphabet[value + 1..value + 2])
}

fn base32(raw: &[u8]) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bit = |at: usize| raw.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
    let digit = |n: usize| (0..5).fold(0, |value, at| value << 1 | bit(5 * n + at));
    (0..(raw.len() * 8).div_ceil(5)).map(|n| char::from(alphabet[usize::from(digit(n))])).collect()
}

/// Digits and the six that check them: division bit by bit, as a second opinion on the one in the program.
fn checked(digits: &str) -> String {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let value = |letter| alphabet.find(letter).unwrap() as u32;
    let sum = digits.chars().map(value).chain([0; 6]).fold(1_u32, |sum, digit| {
        let terms = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
        let next = (sum & 0x1ff_ffff) << 5 ^ digit;
        (0..5).filter(|bit| sum >> (25 + bit) & 1 == 1).fold(next, |next, bit| next ^ terms[bit])
    }) ^ 0x2bc8_30a3;
    let check = (0..6).map(|n| char::from(alphabet.as_bytes()[(sum >> (25 - 5 * n) & 31) as usize]));
    digits.chars().chain(check).collect()
}

pub fn check(input: &Value) -> Outcome {
    let invite = Invite::parse(text(input, "link")).map_err(|why| match why {
        InviteError::NotAnInvite => "not-an-invite".to_owned(),
        InviteError::TooLong => "too-long".to_owned(),
        InviteError::Letter(at) => format!("letter {at}"),
        InviteError::Damaged => "damaged".to_owned(),
        InviteError::Version(_) => "version".to_owned(),
        InviteError::Cbor(_) => "cbor".to_owned(),
        InviteError::Field(_) => "field".to_owned(),
    })?;
    let key = invite_key(&invite.seed).id();
    Ok(json!({
        "room": invite.room, "secret": h(invite.secret.expose()), "owner_fp": h(invite.owner_fp),
        "seed": h(invite.seed.expose()), "addrs": hs(&invite.addrs), "key": h(key),
        "invite_id": h(invite_id(&key.0)),
    }))
}
