//! A node started from what was typed, with a face before it, until its last word.

use std::io::{self, Write};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use zeroize::Zeroizing;

use super::args::{self, All};
use super::config::Settings;
use super::raw::{self, Wiped};
use super::report::Failure;
use super::secret::{self, Chosen};
use super::signals::Signals;
use super::stdin::{self, Typed};
use super::values::Rate;
use crate::base::nick::Nick;
use crate::base::secret::Text;
use crate::base::time::Unix;
use crate::chat::event::Event;
use crate::chat::lines;
use crate::chat::name::{Level, RoomChange, Standing};
use crate::chat::notice::{Notice, Refusal, Said};
use crate::chat::problem::Problem;
use crate::chat::reply::Reply;
use crate::chat::request::{Asked, Join, Request};
use crate::chat::text::Line;
use crate::crypto::name::RoomName;
use crate::crypto::words;
use crate::net;
use crate::node::clock::instant;
use crate::node::harden::Hardening;
use crate::node::zone::Zone;
use crate::node::{self, Asking, Errands, Telling, control, random};
use crate::pipe;
use crate::plain;
use crate::wire::log::{self, Policy};

/// How often a face that waits for nothing is looked at.
const LOOK: Duration = Duration::from_secs(3_600);

/// What a session is made of besides the face.
pub(super) struct Plan {
    pub(super) who: args::Who,
    pub(super) secret: args::Secret,
    pub(super) room: args::Room,
    pub(super) network: args::Network,
    pub(super) all: All,
    pub(super) hardening: Hardening,
    pub(super) serve: bool,
    pub(super) stay: bool,
    /// Come into rooms that are there, and open none.
    pub(super) visit: bool,
    pub(super) key: Option<crate::base::secret::Secret<32>>,
    /// What was found wrong with the settings file.
    pub(super) warnings: Vec<String>,
}

impl Plan {
    /// Puts together what was typed, the environment and the settings file.
    pub(super) fn new(come: args::Come, mut all: All, settings: &Settings, hardening: Hardening) -> Plan {
        let args::Come { mut who, secret, mut room, mut network } = come;
        settings.fill(&mut who, &mut room, &mut network);
        settings.fill_all(&mut all);
        Plan {
            who,
            secret,
            room,
            network,
            all,
            hardening,
            serve: false,
            stay: false,
            visit: false,
            key: None,
            warnings: settings.warnings.clone(),
        }
    }

    /// The nick that was asked for, or two words drawn by chance.
    fn nick(&self) -> Result<Nick, Failure> {
        match &self.who.nick {
            Some(typed) => Nick::parse(typed)
                .map_err(|_| Failure::Usage("nothing visible is left of that nick".to_owned())),
            None => {
                let mut drawn = [0; 4];
                rand_core::Rng::fill_bytes(&mut random::os(), &mut drawn);
                Nick::parse(&words::mark(drawn)).map_err(|_| Failure::Usage("no nick".to_owned()))
            }
        }
    }

    fn policy(&self) -> Policy {
        let room = &self.room;
        Policy {
            max: room.max,
            ttl_s: room.ttl.map(values_seconds),
            history: room.history.map(|history| match history {
                args::History::None => log::History::None,
                args::History::Unexpired => log::History::Unexpired,
            }),
            knock: room.knock.then_some(true),
            rate: room.rate.map(|rate| match rate {
                Rate::Most(rate) => rate,
                // How a room spells that there is no limit.
                Rate::Off => 0,
            }),
            expires: room.expires.map(|length| {
                let now = crate::node::clock::Clock::new().wall();
                Unix(now.0.saturating_add(length.ms))
            }),
            ..Policy::default()
        }
    }

