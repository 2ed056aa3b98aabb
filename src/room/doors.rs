//! The topics a node listens on, each with the gate behind it: today's and, near midnight, the neighbours'.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::id::{Topic, TopicTag};
use crate::base::limits::{DAY_MS, MIDNIGHT_MS};
use crate::base::time::{Day, Mono, Unix};
use crate::crypto::gate::Gate;
use crate::crypto::root::Root;

/// What may come through a topic.
#[derive(Debug)]
pub(crate) struct Door {
    /// The gate that checks it.
    pub(crate) gate: Gate,
    /// Hellos, welcomes and the like travel here.
    pub(crate) lobby: bool,
    /// The room's own frames travel here.
    pub(crate) room: bool,
    until: Option<Mono>,
}

/// All topics in use.
#[derive(Debug)]
pub(crate) struct Doors {
    open: BTreeMap<Topic, Door>,
    day: Day,
    salts: BTreeSet<[u8; 16]>,
    lobby: Topic,
    room: Topic,
}

/// What changed: topics to join and to leave.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    /// Topics that are new.
    pub(crate) join: Vec<Topic>,
    /// Topics that are over.
    pub(crate) leave: Vec<Topic>,
}

impl Doors {
    /// The doors of a room on a day, with no bans known.
    pub(crate) fn new(root: &Root, room: Unix) -> Doors {
        let none = BTreeSet::new();
        let topic = Gate::new(root, &none, room.day()).topic();
        let mut doors =
            Doors { open: BTreeMap::new(), day: room.day(), salts: none, lobby: topic, room: topic };
        doors.settle(root, room, Mono(0));
        doors
    }

    /// The door a frame came through.
    pub(crate) fn get(&self, topic: &Topic) -> Option<&Door> {
        self.open.get(topic)
    }

    /// Today's lobby topic.
    pub(crate) fn lobby(&self) -> Option<&Gate> {
        self.open.get(&self.lobby).map(|d| &d.gate)
    }

    /// Today's room topic.
    pub(crate) fn room(&self) -> Option<&Gate> {
        self.open.get(&self.room).map(|d| &d.gate)
    }

    /// Whether a topic is one that hellos travel on.
    pub(crate) fn is_lobby(&self, topic: &Topic) -> bool {
        self.open.get(topic).is_some_and(|d| d.lobby)
    }

    /// The four bytes that name today's room topic.
    pub(crate) fn topic_tag(&self) -> TopicTag {
        self.room().map(Gate::topic_tag).unwrap_or(TopicTag([0; 4]))
    }

    /// The topics that hellos travel on, each with its day.
    pub(crate) fn lobbies(&self) -> impl Iterator<Item = (Day, Topic)> {
        self.open.iter().filter(|(_, door)| door.lobby).map(|(topic, door)| (door.gate.day(), *topic))
    }

    /// All topics.
    pub(crate) fn topics(&self) -> impl Iterator<Item = &Topic> {
        self.open.keys()
    }

    /// Moves to other ban salts; the old room topic is heard until `until`.
    pub(crate) fn resalt(
        &mut self,
        root: &Root,
        salts: BTreeSet<[u8; 16]>,
        room: Unix,
        now: Mono,
        until: Mono,
    ) -> Change {
        let before: Vec<Topic> = self.open.keys().copied().collect();
        for door in self.open.values_mut().filter(|d| d.room && !d.lobby && d.until.is_none()) {
            door.until = Some(until);
        }
        for door in self.open.values_mut().filter(|d| d.room && d.lobby) {
            door.until = Some(until);
        }
        self.salts = salts;
        self.settle(root, room, now);
        self.change_since(&before)
    }

    /// Opens the doors of the day and closes those whose time is over.
    pub(crate) fn advance(&mut self, root: &Root, room: Unix, now: Mono) -> Change {
        let before: Vec<Topic> = self.open.keys().copied().collect();
        self.settle(root, room, now);
        self.change_since(&before)
    }

    fn change_since(&self, before: &[Topic]) -> Change {
        Change {
            join: self.open.keys().filter(|t| !before.contains(t)).copied().collect(),
            leave: before.iter().filter(|t| !self.open.contains_key(t)).copied().collect(),
        }
    }

    fn settle(&mut self, root: &Root, room: Unix, now: Mono) {
        let days = days_at(room);
        self.day = room.day();
        let none = BTreeSet::new();
        let mut wanted = BTreeMap::new();
        for day in days {
            for (salts, is_lobby) in [(&none, true), (&self.salts, false)] {
                let known = self.open.iter().find(|(_, d)| d.gate.day() == day && d.serves(is_lobby));
                // Gates are dear to make and days are long: keep the ones there are, unless the salts have moved on.
                let topic = match known {
                    Some((topic, door)) if is_lobby || door.until.is_none() => *topic,
                    _ => {
                        let gate = Gate::new(root, salts, day);
                        let topic = gate.topic();
                        self.open.entry(topic).or_insert(Door {
                            gate,
                            lobby: false,
                            room: false,
                            until: None,
                        });
                        topic
                    }
                };
                let (lobby, room) = wanted.entry(topic).or_insert((false, false));
                *lobby |= is_lobby;
                *room |= !is_lobby;
                if day == self.day && is_lobby {
                    self.lobby = topic;
                } else if day == self.day {
                    self.room = topic;
                }
            }
        }
        self.open.retain(|topic, door| {
            if let Some((lobby, room)) = wanted.get(topic) {
                door.lobby = *lobby;
                if *room {
                    door.until = None;
                }
                door.room = *room || door.until.is_some_and(|t| now < t);
                return true;
            }
            door.lobby = false;
            door.until.is_some_and(|t| now < t)
        });
    }
}

impl Door {
    fn serves(&self, lobby: bool) -> bool {
        if lobby { self.lobby } else { self.room }
    }
}

/// Today, and yesterday or tomorrow when midnight is near.
fn days_at(room: Unix) -> Vec<Day> {
    let into = room.0 % DAY_MS;
    let [before, today, after] = room.day().around();
    let mut days = vec![today];
    if into < MIDNIGHT_MS && before != today {
        days.push(before);
    }
    if into >= DAY_MS - MIDNIGHT_MS {
        days.push(after);
    }
    days
}
