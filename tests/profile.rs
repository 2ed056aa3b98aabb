//! A profile on a real disk: whole whenever it is read, open to one program at a time, and left alone where it is strange.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that panics has done its work"
)]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use ephem_node::base::id::{Genesis, MemberId, MsgId};
use ephem_node::base::nick::Nick;
use ephem_node::base::secret::Secret;
use ephem_node::base::time::Unix;
use ephem_node::crypto::name::RoomName;
use ephem_node::crypto::root::{Kind, Root};
use ephem_node::crypto::slow::Cost;
use ephem_node::node::random;
use ephem_node::room::{Keepsake, Known, Taken};
use ephem_node::store::{Content, Fault, Friend, Place, Profile};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use zeroize::Zeroizing;

/// The slow hash is not what is tried here.
const CHEAP: Cost = Cost { kib: 8, passes: 1 };
const WORDS: &str = "six words";
/// Where a child writes.
const FOLDER: &str = "EPHEM_TEST_PROFILES";

/// A folder that goes with its owner.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        let drawn = random::os().next_u64();
        let path = std::env::temp_dir().join(format!("ephem-profile-{drawn:016x}"));
        Folder(path)
    }

    fn place(&self) -> Place {
        Place::new(&self.0, "mina").expect("a name")
    }

    fn made(&self) -> Profile {
        self.place().create(WORDS, content(1), CHEAP, &mut random::os()).expect("a profile")
    }

    fn open(&self) -> Result<Profile, Fault> {
        self.place().open(WORDS, &mut random::os())
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).expect("a folder");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = fs::remove_dir_all(&self.0);
    }
}

fn content(friends: u16) -> Content {
    let friend = |n: u16| Friend {
        id: MemberId(std::array::from_fn(|at| n.to_be_bytes().get(at).copied().unwrap_or(1))),
        nick: Nick::parse("somebody").expect("a nick"),
        verified: false,
        since: Unix(1),
    };
    let mut content = Content::new(Secret::new([5; 32]), Nick::parse("mina").expect("a nick"));
    content.friends = (0..friends).map(friend).collect();
    content
}

/// The two contents that the child writes in turn: of one step and of several.
const SIZES: [u16; 2] = [1, 300];

#[test]
#[ignore = "the part of a child in the trial below"]
fn a_child_that_writes_until_it_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let mut profile = Place::new(Path::new(&folder), "mina")
        .expect("a name")
        .open(WORDS, &mut random::os())
        .expect("whole");
    println!("\nbegins");
    std::io::stdout().flush().expect("a reader");
    for size in SIZES.iter().cycle() {
        profile.content = content(*size);
        profile.save(&mut random::os()).expect("written");
    }
}

/// Runs a child of these tests on a folder, kills it so long after it began, and gives what it said meanwhile.
fn killed(folder: &Folder, child: &str, after: Duration, round: usize) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", child, "--ignored", "--nocapture"])
        .env(FOLDER, &folder.0)
        .stdout(Stdio::piped())
        .spawn()
        .expect("a child");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let begun = lines.by_ref().map_while(Result::ok).any(|line| line == "begins");
    assert!(begun, "round {round}: the child never began");
    // At a moment drawn by chance: that is what is tried.
    std::thread::sleep(after);
    child.kill().expect("killed");
    child.wait().expect("gone");
    lines.map_while(Result::ok).collect()
}

#[test]
fn whoever_is_killed_while_writing_leaves_the_old_or_the_new_whole() {
    let folder = Folder::new();
    drop(folder.made());
    let seed = random::os().next_u64();
    println!("seed {seed}");
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let mut left = [0, 0];
    for round in 0..200 {
        let after = Duration::from_micros(rng.next_u64() % 20_000);
        killed(&folder, "a_child_that_writes_until_it_is_killed", after, round);
        let found = folder.open().expect("whole").content.friends;
        let at = SIZES.iter().position(|size| content(*size).friends == found);
        left[usize::from(at.expect("the old or the new") == 1)] += 1;
    }
    println!("left {left:?}");
    assert!(left.iter().all(|times| *times > 0), "the kills always fell on the same side: {left:?}");
}

