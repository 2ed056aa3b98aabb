//! `config`: where settings are read from, and what they say.

use std::io::{self, Write};

use crate::cli::config::{self, Settings};
use crate::cli::report::Failure;

pub(super) fn run(settings: &Settings) -> Result<u8, Failure> {
    let mut out = io::stdout();
    match (&settings.path, config::usual_path()) {
        (Some(path), _) => writeln!(out, "# {}", path.display())?,
        (None, Some(path)) => writeln!(out, "# no file; it would be {}", path.display())?,
        (None, None) => writeln!(out, "# no file, and no home folder to look for one in")?,
    }
    for line in settings.lines() {
        writeln!(out, "{line}")?;
    }
    for warning in &settings.warnings {
        writeln!(io::stderr(), "warning: {warning}")?;
    }
    Ok(0)
}
