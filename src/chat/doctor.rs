//! What can be found out about a machine before blaming the network: each finding with how it stands, its words, and what
//! to do. Nothing is measured here.

mod samples;

use super::duration::words;
use super::notice::Unreachable;
use super::text::Line;

pub use samples::samples;

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The network.
    Network,
    /// The clock.
    Clock,
    /// The terminal.
    Terminal,
    /// What keeps others out of the process's memory.
    Memory,
}

/// How it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// As it should be.
    Good,
    /// Nobody measured it, and the words say why.
    Unknown,
    /// It works, with less than there could be.
    Weak,
    /// It does not work.
    Broken,
}

/// How somebody can be spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP, which QUIC needs.
    Udp,
}

/// Something that may be locked, hidden or forbidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// No core dumps.
    Core,
    /// Other programs of the user cannot look in.
    Tracing,
    /// Keys are never written to swap.
    Keys,
    /// Nor is anything else.
    Locked,
}

/// Where what is printed may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logger {
    /// tmux.
    Tmux,
    /// GNU screen.
    Screen,
    /// `script`.
    Script,
    /// asciinema.
    Asciinema,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Addresses of this machine that others could see.
    Addresses(Vec<Line>),
    /// Whether a port can be listened on.
    Listen(Transport, bool),
    /// Whether what is said to the local network comes back; `None` where the test could not be made.
    Multicast(Option<bool>),
    /// An address that was given.
    Bootstrap {
        /// Which.
        addr: Line,
        /// `Ok(true)` where it answered; `Ok(false)` where it is still being tried.
        answer: Result<bool, Unreachable>,
    },
    /// The same over one transport alone.
    Reach {
        /// Which.
        addr: Line,
        /// How it was asked.
        over: Transport,
        /// As above.
        answer: Result<bool, Unreachable>,
    },
    /// No address was given.
    NoBootstrap,
    /// Whether IPv6 leads out of this machine.
    Six(bool),
    /// The longest frame that the narrowest of its networks carries, in bytes; `None` where the system does not say.
    Mtu(Option<u32>),
    /// So many links are up.
    Links(usize),
    /// The calendar shows a year that can be.
    Calendar(bool),
    /// A room's clock, and by how much it is ahead of this one.
    Skew {
        /// The room.
        room: Line,
        /// Milliseconds; negative where this clock is ahead.
        by_ms: i64,
    },
    /// There is nobody to compare clocks with.
    NoSkew,
    /// Output does not go to a terminal.
    NoTerminal,
    /// Columns and rows.
    Size(Option<(u16, u16)>),
    /// Whether colours are to be used.
    Colour(bool),
    /// Whether it is told to show UTF-8.
    Utf8(bool),
    /// Whether something is known to keep what is printed.
    Logger(Option<Logger>),
    /// A measure of protection; `None` where it is not known on this system.
    Guard(Guard, Option<bool>),
    /// Whether there is swap; `None` where it is not known on this system.
    Swap(Option<bool>),
}

use Finding::{
    Addresses, Bootstrap, Calendar, Colour, Guard as Guarded, Links, Listen, Logger as Logged, Mtu,
    Multicast, NoBootstrap, NoSkew, NoTerminal, Reach, Six, Size, Skew, Swap, Utf8,
};

/// The skew at which times of messages begin to look odd.
const SKEW_MS: u64 = 5_000;
/// The least a network must carry for QUIC.
const MTU: u32 = 1_280;
/// The least a screen of the narrow kind needs.
const COLUMNS: u16 = 30;

impl Part {
    /// Its name in scripts.
    pub fn name(self) -> &'static str {
        match self {
            Part::Network => "network",
            Part::Clock => "clock",
            Part::Terminal => "terminal",
            Part::Memory => "memory",
        }
    }
}

impl Health {
    /// Its name in scripts.
    pub fn name(self) -> &'static str {
        match self {
            Health::Good => "ok",
            Health::Unknown => "unknown",
            Health::Weak => "weak",
            Health::Broken => "broken",
        }
    }
}

impl Transport {
    fn name(self) -> &'static str {
        match self {
            Transport::Tcp => "TCP",
            Transport::Udp => "UDP",
        }
    }
}

impl Logger {
    fn name(self) -> &'static str {
        match self {
            Logger::Tmux => "tmux",
            Logger::Screen => "screen",
            Logger::Script => "script",
            Logger::Asciinema => "asciinema",
        }
    }
}

