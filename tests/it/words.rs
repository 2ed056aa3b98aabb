//! The few words the tests are written in. Every wait has an end, and says what was seen when it comes.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// The longest wait for anything.
pub(crate) const WAIT: Duration = Duration::from_secs(30);
const PROGRAM: &str = env!("CARGO_BIN_EXE_ephem-node");

/// Nodes on loopback. The first is whom the others ask.
pub(crate) struct Net {
    nodes: BTreeMap<String, Node>,
    first: Option<String>,
    secret: Option<String>,
    cid: u64,
    folder: Folder,
    /// The longest wait for anything.
    pub(crate) patience: Duration,
    /// Where nodes started from now on find the first one, if not at its own address.
    pub(crate) via: Option<String>,
    /// What nodes started from now on find in their environment besides.
    pub(crate) env: Vec<(&'static str, String)>,
}

/// A folder of this test alone, gone with it: the runtime directory of its nodes.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Folder {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("ephem-it-{}-{n}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What keeps a node on this machine.
pub(crate) const QUIET: [&str; 4] = ["--no-mdns", "--no-dht", "--listen", "/ip4/127.0.0.1/tcp/0"];

/// The program, with nothing of the person's own settings, in a runtime directory of the test's.
pub(crate) fn program(runtime: &Path) -> Command {
    settled(Command::new(PROGRAM), runtime)
}

fn settled(mut command: Command, runtime: &Path) -> Command {
    for variable in ["EPHEM_NICK", "EPHEM_PROFILE", "EPHEM_BOOTSTRAP", "EPHEM_LISTEN", "EPHEM_TTL"] {
        command.env_remove(variable);
    }
    command.env("XDG_CONFIG_HOME", "/nonexistent").env("XDG_RUNTIME_DIR", runtime);
    command
}

struct Node {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    seen: RefCell<Vec<Value>>,
    /// How far `until` has looked.
    read: usize,
}

impl Net {
    /// So many nodes, none of them in a room.
    pub(crate) fn of(names: &[&str]) -> Net {
        let mut net = Net::empty(None);
        names.iter().for_each(|name| net.start(name, &[], None));
        net
    }

    /// One node that has opened `lobby`, with settings of its own.
    pub(crate) fn hosted_by(name: &str, settings: &[&str]) -> Net {
        let mut net = Net::empty(None);
        net.start(name, &[&["lobby"], settings].concat(), None);
        // The room is there before anybody comes: its settings are its founder's.
        net.until(name, |line| line["type"] == "room" && line["event"] == "joined");
        net
    }

    /// So many nodes in `lobby`, behind a passphrase.
    pub(crate) fn with_secret(names: &[&str], secret: &str) -> Net {
        let mut net = Net::empty(Some(secret));
        names.iter().for_each(|name| net.join(name, Some(secret)));
        net
    }

    fn empty(secret: Option<&str>) -> Net {
        let secret = secret.map(str::to_owned);
        let folder = Folder::new();
        let (nodes, env) = (BTreeMap::new(), Vec::new());
        Net { nodes, first: None, secret, cid: 0, folder, patience: WAIT, via: None, env }
    }

    /// The runtime directory of these nodes.
    pub(crate) fn runtime(&self) -> &Path {
        self.folder.path()
    }

    /// One more node, in `lobby`.
    pub(crate) fn join(&mut self, name: &str, secret: Option<&str>) {
        self.start(name, &["lobby"], secret);
    }

    /// One more node on loopback, with arguments of its own. Its passphrase goes in by a file of its own.
    pub(crate) fn start(&mut self, name: &str, args: &[&str], secret: Option<&str>) {
        self.open(name, &[&["pipe"], args].concat(), secret);
    }

    /// One more node on loopback, by another command that prints JSON lines.
    pub(crate) fn open(&mut self, name: &str, args: &[&str], secret: Option<&str>) {
        let mut command = Command::new(PROGRAM);
        command.args(args).args(["--nick", name]).args(self.near());
        self.spawn(name, command, secret);
    }

    /// What leads to the others and to nobody else.
    pub(crate) fn near(&self) -> Vec<String> {
        let mut args: Vec<String> = QUIET.iter().map(|arg| (*arg).to_owned()).collect();
        if let Some(first) = &self.first {
            let address = self.via.clone().unwrap_or_else(|| self.nodes[first].address());
            args.extend(["--bootstrap".to_owned(), address]);
        }
        args
    }

