//! What happened, as sentences between the messages of a talk. Every face that shows a talk tells it in these words.

use zeroize::Zeroizing;

use super::duration::{self, words};
use super::event::{Event, Invite, KeptLine, MemberLine, Person, RoomLine};
use super::moves::Moves;
use super::name::{Door, KeysChange, Level, MemberChange, Mode, Role, RoomChange, Standing};
use super::notice::Said;
use super::record;
use super::reply::short_id;
use super::request::{Act, Request, View, Who};
use super::text::Line;
use crate::base::id::{MsgId, hex};
use crate::base::time::Unix;

/// Bytes of a message's id by which it is named: as many as a command asks for.
const NAMED_BY: usize = 3;

/// Why somebody is the owner who was not given the room.
pub const BY_TOKEN: &str = "took the room back with its token";

/// A sentence, how much it matters, and what can be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// How much it matters.
    pub level: Level,
    /// The sentence.
    pub text: String,
    /// What can be done; empty where nothing can.
    pub hint: String,
}

/// How people are called by whoever tells it: nick, with the tag where the nick misleads.
pub type Names<'a> = &'a dyn Fn(&Person) -> String;

/// What is to be said of an event in the talk of its room, when it is told; `None` where nobody wants to hear it.
pub fn tell(event: &Event, names: Names<'_>, when: Unix) -> Option<Told> {
    match event {
        Event::Member(line) => member(line, names, when),
        Event::Room(line) => room(line, names),
        Event::Keys(line) => keys(line.change),
        Event::Kept(line) => Some(kept(line, &message_name(&line.id), names)),
        Event::Notice(notice) => Some(said(&notice.said)),
        _ => None,
    }
}

fn info(text: String) -> Told {
    Told { level: Level::Info, text, hint: String::new() }
}

/// A notice as a sentence.
pub fn said(said: &Said) -> Told {
    Told { level: said.level(), text: said.text(), hint: said.hint() }
}

/// What is to be said once something was done that nothing else shows to whoever asked for it. `who` is whom it was about.
pub fn done(request: &Request, who: &str) -> Option<String> {
    Some(match request {
        Request::Block(_, true) => format!("nothing of {who} reaches you any more; /unblock takes it again"),
        Request::Block(_, false) => format!("what {who} says reaches you again"),
        Request::Act(Act::Admit(_, false)) => format!("{who} was turned away; /admit still lets them in"),
        Request::Act(Act::Transfer(_)) => {
            format!("the room is offered to {who}, and yours until they /accept")
        }
        Request::View(View::Ignore(Some(_))) => {
            format!("nothing of {who} is shown to you; /ignore alone shows all again")
        }
        Request::View(View::Focus(Some(_))) => {
            format!("of others {who} is shown; /focus alone shows all again")
        }
        Request::View(View::Ignore(None) | View::Focus(None)) => "what was hidden is shown again".to_owned(),
        Request::Tags(_) => "done; /list tells how the room can be found".to_owned(),
        _ => return None,
    })
}

/// Whom it is about, for those of which [`done`] tells.
pub fn whom(request: &Request) -> Option<&Who> {
    match request {
        Request::Block(who, _)
        | Request::Act(Act::Admit(who, _) | Act::Transfer(who))
        | Request::View(View::Ignore(Some(who)) | View::Focus(Some(who))) => Some(who),
        _ => None,
    }
}

/// Somebody wrote to this node alone, which is read elsewhere: that key leads there.
pub fn aside(name: &str, asks: bool, key: &str) -> Told {
    let text = if asks { "asks to write to you alone" } else { "wrote to you alone" };
    Told { level: Level::Info, text: format!("{name} {text}: {key}"), hint: String::new() }
}

/// What is to be said of somebody. How they want to be shown is seen, not said.
pub fn member(line: &MemberLine, names: Names<'_>, when: Unix) -> Option<Told> {
    if line.past {
        return None;
    }
    let (who, tag) = (called(&line.who, names), line.who.tag.as_str());
    let mut text = match line.change {
        MemberChange::Join => format!("{who} joined"),
        MemberChange::Leave => format!("{who} left"),
        MemberChange::Nick => {
            let was = line.was.as_ref().map(|nick| names(&Person { nick: nick.clone(), ..line.who.clone() }));
            format!("{} is called {who} now", was.as_deref().unwrap_or(tag))
        }
        MemberChange::Role => format!("{who} is {} now", line.who.role.name()),
        MemberChange::Mute => format!("{who} was muted"),
        MemberChange::Unmute => format!("{who} may speak again"),
        MemberChange::Kick => format!("{who} was removed"),
        MemberChange::Ban => format!("{who} was banned"),
        MemberChange::Unban => format!("{who} is no longer kept out"),
        MemberChange::Away => format!("{who} is away"),
        MemberChange::Back => format!("{who} is back"),
        // Those who can open are told by a notice.
        MemberChange::Knock | MemberChange::Profile => return None,
    };
    if let Some(by) = &line.by {
        text.push_str(&format!(", by {}", names(by)));
    }
    if let Some(until) = line.until {
        text.push_str(&format!(", for {}", duration::until(until.0.saturating_sub(when.0))));
    }
    if let Some(why) = line.reason.as_ref().filter(|why| !why.is_empty()) {
        text.push_str(&format!(", reason: {}", why.as_str()));
    }
    if matches!(line.change, MemberChange::Kick | MemberChange::Ban) {
        text.push_str("; they get no new keys, and what they have read stays read");
    }
    if let Some(door) = line.door {
        let lifted = line.change == MemberChange::Unban;
        text.push_str(&format!("; {}", if lifted { way_back(door) } else { way_round(door) }));
    }
    Some(info(text))
}

