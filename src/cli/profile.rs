//! From a profile's name to an open profile: found, its passphrase asked for, made where it is not there.

use std::io::{self, Write};
use std::path::Path;

use super::args::Keep;
use super::report::Failure;
use super::secret;
use crate::base::nick::Nick;
use crate::base::secret::Secret;
use crate::crypto::slow::Cost;
use crate::crypto::words;
use crate::node::random;
use crate::store::{Content, Place, Profile, disk};

/// The place of the profile that was named.
pub(super) fn place(name: &str) -> Result<Place, Failure> {
    Ok(Place::new(&disk::usual_folder()?, name)?)
}

/// Opens the profile that was named, if one was. One that is not there is made, with this nick.
pub(super) fn unlock(
    keep: &Keep,
    no_input: bool,
    nick: impl FnOnce() -> Result<Nick, Failure>,
) -> Result<Option<Profile>, Failure> {
    let Some(name) = &keep.profile else { return Ok(None) };
    let place = place(name)?;
    if place.exists() {
        return open(keep, no_input, name).map(Some);
    }
    let nick = nick()?;
    let words = secret::own(keep, no_input, name, true)?;
    let mut rng = random::os();
    let content = Content::new(Secret::random(&mut rng), nick);
    let made = place.create(&words, content, Cost::USUAL, &mut rng)?;
    writeln!(io::stderr(), "profile {name} is new: {}", made.path().display())?;
    Ok(Some(made))
}

/// Two words drawn by chance.
pub(super) fn drawn_nick() -> Result<Nick, Failure> {
    let mut drawn = [0; 4];
    rand_core::Rng::fill_bytes(&mut random::os(), &mut drawn);
    Nick::parse(&words::mark(drawn)).map_err(|_| Failure::Usage("no nick".to_owned()))
}

/// Makes one from a copy that its passphrase opens. What is wrong with the copy is found before anybody types that.
pub(super) fn import(keep: &Keep, no_input: bool, name: &str, from: &Path) -> Result<Profile, Failure> {
    let place = place(name)?;
    place.check_copy(from)?;
    let words = secret::own(keep, no_input, name, false)?;
    Ok(place.import(from, &words, &mut random::os())?)
}

/// Opens one that has to be there. What is wrong with the file is found before anybody types a passphrase for it.
pub(super) fn open(keep: &Keep, no_input: bool, name: &str) -> Result<Profile, Failure> {
    let place = place(name)?;
    place.check()?;
    let words = secret::own(keep, no_input, name, false)?;
    Ok(place.open(&words, &mut random::os())?)
}
