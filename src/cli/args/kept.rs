//! What can be typed about profiles.

use std::path::PathBuf;

use clap::{Subcommand, ValueHint};

use super::{Network, Screen};
use crate::base::id::MemberId;
use crate::cli::values;

/// What stays when the program ends: nothing, unless a profile is named.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Who")]
pub struct Keep {
    /// Be the same person in every run: keep the key, the nick and friends in a file sealed with a passphrase; made if it is
    /// not there. Without it nothing is written to disk
    #[arg(short = 'P', long, global = true, value_name = "NAME", env = "EPHEM_PROFILE")]
    pub profile: Option<String>,
    /// Read the profile's passphrase from the first line of a file; `-` is stdin, before anything else is read from there
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath, env = "EPHEM_PROFILE_PASSPHRASE_FILE")]
    pub profile_passphrase_file: Option<PathBuf>,
    /// Read the profile's passphrase from an open file descriptor
    #[arg(
        long,
        global = true,
        value_name = "N",
        env = "EPHEM_PROFILE_PASSPHRASE_FD",
        conflicts_with = "profile_passphrase_file"
    )]
    pub profile_passphrase_fd: Option<i32>,
}

/// `id`
#[derive(Debug, clap::Args)]
pub struct Id {
    /// Which profile.
    #[command(flatten)]
    pub keep: Keep,
    /// Put a copy of the profile there, sealed as it is
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "import")]
    pub export: Option<PathBuf>,
    /// Make the profile from such a copy; its passphrase stays
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub import: Option<PathBuf>,
}

/// `friends`
#[derive(Debug, clap::Args)]
pub struct Friends {
    /// What to do with them; without it they are listed
    #[command(subcommand)]
    pub what: Option<WithFriends>,
    /// Which profile.
    #[command(flatten)]
    pub keep: Keep,
}

/// What can be done with friends.
#[derive(Debug, Subcommand)]
pub enum WithFriends {
    /// List them
    List,
    /// Remember somebody by the key they told you, as `ephem-node id` prints it
    Add {
        /// The key, 64 digits
        #[arg(value_parser = values::member)]
        key: MemberId,
        /// What they are called
        nick: String,
    },
    /// Forget somebody
    Remove {
        /// Nick, tag or key
        who: String,
    },
}

/// `rooms`
#[derive(Debug, clap::Args)]
pub struct Rooms {
    /// What to do with them; without it they are listed
    #[command(subcommand)]
    pub what: Option<WithRooms>,
    /// Which profile.
    #[command(flatten)]
    pub keep: Keep,
}

/// What can be done with rooms that are kept.
#[derive(Debug, Subcommand)]
pub enum WithRooms {
    /// List them
    List,
    /// Come back to one: no passphrase is asked for; whoever is first goes on alone until the others come
    Reopen(Box<Reopen>),
    /// Overwrite and remove what is kept of one; the others keep what they have
    Forget {
        /// Its name; or the digits under which an unreadable one is listed
        name: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// `rooms reopen`
#[derive(Debug, clap::Args)]
pub struct Reopen {
    /// Its name
    pub name: String,
    /// The name others see; without it the profile's
    #[arg(short, long, value_name = "NICK", env = "EPHEM_NICK")]
    pub nick: Option<String>,
    /// What stands before one.
    #[command(flatten)]
    pub screen: Screen,
    /// How the others are found.
    #[command(flatten)]
    pub network: Network,
}

/// `wipe`
#[derive(Debug, clap::Args)]
pub struct Wipe {
    /// The profile's name
    pub name: String,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}
