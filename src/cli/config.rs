//! The settings file: TOML, none needed. A flag counts more than an `EPHEM_*` variable, that more than the file, that more
//! than what is built in.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use etcetera::BaseStrategy;
use toml_edit::{Document, Item, Key, Value};

use super::args::{All, Color, History, Keep, Network, PathRule, Room, Screen, Who};
use super::report::Failure;
use super::values::{self, Length, Rate};
use crate::chat;
use crate::chat::name::{Motion, Ring, Theme};
use crate::chat::text::Line;
use crate::net::Limits;
use crate::tui::Habits;

/// The largest file read. Settings are a few hundred bytes.
const LARGEST: u64 = 256 * 1_024;

/// What a file can say. Names are those of the flags, with `_` for `-`.
const KEYS: [&str; 28] = [
    "nick",
    "profile",
    "ttl",
    "max",
    "knock",
    "history",
    "rate",
    "listen",
    "bootstrap",
    "timeout",
    "lan_only",
    "no_mdns",
    "no_dht",
    "path",
    "upnp",
    "color",
    "theme",
    "motion",
    "plain",
    "ascii",
    "mouse",
    "curtain_after",
    "seen",
    "typing",
    "notify",
    "log_file",
    "log_level",
    "serve",
];
/// What of `[notify]` counts for all rooms; any other word there is the name of one.
const EVERYWHERE: &str = "default";

/// What a person likes of a screen, and sets once and for all: no flag says it.
#[derive(Clone, Debug, Default)]
pub struct Likes {
    /// The wheel scrolls; selecting text then takes Shift.
    pub mouse: bool,
    /// What it does by itself.
    pub habits: Habits,
}

/// How much a log tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Detail {
    /// What the program does.
    Info,
    /// How it goes.
    Debug,
    /// Of every peer.
    Trace,
}

/// The most links that can be asked for.
const PEERS_MOST: u64 = 10_000;
/// Bytes of one circuit: less would end before a newcomer is in, more is no bound.
const BYTES_LEAST: u64 = 65_536;
/// See [`BYTES_LEAST`].
const BYTES_MOST: u64 = 1 << 40;

/// What a settings file said.
#[derive(Debug, Default)]
pub struct Settings {
    /// Where it was read from; `None` without a file.
    pub path: Option<PathBuf>,
    /// Things about it that a person should know.
    pub warnings: Vec<String>,
    nick: Option<String>,
    profile: Option<String>,
    room: Room,
    network: Network,
    color: Option<Color>,
    screen: Screen,
    /// What no flag says.
    pub likes: Likes,
    log_file: Option<PathBuf>,
    /// How much the log tells, where nothing was typed of it.
    pub log_level: Option<Detail>,
    /// Links that others may open to a node that serves.
    peers: Option<u32>,
    /// Places it keeps for others.
    reservations: Option<usize>,
    /// Circuits through it.
    circuits: Option<usize>,
    /// Bytes that each may carry.
    bytes: Option<u64>,
}

/// Where the file is looked for without `--config`.
pub fn usual_path() -> Option<PathBuf> {
    // XDG on every Unix: people keep one dotfiles repository for all their machines.
    etcetera::choose_base_strategy().ok().map(|dirs| dirs.config_dir().join("ephem-node").join("config.toml"))
}

impl Settings {
    /// Reads the file that was named, which must be there, or the usual one, which need not.
    pub fn read(named: Option<&Path>) -> Result<Settings, Failure> {
        let Some(path) = named.map(Path::to_path_buf).or_else(usual_path) else {
            return Ok(Settings::default());
        };
        let text = match slurp(&path) {
            Ok(text) => text,
            Err(err) if err.kind() == ErrorKind::NotFound && named.is_none() => {
                return Ok(Settings::default());
            }
            Err(err) => return Err(Failure::Config(format!("{}: {err}", path.display()))),
        };
        let mut settings =
            Settings::parse(&text).map_err(|why| Failure::Config(format!("{}: {why}", path.display())))?;
        settings.path = Some(path);
        Ok(settings)
    }

    /// Reads its text.
    pub fn parse(text: &str) -> Result<Settings, String> {
        let document: Document<&str> =
            Document::parse(text).map_err(|err| err.to_string().trim_end().to_owned())?;
        let mut settings = Settings::default();
        for (key, item) in document.iter() {
            let name = key.replace('-', "_");
            settings.take(&name, item).map_err(|why| format!("{key}: {why}"))?;
        }
        Ok(settings)
    }

