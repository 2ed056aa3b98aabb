//! What can be typed. A command that is listed here works; one that is not built yet is not listed.

mod kept;

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum, ValueHint};

pub use kept::{Friends, Id, Keep, Reopen, Rooms, Wipe, WithFriends, WithRooms};

use super::values::{self, Length, Rate, Wish};
use crate::chat::name::{Motion, Theme};

/// A chat node that needs nobody's server: sealed messages that burn away when their time ends.
#[derive(Debug, Parser)]
#[command(
    name = "ephem-node",
    version,
    disable_help_subcommand = true,
    arg_required_else_help = true,
    max_term_width = 100
)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// What every command takes.
    #[command(flatten)]
    pub all: All,
}

/// Options of every command.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Everywhere")]
pub struct All {
    /// Print JSON, one object a line
    #[arg(long, global = true, env = "EPHEM_JSON")]
    pub json: bool,
    /// Never ask anything
    #[arg(long, global = true, env = "EPHEM_NO_INPUT")]
    pub no_input: bool,
    /// When to use colour; NO_COLOR is heeded
    #[arg(long, global = true, value_enum, value_name = "WHEN", env = "EPHEM_COLOR")]
    pub color: Option<Color>,
    /// Say less
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more of how it goes; twice: of every peer
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Write a log there: of what the program does, never a word of a message, a nick or a secret
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath, env = "EPHEM_LOG_FILE")]
    pub log_file: Option<PathBuf>,
    /// Read settings from there
    #[arg(short, long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath, env = "EPHEM_CONFIG")]
    pub config: Option<PathBuf>,
}

/// The commands there are.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Come into a room and talk; whoever is first opens it
    Join(Join),
    /// Open a private room of your own, and come in
    New(New),
    /// Make an invite to a private room that a node of yours is in; list them, or take one back
    Invite(Invite),
    /// Send one message, wait until somebody has it, and go
    Send(Send),
    /// Print messages as they arrive
    Listen(Listen),
    /// Two-way JSON lines on stdin and stdout, for programs
    Pipe(Pipe),
    /// Be a meeting point for others, who stay unreadable to it
    Serve(Serve),
    /// What the running node sees
    Status(Status),
    /// How a peer is reached, and how long there and back takes
    Ping(Ping),
    /// Test this machine's network, clock, terminal and memory protection, and say what to do
    Doctor(Doctor),
    /// A simulated room, no network: come in, talk, and see people be cut off, find back and remove one
    Demo(Demo),
    /// Who a profile is: its key, two words from it, and twelve to read aloud; made if it is not there
    Id(Id),
    /// Whom a profile knows by their keys
    Friends(Friends),
    /// Rooms that a profile keeps: list them, come back to one, or remove what is kept of it
    Rooms(Rooms),
    /// Overwrite and remove a profile, with the rooms it keeps
    Wipe(Wipe),
    /// Settings: where they are read from, and what holds
    ///
    /// The file is TOML, `config.toml` in the folder `ephem-node` where settings are kept. What a flag says a setting of the
    /// same name says, with `_` for `-`: ttl = "10m", no_mdns = true, bootstrap = ["host:port"].
    ///
    /// Of the screen it says more: mouse = true lets the wheel scroll (selecting text then takes Shift); curtain_after = "5m"
    /// hides everything when nothing was typed for so long; seen = true tells those who write when you have seen it, typing = true tells the others while you write; [notify] says when to ring: default = "mentions" (or off, dm, all),
    /// and a line for each room that differs, like lobby = "off".
    Config,
    /// Completions for a shell
    Completions {
        /// Which
        shell: clap_complete::Shell,
    },
    /// The manual page
    Man,
}

/// Who one is.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Who")]
pub struct Who {
    /// The name others see; without it two words are drawn
    #[arg(short, long, value_name = "NICK", env = "EPHEM_NICK")]
    pub nick: Option<String>,
    /// What stays when the program ends.
    #[command(flatten)]
    pub keep: Keep,
}

/// Where the room's secret comes from: one of these. On a terminal `join` asks.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Secret")]
#[group(multiple = false)]
pub struct Secret {
    /// No passphrase: whoever knows the name is in, and can read it
    #[arg(long)]
    pub open: bool,
    /// Ask for a passphrase
    #[arg(short, long)]
    pub passphrase: bool,
    /// Read the passphrase from the first line of a file; `-` is stdin
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, env = "EPHEM_PASSPHRASE_FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// Read the passphrase from an open file descriptor
    #[arg(long, value_name = "N", env = "EPHEM_PASSPHRASE_FD")]
    pub passphrase_fd: Option<i32>,
}

