//! What a machine offers a node, measured: network, clock, terminal, memory. Every look is bounded in time, and what could not
//! be looked at is found to be unknown, never to be well.

use std::io::IsTerminal;
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::Instant;

use super::clock::{Clock, instant};
use super::links::unreachable;
use crate::base::vault;
use crate::chat::doctor::{Finding, Guard, Logger, Transport};
use crate::chat::notice::Unreachable;
use crate::chat::text::Line;
use crate::net::{BootstrapState, Place, probe};

/// The longest an examination takes.
const PATIENCE: Duration = Duration::from_millis(2_800);
/// No clock that is right shows less: this was written later.
const EARLIEST_MS: u64 = 1_767_225_600_000;
/// The year 2100.
const LATEST_MS: u64 = 4_102_444_800_000;

/// Everything that can be found out without a running node; of these addresses, whether they answer.
pub async fn examine(places: &[Place]) -> Vec<Finding> {
    let until = instant() + PATIENCE;
    let machine = tokio::spawn(machine());
    let mut answers = asked(places, until).await;
    if places.is_empty() {
        answers.push(Finding::NoBootstrap);
    }
    answers.push(Finding::NoSkew);
    let mut found = machine.await.unwrap_or_default();
    found.extend(answers);
    found.sort_by_key(Finding::part);
    found
}

/// Of each address whether it answers at all, and over which transports.
async fn asked(places: &[Place], until: Instant) -> Vec<Finding> {
    let apart: Vec<(&Place, bool, Place)> =
        places.iter().flat_map(|p| p.apart().into_iter().map(move |(udp, one)| (p, udp, one))).collect();
    let alone: Vec<Place> = apart.iter().map(|(.., one)| one.clone()).collect();
    // Without a network to ask with there is no answer, and the findings about ports say why.
    let states = probe::ask(&alone, until).await.unwrap_or_default();
    let mut found = Vec::new();
    for place in places {
        let addr = Line::clean(place.text());
        let of = apart.iter().filter(|(whole, ..)| *whole == place).map(|(_, udp, one)| {
            let state = states.iter().find(|(text, _)| text == one.text()).map(|(_, state)| state);
            (if *udp { Transport::Udp } else { Transport::Tcp }, state.map_or(SILENT, answered))
        });
        let of: Vec<(Transport, Answered)> = of.collect();
        // One that answers is enough. Else the word that says most: refused rather than silent.
        let words = of.iter().filter(|(_, answer)| *answer != SILENT).chain(&of);
        let any = of.iter().find(|(_, answer)| answer.is_ok()).or_else(|| words.into_iter().next());
        found.push(Finding::Bootstrap {
            addr: addr.clone(),
            answer: any.map_or(SILENT, |(_, answer)| *answer),
        });
        found.extend(of.iter().map(|&(over, answer)| Finding::Reach { addr: addr.clone(), over, answer }));
    }
    found
}

type Answered = Result<bool, Unreachable>;

/// Whoever is there answers sooner than an examination ends.
const SILENT: Answered = Err(Unreachable::Timeout);

fn answered(state: &BootstrapState) -> Answered {
    match state {
        BootstrapState::Linked { .. } => Ok(true),
        BootstrapState::Looking | BootstrapState::Trying => SILENT,
        BootstrapState::Failed { why, .. } | BootstrapState::GivenUp { why } => Err(unreachable(*why)),
    }
}

/// What is true of the machine, whoever asks.
pub(super) async fn machine() -> Vec<Finding> {
    // The one look that waits: no more than a moment, but a thread must stand still for it.
    let multicast = spawn_blocking(probe::multicast);
    let addresses = probe::addresses();
    let can_multicast = addresses.iter().any(std::net::IpAddr::is_ipv4);
    let shown = addresses.iter().map(|ip| Line::clean(&ip.to_string())).collect();
    let multicast = multicast.await.ok().filter(|works| *works || can_multicast);
    let mut found = vec![
        Finding::Addresses(shown),
        Finding::Listen(Transport::Tcp, probe::listens_tcp()),
        Finding::Listen(Transport::Udp, probe::listens_udp()),
        Finding::Six(probe::leads_out_by_ipv6()),
        Finding::Mtu(probe::mtu()),
        Finding::Multicast(multicast),
        Finding::Calendar((EARLIEST_MS..LATEST_MS).contains(&Clock::new().wall().0)),
    ];
    terminal(&mut found);
    memory(&mut found);
    found
}

/// How an address that was given stands.
pub(super) fn bootstrap(addr: &str, state: &BootstrapState) -> Finding {
    let answer = if state.is_open() { Ok(false) } else { answered(state) };
    Finding::Bootstrap { addr: Line::clean(addr), answer }
}