/// Somebody who comes or goes, said to be a friend where they are one.
fn called(who: &Person, names: Names<'_>) -> String {
    if who.friend { format!("your friend {}", names(who)) } else { names(who) }
}

/// What a ban does not keep out: it holds against a key, and a new one costs nothing.
fn way_round(door: Door) -> &'static str {
    match door {
        Door::Name => "whoever knows the name of the room may come back under a new key",
        Door::Passphrase => "somebody who knows the passphrase may come back under a new key",
        Door::Invite => "somebody with an invite that is still good may come back under a new key",
        Door::Knock => "newcomers knock now, and come in when an admin lets them",
        Door::Locked => "the room is locked now, and nobody else comes in until /unlock",
    }
}

/// What somebody has to do whose ban is over.
fn way_back(door: Door) -> &'static str {
    match door {
        Door::Name | Door::Passphrase => "they may come back",
        Door::Invite => "they may come back with an invite that is still good",
        Door::Knock => "they may knock, like everybody",
        Door::Locked => "the room is locked, so they come in after /unlock or /admit",
    }
}

/// Names of one group that are told; of the others, how many.
const NAMED: usize = 6;

/// What is to be said of people who came and went, with `between` what happened.
pub fn moved(moves: &Moves, names: Names<'_>, between: &str) -> Told {
    let parts = moves.groups().map(|(change, group)| {
        let shown = if group.len() > NAMED { NAMED - 1 } else { group.len() };
        let mut listed: Vec<String> = group.iter().take(shown).map(|(_, who)| called(who, names)).collect();
        if group.len() > shown {
            listed.push(format!("{} others", group.len() - shown));
        }
        let last = listed.pop().unwrap_or_default();
        let who = if listed.is_empty() { last } else { format!("{} and {last}", listed.join(", ")) };
        let are = if group.len() == 1 { "is" } else { "are" };
        match change {
            MemberChange::Join => format!("{who} joined"),
            MemberChange::Leave => format!("{who} left"),
            MemberChange::Away => format!("{who} {are} away"),
            change => format!("{who} {are} {}", change.name()),
        }
    });
    info(parts.collect::<Vec<_>>().join(between))
}

/// What is to be said of a room's keys.
pub fn keys(change: KeysChange) -> Option<Told> {
    match change {
        // Every minute; nobody wants to hear it.
        KeysChange::Epoch => None,
        KeysChange::Rotated => Some(info("keys made anew".to_owned())),
        KeysChange::Merged => Some(info("keys of both halves are one set now".to_owned())),
    }
}

/// What happened, as a line of a history.
pub fn history(event: &Event) -> Option<Line> {
    match event {
        Event::Notice(notice) => Some(Line::clean(&notice.said.text())),
        Event::Kept(line) => {
            Some(Line::clean(&kept(line, &message_name(&line.id), &|who| who.tag.as_str().to_owned()).text))
        }
        Event::Member(line) => {
            let by = line.by.as_ref().map(|by| format!(" by {}", by.tag.as_str())).unwrap_or_default();
            let who = format!("{} ({})", line.who.nick.as_str(), line.who.tag.as_str());
            Some(Line::clean(&format!("{who}: {}{by}", line.change.name())))
        }
        Event::Room(line) => {
            Some(Line::clean(&format!("room: {}, {}", line.change.name(), line.facts.state.name())))
        }
        _ => None,
    }
}

/// What is to be said of a message that is kept, or no longer, by whatever name it has there.
pub fn kept(line: &KeptLine, message: &str, names: Names<'_>) -> Told {
    let by = names(&line.by);
    info(match line.keep {
        true => format!("{by} keeps {message} until the room closes"),
        false => format!("{by} keeps {message} no longer"),
    })
}

/// A message as a command may name it: the first digits of its id.
pub fn message_name(id: &MsgId) -> String {
    format!("message {}", hex(id.0.get(..NAMED_BY).unwrap_or(&id.0)))
}