    /// Runs a command of one's own to its end, on the same loopback.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.begin(args).join().expect("it ends")
    }

    /// The same, without waiting for its end.
    pub(crate) fn begin(&self, args: &[&str]) -> thread::JoinHandle<Output> {
        let mut command = program(self.runtime());
        command.args(args).args(self.near());
        thread::spawn(move || finish(&mut command, None))
    }

    /// Runs a command that asks a running node.
    pub(crate) fn question(&self, args: &[&str]) -> Output {
        finish(program(self.runtime()).args(args), None)
    }

    /// A node that asks nobody, because whom the others asked is gone.
    pub(crate) fn start_first(&mut self, name: &str, args: &[&str]) {
        self.first = None;
        self.start(name, args, None);
    }

    /// One more node in a network namespace, in `lobby`, with nothing configured but these arguments.
    #[allow(dead_code, reason = "the lab's word; the tests on loopback share this file")]
    pub(crate) fn start_in(&mut self, namespace: &str, name: &str, args: &[&str]) {
        self.start_at(namespace, name, "lobby", args);
    }

    /// The same in another room.
    #[allow(dead_code, reason = "the lab's word; the tests on loopback share this file")]
    pub(crate) fn start_at(&mut self, namespace: &str, name: &str, room: &str, args: &[&str]) {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", namespace, PROGRAM, "pipe", room, "--nick", name]).args(args);
        self.spawn(name, command, None);
    }

    /// A node that serves, in a network namespace.
    #[allow(dead_code, reason = "the lab's word; the tests on loopback share this file")]
    pub(crate) fn serve_in(&mut self, namespace: &str, name: &str, args: &[&str]) {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", namespace, PROGRAM, "serve", "--json", "--no-mdns"]).args(args);
        self.spawn(name, command, None);
    }

