//! A profile on a real disk: whole whenever it is read, open to one program at a time, and left alone where it is strange.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that panics has done its work"
)]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use ephem_node::base::id::MemberId;
use ephem_node::base::nick::Nick;
use ephem_node::base::secret::Secret;
use ephem_node::base::time::Unix;
use ephem_node::crypto::slow::Cost;
use ephem_node::node::random;
use ephem_node::store::{Content, Fault, Friend, Place, Profile};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

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

#[test]
fn whoever_is_killed_while_writing_leaves_the_old_or_the_new_whole() {
    let folder = Folder::new();
    drop(folder.made());
    let seed = random::os().next_u64();
    println!("seed {seed}");
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let mut left = [0, 0];
    for round in 0..200 {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "a_child_that_writes_until_it_is_killed", "--ignored", "--nocapture"])
            .env(FOLDER, &folder.0)
            .stdout(Stdio::piped())
            .spawn()
            .expect("a child");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let begun = lines.by_ref().map_while(Result::ok).any(|line| line == "begins");
        assert!(begun, "round {round}: the child never began");
        std::thread::sleep(Duration::from_micros(rng.next_u64() % 20_000));
        child.kill().expect("killed");
        child.wait().expect("gone");
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
