//! `id`: who a profile is, for others to know it by; a copy of it out and in.

use std::io::{self, Write};

use super::told;
use crate::base::id::hex;
use crate::chat::event::Person;
use crate::chat::name::Role;
use crate::chat::reply::{Answer, Mine};
use crate::chat::text::Line;
use crate::cli::args::{All, Id, Keep};
use crate::cli::config::Settings;
use crate::cli::profile;
use crate::cli::report::Failure;
use crate::crypto::identity::Identity;
use crate::crypto::words;

/// Bytes of the key that are spelled: as many as nobody can search for another key that has them too.
const SPELLED: usize = 16;

pub(super) fn run(options: Id, all: &All, settings: &Settings) -> Result<u8, Failure> {
    let Id { mut keep, export, import } = options;
    settings.fill_keep(&mut keep);
    let name = named(&keep)?;
    if let Some(to) = export {
        let place = profile::place(name)?;
        place.export(&to)?;
        writeln!(io::stderr(), "{} is a copy of the profile, sealed with its passphrase", to.display())?;
        return Ok(0);
    }
    let opened = match import {
        Some(from) => Some(profile::import(&keep, all.no_input, name, &from)?),
        None => profile::unlock(&keep, all.no_input, profile::drawn_nick)?,
    };
    let Some(profile) = opened else { return Ok(0) };
    let id = Identity::from_seed(&profile.content.seed).id();
    let (nick, tag) = (profile.content.nick.clone(), words::tag(&id));
    if all.json {
        let who = Person::plain(id, nick, Line::clean(&tag), Role::Member);
        return told(Answer::Mine(Box::new(Mine { who, anonymous: false })));
    }
    let mut out = io::stdout().lock();
    let spelled = id.0.get(..SPELLED).map(words::spell).unwrap_or_default();
    writeln!(out, "{} ({tag})\nkey {}\naloud {}", nick.as_str(), hex(&id.0), spelled.join(" "))?;
    Ok(0)
}

/// The profile that was named; there is none by default.
pub(super) fn named(keep: &Keep) -> Result<&str, Failure> {
    let none = || Failure::Usage("which profile? name it with -P NAME".to_owned());
    keep.profile.as_deref().ok_or_else(none)
}