impl Finding {
    /// What it is about.
    pub fn part(&self) -> Part {
        match self {
            Addresses(_) | Listen(..) | Six(_) | Mtu(_) | Multicast(_) => Part::Network,
            Bootstrap { .. } | Reach { .. } | NoBootstrap | Links(_) => Part::Network,
            Calendar(_) | Skew { .. } | NoSkew => Part::Clock,
            NoTerminal | Size(_) | Colour(_) | Utf8(_) | Logged(_) => Part::Terminal,
            Guarded(..) | Swap(_) => Part::Memory,
        }
    }

    /// The stable name of this.
    pub fn code(&self) -> &'static str {
        match self {
            Addresses(_) => "addresses",
            Listen(Transport::Tcp, _) => "listen_tcp",
            Listen(Transport::Udp, _) => "listen_udp",
            Multicast(_) => "multicast",
            Bootstrap { .. } | NoBootstrap => "bootstrap",
            Reach { over: Transport::Tcp, .. } => "reach_tcp",
            Reach { over: Transport::Udp, .. } => "reach_udp",
            Six(_) => "ipv6",
            Mtu(_) => "mtu",
            Links(_) => "links",
            Calendar(_) => "calendar",
            Skew { .. } | NoSkew => "skew",
            NoTerminal => "terminal",
            Size(_) => "size",
            Colour(_) => "colour",
            Utf8(_) => "utf8",
            Logged(_) => "logger",
            Guarded(Guard::Core, _) => "core_dumps",
            Guarded(Guard::Tracing, _) => "tracing",
            Guarded(Guard::Keys, _) => "key_lock",
            Guarded(Guard::Locked, _) => "memory_lock",
            Swap(_) => "swap",
        }
    }

    /// How it stands.
    pub fn health(&self) -> Health {
        match self {
            Addresses(all) => or(!all.is_empty(), Health::Broken),
            Listen(_, works) => or(*works, Health::Broken),
            Calendar(sane) => or(*sane, Health::Broken),
            Bootstrap { answer: Ok(true), .. } | Reach { answer: Ok(true), .. } => Health::Good,
            Bootstrap { answer: Ok(false), .. } | Reach { answer: Ok(false), .. } => Health::Unknown,
            // The other transport may do; that neither does is told of the address as a whole.
            Reach { answer: Err(_), .. } => Health::Weak,
            Six(leads) => or(*leads, Health::Weak),
            Mtu(Some(bytes)) => or(*bytes >= MTU, Health::Weak),
            Bootstrap { answer: Err(_), .. } => Health::Broken,
            Links(count) => or(*count > 0, Health::Weak),
            Skew { by_ms, .. } => or(by_ms.unsigned_abs() < SKEW_MS, Health::Weak),
            Size(Some((columns, _))) => or(*columns >= COLUMNS, Health::Weak),
            Utf8(told) => or(*told, Health::Weak),
            Logged(logger) => or(logger.is_none(), Health::Weak),
            Multicast(Some(works)) | Guarded(_, Some(works)) => or(*works, Health::Weak),
            Swap(Some(there)) => or(!there, Health::Weak),
            Colour(_) => Health::Good,
            Multicast(None)
            | Mtu(None)
            | NoBootstrap
            | NoSkew
            | NoTerminal
            | Size(None)
            | Guarded(_, None)
            | Swap(None) => Health::Unknown,
        }
    }

    /// What was found, in one sentence.
    pub fn text(&self) -> String {
        match self {
            Addresses(all) if all.is_empty() => {
                "this machine has no address that others could see".to_owned()
            }
            Addresses(all) => {
                let shown: Vec<&str> = all.iter().take(4).map(Line::as_str).collect();
                let more = all.len().saturating_sub(shown.len());
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                format!("addresses of this machine: {}{more}", shown.join(", "))
            }
            Listen(how, true) => format!("{} ports can be listened on", how.name()),
            Listen(how, false) => format!("no {} port can be listened on", how.name()),
            Multicast(Some(true)) => {
                "multicast works on this machine; whether the router passes it on was not measured".to_owned()
            }
            Multicast(Some(false)) => {
                "multicast does not work: others on the local network are not found".to_owned()
            }
            Multicast(None) => "multicast was not measured: it needs an IPv4 network".to_owned(),
            Bootstrap { addr, answer: Ok(true) } => format!("{} answers", addr.as_str()),
            Bootstrap { addr, answer: Ok(false) } => {
                format!("{} did not answer while this was measured", addr.as_str())
            }
            Bootstrap { addr, answer: Err(why) } => {
                format!("{} cannot be reached: {}", addr.as_str(), why.words().0)
            }
            Reach { addr, over, answer: Ok(true) } => {
                format!("{} answers over {}", addr.as_str(), over.name())
            }
            Reach { addr, over, answer: Ok(false) } => {
                format!("{} did not answer over {} while this was measured", addr.as_str(), over.name())
            }
            Reach { addr, over, answer: Err(why) } => {
                format!("not over {}: {}: {}", over.name(), addr.as_str(), why.words().0)
            }
            Six(true) => "IPv6 leads out of this machine".to_owned(),
            Six(false) => "IPv6 does not lead out of this machine".to_owned(),
            Mtu(Some(bytes)) => {
                format!("the narrowest network of this machine carries {bytes} bytes at a time")
            }
            Mtu(None) => "how much the network carries at a time was not measured on this system".to_owned(),
            NoBootstrap => "no address was given, so nothing beyond this machine was measured".to_owned(),
            Links(0) => "no link to anybody".to_owned(),
            Links(1) => "1 link is up".to_owned(),
            Links(count) => format!("{count} links are up"),
            Calendar(true) => "the calendar shows a year that can be".to_owned(),
            Calendar(false) => "the calendar shows a year that cannot be".to_owned(),
            Skew { room, by_ms } => match by_ms.unsigned_abs() {
                0..1_000 => format!("this clock is the same as that of room {}", room.as_str()),
                off => format!(
                    "this clock is {} {} that of room {}",
                    words(off),
                    if *by_ms < 0 { "ahead of" } else { "behind" },
                    room.as_str()
                ),
            },
            NoSkew => "the clock was compared with nobody's".to_owned(),
            NoTerminal => "output does not go to a terminal, so none was measured".to_owned(),
            Size(Some((columns, rows))) => format!("{columns} columns, {rows} rows"),
            Size(None) => "its size is not known".to_owned(),
            Colour(true) => "colours are used".to_owned(),
            Colour(false) => "no colours, as NO_COLOR or TERM ask for".to_owned(),
            Utf8(true) => "the language settings say UTF-8".to_owned(),
            Utf8(false) => "the language settings do not say UTF-8".to_owned(),
            Logged(None) => {
                "nothing is known to keep what is printed; not everything that can can be seen".to_owned()
            }
            Logged(Some(logger)) => format!("{} may keep what is printed", logger.name()),
            Guarded(Guard::Core, Some(true)) => "a crash writes no memory to disk".to_owned(),
            Guarded(Guard::Core, Some(false)) => "a crash may write memory to disk".to_owned(),
            Guarded(Guard::Tracing, Some(true)) => {
                "other programs of this user cannot read its memory".to_owned()
            }
            Guarded(Guard::Tracing, Some(false)) => {
                "other programs of this user may read its memory".to_owned()
            }
            Guarded(Guard::Keys, Some(true)) => "keys are never swapped to disk".to_owned(),
            Guarded(Guard::Keys, Some(false)) => "keys may be swapped to disk".to_owned(),
            Guarded(Guard::Locked, Some(true)) => "memory is never swapped to disk".to_owned(),
            Guarded(Guard::Locked, Some(false)) => "texts may be swapped to disk".to_owned(),
            Guarded(guard, None) => format!("{} not measured on this system", guard.subject()),
            Swap(Some(false)) => "there is no swap".to_owned(),
            Swap(Some(true)) => "there is swap; whether it is encrypted was not measured".to_owned(),
            Swap(None) => "swap was not measured on this system".to_owned(),
        }
    }

    /// What to do about it; empty where nothing has to be done.
    pub fn hint(&self) -> &'static str {
        match self {
            Bootstrap { answer: Err(why), .. } => return why.words().1,
            Reach { answer: Err(_), over: Transport::Udp, .. } => {
                return "TCP does where it answers; else let UDP through, here and there";
            }
            Reach { answer: Err(_), over: Transport::Tcp, .. } => {
                return "UDP does where it answers; else let TCP through, here and there";
            }
            _ if self.health() == Health::Good => return "",
            _ => {}
        }
        match self {
            Addresses(_) => "connect to a network",
            Listen(..) => "something forbids it: a firewall, a sandbox, or a limit on open files",
            Multicast(Some(_)) => "allow multicast in the firewall, or give an address with --bootstrap",
            Multicast(None) => "give an address with --bootstrap",
            Six(_) => "nothing, unless those you look for have IPv6 alone",
            Mtu(Some(_)) => "nothing, if TCP works: QUIC needs 1280 bytes",
            Mtu(None) => "nothing, unless links break as soon as much is said",
            Bootstrap { .. } | Reach { .. } => "is it running, and does a firewall let UDP and TCP through?",
            NoBootstrap => "`ephem-node doctor --bootstrap HOST:PORT` tests one",
            Links(_) => "wait, or give an address with --bootstrap",
            Calendar(_) | Skew { .. } => "set this machine's clock",
            NoSkew => "/doctor compares it while others are in the room",
            NoTerminal => "run it at the terminal you use",
            Size(Some(_)) => "make the window wider",
            Size(None) => "nothing, unless lines look broken",
            Utf8(_) => "set LANG to one that ends in UTF-8, like C.UTF-8",
            Logged(_) => "look for what it saves, and turn that off; /hold prints no texts",
            Guarded(Guard::Core, Some(_)) => "ulimit -c 0, before it is started",
            Guarded(Guard::Tracing, Some(_)) => "run it as a user of its own, or with less around it",
            Guarded(Guard::Keys | Guard::Locked, Some(_)) => {
                "ulimit -l unlimited before it is started, or an encrypted swap"
            }
            Swap(Some(_)) => "encrypt it, or turn it off with swapoff -a, unless memory is locked",
            Guarded(_, None) | Swap(None) => "encrypt the disk",
            Colour(_) => "",
        }
    }
}