    /// Gets the room's secret, by asking if need be. A room that cannot be is refused before anything is asked.
    pub(super) fn doors(&self, rooms: &[String]) -> Result<Vec<(Line, Chosen)>, Failure> {
        let mut doors: Vec<(Line, Chosen)> = Vec::new();
        for typed in rooms {
            let invite = secret::invite(typed, &self.secret)?;
            let name = invite.as_ref().map_or(typed.as_str(), |invite| &invite.room);
            let name = RoomName::parse(name)
                .map_err(|err| Failure::Usage(format!("this cannot be the name of a room: {err}")))?;
            let line = Line::clean(name.as_str());
            if doors.iter().any(|(known, _)| *known == line) {
                return Err(Failure::Usage("the same room twice".to_owned()));
            }
            // What was typed or read once counts for all of them: stdin is read once.
            let before = doors.iter().find_map(|(_, chosen)| match chosen {
                Chosen::Open => Some(Chosen::Open),
                Chosen::Passphrase(text) => Some(Chosen::Passphrase(Zeroizing::new(text.to_string()))),
                Chosen::Invite(_) => None,
            });
            let chosen = match (invite, before) {
                (Some(_), _) => Chosen::Invite(Text::new(typed)),
                (None, Some(before)) => before,
                (None, None) => secret::obtain(&self.secret, self.all.no_input, name.as_str())?,
            };
            doors.push((line, chosen));
        }
        Ok(doors)
    }

    /// Starts the node.
    pub(super) fn start(&mut self) -> Result<(Asking, Telling), Failure> {
        let network = &self.network;
        let config = node::Config {
            net: net::Config {
                listen: network.listen.clone(),
                bootstrap: if network.lan_only { Vec::new() } else { network.bootstrap.clone() },
                key: self.key.take(),
                mdns: !network.no_mdns,
                dht: !network.no_dht && !network.lan_only,
                serve: self.serve,
            },
            nick: self.nick()?,
            policy: self.policy(),
            serve: self.serve,
            stay: self.stay,
            visit: self.visit || self.serve,
        };
        node::start(config).map_err(Failure::Network)
    }
}

fn values_seconds(length: super::values::Length) -> u64 {
    length.seconds()
}

/// Comes into rooms whose secrets are known.
pub(super) async fn enter(asking: &Asking, doors: Vec<(Line, Chosen)>) {
    for (room, chosen) in doors {
        let join = match chosen {
            Chosen::Open => Join::Named { room, passphrase: None },
            Chosen::Passphrase(text) => Join::Named { room, passphrase: Some(Text::new(&text)) },
            Chosen::Invite(link) => Join::Invite(link),
        };
        let join = Request::Join(Box::new(join));
        // Nobody typed it, so nobody is owed an answer; what becomes of it the room's own lines tell.
        let _answer = asking.question(Asked::here(join)).await;
    }
}

/// What stands before a node.
pub(super) trait Face {
    /// Tells what happened.
    fn told(&mut self, event: &Event) -> io::Result<()>;
    /// Looks at what time has brought about; gives when to look again, in milliseconds.
    fn passed(&mut self) -> io::Result<Option<u64>>;
    /// Takes what was typed.
    fn typed(&mut self, typed: Typed) -> io::Result<Option<Asked>>;
}

/// When a session without success ends by itself.
pub(super) struct Limits {
    /// Nobody was found for so long.
    pub(super) nobody: Option<Duration>,
    /// A refusal at this room's door ends it.
    pub(super) refused: Option<Line>,
}

/// Runs a face before a node until its last word; gives the exit code.
pub(super) async fn run(
    asking: Asking,
    mut telling: Telling,
    mut face: impl Face,
    limits: Limits,
    plan: &Plan,
) -> Result<u8, Failure> {
    let ended = sit(&asking, &mut telling, &mut face, limits, plan).await;
    if let Err(Failure::Output(err)) = &ended {
        // Nobody reads any more, a closed terminal say; the others are still told that this node goes.
        asking.end(if err.kind() == io::ErrorKind::BrokenPipe { 0 } else { 1 }, "nobody reads").await;
        while telling.next().await.is_some() {}
    }
    ended
}