    fn take(&mut self, key: &str, item: &Item) -> Result<(), String> {
        match key {
            "nick" => self.nick = Some(text(item)?.to_owned()),
            "profile" => self.profile = Some(text(item)?.to_owned()),
            "ttl" => self.room.ttl = Some(values::life(text(item)?)?),
            "max" => self.room.max = Some(values::members(&number(item)?.to_string())?),
            "knock" => self.room.knock = truth(item)?,
            "history" => self.room.history = Some(choice::<History>(text(item)?)?),
            "rate" => {
                let typed = text(item).map(str::to_owned).or_else(|_| number(item).map(|n| n.to_string()));
                self.room.rate = Some(values::rate(&typed?)?);
            }
            "listen" => self.network.listen = list(item, values::listen)?,
            "bootstrap" => self.network.bootstrap = list(item, values::place)?,
            "timeout" => self.network.timeout = Some(values::length(text(item)?)?),
            "lan_only" => self.network.lan_only = truth(item)?,
            "no_mdns" => self.network.no_mdns = truth(item)?,
            "no_dht" => self.network.no_dht = truth(item)?,
            "path" => self.network.path = Some(choice::<PathRule>(text(item)?)?),
            "upnp" => self.network.upnp = truth(item)?,
            "color" => self.color = Some(choice::<Color>(text(item)?)?),
            "theme" => self.screen.theme = Some(values::theme(text(item)?)?),
            "motion" => self.screen.motion = Some(values::motion(text(item)?)?),
            "plain" => self.screen.plain = truth(item)?,
            "ascii" => self.screen.ascii = truth(item)?,
            "mouse" => self.likes.mouse = truth(item)?,
            "curtain_after" => {
                self.likes.habits.curtain_after_ms = Some(values::length(text(item)?)?.ms);
            }
            "seen" => self.likes.habits.seen = truth(item)?,
            "typing" => self.likes.habits.typing = truth(item)?,
            "notify" => self.notify(item)?,
            "log_file" => self.log_file = Some(PathBuf::from(text(item)?)),
            "log_level" => self.log_level = Some(choice::<Detail>(text(item)?)?),
            "serve" => self.serve(item)?,
            unknown => self.warnings.push(match chat::command::nearest(unknown, KEYS.iter().copied()) {
                Some(known) => format!("unknown setting `{unknown}`; did you mean `{known}`?"),
                None => format!("unknown setting `{unknown}`"),
            }),
        }
        Ok(())
    }

    fn serve(&mut self, item: &Item) -> Result<(), String> {
        let table = item.as_table_like().ok_or("must be a table: [serve]")?;
        for (key, item) in table.iter() {
            let within = |least: u64, most: u64| {
                let found = number(item).ok().and_then(|n| u64::try_from(n).ok());
                let found = found.filter(|n| (least..=most).contains(n));
                found.ok_or(format!("{key}: must be a number from {least} to {most}"))
            };
            match key {
                "peers" => self.peers = u32::try_from(within(1, PEERS_MOST)?).ok(),
                "reservations" => self.reservations = usize::try_from(within(0, PEERS_MOST)?).ok(),
                "circuits" => self.circuits = usize::try_from(within(0, PEERS_MOST)?).ok(),
                "bytes" => self.bytes = Some(within(BYTES_LEAST, BYTES_MOST)?),
                unknown => self.warnings.push(format!("unknown setting `serve.{unknown}`")),
            }
        }
        Ok(())
    }

    /// What others get of a node that serves.
    pub fn limits(&self) -> Limits {
        let usual = Limits::usual(true);
        Limits {
            peers: self.peers.unwrap_or(usual.peers),
            places: self.reservations.unwrap_or(usual.places),
            circuits: self.circuits.unwrap_or(usual.circuits),
            circuit_bytes: self.bytes.unwrap_or(usual.circuit_bytes),
        }
    }

    fn notify(&mut self, item: &Item) -> Result<(), String> {
        let table = item.as_table_like().ok_or("must be a table: [notify]")?;
        for (room, item) in table.iter() {
            let names = || Ring::ALL.iter().map(|ring| ring.name()).collect::<Vec<_>>().join(", ");
            let ring =
                Ring::parse(text(item)?).ok_or_else(|| format!("{room}: must be one of {}", names()))?;
            let habits = &mut self.likes.habits;
            match room {
                EVERYWHERE => habits.ring = ring,
                room => drop(habits.rings.insert(Line::clean(room.trim_start_matches('#')), ring)),
            }
        }
        Ok(())
    }

    /// Fills in what neither a flag nor a variable said.
    pub fn fill(&self, who: &mut Who, room: &mut Room, network: &mut Network) {
        let Room { ttl, expires: _, max, knock, history, rate, persistent: _ } = room;
        *ttl = ttl.or(self.room.ttl);
        *max = max.or(self.room.max);
        *knock |= self.room.knock;
        *history = history.or(self.room.history);
        *rate = rate.or(self.room.rate);
        self.fill_network(who, network);
    }