#[test]
fn one_program_at_a_time() {
    let folder = Folder::new();
    let profile = folder.made();
    assert!(matches!(folder.open(), Err(Fault::Locked)));
    assert!(matches!(folder.place().check(), Err(Fault::Locked)));
    assert!(matches!(folder.place().wipe(), Err(Fault::Locked)));
    drop(profile);
    assert!(folder.open().is_ok());
}

#[test]
fn what_is_there_is_never_made_anew() {
    let folder = Folder::new();
    drop(folder.made());
    let before = fs::read(folder.place().path()).expect("a file");
    let again = folder.place().create("other words", content(0), CHEAP, &mut random::os());
    assert!(matches!(again, Err(Fault::Exists)));
    for strange in [&b"no profile"[..], &before[..before.len() - 1], b""] {
        fs::write(folder.place().path(), strange).expect("written");
        assert!(folder.open().is_err());
        assert!(matches!(
            folder.place().create(WORDS, content(0), CHEAP, &mut random::os()),
            Err(Fault::Exists)
        ));
        assert_eq!(fs::read(folder.place().path()).expect("a file"), strange);
    }
}

#[cfg(unix)]
#[test]
fn only_its_owner_gets_at_it() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let folder = Folder::new();
    drop(folder.made());
    let mode = |path: &Path| fs::metadata(path).expect("there").mode() & 0o777;
    assert_eq!((mode(&folder.0), mode(folder.place().path())), (0o700, 0o600));
    for (path, open, shut) in
        [(folder.place().path().to_path_buf(), 0o644, 0o600), (folder.0.clone(), 0o755, 0o700)]
    {
        fs::set_permissions(&path, fs::Permissions::from_mode(open)).expect("changed");
        assert!(matches!(folder.open(), Err(Fault::Exposed(found)) if found == path));
        fs::set_permissions(&path, fs::Permissions::from_mode(shut)).expect("changed");
        assert!(folder.open().is_ok());
    }
}

#[test]
fn what_is_wiped_leaves_nothing_behind() {
    let folder = Folder::new();
    drop(folder.made());
    // A second name of the same bytes shows what was done to them.
    let witness = folder.0.with_extension("witness");
    fs::hard_link(folder.place().path(), &witness).expect("linked");
    fs::write(folder.place().path().with_extension("new"), "left by a killed program").expect("written");
    folder.place().wipe().expect("wiped");
    let bytes = fs::read(&witness).expect("read");
    fs::remove_file(&witness).expect("removed");
    assert!(bytes.len() > 4_096 && bytes.iter().all(|byte| *byte == 0));
    assert_eq!(folder.names(), Vec::<String>::new());
    assert!(matches!(folder.open(), Err(Fault::Missing)));
    assert!(matches!(folder.place().wipe(), Err(Fault::Missing)));
}

#[test]
fn a_name_leads_nowhere_else() {
    for name in ["", ".", "..", "a/b", "../a", "a.new", "A", "-a", "_", "ä", &"a".repeat(33)] {
        assert!(matches!(Place::new(Path::new("/x"), name), Err(Fault::Name)), "{name}");
    }
    for name in ["a", "7", "work-2", "a_b", &"a".repeat(32)] {
        assert!(Place::new(Path::new("/x"), name).is_ok(), "{name}");
    }
}

// ---- rooms that are kept

fn root(name: &str) -> Root {
    let key = [name.bytes().next().unwrap_or_default(); 32];
    Root::from_bytes(Kind::Passphrase, RoomName::parse(name).expect("a name"), Secret::new(key))
}

