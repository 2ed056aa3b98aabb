//! A room from within: what a member holds, and how its frames are made.

use std::collections::BTreeSet;

use rand_core::CryptoRng;

use super::beacon::Beacons;
use super::beat::Pulse;
use super::burning::Burns;
use super::catchup::CatchUp;
use super::chains::Keyring;
use super::dm::Dms;
use super::envelope;
use super::guard::Windows;
use super::guise::{Guise, Introduced};
use super::handkeys::HandKeys;
use super::hub::Hub;
use super::io::{Output, Who};
use super::kept::Kept;
use super::log::{Inserted, Log};
use super::looked::Looked;
use super::merge::Merging;
use super::pace::Paces;
use super::rekey::Renewal;
use super::report::Reports;
use super::roster::{Member, Roster};
use super::standing::Footing;
use super::talk::Outbox;
use super::timeline::Timeline;
use super::trial::Trial;
use super::typing::Typing;
use super::welcome::Arrivals;
use crate::base::id::{EntryId, Genesis, MemberId, MsgId, Peer, Topic};
use crate::base::limits::{CORRECTION_MS, REMOVAL_TRIAL_MS, REPLAY_SENDERS};
use crate::base::time::{Mono, Unix};
use crate::crypto::identity::Identity;
use crate::wire::frame::FrameType;
use crate::wire::payload::{Body, What};

/// Everything a member holds of a room.
pub(crate) struct Inside {
    pub(crate) me: MemberId,
    pub(crate) nick: String,
    pub(crate) serve: bool,
    pub(crate) guise: Guise,
    /// The instant when last looked at.
    pub(crate) now: Mono,
    /// Room time when last looked at: what a ban's end is held against.
    pub(crate) room: Unix,
    pub(crate) genesis: Genesis,
    pub(crate) log: Log,
    pub(crate) ring: Keyring,
    pub(crate) roster: Roster,
    pub(crate) timeline: Timeline,
    pub(crate) hand: HandKeys,
    pub(crate) seen: Windows,
    pub(crate) joined: Unix,
    /// The foundings I came in under, shortened.
    pub(crate) foundings: Vec<[u8; 8]>,
    /// Only while nobody has vouched for what I was given.
    pub(crate) trial: Option<Trial>,
    /// My founding, while nobody has ever joined it.
    pub(crate) lonely: Option<EntryId>,
    /// A founding of mine that gave way, until the log is told of it.
    pub(crate) abandoned: Option<Vec<u8>>,
    /// The key of the invite I came in with.
    pub(crate) invite: Option<Identity>,
    /// Ban salts in force.
    pub(crate) salts: BTreeSet<[u8; 16]>,
    /// Those last handed over of which no ban is known here yet.
    pub(super) salts_told: Vec<[u8; 16]>,
    /// Came back to the room with what was kept of it.
    pub(crate) resumed: bool,
    /// Since when I stand removed.
    pub(crate) removed_at: Option<Mono>,
    /// The end of the room, once it was seen to lie ahead.
    pub(crate) expires: Option<Unix>,
    pub(super) arrivals: Arrivals,
    pub(super) pulse: Pulse,
    pub(super) beacons: Beacons,
    pub(super) footing: Footing,
    pub(super) renewal: Renewal,
    pub(super) merging: Merging,
    pub(super) outbox: Outbox,
    /// How fast others speak.
    pub(super) paces: Paces,
    pub(super) looked: Looked,
    pub(super) typing: Typing,
    pub(super) burns: Burns,
    pub(super) kept: Kept,
    pub(super) catchup: CatchUp,
    pub(super) dms: Dms,
    pub(super) reports: Reports,
    pub(super) introduced: Introduced,
}

