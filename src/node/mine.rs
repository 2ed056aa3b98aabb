//! How this node is shown to others: its nick and what stands beside it, in all rooms alike, or in one under another name.

use super::answer::{After, command, seat_at};
use super::kept;
use super::run::Node;
use super::told;
use crate::base::nick::Nick;
use crate::base::secret::Secret;
use crate::chat::avatar;
use crate::chat::problem::Problem;
use crate::chat::reply::{Answer, Mine, Rows, Sheet};
use crate::chat::request::Shown;
use crate::chat::text::Line;
use crate::crypto::words;
use crate::room::Guise;
use crate::room::io::{Command, Who};
use crate::room::rights::Rank;

/// Another nick, in every room but those where it goes by a name of that room alone.
pub(super) fn rename(node: &mut Node, nick: Nick, after: &mut After) -> Result<Answer, Problem> {
    for at in known_as_usual(node) {
        command(node, at, Command::Nick(nick.as_str().to_owned()), after)?;
    }
    node.nick = nick;
    kept::keep_looks(node)?;
    Ok(Answer::Done)
}

/// Does what was asked, and answers what others see now: in the room at hand, or anywhere.
pub(super) fn shown(
    node: &mut Node,
    room: Option<&Line>,
    asked: Shown,
    after: &mut After,
) -> Result<Answer, Problem> {
    let at = seat_at(node, room);
    let mut guise = node.guise.clone();
    match asked {
        Shown::AsIs => {}
        Shown::Signs => {
            let page = avatar::page(mine(node, at.ok()).who.avatar);
            return Ok(Answer::Sheet(Box::new(Sheet { page, rows: Rows::Signs(avatar::names().collect()) })));
        }
        Shown::Status(line) => line.as_str().clone_into(&mut guise.status),
        Shown::Sign(number) => guise.glyph = number.unwrap_or_default(),
        Shown::Colour(number) => guise.colour = number.unwrap_or_default(),
        Shown::Anon(on) => anonymous(node, at.clone()?, on, after)?,
    }
    if guise != node.guise {
        for at in known_as_usual(node) {
            command(node, at, Command::Guise { nick: None, guise: guise.clone() }, after)?;
        }
        node.guise = guise;
    }
    kept::keep_looks(node)?;
    Ok(Answer::Mine(Box::new(mine(node, at.ok()))))
}

/// Goes by a name drawn for one room and by nothing that was chosen, or comes back as everywhere.
fn anonymous(node: &mut Node, at: usize, on: bool, after: &mut After) -> Result<(), Problem> {
    let (nick, guise) = if on {
        let drawn = Secret::<4>::random(&mut super::seat::rng());
        (words::mark(*drawn.expose()), Guise::default())
    } else {
        (node.nick.as_str().to_owned(), node.guise.clone())
    };
    if node.seats.get(at).is_none_or(|seat| seat.anonymous == on) {
        return Ok(());
    }
    command(node, at, Command::Guise { nick: Some(nick), guise }, after)?;
    if let Some(seat) = node.seats.get_mut(at) {
        seat.anonymous = on;
    }
    Ok(())
}

/// What others see.
fn mine(node: &Node, at: Option<usize>) -> Mine {
    match at.and_then(|at| node.seats.get(at)) {
        Some(seat) => Mine { who: seat.person(&seat.me()), anonymous: seat.anonymous },
        None => {
            let (nick, guise) = (node.nick.as_str().to_owned(), node.guise.clone());
            let who = Who { id: node.id(), nick, rank: Rank::Member, guise, serve: node.serve };
            Mine { who: told::person(&who), anonymous: false }
        }
    }
}

/// The seats where it is shown as everywhere.
fn known_as_usual(node: &Node) -> Vec<usize> {
    let seats = node.seats.iter().enumerate();
    seats.filter(|(_, seat)| !seat.anonymous).map(|(at, _)| at).collect()
}