    /// The same where no room can be opened.
    pub fn fill_network(&self, who: &mut Who, network: &mut Network) {
        self.fill_keep(&mut who.keep);
        // A profile has a nick of its own.
        if who.nick.is_none() && who.keep.profile.is_none() {
            who.nick.clone_from(&self.nick);
        }
        let Network { listen, bootstrap, timeout, lan_only, no_mdns, no_dht, path, upnp } = network;
        if listen.is_empty() {
            listen.clone_from(&self.network.listen);
        }
        if bootstrap.is_empty() {
            bootstrap.clone_from(&self.network.bootstrap);
        }
        *timeout = timeout.or(self.network.timeout);
        *lan_only |= self.network.lan_only;
        *no_mdns |= self.network.no_mdns;
        *no_dht |= self.network.no_dht;
        *path = path.or(self.network.path);
        *upnp |= self.network.upnp;
    }

    /// The same for what is kept.
    pub fn fill_keep(&self, keep: &mut Keep) {
        if keep.profile.is_none() {
            keep.profile.clone_from(&self.profile);
        }
    }

    /// The same for the screen.
    pub fn fill_screen(&self, screen: &mut Screen) {
        let Screen { theme, motion, plain, ascii } = screen;
        *theme = theme.or(self.screen.theme);
        *motion = motion.or(self.screen.motion);
        *plain |= self.screen.plain;
        *ascii |= self.screen.ascii;
    }

    /// Fills in what every command takes.
    pub fn fill_all(&self, all: &mut All) {
        all.color = all.color.or(self.color);
        if all.log_file.is_none() {
            all.log_file.clone_from(&self.log_file);
        }
    }

    /// What holds, a line each, for `config`.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = |key: &str, value: Option<String>| {
            lines.extend(value.map(|value| format!("{key} = {value}")));
        };
        let quoted = |text: &str| Value::from(text).to_string().trim().to_owned();
        let seconds = |length: Length| quoted(&format!("{}s", length.seconds()));
        line("nick", self.nick.as_deref().map(quoted));
        line("profile", self.profile.as_deref().map(quoted));
        line("ttl", self.room.ttl.map(seconds));
        line("max", self.room.max.map(|max| max.to_string()));
        line("knock", self.room.knock.then(|| "true".to_owned()));
        line(
            "history",
            self.room.history.map(|h| quoted(if h == History::None { "none" } else { "unexpired" })),
        );
        line(
            "rate",
            self.room.rate.map(|rate| match rate {
                Rate::Most(rate) => rate.to_string(),
                Rate::Off => quoted("off"),
            }),
        );
        let listen = &self.network.listen;
        line(
            "listen",
            (!listen.is_empty()).then(|| array(listen.iter().map(|addr| quoted(&addr.to_string())))),
        );
        let places = &self.network.bootstrap;
        line(
            "bootstrap",
            (!places.is_empty()).then(|| array(places.iter().map(|place| quoted(place.text())))),
        );
        line("timeout", self.network.timeout.map(seconds));
        line("lan_only", self.network.lan_only.then(|| "true".to_owned()));
        line("no_mdns", self.network.no_mdns.then(|| "true".to_owned()));
        line("no_dht", self.network.no_dht.then(|| "true".to_owned()));
        line("path", self.network.path.and_then(|path| Some(quoted(path.to_possible_value()?.get_name()))));
        line("upnp", self.network.upnp.then(|| "true".to_owned()));
        line("color", self.color.and_then(|color| Some(quoted(color.to_possible_value()?.get_name()))));
        line("theme", self.screen.theme.map(|wish| quoted(wish.named().map_or("auto", Theme::name))));
        line("motion", self.screen.motion.map(|wish| quoted(wish.named().map_or("auto", Motion::name))));
        line("plain", self.screen.plain.then(|| "true".to_owned()));
        line("ascii", self.screen.ascii.then(|| "true".to_owned()));
        let Likes { mouse, habits } = &self.likes;
        line("mouse", mouse.then(|| "true".to_owned()));
        line("curtain_after", habits.curtain_after_ms.map(|ms| seconds(Length { ms })));
        line("seen", habits.seen.then(|| "true".to_owned()));
        line("typing", habits.typing.then(|| "true".to_owned()));
        let usual = habits.ring != Ring::Mentions || !habits.rings.is_empty();
        line("notify.default", usual.then(|| quoted(habits.ring.name())));
        for (room, ring) in &habits.rings {
            line(&format!("notify.{}", Key::new(room.as_str())), Some(quoted(ring.name())));
        }
        line("log_file", self.log_file.as_ref().map(|path| quoted(&path.display().to_string())));
        line(
            "log_level",
            self.log_level.and_then(|level| Some(quoted(level.to_possible_value()?.get_name()))),
        );
        line("serve.peers", self.peers.map(|peers| peers.to_string()));
        line("serve.reservations", self.reservations.map(|places| places.to_string()));
        line("serve.circuits", self.circuits.map(|circuits| circuits.to_string()));
        line("serve.bytes", self.bytes.map(|bytes| bytes.to_string()));
        lines
    }
}

