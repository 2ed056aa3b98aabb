//! `ping`: how a peer is reached, and how long there and back takes.

use std::io::{self, Write};
use std::time::Duration;

use super::{block_on, status};
use crate::chat::event::{Event, PeerLine};
use crate::cli::args::{All, Ping};
use crate::cli::report::Failure;
use crate::net::Place;
use crate::node::clock::Clock;
use crate::node::control;
use crate::node::probe::{Unmeasured, probe};
use crate::pipe;

/// The exit code that says that somebody cannot be reached, here not directly.
const UNREACHED: u8 = 4;

pub(super) fn run(options: &Ping, all: &All) -> Result<u8, Failure> {
    let patience = Duration::from_millis(options.timeout.ms);
    // A name of somebody holds neither: what does was meant as an address, and a running node is not needed for it.
    if options.peer.contains([':', '/']) {
        let place = Place::parse(&options.peer).map_err(|err| Failure::Usage(err.to_string()))?;
        return address(place, patience, all);
    }
    if options.peer.split_whitespace().count() != 1 {
        return Err(Failure::Usage("name a peer by its nick without spaces, its tag, or its id".to_owned()));
    }
    if options.until_direct {
        return until_direct(&options.peer, patience, all);
    }
    let mut code = 0;
    status::ask(&format!("{} ping {}", status::form(all), options.peer), Some(patience), |line| {
        code = code.max(status::print(line)?);
        Ok(())
    })?;
    Ok(code)
}

/// Prints each change of the way until it is a direct one.
fn until_direct(peer: &str, patience: Duration, all: &All) -> Result<u8, Failure> {
    let (mut code, mut direct) = (0, false);
    let asked = status::ask(&format!("{} follow {peer}", status::form(all)), Some(patience), |line| {
        direct |= line.is_ok_and(|line| line.chars().eq([control::DONE]));
        if !direct {
            code = code.max(status::print(line)?);
        }
        Ok(())
    });
    match asked {
        Ok(()) if direct => Ok(0),
        // The node said why not, or ended.
        Ok(()) => Ok(code.max(1)),
        Err(Failure::Mute) if code == 0 => Ok(UNREACHED),
        Err(why) => Err(why),
    }
}

fn address(place: Place, patience: Duration, all: &All) -> Result<u8, Failure> {
    let typed = place.text().to_owned();
    let link = block_on(async {
        probe(place, patience).await.map_err(|why| match why {
            Unmeasured::Network(err) => Failure::Network(err),
            Unmeasured::Unreachable(why) => Failure::Unreachable(typed, why),
        })
    })?;
    if all.json {
        let clock = Clock::new();
        let mut line = zeroize::Zeroizing::default();
        let stamp = pipe::Stamp { seq: 1, ts: clock.wall(), now: clock.now() };
        pipe::encode(&Event::Peer(Box::new(link)), &stamp, &mut line);
        io::stdout().write_all(&line)?;
    } else {
        writeln!(io::stdout(), "{}", words(&link))?;
    }
    Ok(0)
}

fn words(link: &PeerLine) -> String {
    let long = match link.rtt_ms {
        None => "round trip not measured".to_owned(),
        Some(0) => "there and back in under 1 ms".to_owned(),
        Some(ms) => format!("there and back in {ms} ms"),
    };
    let at = link.addr.as_ref().map_or(String::new(), |addr| format!(" at {}", addr.as_str()));
    format!("{}{at}: {}, {long}", link.peer.as_str(), link.route.name())
}