    fn spawn(&mut self, name: &str, mut command: Command, secret: Option<&str>) {
        let file = secret.map(|secret| {
            let path = self.runtime().join(format!("secret-{name}"));
            std::fs::write(&path, secret).expect("a file for the passphrase");
            command.arg("--passphrase-file").arg(&path);
            path
        });
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        let mut child = settled(command, self.runtime())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the program starts");
        let stdout = child.stdout.take().expect("a pipe");
        let (to, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                let Ok(line) = line else { return };
                if to.send(line).is_err() {
                    return;
                }
            }
        });
        let stdin = child.stdin.take();
        let node = Node { child, stdin, lines, seen: RefCell::new(Vec::new()), read: 0 };
        self.nodes.insert(name.to_owned(), node);
        self.until(name, |line| line["type"] == "hello");
        self.until(name, |line| line["type"] == "listening");
        self.first.get_or_insert_with(|| name.to_owned());
        if let Some(file) = file {
            // The hash has begun once the node says that it is coming in.
            self.until(name, |line| line["type"] == "room" && line["event"] == "joining");
            let _ = std::fs::remove_file(file);
        }
    }

    /// Everybody joins a room, and stands confirmed.
    pub(crate) fn join_all(mut self, room: &str) -> Net {
        let names: Vec<String> = self.nodes.keys().cloned().collect();
        for name in &names {
            let secret = self.secret.clone();
            self.ask(name, json!({"cmd": "join", "room": room, "passphrase": secret}));
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        self.confirmed(&names);
        self
    }

    /// Waits until these all know each other and stand confirmed.
    pub(crate) fn confirmed(&mut self, names: &[&str]) {
        names.iter().for_each(|name| self.counts(name, names.len() as u64));
    }

    /// Waits until this one stands confirmed among so many.
    pub(crate) fn counts(&mut self, name: &str, members: u64) {
        self.eventually(name, |seen| {
            let last = seen.iter().rfind(|line| line["type"] == "room");
            last.is_some_and(|line| line["state"] == "confirmed" && line["members"].as_u64() >= Some(members))
        });
    }

    /// Somebody says something.
    pub(crate) fn say(&mut self, name: &str, text: &str) -> &mut Net {
        self.talk(name, "lobby", text)
    }

    /// Somebody says something in a room of another name.
    pub(crate) fn talk(&mut self, name: &str, room: &str, text: &str) -> &mut Net {
        let reply = self.ask(name, json!({"cmd": "send", "room": room, "text": text}));
        assert_eq!(reply["ok"], true, "{name} could not say it: {reply}");
        self
    }

    /// Everybody gets it, once.
    pub(crate) fn expect_all(&mut self, text: &str) {
        let names: Vec<String> = self.nodes.keys().cloned().collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        self.expect(&names, text);
    }

    /// These get it, once.
    pub(crate) fn expect(&mut self, names: &[&str], text: &str) {
        let is = |line: &Value| line["type"] == "message" && line["text"] == text;
        for name in names {
            self.eventually(name, |seen| seen.iter().any(is));
            assert_eq!(self.count(name, is), 1, "{name} got it more than once");
        }
    }

    /// This one has not got it, looked at once the others have and it has answered a question since.
    pub(crate) fn never(&mut self, name: &str, text: &str) {
        self.ask(name, json!({"cmd": "rooms"}));
        assert_eq!(self.count(name, |line| line["text"] == text), 0, "{name} should not have got it");
    }

    /// The words that `name` compares.
    pub(crate) fn mark(&mut self, name: &str) -> String {
        let node = &self.nodes[name];
        let seen = node.seen.borrow();
        let line = seen.iter().find(|line| line["type"] == "room").expect("a room line");
        line["mark"].as_str().expect("a mark").to_owned()
    }

    /// Asks something, and gives the answer.
    pub(crate) fn ask(&mut self, name: &str, mut command: Value) -> Value {
        self.cid += 1;
        let cid = format!("it-{}", self.cid);
        command["cid"] = json!(cid);
        self.raw(name, &command.to_string());
        self.until(name, |line| line["type"] == "reply" && line["cid"] == cid)
    }

    /// The number of somebody's process.
    #[allow(dead_code, reason = "the lab's word; the tests on loopback share this file")]
    pub(crate) fn pid(&self, name: &str) -> u32 {
        self.nodes[name].child.id()
    }

    /// Where somebody listens.
    #[allow(dead_code, reason = "a word of the tests on loopback; the lab shares this file")]
    pub(crate) fn address(&self, name: &str) -> String {
        self.nodes[name].address()
    }

    /// Waits until a node's own stamp is beyond this.
    pub(crate) fn clock_passes(&mut self, name: &str, ts: u64) {
        let end = Instant::now() + self.patience;
        while self.ask(name, json!({"cmd": "rooms"}))["ts"].as_u64() <= Some(ts) {
            assert!(Instant::now() < end, "{name}'s clock stands still");
            thread::yield_now();
        }
    }

    /// Writes a line as it is.
    pub(crate) fn raw(&mut self, name: &str, line: &str) {
        let node = self.nodes.get_mut(name).expect("a node of that name");
        let stdin = node.stdin.as_mut().expect("its stdin is open");
        stdin.write_all(line.as_bytes()).and_then(|()| stdin.write_all(b"\n")).expect("it reads");
    }

    /// The next line, from where the last such call stopped, of which this holds.
    pub(crate) fn until(&mut self, name: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + self.patience;
        loop {
            let node = self.nodes.get_mut(name).expect("a node of that name");
            {
                let seen = node.seen.borrow();
                while node.read < seen.len() {
                    node.read += 1;
                    if holds(&seen[node.read - 1]) {
                        return seen[node.read - 1].clone();
                    }
                }
            }
            node.take(end, name);
        }
    }

    /// Waits until this holds of everything seen.
    pub(crate) fn eventually(&mut self, name: &str, holds: impl Fn(&[Value]) -> bool) {
        let end = Instant::now() + self.patience;
        loop {
            let node = self.nodes.get(name).expect("a node of that name");
            if holds(&node.seen.borrow()) {
                return;
            }
            node.take(end, name);
        }
    }

    /// The first line seen so far of which this holds.
    pub(crate) fn find(&self, name: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let seen = self.nodes[name].seen.borrow();
        seen.iter().find(|line| holds(line)).expect("it has been seen").clone()
    }

    /// The texts heard so far, in their order.
    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        let seen = self.nodes[name].seen.borrow();
        let texts = seen.iter().filter(|line| line["type"] == "message");
        texts.filter_map(|line| line["text"].as_str().map(str::to_owned)).collect()
    }

    /// Everything seen so far.
    #[allow(dead_code, reason = "a word of the tests on loopback; the lab shares this file")]
    pub(crate) fn lines(&self, name: &str) -> Vec<Value> {
        self.nodes[name].seen.borrow().clone()
    }

    /// Of how many lines seen so far this holds.
    pub(crate) fn count(&mut self, name: &str, holds: impl Fn(&Value) -> bool) -> usize {
        self.nodes[name].seen.borrow().iter().filter(|line| holds(line)).count()
    }

    /// Nobody types any more.
    pub(crate) fn close_stdin(&mut self, name: &str) {
        self.nodes.get_mut(name).expect("a node of that name").stdin = None;
    }

    /// Stops a process without asking.
    pub(crate) fn kill(&mut self, name: &str) {
        let mut node = self.nodes.remove(name).expect("a node of that name");
        node.child.kill().and_then(|()| node.child.wait()).expect("it stops");
    }

    /// Sends a signal, by pid.
    #[cfg(unix)]
    pub(crate) fn signal(&mut self, name: &str, signal: &str) {
        send(self.nodes[name].child.id(), signal);
    }

    /// The last word, and the exit code.
    pub(crate) fn ended(&mut self, name: &str) -> (Value, Option<i32>) {
        let bye = self.until(name, |line| line["type"] == "bye");
        let mut node = self.nodes.remove(name).expect("a node of that name");
        let end = Instant::now() + self.patience;
        loop {
            match node.child.try_wait().expect("its state") {
                Some(status) => return (bye, status.code()),
                None if Instant::now() > end => panic!("{name} said bye and stays"),
                None => thread::yield_now(),
            }
        }
    }
}