fn slurp(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    let read = File::open(path)?.take(LARGEST + 1).read_to_string(&mut text)?;
    if read as u64 > LARGEST {
        return Err(std::io::Error::new(ErrorKind::InvalidData, format!("over {LARGEST} bytes")));
    }
    Ok(text)
}

fn array(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

fn text(item: &Item) -> Result<&str, String> {
    item.as_str().ok_or_else(|| "must be a text in quotes".to_owned())
}

fn number(item: &Item) -> Result<i64, String> {
    item.as_integer().ok_or_else(|| "must be a number".to_owned())
}

fn truth(item: &Item) -> Result<bool, String> {
    item.as_bool().ok_or_else(|| "must be true or false".to_owned())
}

fn choice<T: clap::ValueEnum>(typed: &str) -> Result<T, String> {
    T::from_str(typed, true).map_err(|_| {
        let names = T::value_variants().iter().filter_map(|v| v.to_possible_value());
        format!("must be one of {}", names.map(|v| v.get_name().to_owned()).collect::<Vec<_>>().join(", "))
    })
}

/// A list of texts, or one alone.
fn list<T>(item: &Item, read: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, String> {
    match item.as_array() {
        None => Ok(vec![read(text(item).map_err(|_| "must be a text or a list of texts".to_owned())?)?]),
        Some(array) => array
            .iter()
            .map(|value| read(value.as_str().ok_or_else(|| "must be a list of texts".to_owned())?))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_key_is_read_and_shown_again() {
        let text = "nick = \"ana\"\nttl = \"60s\"\nmax = 12\nknock = true\nhistory = \"unexpired\"\nrate = 3\n\
            listen = [\"/ip4/127.0.0.1/tcp/0\"]\nbootstrap = [\"example.org:4077\"]\ntimeout = \"30s\"\n\
            lan_only = true\nno_mdns = true\nno_dht = true\npath = \"relay-only\"\nupnp = true\ncolor = \"never\"\ntheme = \"cvd\"\n\
            motion = \"auto\"\nplain = true\nascii = true\nmouse = true\ncurtain_after = \"300s\"\nseen = true\ntyping = true\n\
            notify.default = \"dm\"\nnotify.\"a b\" = \"all\"\nnotify.lobby = \"off\"\nlog_file = \"/tmp/log\"\nlog_level = \"debug\"\nserve.peers = 100\n\
            serve.reservations = 90\nserve.circuits = 0\nserve.bytes = 1000000\n";
        let settings = Settings::parse(text).unwrap_or_default();
        assert_eq!(settings.lines().join("\n") + "\n", text);
        assert!(settings.warnings.is_empty());
    }

    #[test]
    fn a_wrong_key_is_told_with_the_nearest_and_a_wrong_value_with_its_key() {
        let settings = Settings::parse("bootstap = \"x\"").unwrap_or_default();
        assert_eq!(settings.warnings, ["unknown setting `bootstap`; did you mean `bootstrap`?"]);
        for (text, why) in [
            ("ttl = 5", "ttl: must be a text"),
            ("ttl = \"4s\"", "ttl: a message lives"),
            ("listen = [1]", "listen: must be a list"),
            ("history = \"all\"", "history: must be one of none, unexpired"),
            ("theme = \"pink\"", "theme: must be one of terminal, dark,"),
            ("nick = ", "TOML"),
            ("notify = true", "notify: must be a table"),
            ("[notify]\nlobby = \"loud\"", "notify: lobby: must be one of off, mentions, dm, all"),
            ("[serve]\npeers = 0", "serve: peers: must be a number from 1 to"),
            ("[serve]\nbytes = 10", "serve: bytes: must be a number from 65536 to"),
            ("serve = 5", "serve: must be a table"),
            ("log_level = \"loud\"", "log_level: must be one of info, debug, trace"),
            ("curtain_after = \"now\"", "curtain_after: a length of time"),
        ] {
            assert!(Settings::parse(text).is_err_and(|err| err.contains(why)), "{text}");
        }
    }

    #[test]
    fn a_flag_counts_more_than_the_file() {
        let settings = Settings::parse("nick = \"file\"\nttl = \"60s\"").unwrap_or_default();
        let mut who = Who { nick: Some("flag".to_owned()), ..Who::default() };
        let (mut room, mut network) = (Room::default(), Network::default());
        settings.fill(&mut who, &mut room, &mut network);
        assert_eq!((who.nick.as_deref(), room.ttl), (Some("flag"), Some(Length { ms: 60_000 })));
    }
}
