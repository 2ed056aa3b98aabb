//! The words themselves: one sentence for each state, and what to do about it.

use super::{Fault, Held, Refusal, Said, Unreachable};
use crate::chat::duration::{until, words};
use crate::chat::event::Person;
use crate::chat::text::Line;

impl Said {
    /// What is the case, in one sentence.
    pub fn text(&self) -> String {
        match self {
            Said::Hashing => "making keys from the passphrase; slow on purpose, a second or two".to_owned(),
            Said::Searching => "looking for people in the room".to_owned(),
            Said::Alone => "nobody else is here yet".to_owned(),
            Said::StillAlone { waited_ms, mark } => format!(
                "nobody answered in {}: nobody is there yet, or they typed another name or passphrase, or the network \
                 hides you; your mark is {}",
                words(*waited_ms),
                mark.as_str()
            ),
            Said::Unconfirmed { only: Some(person) } => format!("in, with {} only so far", named(person)),
            Said::Unconfirmed { only: None } => "in, but nobody has vouched for this room yet".to_owned(),
            Said::Confirmed => "others hold the same keys: you are in".to_owned(),
            Said::OneWitness(person) => {
                format!("{} holds the same keys: you are in, on that word alone", named(person))
            }
            Said::OwnerOnTrust(person) => {
                format!("the owner is {}, as far as anybody here knows", named(person))
            }
            Said::Merged => "the two halves of the room have met".to_owned(),
            Said::Conflict(Some(person)) => {
                format!("{} showed keys that contradict those of others", named(person))
            }
            Said::Conflict(None) => "somebody showed keys that contradict those of others".to_owned(),
            Said::Apart { by_ms } => {
                format!("another half of this room exists, but its clock differs by {}", words(*by_ms))
            }
            Said::Yielded(Some(person)) => {
                format!("two rooms became one, and {} founded it first", named(person))
            }
            Said::Yielded(None) => "two rooms became one, and the other was founded first".to_owned(),
            Said::TwoOwners(person) => {
                format!("two rooms met here, and each keeps its owner: the other one is {}", named(person))
            }
            Said::OneOwner(person) => {
                format!("{} gave way: the two rooms that met have one owner now", named(person))
            }
            Said::Offered(person) => format!("{} offers you the room", named(person)),
            Said::Knocks(tag) => format!("{} knocks", tag.as_str()),
            Said::ClockOff { by_ms } => format!(
                "this machine's clock is {} {} the room's",
                words(by_ms.unsigned_abs()),
                if *by_ms < 0 { "ahead of" } else { "behind" }
            ),
            Said::NoNetwork => "there is no link to anybody".to_owned(),
            Said::NetworkBack => "there is a link again".to_owned(),
            Said::RelayOnly => {
                "all links go through relays: they see addresses, times and sizes, never text".to_owned()
            }
            Said::BootstrapFailed { addr, why } => {
                format!("{} cannot be reached: {}", addr.as_str(), why.words().0)
            }
            Said::PortInUse { addr } => format!("{} is in use by another program", addr.as_str()),
            Said::NetFault(fault) => fault.words().1.to_owned(),
            Said::CannotEnter(problem) => problem.text(),
            Said::Lagged { dropped } => format!("the reader is too slow: {dropped} lines were dropped"),
            Said::Kicked { by, why } => removed("kicked", by.as_ref(), why.as_ref()),
            Said::Banned { by, why, ends_in_ms } => {
                let long = ends_in_ms.map(|ms| format!(" for {}", until(ms))).unwrap_or_default();
                removed(&format!("banned{long}"), by.as_ref(), why.as_ref())
            }
            Said::Closed => "the owner has closed the room".to_owned(),
            Said::Closing { in_ms } => format!("the room closes in {}", until(*in_ms)),
            Said::Lasts => "this room lasts: what is kept in it, with who was here and who may do what, is in your profile; \
                            everything else burns as ever"
                .to_owned(),
            Said::DoesNotLast => "this room does not last: nothing of it is in your profile".to_owned(),
            Said::RoomNotKept { why } => format!("this room is not kept: {}", why.as_str()),
            Said::KeptRooms { names } => {
                let names: Vec<&str> = names.iter().map(Line::as_str).collect();
                format!("kept and not open: {}", names.join(", "))
            }
            Said::Expired => "the room's time is over".to_owned(),
            Said::NotAdmitted(why) => why.words().1.to_owned(),
            Said::Listed { near } => format!(
                "{} can read the room's name, topic and tags, how many are here and your tag, and that this machine \
                 offers it",
                if *near { "everybody in this network" } else { "everybody who looks" }
            ),
            Said::Unlisted => "the room is listed no more".to_owned(),
            Said::ListedByOther { tag } => {
                format!(
                    "{} listed this room and has no office in it: it may be another than you meant",
                    tag.as_str()
                )
            }
            Said::Queued { waiting, why } => format!("{waiting} waiting to be sent: {}", why.words().1),
            Said::BurnedUnsent { count } => format!("{count} burned before delivery"),
            Said::Quiet { left_ms: 0 } => "you may speak now".to_owned(),
            Said::Quiet { left_ms } => {
                format!("newcomers read first: you may speak in {}", words(*left_ms))
            }
            Said::Cleaned => "invisible characters were taken out before sending".to_owned(),
            Said::Alike(person) => {
                format!("two nicks here look like {}; both are shown with their tags", person.nick.as_str())
            }
            Said::KeyChanged { who, verified } => format!(
                "somebody else is called {} now: this is {}, and the one you know is {}",
                who.nick.as_str(),
                who.tag.as_str(),
                verified.as_str()
            ),
            Said::SameKey(tag) => format!(
                "the name is this room's alone, the key is not: your tag {} is the same in all rooms of this run, and \
                 whoever sees you in two of them can tell",
                tag.as_str()
            ),
            Said::Gone { count, missed: 0 } => format!("expired on {count}"),
            Said::Gone { count, missed } => {
                format!("expired on {count}, out of reach {missed}: there it goes when its own time is over")
            }
            Said::Reported { to: 1 } => "your report went to the one in office who is here".to_owned(),
            Said::Reported { to } => format!("your report went to the {to} in office who are here"),
            Said::Reports { from, about } => format!(
                "{} ({}) reports {} ({}), to those in office alone:",
                from.nick.as_str(),
                from.tag.as_str(),
                about.nick.as_str(),
                about.tag.as_str()
            ),
            Said::CannotUnprint => {
                "lines printed here stay in the terminal; that a message burned is told, not undone"
                    .to_owned()
            }
            Said::Utc => "times of day are UTC: the time zone of this machine cannot be read".to_owned(),
            Said::Holding(true) => "messages are printed as headings, without their text".to_owned(),
            Said::Holding(false) => "messages are printed with their text".to_owned(),
            Said::Reloaded => "the settings were read again".to_owned(),
            Said::NotReloaded { why } => {
                format!("the settings are as before, the file is wrong: {}", why.as_str())
            }
            Said::Unprotected { what } => format!("this process is less protected than it should be: {what}"),
        }
    }