impl Node {
    fn address(&self) -> String {
        let seen = self.seen.borrow();
        let line = seen.iter().find(|line| line["type"] == "listening").expect("it listens");
        line["addr"].as_str().expect("an address").to_owned()
    }

    /// Waits for one more line.
    fn take(&self, end: Instant, name: &str) {
        match self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                let line = serde_json::from_str(&line).unwrap_or_else(|err| panic!("{name}: {err}: {line}"));
                self.seen.borrow_mut().push(line);
            }
            Err(why) => {
                let seen: Vec<String> = self.seen.borrow().iter().map(Value::to_string).collect();
                let what =
                    if why == RecvTimeoutError::Timeout { "nothing more in time" } else { "it has ended" };
                panic!("{name}: {what}; seen:\n{}", seen.join("\n"));
            }
        }
    }
}

/// Sends a signal to a process. One that is to stop has stopped when this comes back: on a busy machine one of its threads may
/// go on for a moment, as long as the one that got the signal waits for its turn.
#[cfg(unix)]
pub(crate) fn send(pid: u32, signal: &str) {
    let done = Command::new("kill").args([&format!("-{signal}"), &pid.to_string()]).status();
    assert!(done.expect("kill").success());
    let end = Instant::now() + WAIT;
    while signal == "STOP" && !stands_still(pid) {
        assert!(Instant::now() < end, "it does not stop");
        thread::yield_now();
    }
}

/// Whether all threads of a process are stopped, as far as the system tells.
#[cfg(unix)]
fn stands_still(pid: u32) -> bool {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return true };
    threads.flatten().all(|thread| {
        let state = std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        state.rsplit_once(") ").is_none_or(|(_, state)| state.starts_with('T'))
    })
}

/// Runs to its end, which comes within [`WAIT`].
pub(crate) fn finish(command: &mut Command, stdin: Option<&[u8]>) -> Output {
    let input = if stdin.is_some() { Stdio::piped() } else { Stdio::null() };
    let mut child = command
        .stdin(input)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    if let (Some(mut to), Some(bytes)) = (child.stdin.take(), stdin) {
        // A program that refuses without reading has said why.
        let _ = to.write_all(bytes);
    }
    let pid = child.id();
    let (done, end) = channel();
    thread::spawn(move || done.send(child.wait_with_output().expect("its output")));
    end.recv_timeout(WAIT).unwrap_or_else(|_| {
        let _ = Command::new("kill").args(["-9", &pid.to_string()]).status();
        panic!("{command:?} does not end: {:?}", end.recv_timeout(WAIT))
    })
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
