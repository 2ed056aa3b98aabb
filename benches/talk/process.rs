//! Processes that talk, ours and bare ones, driven and timed in one way: the time is taken when a line is written and when a
//! line has arrived, by a thread for each process; what a line says is looked at later.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::host::own_path;

/// The longest wait for a process to get ready.
pub(crate) const WAIT: Duration = Duration::from_secs(60);
const PROGRAM: &str = env!("CARGO_BIN_EXE_ephem-node");
const LOOPBACK: &str = "/ip4/127.0.0.1/tcp/0";

/// Who talks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// A node of this house.
    Ours,
    /// Bare gossipsub that names no author.
    Bare,
    /// Bare gossipsub as it comes: every message signed.
    Signed,
}

impl Side {
    /// As a table names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Side::Ours => "ours",
            Side::Bare => "bare",
            Side::Signed => "bare, signed",
        }
    }

    /// The line that has this said.
    pub(crate) fn spoken(self, text: &str) -> String {
        match self {
            Side::Ours => format!("{{\"cmd\":\"send\",\"text\":\"{text}\"}}\n"),
            Side::Bare | Side::Signed => format!("{text}\n"),
        }
    }

    /// What somebody else said, if this line is that.
    pub(crate) fn said(self, line: &str) -> Option<&str> {
        match self {
            Side::Ours => {
                let theirs = is(line, "message") && line.contains("\"mine\":false");
                if theirs { after(line, "\"text\":\"")?.split('"').next() } else { None }
            }
            Side::Bare | Side::Signed => line.strip_prefix("got "),
        }
    }

    /// Whether the line says that somebody came into reach.
    pub(crate) fn meets(self, line: &str) -> bool {
        match self {
            Side::Ours => is(line, "member") && line.contains("\"event\":\"join\""),
            Side::Bare | Side::Signed => line.starts_with("up "),
        }
    }
}

fn is(line: &str, kind: &str) -> bool {
    after(line, "\"type\":\"")
        .is_some_and(|rest| rest.starts_with(kind) && rest[kind.len()..].starts_with('"'))
}

fn after<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    line.split_once(key).map(|(_, rest)| rest)
}

/// A line that a process wrote, and when it was there.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    /// Which process.
    pub(crate) who: usize,
    /// When.
    pub(crate) at: Instant,
    /// What.
    pub(crate) line: String,
}

/// How a process is started.
#[derive(Clone, Debug, Default)]
pub(crate) struct Start<'a> {
    /// The network namespace; without one it speaks on loopback only.
    pub(crate) namespace: Option<&'a str>,
    /// Whom it is told of.
    pub(crate) addrs: &'a [String],
    /// Ours alone: the room's passphrase.
    pub(crate) passphrase: Option<&'a str>,
    /// Ours alone: look into the distributed table.
    pub(crate) table: bool,
}

/// What is known of one process.
#[derive(Debug)]
pub(crate) struct Member {
    child: Child,
    stdin: Option<ChildStdin>,
    /// Where it listens.
    pub(crate) address: Option<String>,
    /// How many others it knows.
    pub(crate) company: usize,
    /// Ours: how it stands, as the last line about the room has it. A bare one never says.
    pub(crate) standing: String,
    /// Ours: it founded a room.
    pub(crate) founded: bool,
}

/// Processes of one side.
pub(crate) struct Crowd {
    /// Which.
    pub(crate) side: Side,
    /// In the order of their start.
    pub(crate) members: Vec<Member>,
    to: Sender<Heard>,
    lines: Receiver<Heard>,
    secret: Option<PathBuf>,
}

impl Crowd {
    /// Nobody yet.
    pub(crate) fn new(side: Side) -> Crowd {
        let (to, lines) = channel();
        Crowd { side, members: Vec::new(), to, lines, secret: None }
    }

    /// So many on loopback, each of whom is told the addresses of as many before it as `told` makes of them.
    pub(crate) fn of(
        side: Side,
        n: usize,
        passphrase: Option<&str>,
        told: impl Fn(&[String]) -> usize,
    ) -> Crowd {
        let mut crowd = Crowd::new(side);
        let mut addrs: Vec<String> = Vec::new();
        for _ in 0..n {
            let told = &addrs[..told(&addrs)];
            let who = crowd.start(&Start { addrs: told, passphrase, ..Start::default() });
            addrs.push(crowd.address(who));
        }
        crowd
    }

    /// Starts one more, and does not wait for it.
    pub(crate) fn start(&mut self, start: &Start<'_>) -> usize {
        let mut args: Vec<String> = Vec::new();
        match self.side {
            Side::Ours => {
                args.extend([PROGRAM, "pipe", "lobby", "--rate", "off"].map(str::to_owned));
                args.extend(["--nick".to_owned(), format!("m{}", self.members.len())]);
                if start.namespace.is_none() {
                    args.extend(["--no-mdns", "--listen", LOOPBACK].map(str::to_owned));
                    args.extend((!start.table).then(|| "--no-dht".to_owned()));
                }
                args.extend(start.addrs.iter().flat_map(|addr| ["--bootstrap".to_owned(), addr.clone()]));
                match start.passphrase {
                    None => args.push("--open".to_owned()),
                    Some(words) => {
                        let file = self.secret_file(words);
                        args.extend(["--passphrase-file".to_owned(), file]);
                    }
                }
            }
            Side::Bare | Side::Signed => {
                let kind = if self.side == Side::Signed { "signed" } else { "anonymous" };
                args.extend([own_path(), "bare".to_owned(), kind.to_owned()]);
                args.extend(start.addrs.iter().cloned());
            }
        }
        self.spawn(start.namespace, args)
    }