/// What is to be said of a room.
pub fn room(line: &RoomLine, names: Names<'_>) -> Option<Told> {
    let facts = &line.facts;
    Some(match line.change {
        RoomChange::Joining => info(format!("{}, mark {}", mode_words(facts.mode), facts.mark.as_str())),
        // A notice has said the same, in more words.
        RoomChange::Joined | RoomChange::Merged | RoomChange::Conflict => return None,
        RoomChange::State => said(&Said::of_standing(facts.state, facts.only.clone())),
        RoomChange::Left => info("left; what was said is gone here".to_owned()),
        RoomChange::Closed => said(&Said::Closed),
        RoomChange::Expired => said(&Said::Expired),
        RoomChange::Settings if line.set.as_ref().is_some_and(|set| set.past) => return None,
        RoomChange::Settings => info(settings(line, names)),
        RoomChange::Owner if facts.role == Role::Owner => {
            // Whoever founds it has a token; whoever is given it later has none.
            let founded = facts.state == Standing::Alone;
            let hint =
                if founded { "/token shows, once, what takes it back if this machine is lost" } else { "" };
            Told { hint: hint.to_owned(), ..info("you are the owner of this room".to_owned()) }
        }
        // Who is, a line about them says.
        RoomChange::Owner => return None,
    })
}

fn settings(line: &RoomLine, names: Names<'_>) -> String {
    let facts = &line.facts;
    if let Some(set) = &line.set {
        return format!("{} set: {}", names(&set.by), record::settings(&set.policy));
    }
    let topic = facts.topic.as_ref().map(Line::as_str).filter(|topic| !topic.is_empty());
    let topic = topic.map(|topic| format!(", topic: {topic}")).unwrap_or_default();
    let closes = facts.closes.map(|end| format!(", closes in {}", words(end.in_ms))).unwrap_or_default();
    let quiet = match facts.quiet_ms {
        0 => String::new(),
        ms => format!(", newcomers read for {} before they speak", words(ms)),
    };
    format!("settings changed, messages live {}{quiet}{closes}{topic}", words(facts.ttl_ms))
}

/// What the others type to come into these rooms; `places` are the addresses this node asks at.
pub fn others_type<'a>(rooms: &[&str], places: impl Iterator<Item = &'a str>) -> String {
    let mut line = "the others type: ephem-node join".to_owned();
    for room in rooms {
        line.push_str(&format!(" {}", quoted(room)));
    }
    places.for_each(|place| line.push_str(&format!(" --bootstrap {}", quoted(place))));
    line
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    if word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '/')) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// What it takes to come into a room.
pub fn mode_words(mode: Mode) -> &'static str {
    match mode {
        Mode::Open => "open room, anybody can come in",
        Mode::Passphrase => "room with a passphrase",
        Mode::Invite => "private room",
    }
}

/// Said where a room has no invites.
pub const NO_INVITE: &str = "no invite was made";

/// What is to be known beside an invite, a line each.
pub fn beside(invite: &Invite, now: Unix) -> [Zeroizing<String>; 3] {
    let left = words(invite.until.0.saturating_sub(now.0));
    let uses = if invite.uses == 1 { "once".to_owned() } else { format!("{} times", invite.uses) };
    let id = short_id(&invite.id);
    [
        format!("in words: {}", invite.words.as_str()),
        format!("good for {left}, to be used {uses}; whoever has it comes into {}", invite.room.as_str()),
        format!("the others type: ephem-node join INVITE; ephem-node invite --revoke {id} takes it back"),
    ]
    .map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::MemberId;
    use crate::base::nick::Nick;
    use crate::chat::name::Role;

    #[test]
    fn a_ban_says_what_it_does_not_keep_out() {
        let nick = Nick::parse("eve").expect("a nick");
        let who = Person::plain(MemberId([1; 32]), nick, Line::clean("mole-river"), Role::Member);
        let told = |change, door| {
            let until = (change == MemberChange::Ban).then_some(Unix(7_200_000));
            let (room, reason) = (Line::clean("lobby"), Some(Line::clean("noise")));
            let line =
                MemberLine { reason, until, door: Some(door), ..MemberLine::of(room, change, who.clone()) };
            member(&line, &|who| who.nick.as_str().to_owned(), Unix(0)).expect("a sentence").text
        };
        let banned = "eve was banned, for 2 hours, reason: noise; they get no new keys, and what they have read stays read; ";
        for (door, rest) in [
            (Door::Passphrase, "somebody who knows the passphrase may come back under a new key"),
            (Door::Name, "whoever knows the name of the room may come back under a new key"),
            (Door::Invite, "somebody with an invite that is still good may come back under a new key"),
            (Door::Knock, "newcomers knock now, and come in when an admin lets them"),
            (Door::Locked, "the room is locked now, and nobody else comes in until /unlock"),
        ] {
            assert_eq!(told(MemberChange::Ban, door), format!("{banned}{rest}"));
        }
        let lifted = told(MemberChange::Unban, Door::Locked);
        assert!(lifted.ends_with("the room is locked, so they come in after /unlock or /admit"), "{lifted}");
    }
}
