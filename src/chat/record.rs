//! What was done in office, as lines that everybody in the room can read: the log, and who is kept out.

use super::duration::{self, until, words};
use super::event::Person;
use super::request::Policy;
use super::text::Line;
use crate::base::time::Unix;

/// One act of somebody in office.
#[derive(Clone, Debug)]
pub struct Record {
    /// When, by the room's clock.
    pub at: Unix,
    /// Who did it.
    pub by: Person,
    /// What, as programs are told.
    pub act: &'static str,
    /// What, as it is said between two names.
    pub did: &'static str,
    /// To whom.
    pub whom: Option<Person>,
    /// Until when, where it has an end.
    pub until: Option<Unix>,
    /// The settings that went with it.
    pub policy: Option<Policy>,
    /// The reason given; empty where none was.
    pub why: Line,
}

impl Record {
    /// The act as a line, as told at this time.
    pub fn line(&self, now: Unix) -> Line {
        let mut line = format!("{} ago: {} {}", ago(self.at, now), name(&self.by), self.did);
        if let Some(whom) = &self.whom {
            line.push_str(&format!(" {}", name(whom)));
        }
        if let Some(until) = self.until {
            line.push_str(&format!(", for {}", duration::until(until.0.saturating_sub(self.at.0))));
        }
        if let Some(policy) = self.policy.as_ref().filter(|policy| **policy != Policy::default()) {
            line.push_str(&format!(", {}", settings(policy)));
        }
        if !self.why.is_empty() {
            line.push_str(&format!(", reason: {}", self.why.as_str()));
        }
        Line::clean(&line)
    }
}

/// Said where nobody is banned.
pub const NOBODY: &str = "nobody is banned";

/// Somebody who is kept out.
#[derive(Clone, Debug)]
pub struct Ban {
    /// Who.
    pub who: Person,
    /// Whose word it was.
    pub by: Person,
    /// Until when, by the room's clock; `None` for good.
    pub until: Option<Unix>,
    /// The reason given; empty where none was.
    pub why: Line,
}

impl Ban {
    /// The ban as a line, as told at this time.
    pub fn line(&self, now: Unix) -> Line {
        let left =
            self.until.map(|until| format!("for {} more", duration::until(until.0.saturating_sub(now.0))));
        let (who, by) = (name(&self.who), name(&self.by));
        let mut line = format!("{who}, {}, by {by}", left.as_deref().unwrap_or("for good"));
        if !self.why.is_empty() {
            line.push_str(&format!(", reason: {}", self.why.as_str()));
        }
        Line::clean(&line)
    }
}

/// The settings that were changed, as they were set.
pub fn settings(policy: &Policy) -> String {
    let switch = |on: bool| if on { "on" } else { "off" }.to_owned();
    let time = |ms: u64| if ms == 0 { "off".to_owned() } else { words(ms).to_string() };
    let topic = policy.topic.as_ref().map(|topic| match topic.as_str() {
        "" => "none".to_owned(),
        topic => topic.to_owned(),
    });
    let all = [
        ("max", policy.max.map(|max| max.to_string())),
        ("ttl", policy.ttl_ms.map(time)),
        ("longest ttl", policy.ttl_max_ms.map(time)),
        ("history", policy.history.map(|history| history.name().to_owned())),
        ("lock", policy.lock.map(switch)),
        ("knock", policy.knock.map(switch)),
        ("slow", policy.slow_ms.map(time)),
        ("newcomers quiet", policy.quiet_ms.map(time)),
        (
            "rate",
            policy.rate.map(|rate| if rate == 0 { "off".to_owned() } else { format!("{rate} a second") }),
        ),
        ("topic", topic),
        (
            "closes in",
            policy.expires_ms.map(|ms| if ms == 0 { "off".to_owned() } else { until(ms).to_string() }),
        ),
        ("persist", policy.persist.map(switch)),
    ];
    let set: Vec<String> =
        all.into_iter().filter_map(|(name, value)| Some(format!("{name} {}", value?))).collect();
    set.join(", ")
}

fn ago(at: Unix, now: Unix) -> impl std::fmt::Display {
    words(now.0.saturating_sub(at.0))
}

fn name(person: &Person) -> String {
    let tag = person.tag.as_str();
    match person.nick.as_str() {
        nick if nick == tag => tag.to_owned(),
        nick => format!("{nick} ({tag})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::MemberId;
    use crate::base::nick::Nick;
    use crate::chat::name::Role;

    fn person(nick: &str, tag: &str) -> Person {
        Person::plain(MemberId([1; 32]), Nick::parse(nick).expect("a nick"), Line::clean(tag), Role::Member)
    }

    #[test]
    fn a_record_says_who_did_what_to_whom_for_how_long_and_why() {
        let mut record = Record {
            at: Unix(60_000),
            by: person("ana", "otter-lamp"),
            act: "mute",
            did: "muted",
            whom: Some(person("mole-river", "mole-river")),
            until: Some(Unix(660_000)),
            policy: None,
            why: Line::clean("flooding"),
        };
        let told = |record: &Record| record.line(Unix(180_000)).as_str().to_owned();
        assert_eq!(
            told(&record),
            "2 minutes ago: ana (otter-lamp) muted mole-river, for 10 minutes, reason: flooding"
        );
        let policy = Policy { slow_ms: Some(5_000), lock: Some(true), ..Policy::default() };
        record = Record {
            did: "changed the settings",
            whom: None,
            until: None,
            policy: Some(policy),
            why: Line::clean(""),
            ..record
        };
        let said = "2 minutes ago: ana (otter-lamp) changed the settings, lock on, slow 5 seconds";
        assert_eq!(told(&record), said);
    }

    #[test]
    fn a_ban_says_how_much_of_it_is_left() {
        let (eve, ana) = (person("eve", "mole-river"), person("ana", "otter-lamp"));
        let told = |until, why| {
            let ban = Ban { who: eve.clone(), by: ana.clone(), until, why: Line::clean(why) };
            ban.line(Unix(1_000)).as_str().to_owned()
        };
        assert_eq!(told(None, ""), "eve (mole-river), for good, by ana (otter-lamp)");
        let said = "eve (mole-river), for 1 minute more, by ana (otter-lamp), reason: noise";
        assert_eq!(told(Some(Unix(61_000)), "noise"), said);
    }
}