impl Guard {
    fn subject(self) -> &'static str {
        match self {
            Guard::Core => "what a crash writes to disk was",
            Guard::Tracing => "whether other programs can read its memory was",
            Guard::Keys => "whether keys can be swapped was",
            Guard::Locked => "whether memory can be swapped was",
        }
    }
}

fn or(good: bool, otherwise: Health) -> Health {
    if good { Health::Good } else { otherwise }
}

/// Whether anybody can be spoken to at all: with an address, a port, and an answer from one of those that were asked.
pub fn network_works(found: &[Finding]) -> bool {
    let broken = |code: &str| {
        let of = || found.iter().filter(|finding| finding.code() == code);
        of().any(|finding| finding.health() == Health::Broken) && !of().any(|f| f.health() == Health::Good)
    };
    !(broken("addresses") || (broken("listen_tcp") && broken("listen_udp")) || broken("bootstrap"))
}

/// Whether anything is broken.
pub fn all_works(found: &[Finding]) -> bool {
    network_works(found) && !found.iter().any(|f| f.part() != Part::Network && f.health() == Health::Broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finding_has_a_sentence_and_says_what_to_do_where_something_can_be_done() {
        for finding in samples() {
            let (code, text, hint) = (finding.code(), finding.text(), finding.hint());
            assert!(!text.is_empty() && text.len() <= 120 && !text.ends_with('.'), "{code}: {text}");
            assert!(hint.len() <= 90, "{code}: {hint}");
            assert_eq!(hint.is_empty(), finding.health() == Health::Good, "{code}: {hint}");
            if finding.health() == Health::Unknown {
                assert!(
                    ["not measured", "nothing", "none", "nobody", "not known", "did not answer"]
                        .iter()
                        .any(|words| text.contains(words)),
                    "{code} does not say that nobody measured it: {text}"
                );
            }
        }
    }

    #[test]
    fn the_network_is_unusable_without_an_address_a_port_or_any_answer() {
        let good = || {
            vec![
                Addresses(vec![Line::clean("192.0.2.1")]),
                Listen(Transport::Tcp, true),
                Listen(Transport::Udp, true),
                Bootstrap { addr: Line::clean("a"), answer: Ok(true) },
                Multicast(Some(false)),
            ]
        };
        let with = |more: &[Finding]| {
            let mut found = good();
            for finding in more {
                found.retain(|f| f.code() != finding.code());
            }
            found.extend(more.iter().cloned());
            (network_works(&found), all_works(&found))
        };
        let silent = || Bootstrap { addr: Line::clean("b"), answer: Err(Unreachable::Timeout) };
        assert_eq!(with(&[]), (true, true));
        assert_eq!(with(&[Addresses(Vec::new())]), (false, false));
        assert_eq!(with(&[Listen(Transport::Udp, false)]), (true, true), "TCP is left");
        let neither = [Listen(Transport::Udp, false), Listen(Transport::Tcp, false)];
        assert_eq!(with(&neither), (false, false));
        assert_eq!(with(&[silent()]), (false, false));
        let mut one_of_two = good();
        one_of_two.push(silent());
        assert!(network_works(&one_of_two));
        assert_eq!(with(&[NoBootstrap]), (true, true));
        assert_eq!(with(&[Calendar(false)]), (true, false));
    }
}
