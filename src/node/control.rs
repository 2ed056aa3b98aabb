//! The door for other programs of the same user on the same machine: a socket in a folder only that user may enter. It
//! answers questions about the running node, and sees to a room's invites. No message passes.

use std::io;
use std::path::{Path, PathBuf};

/// The folder of the sockets: under the runtime directory, or one of the user's own in the temporary one.
#[expect(
    clippy::disallowed_methods,
    reason = "two programs of one user meet where the system says, not where one was told"
)]
pub fn folder() -> PathBuf {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|dir| dir.is_absolute());
    match runtime {
        Some(dir) => dir.join("ephem-node"),
        None => std::env::temp_dir().join(format!("ephem-node-{}", user())),
    }
}

#[cfg(unix)]
fn user() -> u32 {
    rustix::process::getuid().as_raw()
}

#[cfg(not(unix))]
fn user() -> u32 {
    0
}

/// Before each line that is beside the answer, where it is not JSON: it belongs to people alone, on stderr. No line that is
/// shown to people begins with such a character.
pub const ASIDE: char = '\u{16}';

/// The sockets of running nodes, the youngest first. What a dead node left behind is passed over by whoever connects.
pub fn sockets(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<_> = entries
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|ext| ext == "sock"))
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    found.sort();
    found.into_iter().rev().map(|(_, path)| path).collect()
}

/// The line that ends an answer where what was waited for is there.
pub const DONE: char = '\u{6}';

#[cfg(unix)]
pub use unix::{Door, open, question};

#[cfg(unix)]
mod unix {
    use std::fs::{self, DirBuilder};
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
    use std::time::Duration;

    use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
    use tokio::net::{UnixListener, UnixStream};
    use tokio::task::{JoinHandle, JoinSet};
    use tokio::time::{sleep, timeout};

    use super::{ASIDE, DONE, Path, PathBuf, io, user};
    use crate::chat::duration;
    use crate::chat::event::Event;
    use crate::chat::name::Route;
    use crate::chat::problem::Problem;
    use crate::chat::reply::{Answer, Reply};
    use crate::chat::request::{Asked, Request, USES_MOST, Who};
    use crate::chat::telling;
    use crate::chat::text::Line;
    use crate::node::Asking;
    use crate::node::zone::Zone;
    use crate::pipe;
    use crate::plain;
    use zeroize::Zeroizing;

    /// Questions answered at once.
    const CALLERS: usize = 8;
    /// The longest question.
    const QUESTION: u64 = 512;
    /// How long a caller may take to ask.
    const PATIENCE: Duration = Duration::from_secs(5);
    /// Before each line of a refusal. No line that is shown to people holds such a character.
    const REFUSED: char = '\u{15}';
    /// How often a watcher is told.
    const WATCH: Duration = Duration::from_secs(1);

    /// An open door; it closes, and its file goes, when this is dropped.
    #[derive(Debug)]
    pub struct Door {
        path: PathBuf,
        task: JoinHandle<()>,
    }

    impl Drop for Door {
        fn drop(&mut self) {
            self.task.abort();
            // Gone already: then somebody cleaned up for us.
            let _ = fs::remove_file(&self.path);
        }
    }

    /// Opens the door of a node.
    pub fn open(folder: &Path, asking: Asking) -> io::Result<Door> {
        private(folder)?;
        let path = folder.join(format!("{}.sock", std::process::id()));
        if path.exists() {
            // Of an earlier process with this number, which is dead since we have it.
            fs::remove_file(&path)?;
        }
        let listener = UnixListener::bind(&path)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        Ok(Door { path, task: tokio::spawn(serve(listener, asking)) })
    }

