//! The trials: each takes a seed, plays a run, and says what was broken, if anything was.

mod cast;
mod entering;
mod flooding;
mod forged;
mod handed;
mod healing;
mod hostile;
mod invited;
mod quiet;
mod removing;
mod returning;
mod secrecy;
mod weather;

use super::{Links, World};
use crate::base::time::Mono;
use crate::room::io::Event;

/// What a run showed.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What was broken, with what everybody held at that moment.
    pub failure: Option<String>,
    /// Measured, by name.
    pub figures: Vec<(&'static str, u64)>,
}

impl Report {
    fn broken(why: &str, world: &World, who: &[usize]) -> Report {
        Report { failure: Some(format!("{why}\n{}", world.describe(who))), figures: Vec::new() }
    }

    fn note(&mut self, name: &'static str, value: u64) {
        self.figures.push((name, value));
    }
}

/// A trial by name.
pub struct Trial {
    /// Its name.
    pub name: &'static str,
    /// What it shows when it does not fail.
    pub promise: &'static str,
    /// Plays one run.
    pub run: fn(u64) -> Report,
    /// Runs that CI plays.
    pub quick: u64,
    /// Runs that count.
    pub full: u64,
}

/// All of them.
pub const TRIALS: &[Trial] = &[
    Trial {
        name: "heal",
        promise: "partitions of 2 to 5 sides heal to one key set and one log, and nothing alive is lost",
        run: healing::heal,
        quick: 60,
        full: 10_000,
    },
    Trial {
        name: "start-two",
        promise: "two who start in the same second are one room with one founder",
        run: entering::start_two,
        quick: 60,
        full: 1_000,
    },
    Trial {
        name: "start-thirty",
        promise: "thirty who start in the same second are one room with one founder",
        run: entering::start_thirty,
        quick: 3,
        full: 1_000,
    },
    Trial {
        name: "lone-founders",
        promise: "two rooms of one that meet become one room with one founder",
        run: entering::lone_founders,
        quick: 60,
        full: 1_000,
    },
    Trial {
        name: "star",
        promise: "32 who start at once through one link each are all confirmed within five seconds",
        run: entering::star,
        quick: 4,
        full: 200,
    },
    Trial {
        name: "kick-one",
        promise: "whoever is kicked reads nothing more, and the rest agree",
        run: removing::kick_one,
        quick: 40,
        full: 3_000,
    },
    Trial {
        name: "kick-two",
        promise: "two admins kick two people at once: both are out, also with their keys pooled",
        run: removing::kick_two,
        quick: 40,
        full: 3_000,
    },
    Trial {
        name: "kick-each-other",
        promise: "admins who kick each other and two more are all out, and the rest agree",
        run: removing::kick_each_other,
        quick: 40,
        full: 3_000,
    },
    Trial {
        name: "kick-each-other-apart",
        promise: "the same from both sides of a partition: after healing all four are out, and the rest agree",
        run: removing::kick_each_other_apart,
        quick: 40,
        full: 3_000,
    },
    Trial {
        name: "kick-apart",
        promise: "kicks and bans on both sides of a partition, one side generations ahead: after healing both are out",
        run: removing::kick_apart,
        quick: 60,
        full: 10_000,
    },
    Trial {
        name: "kick-across",
        promise: "where two rooms have just met, a founder's kick of somebody of the other's is refused, and not told as done",
        run: removing::kick_across,
        quick: 12,
        full: 2_000,
    },
    Trial {
        name: "kick-absent",
        promise: "whoever was kicked or banned while cut off is told so when they come back, and ends",
        run: removing::kick_absent,
        quick: 24,
        full: 2_000,
    },
    Trial {
        name: "minutes-apart",
        promise: "two foundings up to four minutes apart in time, each with a kick: they meet, and the removed are out",
        run: removing::minutes_apart,
        quick: 40,
        full: 2_000,
    },
    Trial {
        name: "forged-founding",
        promise: "a member who forges a founding while being kicked gains nothing and is out",
        run: removing::forged_founding,
        quick: 40,
        full: 2_000,
    },
    Trial {
        name: "forked-welcome",
        promise: "no newcomer stands confirmed on a fork while honest members are in reach, and every fork is noticed",
        run: hostile::forked_welcome,
        quick: 60,
        full: 10_000,
    },
    Trial {
        name: "isolated",
        promise: "a newcomer who reaches one liar only is never shown more than that one",
        run: hostile::isolated,
        quick: 12,
        full: 1_000,
    },
    Trial {
        name: "outsider",
        promise: "junk, changed and repeated frames change nothing",
        run: hostile::outsider,
        quick: 4,
        full: 200,
    },
    Trial {
        name: "pusher",
        promise: "frames from epochs to come push nobody's clock or keys",
        run: hostile::pusher,
        quick: 6,
        full: 500,
    },
    Trial {
        name: "grinder",
        promise: "chains and generations without end neither split the room nor pile up",
        run: hostile::grinder,
        quick: 6,
        full: 500,
    },
    Trial {
        name: "keys-from-nobody",
        promise: "keys handed out by the kicked under another name, or by strangers, are taken by nobody",
        run: handed::keys_from_nobody,
        quick: 8,
        full: 1_000,
    },
    Trial {
        name: "false-handover-keys",
        promise: "who told others false handover keys opens no rekey that removes them",
        run: handed::false_handover_keys,
        quick: 4,
        full: 500,
    },
    Trial {
        name: "endless-steps",
        promise: "keys of long ago cost nobody more than a few steps a frame",
        run: handed::endless_steps,
        quick: 3,
        full: 300,
    },
    Trial {
        name: "undecided-generations",
        promise: "generations that answer nothing are taken a few times and no more, as shares and as rekeys",
        run: handed::undecided_generations,
        quick: 4,
        full: 500,
    },
    Trial {
        name: "forged-home",
        promise: "a forged founding keeps no newcomer out and rules none, told to the room or to the newcomer",
        run: forged::forged_home,
        quick: 9,
        full: 1_000,
    },
    Trial {
        name: "false-removal",
        promise: "nobody believes that they were removed because a member says so",
        run: forged::false_removal,
        quick: 6,
        full: 1_000,
    },
    Trial {
        name: "kicks-of-nobody",
        promise: "removals of people who do not exist change no keys, and the log stays within its bounds",
        run: forged::kicks_of_nobody,
        quick: 2,
        full: 200,
    },
    Trial {
        name: "invite-room",
        promise: "an invite lets in as many as it says, until it says, and nobody else, also without the owner",
        run: invited::invite_room,
        quick: 3,
        full: 500,
    },
    Trial {
        name: "claimed-invite",
        promise: "naming somebody else's invite uses up nothing",
        run: invited::claimed_invite,
        quick: 6,
        full: 300,
    },
    Trial {
        name: "former-admin",
        promise: "whoever was an admin confirms no newcomer to an invite room alone",
        run: invited::former_admin,
        quick: 6,
        full: 1_000,
    },
    Trial {
        name: "sybil",
        promise: "a hundred identities do not pass the room's limit",
        run: hostile::sybil,
        quick: 1,
        full: 200,
    },
    Trial {
        name: "flood",
        promise: "a hundred a second are shown at twice the rate at most, and nothing of an honest person is lost to it",
        run: flooding::flood,
        quick: 2,
        full: 200,
    },
    Trial {
        name: "returner",
        promise: "whoever was banned with lock or knock does not come back as somebody else",
        run: hostile::returner,
        quick: 2,
        full: 1_000,
    },
    Trial {
        name: "equivocator",
        promise: "an owner who signs two truths is noticed, and the rest agree",
        run: hostile::equivocator,
        quick: 20,
        full: 1_000,
    },
    Trial {
        name: "backdater",
        promise: "a removed admin's back-dated grants are void, and at most eight removals stand",
        run: hostile::backdater,
        quick: 12,
        full: 500,
    },
    Trial {
        name: "leaked-passphrase",
        promise: "a recorded conversation and the passphrase leaked later open no room frame",
        run: secrecy::leaked_passphrase,
        quick: 6,
        full: 500,
    },
    Trial {
        name: "seized-machine",
        promise: "a recording and a member's whole memory at e+10 open nothing of e+7 and before",
        run: secrecy::seized_machine,
        quick: 12,
        full: 1_000,
    },
    Trial {
        name: "forgeries",
        promise: "changed, repeated, foreign and stale frames are all dropped",
        run: secrecy::forgeries,
        quick: 6,
        full: 300,
    },
    Trial {
        name: "weather",
        promise: "people come, go, sleep, crash and talk while the network breaks: they come together again",
        run: weather::weather,
        quick: 40,
        full: 5_000,
    },
    Trial {
        name: "newcomers",
        promise: "where newcomers read first nobody reads one who speaks at once, and everybody reads one who waited",
        run: quiet::newcomers,
        quick: 12,
        full: 1_000,
    },
    Trial {
        name: "newcomers-apart",
        promise: "a newcomer who read long enough on one side of a partition is heard on both",
        run: quiet::newcomers_apart,
        quick: 12,
        full: 1_000,
    },
    Trial {
        name: "everybody-returns",
        promise: "everybody stops and comes back one by one: what was kept is there once, and nobody founds again",
        run: returning::everybody_returns,
        quick: 40,
        full: 3_000,
    },
    Trial { name: "ten", promise: "what a room of ten costs", run: weather::ten, quick: 1, full: 3 },
    Trial {
        name: "hundred",
        promise: "what a room of a hundred costs",
        run: weather::hundred,
        quick: 0,
        full: 1,
    },
    Trial {
        name: "crowd",
        promise: "250 members in one room: all in, messages delivered, keys changed",
        run: weather::crowd,
        quick: 0,
        full: 1,
    },
];

/// The trial of this name.
pub fn find(name: &str) -> Option<&'static Trial> {
    TRIALS.iter().find(|t| t.name == name)
}

/// Links of every kind, chosen by the seed.
fn any_links(seed: u64) -> Links {
    match seed % 3 {
        0 => Links::LAN,
        1 => Links::WAN,
        _ => Links::BAD,
    }
}

fn is_removal(event: &Event) -> bool {
    matches!(event, Event::Removed { .. })
}

fn since(start: Mono, end: Mono) -> u64 {
    end.since(start)
}
