//! `listen`: messages as they arrive, and nothing else, on stdout.

use std::io::{self, Write};

use tokio::time::sleep_until;

use super::run_beside;
use crate::chat::event::Event;
use crate::chat::name::Kind;
use crate::cli::args::{self, All};
use crate::cli::config::Settings;
use crate::cli::face::{Face, Pipe};
use crate::cli::plan::Plan;
use crate::cli::raw::{self, Wiped};
use crate::cli::report::Failure;
use crate::cli::session;
use crate::cli::signals::Signals;
use crate::node::clock::instant;
use crate::node::harden::Hardening;

pub(super) fn run(
    options: args::Listen,
    all: All,
    settings: &Settings,
    hardening: Hardening,
) -> Result<u8, Failure> {
    let args::Listen { room, count, who, secret, network } = options;
    let (mut plan, patience) = Plan::visit(who, secret, network, all, settings, hardening);
    plan.unlock()?;
    let doors = plan.doors(&[room], None)?;
    run_beside(async move {
        let mut signals = Signals::new()?;
        let (asking, mut telling) = plan.start()?;
        let mut out = Wiped::new(raw::stdout()?);
        let mut json = Pipe::new(&asking)?;
        session::enter(&asking, doors).await;
        let clock = asking.clock();
        let (mut found, mut heard) = (false, 0);
        let mut stop = None;
        let mut end = instant() + patience;
        loop {
            let event = tokio::select! {
                event = telling.next() => event,
                () = sleep_until(end), if stop.is_none() && !found => {
                    stop = Some(4);
                    asking.end(4, "nobody was found in time").await;
                    continue;
                }
                (code, why) = signals.end() => {
                    stop = Some(code);
                    asking.end(code, why).await;
                    continue;
                }
            };
            match event {
                None => return Ok(stop.unwrap_or(1)),
                Some(Event::Bye(bye)) => {
                    let code = stop.unwrap_or(bye.code);
                    return if code == 4 && !plan.all.json { Err(Failure::Nobody) } else { Ok(code) };
                }
                Some(Event::Message(message)) if !message.mine && stop.is_none() => {
                    heard += 1;
                    let event = Event::Message(message);
                    let done = if plan.all.json {
                        json.told(&event).and_then(|()| json.flush())
                    } else {
                        print(&mut out, &event, clock.now())
                    };
                    if let Err(err) = done {
                        let failed = u8::from(err.kind() != io::ErrorKind::BrokenPipe);
                        stop = Some(raw::pressed().unwrap_or(failed));
                        asking.end(0, "nobody reads").await;
                    } else if count.is_some_and(|count| heard >= count) {
                        stop = Some(0);
                        asking.end(0, "enough was heard").await;
                    }
                }
                Some(event) => {
                    if stop.is_none() {
                        session::complain(&event, &plan.all)?;
                    }
                    if session::stands(&event) {
                        found = true;
                    }
                    if let (Some((code, why)), None) = (session::refusal(&event), stop) {
                        stop = Some(code);
                        asking.end(code, why).await;
                    }
                    end = if found { instant() + patience } else { end };
                }
            }
        }
    })
}

/// `nick: text`, a line each; a text of several lines is indented from its second on, so that nobody can write a line that
/// looks like another person's.
fn print(out: &mut impl Write, event: &Event, now: crate::base::time::Mono) -> io::Result<()> {
    let Event::Message(message) = event else { return Ok(()) };
    let Some(text) = message.readable(now) else { return Ok(()) };
    let nick = message.from.nick.as_str();
    let mut lines = text.as_str().split('\n');
    let first = lines.next().unwrap_or_default();
    match message.kind {
        Kind::Action => writeln!(out, "* {nick} {first}")?,
        _ => writeln!(out, "{nick}: {first}")?,
    }
    for line in lines {
        writeln!(out, "    {line}")?;
    }
    out.flush()
}