async fn sit(
    asking: &Asking,
    telling: &mut Telling,
    face: &mut impl Face,
    limits: Limits,
    plan: &Plan,
) -> Result<u8, Failure> {
    let mut signals = Signals::new()?;
    let mut typing = Some(stdin::lines()?);
    #[cfg(unix)]
    let _door = control::open(&control::folder(), asking.clone())
        .inspect_err(|err| tracing::warn!(%err, "no door for `status`"));
    for warning in &plan.warnings {
        writeln!(io::stderr(), "warning: {warning}")?;
    }
    let deadline = limits.nobody.map(|wait| instant() + wait);
    let (mut met, mut stopping, mut greeted) = (false, false, false);
    let mut errands = Errands::new(asking.clone());
    loop {
        let look = face.passed()?.map_or(LOOK, Duration::from_millis);
        tokio::select! {
            event = telling.next() => match event {
                Some(Event::Bye(bye)) => {
                    face.told(&Event::Bye(bye.clone()))?;
                    return Ok(bye.code);
                }
                Some(event) => {
                    met |= stands(&event);
                    let refused = refusal(&event).filter(|_| limits.refused.as_ref() == event.room());
                    face.told(&event)?;
                    if !std::mem::replace(&mut greeted, true) {
                        unprotected(plan, face)?;
                    }
                    if let (Some((code, why)), false) = (refused, stopping) {
                        stopping = true;
                        errands.end(code, why);
                    }
                }
                None => return Ok(1),
            },
            () = errands.go() => {}
            line = hear(&mut typing), if errands.is_free() => match line {
                None => {
                    typing = None;
                    errands.end(0, "stdin is closed");
                }
                Some(typed) => {
                    if let Some(asked) = face.typed(typed)? {
                        errands.ask(asked);
                    }
                }
            },
            (code, why) = signals.next() => {
                if stopping {
                    // Twice means now.
                    return Ok(code);
                }
                stopping = true;
                errands.end(code, why);
            }
            () = until(deadline.filter(|_| !met && !stopping)) => {
                stopping = true;
                errands.end(4, "nobody was found in time");
            }
            () = sleep_until(instant() + look) => {}
        }
    }
}

/// Tells what protection the process did not get.
fn unprotected(plan: &Plan, face: &mut impl Face) -> io::Result<()> {
    plan.hardening.missing().try_for_each(|missing| {
        tracing::warn!(what = missing.what, "not protected");
        face.told(&Event::Notice(Notice::node(Said::Unprotected { what: missing.what })))
    })
}

