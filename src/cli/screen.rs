//! The full screen before a node: the first frame before anything else, then the one question, then the talk.

use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::time::{Instant, sleep_until};
use zeroize::Zeroizing;

use super::keys::Keys;
use super::look::{desk, look};
use super::plan::Plan;
use super::raw::{self, Wiped};
use super::report::Failure;
use super::secret::Chosen;
use super::session;
use super::signals::Signals;
use crate::base::stack;
use crate::chat::event::Event;
use crate::chat::name::Level;
use crate::chat::notice::{Notice, Said};
use crate::chat::telling;
use crate::chat::text::Line;
use crate::crypto::strength::strength;
use crate::crypto::words;
use crate::node::clock::{Clock, instant};
use crate::node::zone::Zone;
use crate::node::{Asking, Errands, Telling, random, tour};
use crate::room::Keepsake;
use crate::tui::sequences;
use crate::tui::terminal::{self, Heard, Terminal};
use crate::tui::{Effect, Look, Moment, Screen};

/// Things typed that may wait: nobody types faster than they are taken.
const TYPED: usize = 256;
/// What came with a flood is drawn together: two frames lie at least so far apart, a key's own frame excepted.
const GAP: Duration = Duration::from_millis(16);
/// The longest sleep.
const NAP: Duration = Duration::from_secs(3_600);

/// A screen on a terminal.
pub(super) struct Stage {
    terminal: Terminal<Wiped<raw::Stdout>>,
    desk: sequences::Desk,
    screen: Screen,
    keys: Receiver<std::io::Result<Box<Heard>>>,
    signals: Signals,
    clock: Clock,
    zone: Zone,
    drawn: Instant,
    stale: bool,
    /// What the last thing was that ends a stay, in a sentence.
    over: Option<String>,
}

/// What the question at the door came to.
enum Door {
    Chosen(Chosen),
    Ended(u8),
}

impl Stage {
    /// The same as a plan has it. What is wrong with the settings stands on the terminal once it is given back.
    fn of(plan: &Plan, room: Option<&Line>) -> Result<Stage, Failure> {
        plan.warn()?;
        let mut stage = Stage::open(look(plan.all.color, &plan.screen), plan.likes.mouse, room)?;
        stage.screen.likes(plan.likes.habits.clone());
        stage.screen.keeps(plan.who.keep.profile.is_some());
        stage.screen.asks_at(plan.network.bootstrap.iter().map(|place| Line::clean(place.text())));
        Ok(stage)
    }

    /// Takes the terminal and draws the first frame.
    pub(super) fn open(look: Look, mouse: bool, room: Option<&Line>) -> Result<Stage, Failure> {
        terminal::guard_panics();
        let mut screen = Screen::new(look, in_words);
        room.into_iter().for_each(|room| screen.expect(room));
        let mut stage = Stage {
            terminal: Terminal::open(Wiped::new(raw::stdout()?), mouse)?,
            desk: desk(),
            screen,
            keys: listen()?,
            signals: Signals::new()?,
            clock: Clock::new(),
            zone: Zone::here(),
            drawn: instant(),
            stale: true,
            over: None,
        };
        stage.draw()?;
        Ok(stage)
    }

    /// Asks what admits to a room.
    async fn ask(&mut self, room: &Line, may_be_open: bool) -> Result<Door, Failure> {
        self.screen.ask_passphrase(room, may_be_open);
        loop {
            self.draw()?;
            stack::wipe::<{ stack::EVENT }>();
            let effects = tokio::select! {
                heard = self.keys.recv() => match heard {
                    Some(Ok(heard)) => self.heard(*heard)?,
                    Some(Err(_)) | None => return Ok(Door::Ended(129)),
                },
                (code, _) = self.signals.end() => return Ok(Door::Ended(code)),
            };
            for effect in effects {
                match effect {
                    Effect::Enter(typed) => {
                        return Ok(Door::Chosen(typed.map_or(Chosen::Open, Chosen::Passphrase)));
                    }
                    Effect::End(code) => return Ok(Door::Ended(code)),
                    Effect::Generate => {
                        let drawn = Zeroizing::new(words::generate_passphrase(&mut random::os()));
                        self.screen.generated(&drawn);
                    }
                    other => self.outside(other)?,
                }
            }
        }
    }

    fn heard(&mut self, heard: Heard) -> Result<Vec<Effect>, Failure> {
        self.stale = true;
        Ok(match heard {
            Heard::Input(input) => {
                let at = self.moment();
                self.screen.input(at, input)
            }
            Heard::Resized => {
                self.terminal.measure()?;
                Vec::new()
            }
        })
    }