    /// What to do now; empty where nothing can or has to be done.
    pub fn hint(&self) -> String {
        let words = match self {
            Said::Searching => "what you write waits; others join with the same name and secret",
            Said::Alone => "keep waiting, or /invite somebody",
            Said::StillAlone { .. } => {
                "compare marks with a friend: another mark is another room; /doctor tests the network; /invite"
            }
            Said::Unconfirmed { .. } => "wait a moment; compare with /verify before you rely on it",
            Said::OneWitness(_) => "/verify tells whether it is who you think",
            Said::OwnerOnTrust(_) => {
                "/verify tells whether it is who you think; an invite would pin the owner"
            }
            Said::Conflict(_) => "trust nothing here until you have compared words: /verify",
            Said::Listed { .. } => "/list off takes it out; whoever has read it keeps it",
            Said::Unlisted => "/list on lists it again, where you own it",
            Said::ListedByOther { .. } => "compare the mark with somebody who should be in it",
            Said::Apart { .. } => "set the clocks right and join anew",
            Said::Yielded(_) => "/yield puts your office under theirs; /audit shows who may do what",
            Said::TwoOwners(_) => {
                "settings and kicks of each hold for their own people; an owner who types /yield joins the two"
            }
            Said::OneOwner(_) => "/who shows who that is",
            Said::Offered(_) => "/accept takes it",
            Said::ClockOff { .. } => "set this machine's clock; times of messages are judged by the room's",
            Said::NoNetwork => {
                "check the network; drafts stay, and messages wait as long as they live; /doctor"
            }
            Said::RelayOnly => "/net shows them; --path direct-only refuses instead",
            Said::BootstrapFailed { why, .. } => why.words().1,
            Said::NetFault(fault) => fault.words().2,
            Said::CannotEnter(problem) => return problem.hint(),
            Said::Knocks(tag) => {
                let tag = tag.as_str();
                return format!("/admit {tag} lets them in, /deny {tag} turns them away");
            }
            Said::PortInUse { .. } => "end the other program, or choose another port with --listen",
            Said::Lagged { .. } => "read faster; `who` and `status` tell how things stand now",
            Said::Kicked { .. } => "you may come back, if the room lets you in",
            Said::Banned { ends_in_ms: Some(_), .. } => {
                "after that you may come back, if the room lets you in"
            }
            Said::Banned { .. } => "only an /unban by an admin lets you back",
            Said::Lasts => "/keep and /pin keep a message, /unpin and /burn take it off the disk",
            Said::DoesNotLast => "its owner makes it last with /persist on",
            Said::RoomNotKept { .. } => {
                "what was kept before is left as it is; `ephem-node rooms` tells more"
            }
            Said::KeptRooms { .. } => "`ephem-node rooms reopen NAME` comes back to one, `forget` removes it",
            Said::Closing { .. } => "what was said in it burns with it; nobody can come back to it",
            Said::Closed | Said::Expired => "everything said in it is burned; open a new one with /new",
            Said::NotAdmitted(why) => why.words().2,
            Said::Queued { why, .. } => why.words().2,
            Said::BurnedUnsent { .. } => "send again with more time: /ttl 10m",
            Said::Quiet { left_ms: 1.. } => "read along; an admin can let you speak sooner with /unmute",
            Said::Alike(_) => "use the tag, not the nick, and /verify who is who",
            Said::KeyChanged { .. } => {
                "another key is another person until /verify says otherwise: go by the tag"
            }
            Said::SameKey(_) => {
                "for another key, end this node and start again; /anon off shows you as before"
            }
            Said::Utc => "set TZ to yours before it is started, like TZ=CET-1CEST,M3.5.0,M10.5.0/3",
            Said::CannotUnprint => "/hold prints headings only, until /read",
            Said::Holding(true) => "/read N prints one; /hold off prints all",
            Said::Holding(false) => "/hold on prints headings only",
            Said::Reloaded => {
                "what is typed at the start counts more; addresses to listen on are taken at a start only"
            }
            Said::NotReloaded { .. } => "put it right, and send the signal again",
            Said::Unprotected { .. } => "/doctor says what to do",
            Said::Hashing
            | Said::Confirmed
            | Said::Merged
            | Said::NetworkBack
            | Said::Quiet { left_ms: 0 }
            | Said::Cleaned
            | Said::Gone { .. } => "",
            Said::Reported { .. } => "/ignore and /block help at once; an answer comes to you alone",
            Said::Reports { .. } => "/reports lists what is open, /msg answers, /reports close ID closes",
        };
        words.to_owned()
    }
}

