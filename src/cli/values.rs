//! Values as they are typed behind flags, each checked where it is typed.

use std::net::SocketAddr;

use crate::base::id::{MemberId, unhex};
use crate::base::limits::{MEMBERS, TTL_MAX_S, TTL_MIN_S};
use crate::chat::duration;
use crate::chat::name::{Motion, Theme};
use crate::chat::request::USES_MOST;
use crate::net::{Addr, Place};

/// A length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    /// In milliseconds.
    pub ms: u64,
}

impl Length {
    /// In whole seconds, rounded up.
    pub fn seconds(self) -> u64 {
        self.ms.div_ceil(1_000)
    }
}

/// One of a closed set, or what fits this terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish<T> {
    /// What fits.
    Auto,
    /// This one.
    Is(T),
}

impl<T> Wish<T> {
    /// What was wished for, if it was anything by name.
    pub fn named(self) -> Option<T> {
        match self {
            Wish::Auto => None,
            Wish::Is(wished) => Some(wished),
        }
    }
}

/// A member's key, 64 digits.
pub fn member(typed: &str) -> Result<MemberId, String> {
    let key = unhex(&typed.trim().to_ascii_lowercase()).map(MemberId);
    key.ok_or_else(|| "must be a key, 64 of 0-9 and a-f, as `ephem-node id` prints it".to_owned())
}

/// The screen's colours by name, or `auto`.
pub fn theme(typed: &str) -> Result<Wish<Theme>, String> {
    wish(typed, Theme::parse, Theme::ALL.iter().map(|theme| theme.name()))
}

/// How much moves on the screen, or `auto`.
pub fn motion(typed: &str) -> Result<Wish<Motion>, String> {
    wish(typed, Motion::parse, Motion::ALL.iter().map(|motion| motion.name()))
}

fn wish<T>(
    typed: &str,
    parse: fn(&str) -> Option<T>,
    names: impl Iterator<Item = &'static str>,
) -> Result<Wish<T>, String> {
    let typed = typed.to_ascii_lowercase();
    if typed == "auto" {
        return Ok(Wish::Auto);
    }
    let names = || names.chain(["auto"]).collect::<Vec<_>>().join(", ");
    parse(&typed).map(Wish::Is).ok_or_else(|| format!("must be one of {}", names()))
}

/// Messages a second from one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// At most so many.
    Most(u64),
    /// As many as they like.
    Off,
}

/// The most messages a second that can be asked for by number.
const RATE_MOST: u64 = 100;

/// `30s 10m 2h 1d`.
pub fn length(typed: &str) -> Result<Length, String> {
    duration::parse(typed).map(|ms| Length { ms }).map_err(|err| err.to_string())
}

/// How long a message may live.
pub fn life(typed: &str) -> Result<Length, String> {
    let life = length(typed)?;
    if (TTL_MIN_S..=TTL_MAX_S).contains(&life.seconds()) {
        return Ok(life);
    }
    Err(format!("a message lives {TTL_MIN_S}s at least and {}d at most", TTL_MAX_S / 86_400))
}

/// How many members a room may have.
pub fn members(typed: &str) -> Result<u64, String> {
    let most = MEMBERS as u64;
    typed
        .parse()
        .ok()
        .filter(|n| (2..=most).contains(n))
        .ok_or_else(|| format!("a room has 2 to {most} members"))
}

/// How many may use an invite.
pub fn uses(typed: &str) -> Result<u64, String> {
    let uses = typed.parse().ok().filter(|n| (1..=USES_MOST).contains(n));
    uses.ok_or_else(|| format!("1 to {USES_MOST}"))
}

/// The beginning of an invite's id.
pub fn invite_id(typed: &str) -> Result<String, String> {
    let good = (4..=32).contains(&typed.len()) && typed.bytes().all(|b| b.is_ascii_hexdigit());
    good.then(|| typed.to_owned())
        .ok_or_else(|| "four or more digits of an id, as `--list` shows it".to_owned())
}

/// A number, or `off`.
pub fn rate(typed: &str) -> Result<Rate, String> {
    if typed.eq_ignore_ascii_case("off") {
        return Ok(Rate::Off);
    }
    let number = typed.parse().ok().filter(|n| (1..=RATE_MOST).contains(n));
    number.map(Rate::Most).ok_or_else(|| format!("1 to {RATE_MOST} messages a second, or off"))
}

/// An address to listen on.
pub fn listen(typed: &str) -> Result<Addr, String> {
    Addr::parse_listen(typed).map_err(|err| err.to_string())
}

/// An address of this machine's own, with a port.
pub fn here(typed: &str) -> Result<SocketAddr, String> {
    let at = typed
        .parse::<SocketAddr>()
        .map_err(|_| "an address with its port, like 127.0.0.1:9464".to_owned())?;
    let only =
        "numbers are told on this machine alone: 127.0.0.1 or [::1]; a proxy of yours can take them further";
    if at.ip().is_loopback() { Ok(at) } else { Err(only.to_owned()) }
}

/// Where to ask for others.
pub fn place(typed: &str) -> Result<Place, String> {
    Place::parse(typed).map_err(|err| err.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lives_are_held_to_what_a_room_allows() {
        assert_eq!(life("10m"), Ok(Length { ms: 600_000 }));
        for typed in ["4s", "2d", "0s", "ten"] {
            assert!(life(typed).is_err(), "{typed}");
        }
        assert!(length("2d").is_ok());
    }

    #[test]
    fn rates_and_sizes_have_both_ends() {
        assert_eq!((rate("off"), rate("5")), (Ok(Rate::Off), Ok(Rate::Most(5))));
        assert!(["0", "101", "-1", "fast", ""].iter().all(|typed| rate(typed).is_err()));
        assert_eq!((members("2"), members("256")), (Ok(2), Ok(256)));
        assert!(["1", "257", "x"].iter().all(|typed| members(typed).is_err()));
    }
}