    /// Effects that need no node.
    fn outside(&mut self, effect: Effect) -> Result<(), Failure> {
        match effect {
            Effect::Ring(room) => self.terminal.say(&sequences::ring(self.desk, room.as_str()))?,
            Effect::Copy(text) => {
                self.terminal.say(&sequences::copy(text.as_str()))?;
            }
            Effect::Repaint => self.terminal.repaint()?,
            Effect::Suspend => {
                self.terminal.leave()?;
                super::signals::suspend();
                self.terminal.enter()?;
            }
            Effect::Ask(_) | Effect::Enter(_) | Effect::Generate | Effect::End(_) => {}
        }
        self.stale = true;
        Ok(())
    }

    fn moment(&self) -> Moment {
        let ts = self.clock.wall();
        Moment { now: self.clock.now(), ts, zone_minutes: self.zone.minutes_east(ts).unwrap_or_default() }
    }

    fn draw(&mut self) -> Result<(), Failure> {
        let at = self.moment();
        let _ = self.screen.tick(at);
        let screen = &mut self.screen;
        self.terminal.draw(|cells| screen.draw(at, cells))?;
        (self.drawn, self.stale) = (instant(), false);
        Ok(())
    }

    /// When to look again: a frame that is owed, or a change that time brings.
    fn next_look(&self) -> Instant {
        if self.stale {
            return self.drawn + GAP;
        }
        let now = self.clock.now();
        let due = self.screen.next_due().map(|due| Duration::from_millis(due.since(now).max(1)));
        instant() + due.unwrap_or(NAP)
    }

    /// Runs until the node's last word; gives the exit code.
    async fn run(mut self, asking: Asking, mut telling: Telling, plan: &Plan) -> Result<u8, Failure> {
        let ended = self.sit(asking.clone(), &mut telling, plan).await;
        let over = self.over.take();
        // The terminal is given back before anything is said on it.
        drop(self);
        if let (Ok(code @ 1..), Some(why)) = (&ended, over) {
            writeln!(io::stderr(), "ended: {why} (exit code {code})")?;
        }
        session::part(&asking, &mut telling, ended).await
    }

    /// Keeps what may turn out to be the last word: what ends a stay says more than the goodbye after it.
    fn note_end(&mut self, event: &Event) {
        match event {
            Event::Notice(Notice { room: Some(_), said }) if ends(said) => {
                let told = telling::said(said);
                let hint = if told.hint.is_empty() { String::new() } else { format!("; {}", told.hint) };
                self.over = Some(format!("{}{hint}", told.text));
            }
            Event::Bye(bye) => self.over = self.over.take().or_else(|| Some(bye.why.as_str().to_owned())),
            _ => {}
        }
    }

    async fn sit(&mut self, asking: Asking, telling: &mut Telling, plan: &Plan) -> Result<u8, Failure> {
        #[cfg(unix)]
        let _door = plan.door_for_status(&asking);
        // One clock for all: deadlines are told on the node's.
        self.clock = asking.clock();
        for missing in plan.hardening.missing() {
            let said = Said::Unprotected { what: missing.what };
            let at = self.moment();
            self.screen.told(at, &Event::Notice(Notice::node(said)));
        }
        let mut errands = Errands::new(asking);
        let deadline = plan.network.timeout.map(|wait| instant() + Duration::from_millis(wait.ms));
        let (mut met, mut stopping) = (false, false);
        loop {
            stack::wipe::<{ stack::EVENT }>();
            let look = self.next_look();
            tokio::select! {
                biased;
                heard = self.keys.recv(), if errands.is_free() => {
                    let effects = match heard {
                        Some(Ok(heard)) => self.heard(*heard)?,
                        Some(Err(_)) | None => {
                            errands.end(129, "the terminal is gone");
                            self.keys.close();
                            Vec::new()
                        }
                    };
                    for effect in effects {
                        match effect {
                            Effect::Ask(asked) => errands.ask(asked),
                            other => self.outside(other)?,
                        }
                    }
                    // What a key did is seen at once.
                    self.draw()?;
                }
                () = errands.go() => {}
                (code, why) = self.signals.end() => {
                    if stopping {
                        return Ok(code);
                    }
                    stopping = true;
                    errands.end(code, why);
                }
                event = telling.next() => match event {
                    Some(Event::Bye(bye)) => {
                        let code = bye.code;
                        self.note_end(&Event::Bye(bye));
                        return Ok(code);
                    }
                    Some(event) => {
                        met |= session::stands(&event);
                        self.note_end(&event);
                        let refused = session::refusal(&event).filter(|_| plan.door.as_ref() == event.room());
                        if let (Some((code, why)), false) = (refused, stopping) {
                            stopping = true;
                            errands.end(code, why);
                        }
                        let at = self.moment();
                        for effect in self.screen.told(at, &event) {
                            self.outside(effect)?;
                        }
                        self.stale = true;
                        if self.drawn + GAP <= instant() {
                            self.draw()?;
                        }
                    }
                    None => return Ok(1),
                },
                () = session::until(deadline.filter(|_| !met && !stopping)) => {
                    stopping = true;
                    errands.end(4, "nobody was found in time");
                }
                () = sleep_until(look) => self.draw()?,
            }
        }
    }
}

