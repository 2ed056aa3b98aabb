//! What a node writes: every file it opens for writing is known by name, and none holds a piece of what was said, by whom,
//! where or under which passphrase. No core is left of a process that dies.

use std::collections::BTreeSet;
use std::fs::{read, read_dir, read_to_string};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;

use crate::messages::texts;
use crate::scan::PIECE;
use crate::words::{Folder, Net, QUIET, program};

const SECRET: &str = "umbrella quorum lantern seventeen";
const ROOM: &str = "sanctuary-of-otters";
const NICKS: [&str; 2] = ["anabella-of-the-north", "bobadil-of-the-south"];

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Pieces of these that stand in those bytes.
fn pieces(bytes: &[u8], of: &[String]) -> Vec<String> {
    let of: BTreeSet<&[u8]> = of.iter().flat_map(|text| text.as_bytes().windows(PIECE)).collect();
    let found = bytes.windows(PIECE).filter(|piece| of.contains(piece));
    found.map(|piece| String::from_utf8_lossy(piece).into_owned()).collect()
}

#[test]
fn the_search_of_files_finds_what_is_there() {
    let of = [SECRET.to_owned()];
    assert_eq!(pieces(b"a line of a log", &of), Vec::<String>::new());
    assert_eq!(pieces(b"level=trace an_umbrella quorum", &of).len(), "umbrella quorum".len() - PIECE + 1);
}

/// Two talk, log everything there is to log, and end; one of them is watched by `strace` if that is here.
#[test]
fn no_file_holds_a_piece_of_a_text_a_nick_a_room_or_a_secret() {
    let folder = Folder::new();
    let home = folder.path().join("home");
    std::fs::create_dir(&home).expect("a folder");
    let mut net = Net::of(&[]);
    for variable in ["HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"] {
        net.env.push((variable, home.to_str().expect("UTF-8").to_owned()));
    }
    let texts = texts(8, 21);
    let logs = NICKS.map(|nick| home.join(format!("{}.log", &nick[..3])));
    for (nick, log) in NICKS.iter().zip(&logs) {
        let log = log.to_str().expect("UTF-8");
        net.start(nick, &[ROOM, "-vv", "--log-file", log], Some(SECRET));
    }
    net.confirmed(&NICKS);
    let traced = NICKS.map(|nick| Traced::attach(net.pid(nick), &folder));
    for (n, text) in texts.iter().enumerate() {
        net.ask(NICKS[n % 2], json!({"cmd": "send", "text": text, "ttl_ms": 5_000}));
        net.expect_all(text);
    }
    net.ask(NICKS[0], json!({"cmd": "kick", "who": NICKS[1], "why": texts[0]}));
    net.until(NICKS[1], |line| line["type"] == "burned");
    for nick in NICKS {
        net.ask(nick, json!({"cmd": "quit"}));
        net.ended(nick);
    }
    let mut words = texts;
    words.extend([SECRET, ROOM, NICKS[0], NICKS[1]].map(str::to_owned));
    let written = files(&home);
    assert_eq!(
        written.iter().collect::<BTreeSet<_>>(),
        logs.iter().collect(),
        "other files than were asked for"
    );
    for path in written.iter().chain(&files(net.runtime())) {
        let bytes = read(path).unwrap_or_default();
        println!("{}: {} bytes", path.file_name().unwrap_or_default().display(), bytes.len());
        assert_eq!(pieces(&bytes, &words), Vec::<String>::new(), "in {}", path.display());
    }
    for opened in traced.into_iter().flatten().map(Traced::opened) {
        // Once it runs, a node opens nothing to write to: its log was open before.
        assert_eq!(opened, Vec::<String>::new(), "opened for writing");
    }
}

/// A process whose calls that make or open files are written down.
struct Traced {
    strace: std::process::Child,
    told: PathBuf,
}

impl Traced {
    fn attach(pid: u32, folder: &Folder) -> Option<Traced> {
        let told = folder.path().join(format!("calls-{pid}"));
        let calls = "trace=open,openat,openat2,creat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,memfd_create";
        let mut command = Command::new("strace");
        command.args(["-f", "-q", "-e", calls, "-o"]).arg(&told).args(["-p", &pid.to_string()]);
        let Ok(strace) = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn() else {
            println!("skipped: no strace to watch the calls of a node");
            return None;
        };
        let end = std::time::Instant::now() + crate::words::WAIT;
        // Attached once the process says by whom it is traced.
        loop {
            let status = read_to_string(format!("/proc/{pid}/status")).expect("its status");
            if !status.contains("TracerPid:\t0\n") {
                return Some(Traced { strace, told });
            }
            if std::time::Instant::now() > end {
                println!("skipped: no right to watch the calls of a node");
                return None;
            }
            std::thread::yield_now();
        }
    }

    /// What was opened to be written, made, or given another name.
    fn opened(mut self) -> Vec<String> {
        self.strace.wait().expect("it ends with what it watches");
        let told = read_to_string(&self.told).expect("its calls");
        // A call that another thread's came between is told twice: its arguments stand where it began. Of a thread that is ended
        // just as it is stopped nobody can tell in which call it was; it makes none any more.
        let nothing_made = ["O_RDONLY", "+++ ", "--- ", " resumed>", " ???("];
        let makes = |line: &&str| !nothing_made.iter().any(|word| line.contains(word));
        told.lines().filter(makes).map(str::to_owned).collect()
    }
}

#[test]
fn a_process_that_aborts_leaves_no_core() {
    let folder = Folder::new();
    let mut command = program(folder.path());
    command.args(["pipe", "lobby", "--nick", "ana"]).args(QUIET).current_dir(folder.path());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program starts");
    let mut first = [0; 1];
    std::io::Read::read_exact(child.stdout.as_mut().expect("a pipe"), &mut first).expect("its first word");
    let limits = read_to_string(format!("/proc/{}/limits", child.id())).expect("its limits");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("a limit");
    assert_eq!(core.split_whitespace().filter(|word| *word == "0").count(), 2, "{core}");
    let sent = Command::new("kill").args(["-ABRT", &child.id().to_string()]).status().expect("kill");
    assert!(sent.success());
    let status = child.wait().expect("it ends");
    assert_eq!((status.signal(), status.core_dumped()), (Some(6), false));
    let left: Vec<PathBuf> =
        files(folder.path()).into_iter().filter(|path| path.to_string_lossy().contains("core")).collect();
    assert_eq!(left, Vec::<PathBuf>::new());
}