    /// Starts a node of ours that serves, on loopback, and does not wait for it.
    pub(crate) fn serve(&mut self) -> usize {
        let words = [PROGRAM, "serve", "--json", "--no-mdns", "--listen", LOOPBACK];
        self.spawn(None, words.map(str::to_owned).into())
    }

    /// Starts a program, and does not wait for it.
    pub(crate) fn spawn(&mut self, namespace: Option<&str>, args: Vec<String>) -> usize {
        let mut words: Vec<String> = Vec::new();
        words.extend(namespace.iter().flat_map(|name| ["ip", "netns", "exec", name].map(str::to_owned)));
        words.extend(args);
        let (program, rest) = words.split_first().expect("a program");
        let mut command = Command::new(program);
        command.args(rest).env("XDG_CONFIG_HOME", "/nonexistent");
        for variable in ["EPHEM_NICK", "EPHEM_BOOTSTRAP", "EPHEM_LISTEN", "EPHEM_CONFIG"] {
            command.env_remove(variable);
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let (who, to) = (self.members.len(), self.to.clone());
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        thread::spawn(move || {
            let mut line = String::new();
            while out.read_line(&mut line).is_ok_and(|read| read > 0) {
                let at = Instant::now();
                if to.send(Heard { who, at, line: std::mem::take(&mut line) }).is_err() {
                    return;
                }
            }
        });
        self.members.push(Member {
            stdin: child.stdin.take(),
            child,
            address: None,
            company: 0,
            standing: String::new(),
            founded: false,
        });
        who
    }

    fn secret_file(&mut self, words: &str) -> String {
        let path = self.secret.get_or_insert_with(|| {
            let path = std::env::temp_dir().join(format!("ephem-talk-{}", std::process::id()));
            fs::write(&path, words).expect("a file for the passphrase");
            path
        });
        path.display().to_string()
    }

    /// The next line of anybody, if one comes before `end`. What it says of its process is noted.
    pub(crate) fn next(&mut self, end: Instant) -> Option<Heard> {
        let mut heard = self.lines.recv_timeout(end.saturating_duration_since(Instant::now())).ok()?;
        heard.line.truncate(heard.line.trim_end().len());
        self.note(&heard);
        Some(heard)
    }

    fn note(&mut self, heard: &Heard) {
        let (line, side) = (heard.line.as_str(), self.side);
        let Some(member) = self.members.get_mut(heard.who) else { return };
        if side != Side::Ours {
            if let Some(addr) = line.strip_prefix("at ") {
                member.address = Some(addr.to_owned());
            }
            member.company += usize::from(line.starts_with("up "));
            return;
        }
        if is(line, "listening") {
            let addr = after(line, "\"addr\":\"").and_then(|rest| rest.split('"').next());
            member.address = addr.map(str::to_owned);
        } else if is(line, "room") {
            let count = after(line, "\"members\":").and_then(|rest| rest.split(',').next());
            member.company = count.and_then(|n| n.parse().ok()).map_or(0, |n: usize| n.saturating_sub(1));
            let standing = after(line, "\"state\":\"").and_then(|rest| rest.split('"').next());
            member.standing = standing.unwrap_or_default().to_owned();
            member.founded |= line.contains("\"reclaim\":\"");
        }
    }

    /// Where one listens. It is waited for.
    pub(crate) fn address(&mut self, who: usize) -> String {
        self.until("an address", |crowd| crowd.members[who].address.is_some());
        self.members[who].address.clone().expect("just seen")
    }

    /// Waits until this holds; gives the time of the line that made it so.
    pub(crate) fn until(&mut self, what: &str, holds: impl Fn(&Crowd) -> bool) -> Instant {
        let end = Instant::now() + WAIT;
        let mut at = Instant::now();
        while !holds(self) {
            let Some(heard) = self.next(end) else {
                panic!("{}: {what}: not within {} s; {}", self.side.name(), WAIT.as_secs(), self.standings())
            };
            at = heard.at;
        }
        at
    }

    fn standings(&self) -> String {
        let one = |m: &Member| format!("{} with {}", m.standing, m.company);
        self.members.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    /// Waits until each knows all others; ours stand confirmed. `star`: the bare ones know the first alone.
    pub(crate) fn complete(&mut self, star: bool) -> Instant {
        let others = self.members.len() - 1;
        self.until("everybody knows everybody", |crowd| {
            crowd.members.iter().enumerate().all(|(who, member)| match crowd.side {
                Side::Ours => member.standing == "confirmed" && member.company >= others,
                _ if star && who > 0 => member.company >= 1,
                _ => member.company >= others,
            })
        })
    }

    /// Has one say something, and gives when.
    pub(crate) fn say(&mut self, who: usize, text: &str) -> Instant {
        let line = self.side.spoken(text);
        let at = Instant::now();
        self.raw(who, line.as_bytes());
        at
    }

    /// Writes to one as it is.
    pub(crate) fn raw(&mut self, who: usize, bytes: &[u8]) {
        let stdin = self.members[who].stdin.as_mut().expect("its input is open");
        stdin.write_all(bytes).expect("it reads");
    }

    /// Takes an input out, to be written to by another thread.
    pub(crate) fn input(&mut self, who: usize) -> ChildStdin {
        self.members[who].stdin.take().expect("its input is open")
    }

    /// The number by which the system knows it.
    pub(crate) fn pid(&self, who: usize) -> u32 {
        self.members[who].child.id()
    }

    /// Whether all still run.
    pub(crate) fn all_run(&mut self) -> bool {
        self.members.iter_mut().all(|member| member.child.try_wait().is_ok_and(|ended| ended.is_none()))
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        for member in &mut self.members {
            // An error means that it has ended by itself.
            let _ = member.child.kill();
            let _ = member.child.wait();
        }
        if let Some(file) = &self.secret {
            let _ = fs::remove_file(file);
        }
    }
}
