//! People who are to be known again, by their keys: whom a typed name means among them, and whether somebody else comes by
//! the nick of one.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::event::Person;
use super::name::Role;
use super::people::People;
use super::problem::Problem;
use super::request::Who;
use super::text::{Body, Line};
use crate::base::id::MemberId;
use crate::base::nick::Nick;
use crate::base::secret::Text;
use crate::base::time::Unix;

/// The most there can be.
pub const MOST: usize = 1_024;

/// Somebody who is to be known again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Friend {
    /// The key.
    pub id: MemberId,
    /// What they were called last.
    pub nick: Nick,
    /// Two words from the key.
    pub tag: Line,
    /// Words were shown that are to be compared with them.
    pub verified: bool,
    /// Since when.
    pub since: Unix,
}

/// What is written to a friend who is asked into a room; the link makes it a secret.
pub fn beckoning(room: &Line, link: &Text) -> Result<Body, Problem> {
    let words = ["an invite to ", room.as_str(), ", for you alone: /join ", link.as_str()];
    let mut text = Zeroizing::new(String::with_capacity(words.iter().map(|word| word.len()).sum()));
    words.iter().for_each(|word| text.push_str(word));
    Body::typed(&text).map(|(body, _)| body)
}

/// All of them, in the order of their keys.
#[derive(Debug, Default)]
pub struct Friends(BTreeMap<MemberId, Friend>);

impl Friends {
    /// Whether somebody is one.
    pub fn has(&self, id: &MemberId) -> bool {
        self.0.contains_key(id)
    }

    /// One by key.
    pub fn get(&self, id: &MemberId) -> Option<&Friend> {
        self.0.get(id)
    }

    /// One more, or one that is changed.
    pub fn put(&mut self, friend: Friend) -> Result<(), Problem> {
        if self.0.len() >= MOST && !self.has(&friend.id) {
            return Err(Problem::FriendsFull { most: MOST });
        }
        self.0.insert(friend.id, friend);
        Ok(())
    }

    /// One less.
    pub fn remove(&mut self, id: &MemberId) -> Option<Friend> {
        self.0.remove(id)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Friend> {
        self.0.values()
    }

    /// Whom a typed name means among them, by the same rules as in a room.
    pub fn resolve(&self, who: &Who) -> Result<&Friend, Problem> {
        let mut people = People::default();
        for friend in self.iter() {
            people.put(&Person::plain(friend.id, friend.nick.clone(), friend.tag.clone(), Role::Member));
        }
        let id = people.resolve(who)?.id;
        self.get(&id).ok_or(Problem::Nobody)
    }

    /// The friend whose nick somebody with another key comes by. Two friends of one nick may both keep it.
    pub fn taken_from(&self, who: &Person) -> Option<&Friend> {
        if self.has(&who.id) {
            return None;
        }
        self.iter().find(|friend| friend.nick.looks_like(&who.nick))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn friend(byte: u8, nick: &str) -> Friend {
        let (nick, tag) = (Nick::parse(nick).unwrap(), Line::clean(&format!("tag {byte}")));
        Friend { id: MemberId([byte; 32]), nick, tag, verified: false, since: Unix(1) }
    }

    fn person(byte: u8, nick: &str) -> Person {
        Person::plain(MemberId([byte; 32]), Nick::parse(nick).unwrap(), Line::clean("-"), Role::Member)
    }

    #[test]
    fn a_name_means_a_friend_as_it_means_a_member() {
        let mut friends = Friends::default();
        friends.put(friend(1, "Ana")).unwrap();
        friends.put(friend(2, "bob")).unwrap();
        let who = |typed: &str| friends.resolve(&Who(Line::clean(typed))).map(|found| found.id.0[0]);
        assert_eq!((who("ana"), who("tag 2"), who("01010101")), (Ok(1), Ok(2), Ok(1)));
        assert_eq!(who("eve"), Err(Problem::Nobody));
    }

    #[test]
    fn a_friends_nick_under_another_key_is_noticed() {
        let mut friends = Friends::default();
        friends.put(friend(1, "Ana")).unwrap();
        friends.put(friend(2, "ana")).unwrap();
        assert_eq!(friends.taken_from(&person(3, "\u{410}na")).map(|found| found.id.0[0]), Some(1));
        assert_eq!(friends.taken_from(&person(2, "Ana")), None);
        assert_eq!(friends.taken_from(&person(3, "cho")), None);
    }

    #[test]
    fn there_is_an_end_to_them() {
        let mut friends = Friends::default();
        for n in 0..MOST {
            let id = std::array::from_fn(|at| n.to_be_bytes().get(at).copied().unwrap_or(0));
            friends.put(Friend { id: MemberId(id), ..friend(1, "x") }).unwrap();
        }
        assert_eq!(friends.put(friend(255, "y")), Err(Problem::FriendsFull { most: MOST }));
        let known = friends.iter().next().unwrap().clone();
        assert_eq!(friends.put(known), Ok(()));
    }
}