/// Comes into rooms and talks until the end; gives the exit code.
pub(super) async fn join(mut plan: Plan, rooms: &[String]) -> Result<u8, Failure> {
    let names = plan.names(rooms)?;
    plan.door = if let [room] = names.as_slice() { Some(room.clone()) } else { None };
    let mut stage = Stage::of(&plan, names.first())?;
    let answer = match plan.question(rooms)? {
        Some((room, may_be_open)) => match stage.ask(&room, may_be_open).await? {
            Door::Chosen(chosen) => Some(chosen),
            Door::Ended(code) => return Ok(code),
        },
        None => None,
    };
    stage.draw()?;
    let doors = plan.doors(rooms, answer)?;
    let (asking, telling) = plan.start()?;
    session::enter(&asking, doors).await;
    stage.run(asking, telling, &plan).await
}

/// Opens a room of one's own and talks until the end; gives the exit code.
pub(super) async fn found(mut plan: Plan, room: Option<&Line>, qr: bool) -> Result<u8, Failure> {
    let mut stage = Stage::of(&plan, room)?;
    let (asking, telling) = plan.start()?;
    session::found(&asking, room, qr).await;
    stage.screen.scans(qr);
    stage.run(asking, telling, &plan).await
}

/// Comes back to a room that was kept, and talks until the end; gives the exit code.
pub(super) async fn come_back(mut plan: Plan, keepsake: Keepsake) -> Result<u8, Failure> {
    let name = Line::clean(keepsake.root.name().as_str());
    plan.door = Some(name.clone());
    let stage = Stage::of(&plan, Some(&name))?;
    let (asking, telling) = plan.start()?;
    session::come_back(&asking, keepsake).await;
    stage.run(asking, telling, &plan).await
}

/// Comes into a simulated room and talks until the end; gives the exit code.
pub(super) async fn tour(mut plan: Plan, seed: u64) -> Result<u8, Failure> {
    plan.simulated = true;
    let stage = Stage::of(&plan, None)?;
    let (asking, telling) = tour::start(plan.nick()?, seed).await?;
    stage.run(asking, telling, &plan).await
}

/// Whether nothing can come after it in that room.
fn ends(said: &Said) -> bool {
    use Said::{Banned, Closed, Expired, Kicked, NotAdmitted};
    matches!(said, Kicked { .. } | Banned { .. } | Closed | Expired | NotAdmitted(_))
        && said.level() == Level::Error
}

/// What the terminal says, from a thread that blocks. In boxes: a queue does not wipe its places, and a key is a letter.
fn listen() -> std::io::Result<Receiver<std::io::Result<Box<Heard>>>> {
    let (to, from) = mpsc::channel(TYPED);
    let mut keys = Keys::new()?;
    resized(to.clone())?;
    thread::Builder::new().name("terminal".to_owned()).spawn(move || {
        loop {
            let heard = match keys.next(None) {
                Ok(Some(heard)) => Ok(Box::new(heard)),
                Ok(None) => continue,
                Err(err) => Err(err),
            };
            let broken = heard.is_err();
            if to.blocking_send(heard).is_err() || broken {
                return;
            }
        }
    })?;
    Ok(from)
}

/// A window that gets another size says so by a signal.
#[cfg(unix)]
fn resized(to: Sender<std::io::Result<Box<Heard>>>) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut resized = signal(SignalKind::window_change())?;
    tokio::spawn(async move {
        while resized.recv().await.is_some() && to.send(Ok(Box::new(Heard::Resized))).await.is_ok() {}
    });
    Ok(())
}

/// It is said among the keys there.
#[cfg(not(unix))]
fn resized(_: Sender<std::io::Result<Box<Heard>>>) -> std::io::Result<()> {
    Ok(())
}

fn in_words(typed: &str) -> String {
    let measured = strength(typed);
    let verdict = if measured.weak() { "weak" } else { "good" };
    format!("{verdict}: guessing it costs a well-equipped attacker about {}", measured.cost_in_words())
}