/// How a room is, if this node is the one to open it.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Room, for whoever opens it")]
pub struct Room {
    /// How long messages live that do not say it themselves
    #[arg(long, value_name = "DUR", value_parser = values::life, env = "EPHEM_TTL")]
    pub ttl: Option<Length>,
    /// When the room ends, from now
    #[arg(long, value_name = "DUR", value_parser = values::length)]
    pub expires: Option<Length>,
    /// How many members there may be
    #[arg(long, value_name = "N", value_parser = values::members)]
    pub max: Option<u64>,
    /// Whoever comes waits until an admin lets them in
    #[arg(long)]
    pub knock: bool,
    /// What newcomers see of what was said before
    #[arg(long, value_enum, value_name = "WHAT")]
    pub history: Option<History>,
    /// Messages a second from one person
    #[arg(long, value_name = "N|off", value_parser = values::rate)]
    pub rate: Option<Rate>,
    /// Keep the room in the profile (-P): what is kept in it outlives the program, and `rooms reopen` comes back to it. A room
    /// that this node opens lasts for all who ask for that; in another it is up to its owner. What burns is never written
    #[arg(long)]
    pub persistent: bool,
}

/// How the others are found.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Network")]
pub struct Network {
    /// Listen there (a multiaddr); again for more
    #[arg(long, value_name = "ADDR", value_parser = values::listen, env = "EPHEM_LISTEN", value_delimiter = ',')]
    pub listen: Vec<crate::net::Addr>,
    /// Ask there for others: host:port, a multiaddr, or /dnsaddr/NAME for a list; again for more; none is built in
    #[arg(long, value_name = "ADDR", value_parser = values::place, env = "EPHEM_BOOTSTRAP", value_delimiter = ',')]
    pub bootstrap: Vec<crate::net::Place>,
    /// Give up when nobody was found for so long [default: 30s for send and listen, else never]
    #[arg(long, value_name = "DUR", value_parser = values::length, env = "EPHEM_TIMEOUT")]
    pub timeout: Option<Length>,
    /// Only the local network
    #[arg(long, env = "EPHEM_LAN_ONLY")]
    pub lan_only: bool,
    /// Do not look on the local network: nobody there sees that this node runs
    #[arg(long, env = "EPHEM_NO_MDNS")]
    pub no_mdns: bool,
    /// Do not look in the distributed table
    #[arg(long, env = "EPHEM_NO_DHT")]
    pub no_dht: bool,
    /// Which ways may be gone
    #[arg(long, value_enum, value_name = "WAY", env = "EPHEM_PATH")]
    pub path: Option<PathRule>,
    /// Ask the router to let others in: it opens a port there for as long as this node runs
    #[arg(long, env = "EPHEM_UPNP")]
    pub upnp: bool,
}

/// Which ways may be gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PathRule {
    /// Straight where that works, else through a relay, which sees who talks with whom and never what [default]
    Any,
    /// No relays: nobody sees who talks with whom, but behind most home routers many are not reached
    DirectOnly,
    /// Relays alone: members do not see this node's address; all is slower and ends with the relays. Needs --bootstrap
    RelayOnly,
}

/// What stands before whoever talks.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
#[command(next_help_heading = "Screen")]
pub struct Screen {
    /// Colours: terminal, dark, light, high-contrast, cvd, mono, or auto: dark or light, where the terminal tells
    /// [default: terminal]
    #[arg(long, value_name = "NAME|auto", value_parser = values::theme, env = "EPHEM_THEME")]
    pub theme: Option<Wish<Theme>>,
    /// How much moves when a message burns: full, subtle, none, or auto: less where the terminal is far or has few colours
    /// [default: auto]
    #[arg(long, value_name = "HOW|auto", value_parser = values::motion, env = "EPHEM_MOTION")]
    pub motion: Option<Wish<Motion>>,
    /// No screen: one event a line, no cursor moves; for screen readers
    #[arg(long, env = "EPHEM_PLAIN")]
    pub plain: bool,
    /// Only letters and signs that every terminal has
    #[arg(long, env = "EPHEM_ASCII")]
    pub ascii: bool,
}

/// What it takes to come into a room that may have to be opened.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Come {
    /// Who one is.
    #[command(flatten)]
    pub who: Who,
    /// What admits.
    #[command(flatten)]
    pub secret: Secret,
    /// Settings, for whoever opens the room.
    #[command(flatten)]
    pub room: Room,
    /// How the others are found.
    #[command(flatten)]
    pub network: Network,
}

/// `join`
#[derive(Debug, clap::Args)]
pub struct Join {
    /// The room's name, or an invite; more than one are one node in all of them
    #[arg(value_name = "ROOM|INVITE", required = true)]
    pub rooms: Vec<String>,
    /// What stands before one.
    #[command(flatten)]
    pub screen: Screen,
    /// How to come in.
    #[command(flatten)]
    pub come: Come,
}

/// `new`
#[derive(Debug, clap::Args)]
pub struct New {
    /// The room's name; two words are drawn without it
    pub room: Option<String>,
    /// Show the invite as a square to scan
    #[arg(long)]
    pub qr: bool,
    /// Who one is.
    #[command(flatten)]
    pub who: Who,
    /// What stands before one.
    #[command(flatten)]
    pub screen: Screen,
    /// Settings of the new room.
    #[command(flatten)]
    pub settings: Room,
    /// How the others are found.
    #[command(flatten)]
    pub network: Network,
}

