//! `invite`: made, listed and taken back by a running node, through its door.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use super::status;
use crate::cli::args::{All, Invite};
use crate::cli::report::Failure;
use crate::crypto::name::RoomName;
use crate::tui;

/// How long a node may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) fn run(options: &Invite, all: &All) -> Result<u8, Failure> {
    let room = match &options.room {
        Some(typed) => RoomName::parse(typed)
            .map_err(|err| Failure::Usage(format!("this cannot be the name of a room: {err}")))?
            .as_str()
            .to_owned(),
        None => String::new(),
    };
    let qr = u8::from(options.qr);
    let what = match (&options.show, &options.revoke) {
        _ if options.list => "list".to_owned(),
        (Some(id), _) => format!("show {id} {qr}"),
        (_, Some(id)) => format!("revoke {id}"),
        (None, None) => format!("make {} {} {qr}", options.uses, options.valid.ms),
    };
    let mut code = 0;
    status::ask(&format!("{} invite {what} {room}", status::form(all)), Some(PATIENCE), |line| {
        code = code.max(status::print(line)?);
        match line {
            Ok(link) if options.qr && !all.json && link.starts_with("EPHEM:") => square(link),
            _ => Ok(()),
        }
    })?;
    Ok(code)
}

/// Draws it for a camera, light on dark whatever the terminal's own colours are.
fn square(link: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let colours = out.is_terminal();
    match tui::square(link, colours) {
        Some(drawn) => out.write_all(drawn.as_bytes()),
        None => writeln!(io::stderr(), "the invite is too long for a square that a terminal can show"),
    }
}
