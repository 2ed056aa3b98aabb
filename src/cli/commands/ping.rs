//! `ping`: how a peer is reached, and how long there and back takes.

use std::io::{self, Write};

use super::status;
use crate::cli::args::{All, Ping};
use crate::cli::report::Failure;

pub(super) fn run(options: &Ping, all: &All) -> Result<u8, Failure> {
    if options.peer.split_whitespace().count() != 1 {
        return Err(Failure::Usage("name a peer by its nick without spaces, its tag, or its id".to_owned()));
    }
    let mut failed = false;
    status::ask(&format!("{} ping {}", status::form(all), options.peer), |line| {
        failed |= line.contains("\"ok\":false") || line.starts_with("error");
        writeln!(io::stdout(), "{line}")
    })?;
    Ok(u8::from(failed))
}
