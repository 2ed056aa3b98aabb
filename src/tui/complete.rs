//! Completion: commands by their table, people by nick or tag, rooms by name, faces by their short names.

use super::screen::Screen;
use crate::chat::command;

/// Candidates at once.
const MOST: usize = 64;

/// A completion under way: the next press takes the next candidate.
#[derive(Debug)]
pub(super) struct Completing {
    /// Where the word begins.
    pub(super) from: usize,
    /// What it could become.
    pub(super) candidates: Vec<String>,
    /// The one that is in the draft.
    pub(super) at: usize,
}

/// Faces by their short names; those that every terminal draws two columns wide.
const FACES: &[(&str, &str)] = &[
    (":+1:", "\u{1f44d}"),
    (":-1:", "\u{1f44e}"),
    (":clap:", "\u{1f44f}"),
    (":cry:", "\u{1f622}"),
    (":eyes:", "\u{1f440}"),
    (":fire:", "\u{1f525}"),
    (":grin:", "\u{1f601}"),
    (":joy:", "\u{1f602}"),
    (":lock:", "\u{1f512}"),
    (":ok:", "\u{1f44c}"),
    (":pray:", "\u{1f64f}"),
    (":rocket:", "\u{1f680}"),
    (":smile:", "\u{1f604}"),
    (":tada:", "\u{1f389}"),
    (":thinking:", "\u{1f914}"),
    (":wave:", "\u{1f44b}"),
    (":wink:", "\u{1f609}"),
];

/// What the word before the caret could become.
pub(super) fn candidates(screen: &Screen) -> Option<Completing> {
    let draft = screen.draft_ref();
    let (from, word) = draft.word();
    let line = draft.text().get(..draft.caret()).unwrap_or_default();
    let mut found: Vec<String> = Vec::new();
    if let Some(prefix) = word.strip_prefix('/').filter(|_| from == 0) {
        found.extend(command::complete(prefix).iter().map(|spec| format!("{} ", spec.slashed)));
    } else if word.starts_with(':') && word.len() > 1 {
        found.extend(
            FACES.iter().filter(|(name, _)| name.starts_with(word)).map(|(_, face)| format!("{face} ")),
        );
    } else if !word.is_empty() || line.starts_with('/') {
        people(screen, from, word, &mut found);
        rooms(screen, word, &mut found);
    }
    found.truncate(MOST);
    (!found.is_empty()).then_some(Completing { from, candidates: found, at: 0 })
}

fn people(screen: &Screen, from: usize, word: &str, found: &mut Vec<String>) {
    let Some(room) = screen.front() else { return };
    let bare = word.trim_start_matches('@');
    let sign = if word.starts_with('@') { "@" } else { "" };
    let me = screen.model.me().map(|me| me.id);
    let begins = |name: &str| {
        name.chars()
            .flat_map(char::to_lowercase)
            .take(bare.chars().count())
            .eq(bare.chars().flat_map(char::to_lowercase))
    };
    for (person, _, alike) in room.people.iter().filter(|(person, ..)| Some(person.id) != me) {
        let nick = person.nick.as_str();
        if !begins(nick) && !begins(person.tag.as_str()) {
            continue;
        }
        // A nick that means two people, or that a command would read as two words, is completed as its tag.
        let name = if alike || nick.contains(' ') { person.tag.as_str() } else { nick };
        let after = if from == 0 && sign.is_empty() { ": " } else { " " };
        found.push(format!("{sign}{name}{after}"));
    }
}

fn rooms(screen: &Screen, word: &str, found: &mut Vec<String>) {
    let Some(prefix) = word.strip_prefix('#') else { return };
    for room in screen.model.rooms().iter().filter(|room| room.name.as_str().starts_with(prefix)) {
        found.push(format!("#{} ", room.name.as_str()));
    }
}
