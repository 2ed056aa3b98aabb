use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::base::id::MemberId;
use crate::base::nick::Nick;
use crate::chat::name::Role;

fn all() -> Vec<Said> {
    let nick = Nick::parse(&"w".repeat(24)).unwrap();
    let tag = Line::clean("salamander-upholstery");
    Said::samples(&Person::plain(MemberId([1; 32]), nick, tag, Role::Owner))
}

/// States that leave nothing to do; anything else says what.
const NOTHING_TO_DO: [&str; 9] = [
    "confirmed",
    "merged",
    "network_back",
    "unmuted",
    "quiet_over",
    "cleaned",
    "burned_unread",
    "gone",
    "hashing",
];

#[test]
fn every_sentence_fits_and_says_what_to_do_where_something_can_be_done() {
    for said in all() {
        let (code, text, hint) = (said.code(), said.text(), said.hint());
        assert!(!text.is_empty() && text.len() <= 200, "{code}: {text}");
        assert!(hint.len() <= 110, "{code}: {hint}");
        assert_eq!(hint.is_empty(), NOTHING_TO_DO.contains(&code), "{code}: {hint}");
        assert!(!text.ends_with('.') && !text.contains('\n') && !text.contains("  "), "{code}: {text}");
        assert!(code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{code}");
    }
}

#[test]
fn a_code_stands_for_one_kind_of_thing() {
    let mut levels: BTreeMap<&str, BTreeSet<Level>> = BTreeMap::new();
    for said in all() {
        levels.entry(said.code()).or_default().insert(said.level());
    }
    assert!(levels.values().all(|l| l.len() == 1), "{levels:?}");
    assert!(levels.len() > 45);
}

#[test]
fn every_sentence_is_among_the_samples() {
    // A new variant gives `code` one more arm with a word in it, and has to be sampled as well.
    let source = include_str!("../notice.rs");
    let told: BTreeSet<&str> = all().iter().map(Said::code).collect();
    let arms = source.lines().map(str::trim).filter(|l| l.starts_with("Said::"));
    let codes =
        arms.filter_map(|l| l.split_once(" => \"")?.1.strip_suffix("\",")).filter(|w| !w.contains(' '));
    let missing: Vec<&str> = codes.filter(|code| !told.contains(code)).collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn every_command_a_hint_names_exists() {
    for said in all() {
        for word in said.hint().split_whitespace() {
            let word = word.trim_end_matches([',', ';', ':', '.', '?']);
            if let Some(name) = word.strip_prefix('/').filter(|n| !n.contains('/')) {
                assert!(crate::chat::command::find(name).is_some(), "{}: {word}", said.code());
            }
        }
    }
}

#[test]
fn debug_of_a_notice_names_nobody() {
    let shown = format!("{:?}", all());
    assert!(
        !shown.contains("www") && !shown.contains("salamander") && !shown.contains("flooding"),
        "{shown}"
    );
}
