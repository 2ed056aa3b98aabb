//! Who is here: soft state, learnt from joins, beats and roster pages, never voted on.

use std::collections::BTreeMap;

use super::guise::Guise;
use crate::base::id::{InviteId, LogHead, MemberId, Peer, short};
use crate::base::limits::{AWAY_BEATS, NICK_ASKS, SILENT_MS};
use crate::base::time::{Mono, Unix};
use crate::crypto::kdf::{self, Label};
use crate::crypto::kem::KemPublic;
use crate::wire::payload::Row;

/// What is known of one member.
#[derive(Debug)]
pub(crate) struct Member {
    /// The nick as they sent it; not clean, not an identity.
    pub(crate) nick: String,
    /// In how many asks it was asked for, because it never came.
    pub(crate) sought: u8,
    /// How they want to be shown, as they sent it.
    pub(crate) guise: Guise,
    /// The counter of the frame in which they last said so.
    pub(crate) profiled: u64,
    /// When they came in, in room time, as far as it is known here: what was said before is not for them.
    pub(crate) joined: Unix,
    /// When they say themselves that they came: it can only be later than others think.
    said: Unix,
    /// They were first told of when two sides of the room met: nobody here saw them come in.
    pub(crate) across: bool,
    /// When a frame of theirs was last opened; `None` for somebody only told of.
    pub(crate) heard: Option<Mono>,
    /// When the first frame of theirs was.
    pub(crate) met: Option<Mono>,
    /// When they were first told of, so that somebody never heard is not counted for ever.
    pub(crate) told: Mono,
    /// Their latest handover key.
    pub(crate) kem: Option<KemPublic>,
    /// They told of it themselves.
    pub(crate) kem_heard: bool,
    /// They run `serve`.
    pub(crate) serve: bool,
    /// They said so.
    pub(crate) away: bool,
    /// The foundings they came in under, shortened.
    pub(crate) foundings: Vec<[u8; 8]>,
    /// They said so themselves.
    pub(crate) own_word: bool,
    /// Their transport peer.
    pub(crate) peer: Option<Peer>,
    /// Their transport addresses.
    pub(crate) addrs: Vec<Vec<u8>>,
    /// They left, or were silent for too long.
    pub(crate) left: bool,
    /// It was told that they are here.
    pub(crate) greeted: bool,
    /// Nobody has vouched for them yet, as they say themselves.
    pub(crate) fresh: bool,
    /// They have stood confirmed once, with the keys and the log that I hold.
    pub(crate) proved: bool,
    /// The invite they came in with.
    pub(crate) invite: Option<InviteId>,
    /// The set and log under which their last beat was proved right, and when.
    pub(crate) agreed: Option<([u8; 32], LogHead, Mono)>,
    /// The set of which they last proved another key than mine.
    pub(crate) disputed: Option<[u8; 32]>,
    /// The set their last frame was sealed under.
    pub(crate) set: Option<[u8; 32]>,
    /// Offset of their room time from mine, in milliseconds, when last heard.
    pub(crate) offset_ms: i64,
}

impl Member {
    /// They say when they came. It moves forward only.
    pub(crate) fn came_after(&mut self, said: Unix) {
        self.said = self.said.max(said);
        self.joined = self.joined.max(said);
    }

    /// From when on their time to read is counted: of who came from another side of the room, what they say themselves.
    pub(crate) fn came(&self) -> Unix {
        if self.across { self.said } else { self.joined }
    }

    /// Somebody who was here at that time says that they were here too.
    pub(crate) fn came_by(&mut self, told: Unix) {
        self.joined = self.joined.min(told).max(self.said);
    }
}

/// Everybody known, here or gone.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    members: BTreeMap<MemberId, Member>,
}

impl Roster {
    /// A member.
    pub(crate) fn get(&self, id: &MemberId) -> Option<&Member> {
        self.members.get(id)
    }

    /// A member, to change.
    pub(crate) fn get_mut(&mut self, id: &MemberId) -> Option<&mut Member> {
        self.members.get_mut(id)
    }

    /// Whether somebody is known, present or not.
    pub(crate) fn knows(&self, id: &MemberId) -> bool {
        self.members.contains_key(id)
    }