// ---- the terminal ----

fn terminal(found: &mut Vec<Finding>) {
    if !std::io::stdout().is_terminal() {
        found.push(Finding::NoTerminal);
        return;
    }
    found.push(Finding::Size(size()));
    let is = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    let dumb = variable("TERM").is_none_or(|term| term == "dumb");
    found.push(Finding::Colour(!is("NO_COLOR") && !dumb));
    let locale =
        ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(variable).find(|value| !value.is_empty());
    found.push(Finding::Utf8(cfg!(windows) || locale.is_some_and(|name| says_utf8(&name))));
    let known = [
        ("ASCIINEMA_REC", Logger::Asciinema),
        ("ASCIINEMA_SESSION", Logger::Asciinema),
        ("SCRIPT", Logger::Script),
        ("TMUX", Logger::Tmux),
        ("STY", Logger::Screen),
    ];
    found.push(Finding::Logger(known.into_iter().find(|(name, _)| is(name)).map(|(_, logger)| logger)));
}

fn says_utf8(locale: &str) -> bool {
    let locale = locale.to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

#[expect(
    clippy::disallowed_methods,
    reason = "the terminal says of itself what it is in the environment alone"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(unix)]
fn size() -> Option<(u16, u16)> {
    let size = rustix::termios::tcgetwinsize(rustix::stdio::stdout()).ok()?;
    (size.ws_col > 0).then_some((size.ws_col, size.ws_row))
}

#[cfg(not(unix))]
fn size() -> Option<(u16, u16)> {
    None
}

// ---- memory ----

fn memory(found: &mut Vec<Finding>) {
    found.extend([
        Finding::Guard(Guard::Core, no_core_dumps()),
        Finding::Guard(Guard::Tracing, untraceable()),
        Finding::Guard(Guard::Keys, Some(vault::places().0 > 0)),
        Finding::Guard(Guard::Locked, locked()),
        Finding::Swap(swap()),
    ]);
}

#[cfg(unix)]
fn no_core_dumps() -> Option<bool> {
    use rustix::process::{Resource, getrlimit};
    Some(getrlimit(Resource::Core).current == Some(0))
}

#[cfg(not(unix))]
fn no_core_dumps() -> Option<bool> {
    None
}

#[cfg(target_os = "linux")]
fn untraceable() -> Option<bool> {
    use rustix::process::{DumpableBehavior, dumpable_behavior};
    Some(dumpable_behavior().ok()? != DumpableBehavior::Dumpable)
}

#[cfg(not(target_os = "linux"))]
fn untraceable() -> Option<bool> {
    None
}

/// Whether everything is locked that there is, and not only the places of keys.
#[cfg(target_os = "linux")]
fn locked() -> Option<bool> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kib = |name: &str| {
        let field = status.lines().find_map(|line| line.strip_prefix(name))?;
        field.split_whitespace().next()?.parse::<u64>().ok()
    };
    Some(kib("VmLck:")? >= kib("VmRSS:")?)
}

#[cfg(target_os = "linux")]
fn swap() -> Option<bool> {
    // A heading, then a line for each.
    Some(std::fs::read_to_string("/proc/swaps").ok()?.lines().count() > 1)
}

#[cfg(not(target_os = "linux"))]
fn locked() -> Option<bool> {
    None
}

#[cfg(not(target_os = "linux"))]
fn swap() -> Option<bool> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::doctor::Part;

    #[tokio::test]
    async fn every_part_of_a_machine_is_looked_at_in_time() {
        let began = instant();
        let silent = Place::parse("127.0.0.1:9").unwrap();
        let found = examine(&[silent]).await;
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
        for part in [Part::Network, Part::Clock, Part::Terminal, Part::Memory] {
            assert!(found.iter().any(|finding| finding.part() == part), "nothing about the {}", part.name());
        }
        let codes: Vec<&str> = found.iter().map(Finding::code).collect();
        for code in [
            "addresses",
            "listen_tcp",
            "multicast",
            "reach_tcp",
            "reach_udp",
            "ipv6",
            "mtu",
            "calendar",
            "skew",
            "core_dumps",
            "swap",
        ] {
            assert_eq!(codes.iter().filter(|found| **found == code).count(), 1, "{code} in {codes:?}");
        }
        let asked = found.iter().find(|finding| finding.code() == "bootstrap").unwrap();
        assert!(matches!(asked, Finding::Bootstrap { answer: Err(_), .. }), "{asked:?}");
    }

    #[test]
    fn a_locale_says_utf8_in_either_spelling() {
        assert!(
            says_utf8("de_DE.UTF-8") && says_utf8("C.utf8") && !says_utf8("C") && !says_utf8("de_DE@euro")
        );
    }
}