impl Fault {
    /// Code, words, what to do.
    pub(super) fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Fault::NotListening => (
                "not_listening",
                "one of the usual addresses of this machine cannot be listened on; the others are",
                "nothing, unless others cannot reach this node: /net shows what is listened on",
            ),
            Fault::ListenerLost => (
                "listener_lost",
                "an address that was listened on is gone",
                "it comes back by itself with the network, or start again",
            ),
            Fault::NoLocalSearch => (
                "no_local_search",
                "the local network cannot be searched",
                "check that multicast is allowed here, or give an address with --bootstrap",
            ),
            Fault::LocalFlood => (
                "local_flood",
                "somebody floods the local network with names, so the search there is off",
                "give an address with --bootstrap",
            ),
            Fault::Full => (
                "full",
                "as many links as there may be: others are turned away",
                "raise `peers` under [serve] in the settings, or let somebody else serve as well",
            ),
            Fault::NoPortOpened => (
                "no_port_opened",
                "the router opened no port: it does not take such wishes, or has no public address itself",
                "leave out --upnp; others reach this node through a relay",
            ),
            Fault::TooMany => (
                "too_many",
                "more addresses or rooms than the network takes; one was left out",
                "leave a room, or give fewer addresses",
            ),
        }
    }
}

impl Unreachable {
    /// The stable name of this.
    pub fn code(self) -> &'static str {
        match self {
            Unreachable::Timeout => "timeout",
            Unreachable::Refused => "refused",
            Unreachable::NoRoute => "no_route",
            Unreachable::NoName => "no_name",
            Unreachable::WrongPeer => "wrong_peer",
            Unreachable::Protocol => "protocol",
            Unreachable::Myself => "myself",
        }
    }

    /// Words, what to do.
    pub(in crate::chat) fn words(self) -> (&'static str, &'static str) {
        match self {
            Unreachable::Timeout => {
                ("nobody answered", "is it running, and does a firewall let UDP and TCP through?")
            }
            Unreachable::Refused => {
                ("the connection was refused", "check the port, and that a node listens there")
            }
            Unreachable::NoRoute => {
                ("there is no way there from here", "check this machine's network; try IPv4 or IPv6")
            }
            Unreachable::NoName => ("its name has no address", "check the spelling, or give the IP address"),
            Unreachable::WrongPeer => {
                ("another node answered", "take /p2p/.. off the address, or get the new one")
            }
            Unreachable::Protocol => ("whatever answers there is no such node", "check the port"),
            Unreachable::Myself => ("it is this very node", "give the address of another one"),
        }
    }
}