    /// Makes the folder, and refuses one that others could look into or have put there.
    fn private(folder: &Path) -> io::Result<()> {
        if let Err(err) = DirBuilder::new().recursive(true).mode(0o700).create(folder)
            && err.kind() != io::ErrorKind::AlreadyExists
        {
            return Err(err);
        }
        let meta = fs::symlink_metadata(folder)?;
        if !meta.is_dir() || meta.uid() != user() || meta.mode() & 0o077 != 0 {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                format!("{} is not a folder of this user alone", folder.display()),
            ));
        }
        Ok(())
    }

    async fn serve(listener: UnixListener, asking: Asking) {
        let mut callers = JoinSet::new();
        loop {
            tokio::select! {
                caller = listener.accept(), if callers.len() < CALLERS => {
                    let Ok((stream, _)) = caller else { return };
                    callers.spawn(hear(stream, asking.clone()));
                }
                Some(_done) = callers.join_next() => {}
            }
        }
    }

    async fn hear(stream: UnixStream, asking: Asking) {
        let (read, mut write) = stream.into_split();
        let mut line = String::new();
        let mut read = BufReader::new(read.take(QUESTION));
        let Ok(Ok(_)) = timeout(PATIENCE, read.read_line(&mut line)).await else { return };
        let mut words = line.split_whitespace();
        let json = words.next() == Some("json");
        let Some((asked, again, follow)) = understood(words) else { return };
        let invites = matches!(
            asked.request,
            Request::Invite { .. }
                | Request::InviteAgain { .. }
                | Request::Invites
                | Request::InviteRevoke(_)
        );
        let mut rest = Vec::new();
        let (mut before, mut way_before) = (Zeroizing::default(), None);
        loop {
            let outcome = asking.question(asked.clone()).await;
            if invites && matches!(outcome, Err(Problem::NoRoom | Problem::UnknownRoom)) {
                // Another node of this user may be there.
                return;
            }
            let ended = outcome.is_err();
            let told = encode(&asking, outcome, json);
            let way = match &follow {
                Some(who) if !ended => Some(way(&asking, who).await),
                _ => None,
            };
            // A watcher is told of changes: the time since the start is none, nor is a round trip to whoever follows a way.
            let news = if way.is_some() { way != way_before } else { told != before };
            if news && (write.write_all(&told).await.is_err() || write.flush().await.is_err()) {
                return;
            }
            if !again || ended {
                return;
            }
            if let Some(Some(Route::Lan | Route::Direct)) = way {
                // Whoever asked may have gone.
                return write.write_all(format!("{DONE}\n").as_bytes()).await.unwrap_or_default();
            }
            (before, way_before) = (told, way);
            tokio::select! {
                () = sleep(WATCH) => {}
                // Nothing more is said by a caller: it hung up.
                _ = read.read_until(b'\n', &mut rest) => return,
            }
        }
    }

    /// By which way a member is linked, if there is a link.
    async fn way(asking: &Asking, who: &Who) -> Option<Route> {
        match asking.question(Asked::here(Request::Whois(who.clone()))).await {
            Ok(Answer::Person(profile)) => profile.link.map(|link| link.route),
            _ => None,
        }
    }

    /// What is asked, whether again and again, and whom to follow until the way to them is straight.
    fn understood<'a>(mut words: impl Iterator<Item = &'a str>) -> Option<(Asked, bool, Option<Who>)> {
        let whom = |word: Option<&str>| word.map(|who| Who(Line::clean(who)));
        let (request, again, follow) = match words.next()? {
            "status" => (Request::Status, false, None),
            "watch" => (Request::Status, true, None),
            "ping" => (Request::Ping(whom(words.next())?), false, None),
            "follow" => {
                let who = whom(words.next())?;
                (Request::Ping(who.clone()), true, Some(who))
            }
            "invite" => (invite(&mut words)?, false, None),
            _ => return None,
        };
        let rest: Vec<&str> = words.collect();
        let room = (!rest.is_empty()).then(|| Line::clean(&rest.join(" ")));
        Some((Asked { room, ..Asked::here(request) }, again, follow))
    }

    fn invite<'a>(words: &mut impl Iterator<Item = &'a str>) -> Option<Request> {
        let id = |word: Option<&'a str>| word.map(Line::clean);
        Some(match words.next()? {
            "list" => Request::Invites,
            "show" => Request::InviteAgain { id: id(words.next())?, qr: words.next()? == "1" },
            "revoke" => Request::InviteRevoke(id(words.next())?),
            "make" => {
                let mut number = || words.next()?.parse::<u64>().ok();
                let uses = number().filter(|n| (1..=USES_MOST).contains(n))?;
                let valid_ms = number().filter(|n| (1..=duration::MOST_MS).contains(n))?;
                Request::Invite { uses, valid_ms, qr: words.next()? == "1" }
            }
            _ => return None,
        })
    }

    fn encode(asking: &Asking, outcome: Result<Answer, Problem>, json: bool) -> Zeroizing<Vec<u8>> {
        let (now, ts) = (asking.clock().now(), asking.clock().wall());
        let event = Event::Reply(Box::new(Reply { cid: None, outcome }));
        let mut told = Zeroizing::<Vec<u8>>::default();
        if let (Event::Reply(reply), false) = (&event, json)
            && let Err(problem) = &reply.outcome
        {
            let told = format!("{REFUSED}error: {}\n{REFUSED}{}\n", problem.text(), problem.hint());
            return Zeroizing::new(told.into_bytes());
        }
        match &event {
            Event::Reply(reply) if !json => match &reply.outcome {
                // To be pasted as it stands.
                Ok(Answer::Invite(invite)) => {
                    let asides = telling::beside(invite, ts);
                    let lines =
                        asides.iter().map(|line| Zeroizing::new(format!("{ASIDE}{}\n", line.as_str())));
                    told.extend_from_slice(invite.invite.as_str().as_bytes());
                    told.push(b'\n');
                    lines.for_each(|line| told.extend_from_slice(line.as_bytes()));
                    return told;
                }
                Ok(Answer::Invites(rows)) => {
                    rows.iter()
                        .for_each(|row| told.extend_from_slice(format!("{}\n", row.words(ts)).as_bytes()));
                    if rows.is_empty() {
                        told.extend_from_slice(format!("{ASIDE}{}\n", telling::NO_INVITE).as_bytes());
                    }
                    return told;
                }
                _ => {}
            },
            _ => {}
        }
        if json {
            pipe::encode(&event, &pipe::Stamp { seq: 1, ts, now }, &mut told);
        } else {
            let mut state = plain::State::new(Zone::here().minutes_east(ts));
            // Writing into memory does not fail.
            let _ = plain::render(&event, plain::Moment { now, ts }, &mut state, &mut *told);
        }
        told
    }

    /// Asks a running node, and gives its lines one by one until it hangs up: `Err` for what it refuses.
    pub async fn question(
        socket: &Path,
        question: &str,
        mut told: impl FnMut(Result<&str, &str>) -> io::Result<()>,
    ) -> io::Result<()> {
        let stream = UnixStream::connect(socket).await?;
        let (read, mut write) = stream.into_split();
        write.write_all(format!("{question}\n").as_bytes()).await?;
        let mut lines = BufReader::new(read).lines();
        while let Some(line) = lines.next_line().await? {
            told(line.strip_prefix(REFUSED).map_or(Ok(line.as_str()), Err))?;
        }
        Ok(())
    }
}
