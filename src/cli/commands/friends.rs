//! `friends`: whom a profile knows, while no program uses it. One that runs is asked with `/friends`.

use std::io::{self, Write};

use super::id::named;
use super::told;
use crate::base::nick::Nick;
use crate::chat;
use crate::chat::reply::{self, Answer, FriendRow};
use crate::chat::request::Who;
use crate::chat::text::Line;
use crate::cli::args::{All, Friends, WithFriends};
use crate::cli::config::Settings;
use crate::cli::profile;
use crate::cli::report::Failure;
use crate::node::clock::Clock;
use crate::node::{random, shown};
use crate::store::Friend;

pub(super) fn run(options: Friends, all: &All, settings: &Settings) -> Result<u8, Failure> {
    let Friends { what, mut keep } = options;
    settings.fill_keep(&mut keep);
    let mut profile = profile::open(&keep, all.no_input, named(&keep)?)?;
    let friends = &mut profile.content.friends;
    match what {
        None | Some(WithFriends::List) => {}
        Some(WithFriends::Add { key, nick }) => {
            let nick = Nick::parse(&nick)
                .map_err(|_| Failure::Usage("nothing visible is left of that nick".to_owned()))?;
            let since = Clock::new().wall();
            let fresh = Friend { id: key, nick, verified: false, since };
            match friends.binary_search_by(|friend| friend.id.cmp(&key)) {
                Ok(at) => {
                    if let Some(known) = friends.get_mut(at) {
                        known.nick = fresh.nick;
                    }
                }
                Err(at) => friends.insert(at, fresh),
            }
            profile.save(&mut random::os())?;
        }
        Some(WithFriends::Remove { who }) => {
            let mut known = chat::friends::Friends::default();
            for friend in friends.iter() {
                known.put(shown(friend)).map_err(refused)?;
            }
            let id = known.resolve(&Who(Line::clean(&who))).map_err(refused)?.id;
            friends.retain(|friend| friend.id != id);
            profile.save(&mut random::os())?;
        }
    }
    let rows =
        profile.content.friends.iter().map(|friend| FriendRow { friend: shown(friend), rooms: Vec::new() });
    let list = reply::Friends { rows: rows.collect(), kept: true };
    if all.json {
        return told(Answer::Friends(list));
    }
    let mut out = io::stdout().lock();
    if list.rows.is_empty() {
        writeln!(io::stderr(), "no friends yet; `friends add KEY NICK`, or /friend add NICK in a room")?;
    }
    for FriendRow { friend, .. } in &list.rows {
        let verified = if friend.verified { ", words shown" } else { "" };
        let (nick, tag, key) =
            (friend.nick.as_str(), friend.tag.as_str(), crate::base::id::hex(&friend.id.0));
        writeln!(out, "{nick} ({tag}), key {key}{verified}")?;
    }
    Ok(0)
}

fn refused(problem: chat::problem::Problem) -> Failure {
    Failure::Usage(format!("{}; {}", problem.text(), problem.hint()))
}
