//! `send`: one message, and the word of those who have it. It never opens a room.

use std::io::{self, Read, Write};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use tokio::time::sleep_until;
use zeroize::Zeroizing;

use super::{run_beside, stream};
use crate::base::limits::TEXT_BYTES;
use crate::chat::event::{Event, Fate};
use crate::chat::name::Standing;
use crate::chat::problem::Problem;
use crate::chat::request::{Asked, Draft, Request};
use crate::chat::text::Body;
use crate::chat::wait::STDIN_GOES_ON;
use crate::cli::args::{self, All};
use crate::cli::config::Settings;
use crate::cli::face::{Face, Pipe};
use crate::cli::plan::Plan;
use crate::cli::raw;
use crate::cli::report::Failure;
use crate::cli::session;
use crate::cli::signals::Signals;
use crate::node::clock::instant;
use crate::node::harden::Hardening;

/// How long stdin may go on before it is said that its end is waited for.
const PATIENT: Duration = Duration::from_secs(3);

pub(super) fn run(
    options: args::Send,
    all: All,
    settings: &Settings,
    hardening: Hardening,
) -> Result<u8, Failure> {
    let args::Send { to, text, lines, ack, who, secret, ttl, network } = options;
    if lines && text.as_deref().is_some_and(|text| text != "-") {
        return Err(Failure::Usage("with --lines the text comes from stdin; leave TEXT out".to_owned()));
    }
    if secret.passphrase_file.as_ref().is_some_and(|path| path.as_os_str() == "-")
        && text.as_deref().is_none_or(|text| text == "-")
    {
        return Err(Failure::Usage("stdin cannot be both the passphrase and the text".to_owned()));
    }
    let (mut plan, patience) = Plan::visit(who, secret, network, all, settings, hardening);
    plan.unlock()?;
    let doors = plan.doors(&[to], None)?;
    if lines {
        let how = stream::How { ack, ttl_s: ttl.map(|ttl| ttl.seconds()), patience };
        return stream::run(plan, doors, how);
    }
    let text = match text.filter(|text| text != "-") {
        Some(text) => Zeroizing::new(text),
        None => {
            let _reading = (!plan.all.quiet).then(say_what_is_read).transpose()?;
            read_text()?
        }
    };
    let (body, _) =
        Body::typed(text.trim_end_matches(['\r', '\n'])).map_err(|problem| Failure::Usage(problem.text()))?;
    run_beside(async move {
        let end = instant() + patience;
        let mut signals = Signals::new()?;
        let (asking, mut telling) = plan.start()?;
        let mut json = plan.all.json.then(|| Pipe::new(&asking)).transpose()?;
        session::enter(&asking, doors).await;
        // It waits in the room until somebody is found; its time runs from now.
        let draft = Draft { ttl_s: ttl.map(|ttl| ttl.seconds()), ..Draft::plain(body) };
        asking.ask(Asked::here(Request::Send(Box::new(draft)))).await;
        let mut found = false;
        let (mut stop, mut unsent) = (None, None);
        loop {
            let event = tokio::select! {
                event = telling.next() => match event {
                    Some(event) => event,
                    None => return Ok(stop.unwrap_or(1)),
                },
                () = sleep_until(end), if stop.is_none() => {
                    // Nobody there, or somebody there who never said that it came.
                    let code = if found { 8 } else { 4 };
                    stop = Some(code);
                    asking.end(code, "out of time").await;
                    continue;
                }
                (code, why) = signals.end() => {
                    stop = Some(code);
                    asking.end(code, why).await;
                    continue;
                }
            };
            if let Some(face) = &mut json {
                face.told(&event)?;
                face.flush()?;
            }
            if stop.is_none() {
                session::complain(&event, &plan.all)?;
            }
            match &event {
                Event::Bye(bye) => {
                    let code = stop.unwrap_or(bye.code);
                    return if plan.all.json { Ok(code) } else { told(code, unsent) };
                }
                _ if stop.is_some() => {}
                Event::Room(line) if line.facts.state == Standing::Confirmed => found = true,
                Event::Receipt(receipt) => match &receipt.fate {
                    Fate::Delivered { count, .. } if *count >= ack => {
                        stop = Some(0);
                        asking.end(0, "delivered").await;
                    }
                    Fate::Sent if ack == 0 => {
                        stop = Some(0);
                        asking.end(0, "sent").await;
                    }
                    Fate::Failed(why) => {
                        // What died while nobody was found failed for that reason.
                        let code = if found || **why != Problem::BurnedUnsent { 8 } else { 4 };
                        stop = Some(code);
                        asking.end(code, &why.text()).await;
                        unsent = Some(why.text());
                    }
                    _ => {}
                },
                Event::Reply(reply) => {
                    if let Err(problem) = &reply.outcome {
                        stop = Some(8);
                        asking.end(8, &problem.text()).await;
                        unsent = Some(problem.text());
                    }
                }
                event => {
                    if let Some((code, why)) = session::refusal(event) {
                        stop = Some(code);
                        asking.end(code, why).await;
                    }
                }
            }
        }
    })
}

/// Says what is waited for, where stdin does not end within a few seconds: a stream that never does would be waited for in
/// silence. What is given back ends that.
fn say_what_is_read() -> io::Result<SyncSender<()>> {
    let (read, wait) = sync_channel(1);
    thread::Builder::new().name("reading".to_owned()).spawn(move || {
        if wait.recv_timeout(PATIENT) == Err(RecvTimeoutError::Timeout) {
            // With stderr gone there is nobody to tell.
            let _ = writeln!(io::stderr(), "{STDIN_GOES_ON}");
        }
    })?;
    Ok(read)
}

fn read_text() -> Result<Zeroizing<String>, Failure> {
    // Twice the bound: what cleaning may shrink, and room to see that it is too much.
    let most = 2 * TEXT_BYTES as u64;
    let mut text = Zeroizing::new(String::with_capacity(2 * TEXT_BYTES + 1));
    let read = raw::stdin()?.take(most + 1).read_to_string(&mut text);
    match read {
        Ok(read) if read as u64 <= most => Ok(text),
        Ok(_) => Err(Failure::Usage(format!("the text is over {TEXT_BYTES} bytes"))),
        Err(err) => Err(Failure::Usage(format!("the text on stdin cannot be read: {err}"))),
    }
}

pub(super) fn told(code: u8, unsent: Option<String>) -> Result<u8, Failure> {
    match code {
        4 => Err(Failure::Nobody),
        8 => Err(unsent.map_or(Failure::NotDelivered, Failure::NotSent)),
        code => Ok(code),
    }
}
