//! What was typed, as what a session is made of: everything that contradicts itself is said before anything starts.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use zeroize::Zeroizing;

use super::args::{self, All, PathRule};
use super::config::{Likes, Settings};
use super::profile;
use super::reload::Again;
use super::report::Failure;
use super::secret::{self, Chosen};
use super::values::{Length, Rate};
use crate::base::nick::Nick;
use crate::base::secret::Text;
use crate::base::time::Unix;
use crate::chat::text::Line;
use crate::crypto::name::RoomName;
use crate::net;
use crate::node::clock::Clock;
use crate::node::harden::Hardening;
use crate::node::{self, Asking, Telling, control, random};
use crate::store::Profile;
use crate::wire::log::{self, Policy};

/// How long `send` and `listen` look for somebody without `--timeout`.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a session is made of besides the face.
pub(super) struct Plan {
    pub(super) who: args::Who,
    pub(super) secret: args::Secret,
    pub(super) room: args::Room,
    pub(super) network: args::Network,
    pub(super) all: All,
    pub(super) screen: args::Screen,
    /// What the settings file alone can say of it.
    pub(super) likes: Likes,
    pub(super) hardening: Hardening,
    pub(super) serve: bool,
    pub(super) stay: bool,
    /// Come into rooms that are there, and open none.
    pub(super) visit: bool,
    pub(super) key: Option<crate::base::secret::Secret<32>>,
    /// What stays when this ends.
    pub(super) profile: Option<Profile>,
    /// What others get of a node that serves.
    pub(super) limits: Option<net::Limits>,
    /// What is read again on a signal.
    pub(super) again: Option<Again>,
    /// There is no network: the room is a play.
    pub(super) simulated: bool,
    /// A refusal at this room's door ends it: there is nothing left to do here.
    pub(super) door: Option<Line>,
    /// What was found wrong with the settings file.
    pub(super) warnings: Vec<String>,
}

impl Plan {
    /// Puts together what was typed, the environment and the settings file.
    pub(super) fn new(come: args::Come, mut all: All, settings: &Settings, hardening: Hardening) -> Plan {
        let args::Come { mut who, secret, mut room, mut network } = come;
        settings.fill(&mut who, &mut room, &mut network);
        settings.fill_all(&mut all);
        Plan {
            who,
            secret,
            room,
            network,
            all,
            screen: args::Screen::default(),
            likes: Likes::default(),
            hardening,
            serve: false,
            stay: false,
            visit: false,
            key: None,
            profile: None,
            limits: None,
            again: None,
            simulated: false,
            door: None,
            warnings: settings.warnings.clone(),
        }
    }

    /// The same with a screen before it.
    pub(super) fn with(self, mut screen: args::Screen, settings: &Settings) -> Plan {
        settings.fill_screen(&mut screen);
        Plan { screen, likes: settings.likes.clone(), ..self }
    }

    /// Whether there is a screen: somebody sits at a terminal, and wants one.
    pub(super) fn shows(&self) -> bool {
        let here = io::stdin().is_terminal() && io::stdout().is_terminal();
        here && !self.screen.plain && !self.all.json && !self.all.no_input
    }

    /// Says what is wrong with the settings file.
    pub(super) fn warn(&self) -> io::Result<()> {
        self.warnings.iter().try_for_each(|warning| writeln!(io::stderr(), "warning: {warning}"))
    }

    /// Where `status` may ask this node. A simulated one is nobody's business.
    #[cfg(unix)]
    pub(super) fn door_for_status(&self, asking: &Asking) -> Option<control::Door> {
        let open = |asking| control::open(&control::folder(), asking);
        let door = (!self.simulated).then(|| open(asking.clone()))?;
        door.inspect_err(|err| tracing::warn!(%err, "no door for `status`")).ok()
    }

    /// Opens the profile that was asked for, if one was.
    pub(super) fn unlock(&mut self) -> Result<(), Failure> {
        if self.room.persistent && self.who.keep.profile.is_none() {
            return Err(Failure::Usage(
                "--persistent needs a profile to keep the room in, sealed with a passphrase: add -P NAME. Without one nothing \
                 is written to disk"
                    .to_owned(),
            ));
        }
        self.profile = profile::unlock(&self.who.keep, self.all.no_input, || self.nick())?;
        if let Some(profile) = &mut self.profile {
            profile.content.begin(Clock::new().wall());
            profile.save(&mut random::os())?;
        }
        Ok(())
    }

    /// The nick that was asked for, else the profile's, else two words drawn by chance.
    pub(super) fn nick(&self) -> Result<Nick, Failure> {
        match &self.who.nick {
            Some(typed) => Nick::parse(typed)
                .map_err(|_| Failure::Usage("nothing visible is left of that nick".to_owned())),
            None if let Some(profile) = &self.profile => Ok(profile.content.nick.clone()),
            None => profile::drawn_nick(),
        }
    }

    fn policy(&self) -> Policy {
        let room = &self.room;
        Policy {
            max: room.max,
            ttl_s: room.ttl.map(Length::seconds),
            history: room.history.map(|history| match history {
                args::History::None => log::History::None,
                args::History::Unexpired => log::History::Unexpired,
            }),
            knock: room.knock.then_some(true),
            persist: room.persistent.then_some(true),
            rate: room.rate.map(|rate| match rate {
                Rate::Most(rate) => rate,
                // How a room spells that there is no limit.
                Rate::Off => 0,
            }),
            expires: room.expires.map(|length| {
                let now = Clock::new().wall();
                Unix(now.0.saturating_add(length.ms))
            }),
            ..Policy::default()
        }
    }

