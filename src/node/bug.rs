//! `/bug`: what helps somebody else to find a fault, written into a file for its owner to read and to send, or not.
//!
//! It is made of numbers and of the program's own words alone. Nothing that was typed or heard can be spelled with them.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::doctor;
use super::metrics;
use super::run::Node;
use super::told;
use crate::base::secret::Text;
use crate::chat::doctor::Finding;
use crate::chat::event::Event;
use crate::chat::problem::Problem;
use crate::chat::reply::{Answer, Written};
use crate::chat::scrollback::Row;
use crate::chat::text::Line;
use crate::room::envelope::Dropped;

/// The longest file.
const MOST: usize = 64 * 1_024;
/// How the file is called that nobody named, and how many there may be beside each other.
const NAME: &str = "ephem-node-bug";
const NAMES: usize = 99;

const HEAD: &str = "\
What helps to find a fault in ephem-node. Nothing of this was sent anywhere: read it, then send it to whoever is to help.
Left out: every message, nick, status, topic, name of a room, passphrase, invite, token, key, tag and mark, every address
and name of a machine, every file and setting, and when things happened. Rooms are numbers. Write beside it what you did,
what you expected, and what came instead.
";

/// A word of the program's own, and how often.
type Tally = BTreeMap<&'static str, u64>;

/// What is known of one room.
pub(super) struct Room {
    /// Words and what they come to.
    facts: Vec<(&'static str, &'static str)>,
    counts: Vec<(&'static str, u64)>,
    /// What was told of it, by its stable name.
    told: Tally,
    /// Frames that were dropped, by why.
    dropped: Vec<(Dropped, u64)>,
}

/// What a report is made of.
pub(super) struct Facts {
    rooms: Vec<Room>,
    numbers: String,
}

impl Node {
    /// What a running node knows.
    pub(super) async fn bug(&self) -> Facts {
        let rooms = self.seats.iter().map(|seat| {
            let look = seat.look();
            let (generation, chains) =
                look.set().map_or((0, 0), |(_, generation, chains)| (generation, chains));
            let mut told = Tally::new();
            let rows = self.model.room(Some(&seat.name)).ok().into_iter().flat_map(|room| room.scroll.rows());
            for (_, row) in rows {
                if let Row::Told(event, _) = row {
                    let word = match &**event {
                        Event::Notice(notice) => notice.said.code(),
                        Event::Member(line) => line.change.name(),
                        Event::Room(line) => line.change.name(),
                        _ => continue,
                    };
                    *told.entry(word).or_default() += 1;
                }
            }
            let mode = seat.mode.name();
            let state = told::standing(seat.standing()).name();
            let role = told::role(seat.rank()).name();
            let log = look.log();
            Room {
                facts: vec![("mode", mode), ("state", state), ("role", role)],
                counts: vec![
                    ("members", seat.members() as u64),
                    ("generation", generation),
                    ("chains", chains as u64),
                    ("epochs_held", look.key_epochs().len() as u64),
                    ("living", look.living_count() as u64),
                    ("unsent", look.unsent() as u64),
                    ("log_entries", log.map_or(0, |log| log.raws().count() as u64)),
                    ("foundings", log.map_or(0, |log| log.rights().domains.len() as u64)),
                ],
                told,
                dropped: look.counts().iter().map(|(why, count)| (*why, *count)).collect(),
            }
        });
        let rooms = rooms.collect();
        let measured = self.measured().await;
        Facts { rooms, numbers: measured.as_ref().map(metrics::text).unwrap_or_default() }
    }
}

/// Looks at the machine and writes the file; what came of it.
pub(super) async fn written(facts: Facts, path: Option<Text>) -> Result<Answer, Problem> {
    let page = page(&facts, &doctor::machine().await);
    let put = tokio::task::spawn_blocking(move || put(path.as_ref().map(Text::as_str), &page));
    put.await.map_err(|_| Problem::Ending)?
}

fn page(facts: &Facts, found: &[Finding]) -> String {
    let mut page = HEAD.to_owned();
    page.push_str(&format!("\nmachine {} {}\n", std::env::consts::OS, std::env::consts::ARCH));
    for finding in found {
        page.push_str(&format!("machine {} {}\n", finding.code(), finding.health().name()));
    }
    for (room, n) in facts.rooms.iter().zip(1..) {
        page.push_str(&format!("\nroom {n}"));
        let facts = room.facts.iter().map(|(name, word)| format!(" {name}={word}"));
        let counts = room.counts.iter().map(|(name, count)| format!(" {name}={count}"));
        page.extend(facts.chain(counts));
        let told = room.told.iter().map(|(word, count)| format!("\nroom {n} told {word} {count}"));
        let dropped = room.dropped.iter().map(|(why, count)| format!("\nroom {n} dropped {why:?} {count}"));
        page.extend(told.chain(dropped));
        page.push('\n');
    }
    page.push('\n');
    page.push_str(&facts.numbers);
    page.truncate(page.floor_char_boundary(MOST));
    page
}

fn put(path: Option<&str>, page: &str) -> Result<Answer, Problem> {
    let named =
        |n: usize| PathBuf::from(if n == 1 { format!("{NAME}.txt") } else { format!("{NAME}-{n}.txt") });
    let tried: Vec<PathBuf> = match path {
        Some(path) => vec![PathBuf::from(path)],
        None => (1..=NAMES).map(named).collect(),
    };
    for path in tried {
        match fresh(&path, page) {
            Ok(()) => {
                let path = Line::clean(&path.to_string_lossy());
                return Ok(Answer::Written(Written { path, bytes: page.len() }));
            }
            Err(err) if err.kind() == io::ErrorKind::AlreadyExists => {}
            Err(err) => return Err(Problem::NotWritten(err.kind())),
        }
    }
    Err(Problem::FileExists)
}

/// A file that was not there, for its owner alone, whole or not at all.
fn fresh(path: &Path, page: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let done = file.write_all(page.as_bytes()).and_then(|()| file.sync_all());
    if done.is_err() {
        // A part of it helps nobody.
        let _ = fs::remove_file(path);
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_an_end_however_much_there_is_to_tell() {
        let room = || Room {
            facts: vec![("mode", "open")],
            counts: vec![("members", u64::MAX)],
            told: Tally::new(),
            dropped: vec![(Dropped::Gate, 7)],
        };
        let facts = Facts { rooms: (0..10_000).map(|_| room()).collect(), numbers: "n\n".repeat(10_000) };
        assert_eq!(page(&facts, &[]).len(), MOST);
    }
}
