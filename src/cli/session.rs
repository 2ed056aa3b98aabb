//! A node started from what was typed, with a face before it, until its last word.

use std::io::{self, Write};
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::args::All;
use super::face::{Face, Pipe, Plain};
use super::plan::Plan;
use super::raw;
use super::reload::Again;
use super::report::Failure;
use super::secret::Chosen;
use super::signals::{Signal, Signals};
use super::stdin::{self, Typed, Typing};
use crate::base::secret::Text;
use crate::base::stack;
use crate::chat::event::Event;
use crate::chat::name::{Level, RoomChange, Standing};
use crate::chat::notice::{Notice, Refusal, Said};
use crate::chat::request::{Asked, INVITE_MS, Join, Request};
use crate::chat::text::Line;
use crate::node::clock::instant;
use crate::node::{self, Asking, Errands, Telling};
use crate::room::Keepsake;
use crate::room::entry::Intent;
use crate::{pipe, plain};

/// Uses of the first invite.
const USES: u64 = 1;
/// The system names this machine's addresses one after the other, in the first moments. An invite without them would lead
/// nowhere but to the local network.
const SETTLED: Duration = Duration::from_millis(300);
/// How often a face that waits for nothing is looked at.
const LOOK: Duration = Duration::from_secs(3_600);

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

/// Comes back to a room that was kept.
pub(super) async fn come_back(asking: &Asking, keepsake: Keepsake) {
    let (name, root) = (Line::clean(keepsake.root.name().as_str()), keepsake.root.duplicate());
    asking.enter(name, root, Intent::Reopen(Box::new(keepsake))).await;
}

/// Opens a room of one's own, and makes the first invite to it.
pub(super) async fn found(asking: &Asking, room: Option<&Line>, qr: bool) {
    asking.ask(Asked::here(Request::New(room.cloned()))).await;
    let later = asking.clone();
    tokio::spawn(async move {
        sleep(SETTLED).await;
        later.ask(Asked::here(Request::Invite { uses: USES, valid_ms: INVITE_MS, qr })).await;
    });
}

/// Puts the face that was asked for before a node that somebody sits at.
pub(super) async fn talk(asking: Asking, telling: Telling, plan: &Plan) -> Result<u8, Failure> {
    if plan.all.json {
        let face = Pipe::new(&asking)?;
        return run(asking, telling, face, Some(stdin::lines(pipe::is_panic)?), plan).await;
    }
    let face = Plain::new(&asking)?;
    run(asking, telling, face, Some(stdin::lines(plain::is_panic)?), plan).await
}

/// Runs a face before a node until its last word, with whatever is typed meanwhile; gives the exit code.
pub(super) async fn run(
    asking: Asking,
    mut telling: Telling,
    mut face: impl Face,
    typing: Option<Typing>,
    plan: &Plan,
) -> Result<u8, Failure> {
    let ended = sit(&asking, &mut telling, &mut face, typing, plan).await;
    part(&asking, &mut telling, ended).await
}

/// Sees to it that the others are told that this node goes, where nobody reads any more: a closed terminal, say, or a
/// reader who stands still while a signal asks for the end, or while everything is to be burned.
pub(super) async fn part(
    asking: &Asking,
    telling: &mut Telling,
    ended: Result<u8, Failure>,
) -> Result<u8, Failure> {
    let Err(Failure::Output(err)) = &ended else { return ended };
    let asked = raw::pressed();
    let code = asked.unwrap_or_else(|| u8::from(err.kind() != io::ErrorKind::BrokenPipe));
    // A node that is owed a reader takes no request: what it tells is taken meanwhile, and dropped.
    tokio::join!(asking.end(code, "nobody reads"), async { while telling.next().await.is_some() {} });
    match asked {
        Some(node::PANIC) => Ok(0),
        Some(code) => Ok(code),
        None => ended,
    }
}

async fn sit(
    asking: &Asking,
    telling: &mut Telling,
    face: &mut impl Face,
    mut typing: Option<Typing>,
    plan: &Plan,
) -> Result<u8, Failure> {
    let mut signals = if plan.again.is_some() { Signals::serving() } else { Signals::new() }?;
    #[cfg(unix)]
    let _door = plan.door_for_status(asking);
    plan.warn()?;
    let deadline = plan.network.timeout.map(|wait| instant() + Duration::from_millis(wait.ms));
    let (mut met, mut stopping, mut greeted) = (false, false, false);
    let mut errands = Errands::new(asking.clone());
    loop {
        stack::wipe::<{ stack::EVENT }>();
        let look = face.passed()?.map_or(LOOK, Duration::from_millis);
        if !telling.waits() {
            // What happens together is handed over together: a message sent is three lines.
            face.flush()?;
        }
        tokio::select! {
            event = telling.next() => match event {
                Some(Event::Bye(bye)) => {
                    face.told(&Event::Bye(bye.clone()))?;
                    face.flush()?;
                    return Ok(bye.code);
                }
                Some(event) => {
                    met |= stands(&event);
                    let refused = refusal(&event).filter(|_| plan.door.as_ref() == event.room());
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
            signal = signals.next() => match signal {
                // Twice means now.
                Signal::End(code, _) if stopping => return Ok(code),
                Signal::End(code, why) => {
                    stopping = true;
                    errands.end(code, why);
                }
                Signal::Again => reload(plan, asking, face).await?,
            },
            () = until(deadline.filter(|_| !met && !stopping)) => {
                stopping = true;
                errands.end(4, "nobody was found in time");
            }
            () = sleep_until(instant() + look) => {}
        }
    }
}

/// Reads the settings again. What is wrong with them is told, and then nothing changes.
async fn reload(plan: &Plan, asking: &Asking, face: &mut impl Face) -> Result<(), Failure> {
    match plan.again.as_ref().map(Again::read) {
        None => Ok(()),
        Some(Ok((limits, places))) => {
            asking.retune(limits, places).await;
            Ok(())
        }
        Some(Err(why)) => {
            let why = Line::clean(&why.sentence());
            Ok(face.told(&Event::Notice(Notice::node(Said::NotReloaded { why })))?)
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

pub(super) async fn hear(typing: &mut Option<Typing>) -> Option<Typed> {
    match typing {
        Some(lines) => lines.next().await,
        None => std::future::pending().await,
    }
}

pub(super) async fn until(deadline: Option<Instant>) {
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
            Refusal::Removed => Some((6, "removed")),
            Refusal::Version => Some((12, "another version of the protocol")),
            _ => Some((5, "not admitted")),
        },
        Event::Room(line) if line.change == RoomChange::Closed || line.change == RoomChange::Expired => None,
        _ => None,
    }
}