    /// A plan for a program that comes into a room that is there, and sits in it for so long.
    pub(super) fn visit(
        who: args::Who,
        secret: args::Secret,
        network: args::Network,
        all: All,
        settings: &Settings,
        hardening: Hardening,
    ) -> (Plan, Duration) {
        let come = args::Come { who, secret, room: args::Room::default(), network };
        let plan = Plan { visit: true, ..Plan::new(come, all, settings, hardening) };
        let patience = plan.network.timeout.map_or(PATIENCE, |wait| Duration::from_millis(wait.ms));
        (plan, patience)
    }

    /// The rooms by name. One that cannot be is refused before anything is asked.
    pub(super) fn names(&self, rooms: &[String]) -> Result<Vec<Line>, Failure> {
        let name = |typed: &String| {
            let invite = secret::invite(typed, &self.secret)?;
            room_name(invite.as_ref().map_or(typed.as_str(), |invite| &invite.room))
        };
        rooms.iter().map(name).collect()
    }

    /// Whether a person has to be asked for a passphrase, and for which room; and whether none at all would do.
    pub(super) fn question(&self, rooms: &[String]) -> Result<Option<(Line, bool)>, Failure> {
        let asked = &self.secret;
        if asked.open || asked.passphrase_file.is_some() || asked.passphrase_fd.is_some() || self.all.no_input
        {
            return Ok(None);
        }
        for typed in rooms {
            if secret::invite(typed, asked)?.is_none() {
                return Ok(Some((room_name(typed)?, !asked.passphrase)));
            }
        }
        Ok(None)
    }

    /// Gets the rooms' secret: the one that was answered already, else by asking if need be.
    pub(super) fn doors(
        &self,
        rooms: &[String],
        mut answered: Option<Chosen>,
    ) -> Result<Vec<(Line, Chosen)>, Failure> {
        let mut doors: Vec<(Line, Chosen)> = Vec::new();
        for typed in rooms {
            let invite = secret::invite(typed, &self.secret)?;
            let line = room_name(invite.as_ref().map_or(typed.as_str(), |invite| &invite.room))?;
            if doors.iter().any(|(known, _)| *known == line) {
                return Err(Failure::Usage("the same room twice".to_owned()));
            }
            // What was typed or read once counts for all of them: stdin is read once.
            let before = doors.iter().find_map(|(_, chosen)| match chosen {
                Chosen::Open => Some(Chosen::Open),
                Chosen::Passphrase(text) => Some(Chosen::Passphrase(Zeroizing::new(text.to_string()))),
                Chosen::Invite(_) => None,
            });
            let chosen = match (invite, before) {
                (Some(_), _) => Chosen::Invite(Text::new(typed)),
                (None, Some(before)) => before,
                (None, None) => match answered.take() {
                    Some(chosen) => chosen,
                    None => secret::obtain(&self.secret, self.all.no_input, line.as_str())?,
                },
            };
            doors.push((line, chosen));
        }
        Ok(doors)
    }

    /// Starts the node.
    pub(super) fn start(&mut self) -> Result<(Asking, Telling), Failure> {
        let network = &self.network;
        let config = node::Config {
            net: net::Config {
                listen: network.listen.clone(),
                bootstrap: if network.lan_only { Vec::new() } else { network.bootstrap.clone() },
                key: self.key.take(),
                mdns: !network.no_mdns && network.path != Some(PathRule::RelayOnly),
                dht: !network.no_dht && !network.lan_only,
                serve: self.serve,
                limits: self.limits,
                ways: ways(network)?,
                upnp: network.upnp,
            },
            nick: self.nick()?,
            profile: self.profile.take(),
            policy: self.policy(),
            serve: self.serve,
            stay: self.stay,
            visit: self.visit || self.serve,
            keeping: self.room.persistent,
            clock: Clock::new(),
        };
        node::start(config).map_err(Failure::Network)
    }
}

/// Which ways may be gone; what contradicts that is said before anything starts.
fn ways(network: &args::Network) -> Result<net::Ways, Failure> {
    let wrong = |why: &str| Err(Failure::Usage(why.to_owned()));
    match network.path {
        // A relay in the local network may lead out of it.
        None | Some(PathRule::Any) if network.lan_only => Ok(net::Ways::DirectOnly),
        None | Some(PathRule::Any) => Ok(net::Ways::Any),
        Some(PathRule::DirectOnly) => Ok(net::Ways::DirectOnly),
        Some(PathRule::RelayOnly) if network.lan_only => {
            wrong("--path relay-only and --lan-only exclude each other")
        }
        Some(PathRule::RelayOnly) if !network.listen.is_empty() => {
            wrong("with --path relay-only nobody gets in but through a relay; leave out --listen")
        }
        Some(PathRule::RelayOnly) if network.bootstrap.is_empty() => {
            wrong("--path relay-only needs a relay to begin at; name one with --bootstrap")
        }
        Some(PathRule::RelayOnly) => Ok(net::Ways::RelayOnly),
    }
}

/// A room's name as it is shown.
fn room_name(typed: &str) -> Result<Line, Failure> {
    let name = RoomName::parse(typed)
        .map_err(|err| Failure::Usage(format!("this cannot be the name of a room: {err}")))?;
    Ok(Line::clean(name.as_str()))
}