impl Refusal {
    /// Code, words, what to do.
    pub(super) fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Refusal::Full => {
                ("full", "the room is full", "wait until somebody leaves, or ask the owner for /max")
            }
            Refusal::Locked => ("locked", "the room is locked", "ask an admin to /unlock"),
            Refusal::Knock => (
                "knock",
                "an admin has to let you in",
                "wait; admins see the tag of whoever knocks, and who is turned away hears nothing",
            ),
            Refusal::InviteSpent => ("invite_spent", "the invite is used up", "ask for a new one"),
            Refusal::InviteExpired => ("invite_expired", "the invite's time is over", "ask for a new one"),
            Refusal::InviteRevoked => ("invite_revoked", "the invite was taken back", "ask for a new one"),
            Refusal::Clock => (
                "clock_refused",
                "this clock and the room's are too far apart",
                "set this machine's clock and join anew",
            ),
            Refusal::Version => {
                ("version", "the room speaks another version of the protocol", "update whichever is older")
            }
            Refusal::Closed => ("room_closed", "the room is closed for good", "open a new one: /new"),
            Refusal::Removed => (
                "removed",
                "you were removed from this room",
                "ask an admin to let you in again: /unban, or /admit with a lock",
            ),
        }
    }
}

impl Held {
    /// Code, why, and how it ends.
    pub(super) fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Held::Outside => (
                "queued_outside",
                "this node is not in the room yet",
                "they go once it is, if they still live",
            ),
            Held::Rate => {
                ("queued_rate", "one person may say only so much a second", "they go in a moment, in order")
            }
            Held::Slow => {
                ("queued_slow", "the room has a pause between messages", "they go one after each pause")
            }
            Held::Keys => (
                "queued_keys",
                "somebody was removed and new keys are on their way",
                "they go in 5 seconds at most",
            ),
        }
    }
}

/// A person in a sentence: the tag is always there, because a nick alone names nobody.
fn named(person: &Person) -> String {
    if person.nick.as_str() == person.tag.as_str() {
        // Their name has not come yet.
        return person.tag.as_str().to_owned();
    }
    format!("{} ({})", person.nick.as_str(), person.tag.as_str())
}

fn removed(how: &str, by: Option<&Person>, why: Option<&Line>) -> String {
    let by = by.map(|person| format!(" by {}", named(person))).unwrap_or_default();
    let why =
        why.filter(|why| !why.is_empty()).map(|why| format!(", for: {}", why.as_str())).unwrap_or_default();
    format!("you were {how}{by}{why}")
}