impl Inside {
    pub(crate) fn new<R: CryptoRng>(hub: &mut Hub<R>, genesis: Genesis, log: Log, ring: Keyring) -> Inside {
        let now = hub.now;
        Inside {
            me: hub.id,
            nick: hub.nick.clone(),
            serve: hub.serve,
            guise: hub.guise.clone(),
            now,
            room: hub.room(),
            genesis,
            log,
            ring,
            roster: Roster::default(),
            timeline: Timeline::default(),
            hand: HandKeys::new(&mut hub.rng, now),
            seen: Windows::new(REPLAY_SENDERS),
            joined: hub.room(),
            foundings: Vec::new(),
            trial: None,
            lonely: None,
            abandoned: None,
            invite: None,
            salts: BTreeSet::new(),
            salts_told: Vec::new(),
            resumed: false,
            removed_at: None,
            expires: None,
            arrivals: Arrivals::new(),
            pulse: Pulse::default(),
            beacons: Beacons::new(now),
            footing: Footing::default(),
            renewal: Renewal::new(now),
            merging: Merging::new(),
            outbox: Outbox::new(),
            paces: Paces::default(),
            looked: Looked::default(),
            typing: Typing::default(),
            burns: Burns::default(),
            kept: Kept::default(),
            catchup: CatchUp::default(),
            dms: Dms::default(),
            reports: Reports::default(),
            introduced: Introduced::default(),
        }
    }

    /// Whether somebody stands removed.
    pub(crate) fn is_removed(&self, who: &MemberId) -> bool {
        let known = self.roster.get(who).filter(|m| self.settled(m));
        let theirs = || known.map(|m| m.foundings.as_slice()).unwrap_or_default();
        let under = if *who == self.me { self.foundings.as_slice() } else { theirs() };
        self.log.rights().removal(who, under, self.room).is_some()
    }

    /// Whether a removal spoken under these foundings holds against somebody.
    pub(crate) fn binds(&self, spoken: &BTreeSet<EntryId>, who: &MemberId) -> Binds {
        let rights = self.log.rights();
        let known = self.roster.get(who);
        let over = rights.over_those_under(known.map(|m| m.foundings.as_slice()).unwrap_or_default());
        let beyond = !over.is_empty() && over.is_disjoint(spoken);
        // Where rooms met it is told only then who came in where; until it is, a removal would hold for some and not for others.
        let several = rights.domains.keys().any(|id| !rights.path(id).iter().any(|at| spoken.contains(at)));
        let wait = |m: &Member| if m.own_word { REMOVAL_TRIAL_MS } else { CORRECTION_MS };
        let new = |m: &Member| m.heard.is_none() || self.now.since(m.told) < wait(m);
        match known {
            Some(member) if beyond && self.settled(member) => Binds::No,
            // Nobody puts that off for long by saying nothing of it.
            Some(member) if several && (beyond || over.is_empty()) && new(member) => Binds::Unknown,
            _ => Binds::Yes,
        }
    }

    /// Whether somebody's foundings count: not by what others tell of one who was never heard (in a shut room nobody new
    /// comes, so there they do), and not while one who has just come may yet learn better. Or else whoever forges a
    /// founding could keep newcomers out, by saying that they came in under it or by leading them there.
    fn settled(&self, member: &Member) -> bool {
        let learning = member.own_word && !member.proved && self.now.since(member.told) < REMOVAL_TRIAL_MS;
        !learning && (member.own_word || member.heard.is_some() || self.is_shut())
    }

    /// A member as events name them.
    pub(crate) fn who(&self, id: &MemberId) -> Who {
        let theirs =
            || self.roster.get(id).map(|m| (m.nick.clone(), m.guise.clone(), m.serve)).unwrap_or_default();
        let mine = || (self.nick.clone(), self.guise.clone(), self.serve);
        let (nick, guise, serve) = if *id == self.me { mine() } else { theirs() };
        Who { id: *id, nick, rank: self.log.rights().rank(id), guise, serve }
    }

    // ---- sending ----

    /// Signs and seals a room frame under the current set.
    pub(crate) fn seal<R: CryptoRng>(&mut self, hub: &mut Hub<R>, ttl_s: u64, body: Body) -> Option<Sealed> {
        self.seal_proved(hub, ttl_s, body, |hub, bytes| {
            Some(hub.me.sign(crate::crypto::kdf::Label::Signature, &[bytes]))
        })
    }

