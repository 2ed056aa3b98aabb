//! What was typed: a message, a command for the node, or something line mode answers by itself.

use std::io::{self, Write};

use super::answer;
use super::render::{notice, problem};
use super::state::{Asking, Moment, State};
use crate::base::secret::Text;
use crate::chat::command;
use crate::chat::notice::{Notice, Said};
use crate::chat::problem::Problem;
use crate::chat::request::{Asked, Join, Request, View};

/// Reads a line by itself: `None` for an empty one.
pub fn parse_line(typed: &str) -> Result<Option<Asked>, Problem> {
    if typed.trim().is_empty() { Ok(None) } else { command::parse(typed).map(Some) }
}

/// Whether a line wants everything burned at once.
pub fn is_panic(line: &[u8]) -> bool {
    std::str::from_utf8(line).is_ok_and(command::is_panic)
}

/// Takes a typed line in. What line mode can answer it answers; what is for the node comes back, with its room filled in.
///
/// The line itself is the caller's to wipe.
pub fn typed(line: &str, at: Moment, state: &mut State, out: &mut impl Write) -> io::Result<Option<Asked>> {
    // Whoever wants everything burned answers no question first.
    if let Some(asking) = state.asking.take()
        && !command::is_panic(line)
    {
        return answered(line, at, asking, state, out);
    }
    let mut asked = match parse_line(line) {
        Ok(Some(asked)) => asked,
        Ok(None) => return Ok(None),
        Err(why) => {
            problem(state, at, &why, out)?;
            return Ok(None);
        }
    };
    if let Request::View(view) = &asked.request {
        look(view, at, state, out)?;
        return Ok(None);
    }
    if let Request::Join(join) = &asked.request
        && let Join::Named { room, .. } = &**join
        && state.model.bring_to_front(room)
    {
        writeln!(out, "room {} is in front", room.as_str())?;
        return Ok(None);
    }
    match state.model.address(&mut asked) {
        // The node knows of rooms whose keys are still being made.
        Err(Problem::NoRoom) if matches!(asked.request, Request::Send(_)) => {}
        Err(why) => return problem(state, at, &why, out).map(|()| None),
        Ok(()) => {}
    }
    if asked.cleaned {
        notice(state, at, &Notice::node(Said::Cleaned), out)?;
    }
    if let Request::Reclaim(None) = asked.request {
        writeln!(out, "type the reclaim token; an empty line stops")?;
        state.asking = Some(Asking::Token(Box::new(asked)));
        return Ok(None);
    }
    if let Some(question) = command::named_in(line).and_then(|spec| spec.ask)
        && !state.unasked
    {
        writeln!(out, "{question} type yes to do it, anything else to leave it")?;
        state.asking = Some(Asking::Sure(Box::new(asked)));
        return Ok(None);
    }
    Ok(Some(asked))
}

fn answered(
    line: &str,
    at: Moment,
    asking: Asking,
    state: &State,
    out: &mut impl Write,
) -> io::Result<Option<Asked>> {
    let line = line.trim();
    match asking {
        Asking::Sure(asked) if line.eq_ignore_ascii_case("yes") => Ok(Some(*asked)),
        Asking::Token(asked) if !line.is_empty() => {
            Ok(Some(Asked { request: Request::Reclaim(Some(Text::new(line))), ..*asked }))
        }
        Asking::Sure(_) | Asking::Token(_) => {
            super::line::told(state, at, None, "nothing was done", out)?;
            Ok(None)
        }
    }
}

fn look(view: &View, at: Moment, state: &mut State, out: &mut impl Write) -> io::Result<()> {
    match view {
        View::Hold(hold) => {
            let hold = hold.unwrap_or(!state.hold);
            answer::hold(state, at, hold, out)
        }
        View::Read(number) => match answer::one(state, at, *number, out)? {
            true => Ok(()),
            false => problem(state, at, &Problem::NoMessage, out),
        },
        view => match state.model.view(at.now, None, view) {
            Ok(found) => answer::answer(state, at, &found, out),
            Err(why) => problem(state, at, &why, out),
        },
    }
}