    /// Everybody known.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&MemberId, &Member)> {
        self.members.iter()
    }

    /// Everybody who has not left.
    pub(crate) fn present(&self) -> impl Iterator<Item = (&MemberId, &Member)> {
        self.members.iter().filter(|(_, m)| !m.left)
    }

    /// Whether there were people, and all who are left are nodes that serve.
    pub(crate) fn is_deserted(&self) -> bool {
        self.all().any(|(_, m)| !m.serve) && self.present().all(|(_, m)| m.serve)
    }

    /// Number of those present.
    pub(crate) fn count(&self) -> usize {
        self.present().count()
    }

    /// Somebody is here whose nick never came, and it may still help to ask.
    pub(crate) fn lacks_nicks(&self) -> bool {
        self.present().any(|(_, m)| m.nick.is_empty() && m.sought < NICK_ASKS)
    }

    /// Somebody was asked who is here: whoever has no nick after so many times has none that anybody would tell.
    pub(crate) fn nicks_sought(&mut self) {
        let nameless = self.members.values_mut().filter(|m| m.nick.is_empty() && !m.left);
        nameless.for_each(|m| m.sought = m.sought.saturating_add(1));
    }

    /// Takes somebody in, or returns what is known of them.
    pub(crate) fn meet(&mut self, id: MemberId, now: Mono, joined: Unix) -> &mut Member {
        self.members.entry(id).or_insert_with(|| Member {
            nick: String::new(),
            sought: 0,
            guise: Guise::default(),
            profiled: 0,
            joined,
            said: Unix(0),
            across: false,
            heard: None,
            met: None,
            told: now,
            kem: None,
            kem_heard: false,
            serve: false,
            away: false,
            foundings: Vec::new(),
            own_word: false,
            peer: None,
            addrs: Vec::new(),
            left: false,
            fresh: false,
            proved: false,
            greeted: false,
            invite: None,
            agreed: None,
            disputed: None,
            set: None,
            offset_ms: 0,
        })
    }

    /// Whoever was first told of in the last `ms` came from another side of the room.
    pub(crate) fn strangers_since(&mut self, now: Mono, ms: u64) {
        self.members.values_mut().filter(|m| now.since(m.told) < ms).for_each(|m| m.across = true);
    }

    /// Forgets what everybody has proved: it was proved of other keys.
    pub(crate) fn forget_agreement(&mut self) {
        self.members.values_mut().for_each(|m| m.agreed = None);
    }

    /// Forgets those who are gone longest, until there is room for others.
    pub(crate) fn make_room(&mut self, most: usize) {
        while self.members.len() > most {
            let gone = self.members.iter().filter(|(_, m)| m.left);
            let Some(id) = gone.min_by_key(|(id, m)| (m.heard, m.told, **id)).map(|(id, _)| *id) else {
                return;
            };
            self.members.remove(&id);
        }
    }

    /// Forgets somebody so that one more can be known: of those who never stood confirmed first, then of the gone, whoever was
    /// heard longest ago. False where there is nobody but members who are here. Whoever `stays` is not forgotten.
    pub(crate) fn make_way(&mut self, stays: impl Fn(&MemberId) -> bool) -> bool {
        let may_go = self.members.iter().filter(|(id, m)| (!m.proved || m.left) && !stays(id));
        let first =
            may_go.min_by_key(|(id, m)| (m.proved, !m.left, m.heard, m.told, **id)).map(|(id, _)| *id);
        first.is_some_and(|id| self.members.remove(&id).is_some())
    }

    /// Forgets the foundings that others told of.
    pub(crate) fn forget_hearsay(&mut self) {
        let told = self.members.values_mut().filter(|m| !m.own_word);
        told.for_each(|m| m.foundings.clear());
    }

    /// Those heard of in the last `ms`.
    pub(crate) fn heard_within(&self, now: Mono, ms: u64) -> impl Iterator<Item = (&MemberId, &Member)> {
        self.present().filter(move |(_, m)| m.heard.is_some_and(|at| now.since(at) <= ms))
    }

    /// Those who missed two beats of this length are away.
    pub(crate) fn is_away(&self, id: &MemberId, now: Mono, beat_ms: u64) -> bool {
        match self.members.get(id) {
            None => true,
            Some(m) => {
                m.left || m.away || now.since(m.heard.unwrap_or(m.told)) > AWAY_BEATS * beat_ms * 6 / 5
            }
        }
    }

    /// Marks those silent for a quarter of an hour as gone, and names them.
    pub(crate) fn gone_silent(&mut self, now: Mono) -> Vec<MemberId> {
        let mut gone = Vec::new();
        for (id, m) in &mut self.members {
            if !m.left && now.since(m.heard.unwrap_or(m.told)) > SILENT_MS {
                m.left = true;
                gone.push(*id);
            }
        }
        gone
    }

    /// A hint that two rosters differ: sixteen bytes over the keys present, mine included.
    pub(crate) fn hint(&self, me: &MemberId) -> [u8; 16] {
        let mut ids: Vec<&[u8]> = self.present().map(|(id, _)| id.0.as_slice()).collect();
        ids.push(&me.0);
        ids.sort_unstable();
        short(kdf::hash(Label::Roster, &ids))
    }

    /// Where `me` stands among the members heard lately when all are ordered by a hash over `what`: 0 is the lowest.
    pub(crate) fn place(
        &self,
        me: &MemberId,
        what: &[u8],
        among: impl Fn(&MemberId, &Member) -> bool,
    ) -> usize {
        let order = |id: &MemberId| kdf::hash(Label::Order, &[what, &id.0]);
        let mine = order(me);
        self.present().filter(|(id, m)| among(id, m) && order(id) < mine).count()
    }

    /// A member as a roster page tells of them; nobody is told of whose nick is not known.
    pub(crate) fn row(&self, id: &MemberId, with_key: bool) -> Option<Row> {
        let m = self.members.get(id).filter(|m| !m.nick.is_empty())?;
        Some(Row {
            id: *id,
            nick: m.nick.clone(),
            joined: m.joined,
            serve: m.serve,
            left: m.left,
            kem: m.kem.as_ref().filter(|_| with_key).map(|k| Box::new(*k.as_bytes())),
            foundings: m.foundings.clone(),
            peer: m.peer.as_ref().map(|p| p.as_bytes().to_vec()).unwrap_or_default(),
            addrs: m.addrs.clone(),
        })
    }
}