async fn hear(typing: &mut Option<tokio::sync::mpsc::Receiver<Typed>>) -> Option<Typed> {
    match typing {
        Some(lines) => lines.recv().await,
        None => std::future::pending().await,
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Whether somebody else was found.
pub(super) fn stands(event: &Event) -> bool {
    matches!(event, Event::Room(line) if line.facts.state == Standing::Confirmed)
}

/// Says on stderr what keeps a command that shows nothing else from its end.
pub(super) fn complain(event: &Event, all: &All) -> io::Result<()> {
    let Event::Notice(Notice { room, said }) = event else { return Ok(()) };
    let matters =
        matches!(said, Said::BootstrapFailed { .. }) || (room.is_some() && said.level() == Level::Error);
    if !matters || all.json {
        return Ok(());
    }
    let hint = said.hint();
    writeln!(io::stderr(), "{}{}{hint}", said.text(), if hint.is_empty() { "" } else { "\n" })
}

/// The exit code of a refusal that waiting does not mend.
pub(super) fn refusal(event: &Event) -> Option<(u8, &'static str)> {
    match event {
        Event::Notice(Notice { said: Said::NotAdmitted(why), .. }) => match why {
            Refusal::Knock => None,
            Refusal::Full | Refusal::Closed => Some((7, "the room is closed or full")),
            Refusal::Version => Some((12, "another version of the protocol")),
            _ => Some((5, "not admitted")),
        },
        Event::Room(line) if line.change == RoomChange::Closed || line.change == RoomChange::Expired => None,
        _ => None,
    }
}

/// Runs a node that nobody sits at.
pub(super) async fn serve(
    asking: Asking,
    mut telling: Telling,
    mut face: Served,
    plan: &Plan,
) -> Result<u8, Failure> {
    let mut signals = Signals::new()?;
    #[cfg(unix)]
    let _door = control::open(&control::folder(), asking.clone())
        .inspect_err(|err| tracing::warn!(%err, "no door for `status`"));
    for missing in plan.hardening.missing() {
        tracing::warn!(what = missing.what, "not protected");
    }
    loop {
        tokio::select! {
            event = telling.next() => match event {
                Some(Event::Bye(bye)) => {
                    face.told(&Event::Bye(bye.clone()))?;
                    return Ok(bye.code);
                }
                Some(event) => face.told(&event)?,
                None => return Ok(1),
            },
            (code, why) = signals.next() => {
                asking.end(code, why).await;
            }
        }
    }
}

/// The face of a node that serves: addresses, links and troubles, and never a word of a room.
pub(super) struct Served {
    json: Option<Pipe>,
}

impl Served {
    pub(super) fn new(asking: &Asking, json: bool) -> io::Result<Served> {
        Ok(Served { json: json.then(|| Pipe::new(asking)).transpose()? })
    }

    fn told(&mut self, event: &Event) -> io::Result<()> {
        let shown = matches!(
            event,
            Event::Hello(_)
                | Event::Listening(_)
                | Event::Peer(_)
                | Event::Net(_)
                | Event::Notice(_)
                | Event::Bye(_)
        );
        match (&mut self.json, event) {
            (Some(pipe), event) if shown => pipe.told(event),
            (None, Event::Listening(addr)) => writeln!(io::stdout(), "listening on {}", addr.as_str()),
            (None, Event::Notice(notice)) => writeln!(io::stderr(), "{}", notice.said.text()),
            _ => Ok(()),
        }
    }
}

/// The face for people.
pub(super) struct Plain {
    state: plain::State,
    zone: Zone,
    out: Wiped<raw::Stdout>,
    clock: crate::node::clock::Clock,
}

impl Plain {
    pub(super) fn new(asking: &Asking) -> io::Result<Plain> {
        let out = Wiped::new(raw::stdout()?);
        let (clock, zone) = (asking.clock(), Zone::here());
        let state = plain::State::new(zone.minutes_east(clock.wall()));
        Ok(Plain { state, zone, out, clock })
    }

    fn moment(&mut self) -> plain::Moment {
        let at = plain::Moment { now: self.clock.now(), ts: self.clock.wall() };
        // Summer may have begun since the last line.
        self.state.stand(self.zone.minutes_east(at.ts));
        at
    }
}

impl Face for Plain {
    fn told(&mut self, event: &Event) -> io::Result<()> {
        let at = self.moment();
        plain::render(event, at, &mut self.state, &mut self.out)?;
        self.out.flush()
    }

    fn passed(&mut self) -> io::Result<Option<u64>> {
        let at = self.moment();
        plain::tick(at, &mut self.state, &mut self.out)?;
        self.out.flush()?;
        Ok(self.state.next_due().map(|due| due.since(at.now).max(10)))
    }

    fn typed(&mut self, typed: Typed) -> io::Result<Option<Asked>> {
        let at = self.moment();
        let Some(bytes) = typed else {
            let why = Problem::TooLong { what: "the line", most: lines::LINE_BYTES };
            self.told(&Event::Reply(Box::new(Reply::refused(None, why))))?;
            return Ok(None);
        };
        if let Ok(text) = std::str::from_utf8(&bytes) {
            return plain::typed(text, at, &mut self.state, &mut self.out);
        }
        // What is no text is shown as the marks that stand for it, and refused like any other line that is nothing.
        let text = Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
        plain::typed(&text, at, &mut self.state, &mut self.out)
    }
}

/// The face for programs.
pub(super) struct Pipe {
    out: raw::Stdout,
    /// The one copy of a line on its way out.
    buffer: Zeroizing<Vec<u8>>,
    seq: u64,
    clock: crate::node::clock::Clock,
}

impl Pipe {
    pub(super) fn new(asking: &Asking) -> io::Result<Pipe> {
        Ok(Pipe { out: raw::stdout()?, buffer: Zeroizing::default(), seq: 0, clock: asking.clock() })
    }
}

impl Face for Pipe {
    fn told(&mut self, event: &Event) -> io::Result<()> {
        self.seq += 1;
        let stamp = pipe::Stamp { seq: self.seq, ts: self.clock.wall(), now: self.clock.now() };
        pipe::encode(event, &stamp, &mut self.buffer);
        let done = self.out.write_all(&self.buffer);
        zeroize::Zeroize::zeroize(&mut *self.buffer);
        done
    }

    fn passed(&mut self) -> io::Result<Option<u64>> {
        Ok(None)
    }

    fn typed(&mut self, typed: Typed) -> io::Result<Option<Asked>> {
        let raw = typed.as_ref().map_or(lines::Line::TooLong, |bytes| lines::Line::Whole(bytes));
        match pipe::decode(&raw) {
            Ok(asked) => Ok(Some(asked)),
            Err(reply) => self.told(&Event::Reply(reply)).map(|()| None),
        }
    }
}