/// A room with so many kept messages, the newest of which is known by its last byte.
fn kept(name: &str, count: usize) -> Keepsake {
    let known = |n: u8| Known {
        id: MemberId([n; 32]),
        nick: "somebody".to_owned(),
        joined: Unix(1),
        serve: false,
        foundings: vec![[1; 8]],
        invite: None,
    };
    Keepsake {
        root: root(name),
        secret: None,
        invited: None,
        genesis: Genesis([1; 16]),
        generation: 3,
        expires: None,
        foundings: vec![[1; 8]],
        salts: Vec::new(),
        entries: (0..20).map(|n| vec![n; 300]).collect(),
        members: (0..8).map(known).collect(),
        kept: (0..count).map(|n| Zeroizing::new(vec![n as u8; 400])).collect(),
        gone: vec![Taken { id: MsgId([9; 8]), of: None, word: vec![5; 300] }],
    }
}

fn room_file(folder: &Folder) -> PathBuf {
    let names = folder.names();
    folder.0.join(names.iter().find(|name| name.contains(".room-")).expect("a room's file"))
}

/// As many as may be kept: the child goes round and round up to that.
const MOST: usize = 100;

#[test]
#[ignore = "the part of a child in the trial below"]
fn a_child_that_keeps_more_until_it_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let place = Place::new(Path::new(&folder), "mina").expect("a name");
    let profile = place.open(WORDS, &mut random::os()).expect("whole");
    println!("\nbegins");
    for count in (1..=MOST).cycle() {
        profile.keep_room(&kept("lobby", count), &mut random::os()).expect("written");
        // Only now is it told to whoever asked for it.
        println!("kept {count}");
        std::io::stdout().flush().expect("a reader");
    }
}

#[test]
fn whoever_is_killed_while_keeping_loses_nothing_that_was_told_to_be_kept() {
    let folder = Folder::new();
    drop(folder.made());
    let seed = random::os().next_u64();
    println!("seed {seed}");
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let mut between = 0;
    for round in 0..200 {
        let after = Duration::from_micros(rng.next_u64() % 30_000);
        let lines = killed(&folder, "a_child_that_keeps_more_until_it_is_killed", after, round);
        let told: Vec<usize> =
            lines.iter().filter_map(|line| line.strip_prefix("kept ")?.parse().ok()).collect();
        let room = folder.open().expect("whole").room(&root("lobby")).expect("whole");
        let Some(room) = room else {
            assert!(told.is_empty(), "round {round}: nothing is there of {told:?}");
            continue;
        };
        let found = room.kept.len();
        let whole = (0..found).all(|n| *room.kept[n] == vec![n as u8; 400]);
        let last = told.last().copied();
        // What was told last, or what was being written when it was killed.
        let expected = last.is_none_or(|last| found == last || found == last % MOST + 1);
        assert!(whole && expected, "round {round}: {found} are there, told {last:?}");
        between += usize::from(last.is_some_and(|last| found != last));
    }
    println!("{between} of 200 were killed after the new took its name and before that was told");
}

#[test]
fn a_flipped_bit_anywhere_in_a_kept_room_is_a_clear_error_and_changes_nothing() {
    let folder = Folder::new();
    let profile = folder.made();
    profile.keep_room(&kept("lobby", 2), &mut random::os()).expect("written");
    let path = room_file(&folder);
    let whole = fs::read(&path).expect("a file");
    for byte in 0..whole.len() {
        let mut bad = whole.clone();
        bad[byte] ^= 1 << (byte % 8);
        fs::write(&path, &bad).expect("written");
        assert!(matches!(profile.room(&root("lobby")), Err(Fault::RoomDamaged)), "byte {byte}");
        assert!(profile.rooms().expect("listed").iter().all(|found| found.room.is_err()), "byte {byte}");
        assert_eq!(fs::read(&path).expect("a file"), bad, "byte {byte}");
    }
    for strange in [&b""[..], b"no room", &whole[..whole.len() - 1], &vec![0; 10_000]] {
        fs::write(&path, strange).expect("written");
        assert!(matches!(profile.room(&root("lobby")), Err(Fault::RoomDamaged)));
    }
    fs::write(&path, &whole).expect("written");
    assert_eq!(profile.room(&root("lobby")).expect("whole").expect("there").kept.len(), 2);
}