    /// Seals a room frame whose proof is another than a signature.
    pub(super) fn seal_proved<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        ttl_s: u64,
        body: Body,
        prove: impl FnOnce(&mut Hub<R>, &[u8]) -> Option<[u8; 64]>,
    ) -> Option<Sealed> {
        let now = hub.epoch();
        let set = self.ring.current_mut();
        let epoch = set.sending(now);
        let (generation, tag) = (set.generation(), set.tag());
        let head = self.log.head();
        let before_bans = passes_bans(&body);
        let payload = hub.payload(self.genesis, generation, epoch, head, ttl_s, body);
        let bytes = payload.encode();
        let sig = prove(hub, &bytes)?;
        let key = &self.ring.current_mut().key(epoch, now)?.frame;
        let gate = if before_bans { hub.doors.lobby()? } else { hub.doors.room()? };
        let frame = envelope::seal_inner(
            &hub.hedge,
            &mut hub.rng,
            gate,
            FrameType::Room,
            tag,
            epoch,
            key,
            &bytes,
            &sig,
        )?;
        Some(Sealed { topic: gate.topic(), frame, id: envelope::message_id(&bytes), payload, sig })
    }

    /// Seals and gossips.
    pub(crate) fn publish<R: CryptoRng>(&mut self, hub: &mut Hub<R>, body: Body) -> bool {
        let Some(sealed) = self.seal(hub, 0, body) else { return false };
        hub.out.push(Output::Publish { topic: sealed.topic, bytes: sealed.frame });
        true
    }

    /// Seals and sends straight to a member; false where no peer of theirs is known.
    pub(crate) fn direct<R: CryptoRng>(&mut self, hub: &mut Hub<R>, to: &MemberId, body: Body) -> bool {
        let Some(peer) = self.roster.get(to).and_then(|m| m.peer.clone()) else { return false };
        self.direct_to(hub, peer, body)
    }

    /// Seals and sends straight to a peer.
    pub(crate) fn direct_to<R: CryptoRng>(&mut self, hub: &mut Hub<R>, peer: Peer, body: Body) -> bool {
        let Some(sealed) = self.seal(hub, 0, body) else { return false };
        hub.out.push(Output::Direct { to: peer, bytes: sealed.frame });
        true
    }

    /// Sends a lobby frame as a member.
    pub(crate) fn lobby<R: CryptoRng>(&self, hub: &mut Hub<R>, body: Body) -> Option<[u8; 32]> {
        hub.send_lobby(self.genesis, self.ring.current().generation(), self.log.head(), body)
    }

    /// Takes entries in, announces what came into force, and acts on it. True where anything was new.
    pub(crate) fn take_entries<R: CryptoRng>(&mut self, hub: &mut Hub<R>, raws: &[Vec<u8>]) -> bool {
        let mut new = false;
        for raw in raws {
            new |= matches!(self.log.insert(raw), Ok(Inserted::Added));
        }
        if new {
            self.after_log(hub);
        }
        new
    }

    /// Whether strangers are kept out: whoever is not in my roster does not get into it because somebody says so.
    pub(crate) fn is_shut(&self) -> bool {
        self.log.rights().locked() || self.log.rights().knocking()
    }

    /// Comes in under the foundings of whoever welcomed me: whose rights reach me, and whose settings are mine. A founding
    /// that somebody forged meanwhile is not among them.
    pub(crate) fn come_under(&mut self, foundings: &[[u8; 8]]) {
        self.foundings = foundings.to_vec();
        self.log.look_from(&self.foundings);
    }
}

/// Whether a frame has to reach whoever does not know all bans: a salt is taken only once its ban is in the log, so the log
/// itself must not wait for the salt.
fn passes_bans(body: &Body) -> bool {
    matches!(body, Body::Log { .. }) || matches!(body, Body::Ask(ask) if ask.what == What::Log)
}

/// What somebody's word comes to against somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binds {
    /// It holds.
    Yes,
    /// They came in under another founding.
    No,
    /// Where they came in is not known yet, and will be in a moment.
    Unknown,
}

/// A room frame, sealed.
pub(crate) struct Sealed {
    pub(crate) topic: Topic,
    pub(crate) frame: Vec<u8>,
    pub(crate) id: MsgId,
    pub(crate) payload: crate::wire::payload::Payload,
    pub(crate) sig: [u8; 64],
}