/// `invite`
#[derive(Debug, clap::Args)]
pub struct Invite {
    /// The room; may be left out where the running node is in one alone
    pub room: Option<String>,
    /// How many may come in with it
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = values::uses)]
    pub uses: u64,
    /// For how long it is good
    #[arg(long, value_name = "DUR", default_value = "1d", value_parser = values::length)]
    pub valid: Length,
    /// Draw it as a square to scan; it drops addresses until it fits 24 rows
    #[arg(long)]
    pub qr: bool,
    /// Show which there are, with what is left of them
    #[arg(long, conflicts_with_all = ["uses", "valid", "qr", "show", "revoke"])]
    pub list: bool,
    /// Show one again that the running node made, with the addresses of now
    #[arg(long, value_name = "ID", conflicts_with_all = ["uses", "valid", "revoke"], value_parser = values::invite_id)]
    pub show: Option<String>,
    /// Take one back
    #[arg(long, value_name = "ID", conflicts_with_all = ["uses", "valid", "qr"], value_parser = values::invite_id)]
    pub revoke: Option<String>,
}

/// `send`
#[derive(Debug, clap::Args)]
pub struct Send {
    /// The room
    #[arg(value_name = "ROOM")]
    pub to: String,
    /// The text; `-`, or nothing, is stdin
    pub text: Option<String>,
    /// Send each line of stdin as a message of its own, as it comes
    #[arg(long)]
    pub lines: bool,
    /// How many members must have it
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub ack: usize,
    /// Who one is.
    #[command(flatten)]
    pub who: Who,
    /// What admits.
    #[command(flatten)]
    pub secret: Secret,
    /// How long the message lives
    #[arg(long, value_name = "DUR", value_parser = values::life)]
    pub ttl: Option<Length>,
    /// How the others are found.
    #[command(flatten)]
    pub network: Network,
}

/// `listen`
#[derive(Debug, clap::Args)]
pub struct Listen {
    /// The room
    pub room: String,
    /// Stop after so many messages
    #[arg(long, value_name = "N")]
    pub count: Option<usize>,
    /// Who one is.
    #[command(flatten)]
    pub who: Who,
    /// What admits.
    #[command(flatten)]
    pub secret: Secret,
    /// How the others are found.
    #[command(flatten)]
    pub network: Network,
}

/// `pipe`
#[derive(Debug, clap::Args)]
pub struct Pipe {
    /// Rooms to come into at once; others by `{"cmd":"join"}`
    #[arg(value_name = "ROOM")]
    pub rooms: Vec<String>,
    /// How to come in.
    #[command(flatten)]
    pub come: Come,
}

/// `serve`
#[derive(Debug, clap::Args)]
pub struct Serve {
    /// Rooms of which it is a full member, shown as `serve` and never counted as company
    #[arg(value_name = "ROOM")]
    pub rooms: Vec<String>,
    /// Tell numbers at this address of this machine's own, for OpenMetrics, like 127.0.0.1:9464
    #[arg(long, value_name = "ADDR", value_parser = values::here)]
    pub metrics: Option<std::net::SocketAddr>,
    /// Keep the network key there, so that the address stays the same
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub key_file: Option<PathBuf>,
    /// How to come in.
    #[command(flatten)]
    pub come: Come,
}

/// `doctor`
#[derive(Debug, clap::Args)]
pub struct Doctor {
    /// See whether it answers: host:port, a multiaddr, or /dnsaddr/NAME; again for more
    #[arg(long, value_name = "ADDR", value_parser = values::place, env = "EPHEM_BOOTSTRAP", value_delimiter = ',')]
    pub bootstrap: Vec<crate::net::Place>,
    /// Measure nothing; say who sees what of a node with these settings before anybody has said a word
    #[arg(long)]
    pub exposure: bool,
}

/// `status`
#[derive(Debug, clap::Args)]
pub struct Status {
    /// Go on, and print it again at every change
    #[arg(long)]
    pub watch: bool,
}

/// `ping`
#[derive(Debug, clap::Args)]
pub struct Ping {
    /// A nick, a tag, a member's id or a network peer of the running node; or an address
    pub peer: String,
    /// Go on until there is a direct way, and print each change of it; exit code 4 if there is none in time
    #[arg(long)]
    pub until_direct: bool,
    /// Give up after so long
    #[arg(long, value_name = "DUR", value_parser = values::length, default_value = "10s")]
    pub timeout: Length,
}

/// `demo`
#[derive(Debug, clap::Args)]
pub struct Demo {
    /// Print one line for each thing that happens, on four people's screens at once
    #[arg(long)]
    pub lines: bool,
    /// What stands before one.
    #[command(flatten)]
    pub screen: Screen,

    /// Play another run; equal numbers give equal runs
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,

    /// How fast lines come [default: realtime on a terminal, else fast]
    #[arg(long, value_enum)]
    pub speed: Option<Speed>,
}

/// How fast the demo's lines come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Speed {
    /// To be read along: some twenty seconds in all
    Realtime,
    /// All at once
    Fast,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What newcomers see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum History {
    /// Nothing
    None,
    /// What still lives
    Unexpired,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Args;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }
}