#[test]
fn rooms_are_found_by_what_admits_to_them_and_by_nobody_elses_key() {
    let folder = Folder::new();
    let profile = folder.made();
    assert!(profile.room(&root("lobby")).expect("none").is_none());
    for name in ["lobby", "plans"] {
        profile.keep_room(&kept(name, 1), &mut random::os()).expect("written");
    }
    let path = |name: &str| {
        let found = profile.rooms().expect("listed");
        let is = |room: &Keepsake| room.root.name().as_str() == name;
        let at = found.iter().position(|one| one.room.as_ref().is_ok_and(is)).expect("there");
        folder.0.join(format!("mina.room-{}", found[at].digits))
    };
    let (lobby, plans) = (path("lobby"), path("plans"));
    assert!(!lobby.to_string_lossy().contains("lobby"));
    // Another profile's room under this one's name.
    let other = Place::new(&folder.0, "other").expect("a name");
    let other = other.create("other words", content(0), CHEAP, &mut random::os()).expect("a profile");
    assert!(other.rooms().expect("listed").is_empty());
    other.keep_room(&kept("lobby", 1), &mut random::os()).expect("written");
    let theirs = folder.names().into_iter().find(|name| name.starts_with("other.room-")).expect("there");
    fs::copy(folder.0.join(theirs), &lobby).expect("copied");
    assert!(matches!(profile.room(&root("lobby")), Err(Fault::RoomForeign)));
    profile.forget_room(&root("plans")).expect("forgotten");
    assert!(!plans.exists() && lobby.exists());
    drop(profile);
    folder.place().wipe().expect("wiped");
    assert!(folder.names().iter().all(|name| name.starts_with("other")), "{:?}", folder.names());
}

#[test]
fn nothing_of_a_kept_room_stands_in_its_file_as_it_is() {
    let folder = Folder::new();
    let profile = folder.made();
    let room = kept("lobby", 3);
    profile.keep_room(&room, &mut random::os()).expect("written");
    let file = fs::read(room_file(&folder)).expect("a file");
    for piece in [&b"lobby"[..], b"somebody", &[b'l'; 32], &[0; 40], &[2; 40], &[5; 40]] {
        assert!(!file.windows(piece.len()).any(|part| part == piece));
    }
    assert_eq!(file.len() % 4_096, 8 + 1 + 24 + 32 + 16 + 32, "the size tells steps only");
}

#[test]
#[ignore = "a measurement: `cargo test --release --test profile -- --ignored --nocapture what_a_write_costs`"]
fn what_a_write_costs_at_the_bound() {
    let folder = Folder::new();
    let profile = folder.made();
    let bytes = |n: usize, len: usize| vec![n as u8; len];
    let full = Keepsake {
        entries: (0..2_048).map(|n| bytes(n, 1_024)).collect(),
        members: (0..1_024_u32)
            .map(|n| Known {
                id: MemberId(std::array::from_fn(|at| n.to_be_bytes()[at % 4])),
                nick: "n".repeat(96),
                joined: Unix(1),
                serve: false,
                foundings: vec![[1; 8]; 4],
                invite: None,
            })
            .collect(),
        kept: (0..100).map(|n| Zeroizing::new(bytes(n, 4_300))).collect(),
        gone: (0..=255).map(|n| Taken { id: MsgId([n; 8]), of: None, word: bytes(n.into(), 300) }).collect(),
        ..kept("lobby", 0)
    };
    for (what, room) in [("ten messages", kept("small", 10)), ("at every bound", full)] {
        let mut took: Vec<Duration> = Vec::new();
        for _ in 0..50 {
            let begun = std::time::Instant::now();
            profile.keep_room(&room, &mut random::os()).expect("written");
            took.push(begun.elapsed());
        }
        took.sort();
        let size =
            fs::metadata(folder.0.join(format!("mina.room-{}", profile.rooms().expect("listed")[0].digits)));
        println!(
            "{what}: median {:?}, slowest {:?}, first file {:?} bytes",
            took[25],
            took[49],
            size.expect("there").len()
        );
    }
}
