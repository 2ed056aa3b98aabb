//! Answering those who knock: who may come in, who answers, and what they are handed.

use std::collections::{BTreeMap, BTreeSet};

use rand_core::CryptoRng;

use super::entry::{PendingHello, welcome_info};
use super::guard::Bucket;
use super::hub::Hub;
use super::inside::Inside;
use super::invite::proves;
use super::io::{Event, Timer};
use crate::base::id::{EntryId, InviteId, MemberId};
use crate::base::limits::{
    ANSWER_LATER_MS, ANSWER_UNCOUNTED_MS, ANSWERERS, CORRECTIONS, GUEST_MS, HELLOS_PENDING, KEM_BYTES,
    KNOCK_MS, KNOWN_MEMBERS, MEMBERS, MERGE_BURST, MERGE_EACH_MS, ROWS_IN_WELCOME, SALT_BYTES, TOLD_LATE_MS,
    TURNS, WELCOME_BURST, WELCOME_BYTES, WELCOME_BYTES_MOST, WELCOME_EACH_MS,
};
use crate::base::time::Mono;
use crate::crypto::kdf::Label;
use crate::crypto::kem::{self, KemPublic};
use crate::crypto::root::Kind;
use crate::wire::handover::Handover;
use crate::wire::payload::{Body, Hello, Proof, Reason, Refusal, Row};

/// Who is at the door.
pub(crate) struct Arrivals {
    /// Hellos that wait, by their hash.
    pending: BTreeMap<[u8; 32], PendingHello>,
    answers: Bucket,
    long_answers: Bucket,
    /// Who said hello under which hash, and who was welcomed a moment ago: so that a rush cannot pass the limit.
    callers: BTreeMap<[u8; 32], (MemberId, Mono)>,
    guests: BTreeMap<MemberId, Mono>,
    /// Keys that wait for an admin, and when each last asked.
    pub(super) knocks: BTreeMap<MemberId, Mono>,
    /// When I last welcomed somebody.
    pub(super) welcomed_at: Option<Mono>,
    /// Invites that were there before me: who used them I have not heard.
    pub(super) uncounted: BTreeSet<InviteId>,
}

impl Arrivals {
    pub(super) fn new() -> Arrivals {
        Arrivals {
            pending: BTreeMap::new(),
            answers: Bucket::new(WELCOME_EACH_MS, WELCOME_BURST),
            long_answers: Bucket::new(MERGE_EACH_MS / 2, MERGE_BURST * 2),
            callers: BTreeMap::new(),
            guests: BTreeMap::new(),
            knocks: BTreeMap::new(),
            welcomed_at: None,
            uncounted: BTreeSet::new(),
        }
    }

    /// Whether one more long answer may go out: anybody with the root can claim to come from the other side.
    pub(super) fn takes_long(&mut self, now: Mono) -> bool {
        self.long_answers.take(now.0)
    }
}

impl Inside {
    /// Somebody says hello: a newcomer, or a member from the other side of a partition.
    pub(crate) fn on_hello<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        from: MemberId,
        hello: &Hello,
        hash: [u8; 32],
        epoch_off: u64,
    ) {
        let removed = self.is_removed(&from);
        if let Some((set, topic)) = hello.at.filter(|_| !removed) {
            if set == self.ring.current().tag() && topic == hub.doors.topic_tag() && epoch_off <= 1 {
                self.merging.same_side = Some(hub.now);
                return;
            }
            self.met_other_side(hub, set);
        }
        let Some(kem) = KemPublic::from_bytes(&hello.kem[..]) else { return };
        if self.arrivals.callers.len() < HELLOS_PENDING && hello.at.is_none() && !removed {
            self.arrivals.callers.insert(hash, (from, hub.now));
        }
        if self.trial.is_some() || self.arrivals.pending.len() >= HELLOS_PENDING {
            return;
        }
        let (now, trusted) = (hub.now, |m: &super::roster::Member| !m.fresh);
        let place = self.roster.place(&hub.id, &hash, |id, m| {
            trusted(m) && !self.roster.is_away(id, now, super::beat::beat_ms(self.roster.count()))
        });
        let pending = PendingHello { from, kem, proof: hello.proof.clone(), across: hello.at.is_some() };
        // Who came after an invite was made has not heard everybody who used it: whoever has, goes first.
        let counted = !hello.proof.as_ref().is_some_and(|p| self.arrivals.uncounted.contains(&p.invite));
        if place < ANSWERERS && counted {
            self.answer(hub, hash, pending);
        } else {
            self.arrivals.pending.insert(hash, pending);
            let wait = if counted { hub.between(ANSWER_LATER_MS) } else { hub.between(ANSWER_UNCOUNTED_MS) };
            hub.after(wait, Timer::Answer(hash));
        }
        if place < ANSWERERS + 1 && !removed {
            self.echo_soon(hub);
        }
    }

    /// A welcome to somebody else was seen: no need to send another, but a beat will help them.
    pub(crate) fn saw_welcome<R: CryptoRng>(&mut self, hub: &mut Hub<R>, hash: &[u8; 32], from: &MemberId) {
        if !self.roster.knows(from) || self.is_removed(from) {
            return;
        }
        if self.arrivals.pending.remove(hash).is_some() {
            hub.cancel(&Timer::Answer(*hash));
        }
        if let Some((from, _)) = self.arrivals.callers.get(hash).copied() {
            self.arrivals.guests.insert(from, hub.now);
        }
        if self.trial.is_none() && self.roster.place(&hub.id, hash, |_, m| !m.left) < TURNS {
            self.echo_soon(hub);
        }
    }

    /// Somebody who could count refused: whoever waits because they cannot leaves it at that. The removed are told once.
    pub(crate) fn saw_refusal<R: CryptoRng>(&mut self, hub: &mut Hub<R>, hash: &[u8; 32], from: &MemberId) {
        let Some(hello) = self.arrivals.pending.get(hash) else { return };
        let uncounted = hello.proof.as_ref().is_some_and(|p| self.arrivals.uncounted.contains(&p.invite));
        let settled = uncounted || self.is_removed(&hello.from);
        if settled && self.roster.knows(from) && !self.is_removed(from) {
            self.arrivals.pending.remove(hash);
            hub.cancel(&Timer::Answer(*hash));
        }
    }

    /// Forgets calls that are long over.
    pub(crate) fn forget_callers(&mut self, now: Mono) {
        self.arrivals.callers.retain(|_, (_, at)| now.since(*at) < GUEST_MS);
        self.arrivals.guests.retain(|_, at| now.since(*at) < GUEST_MS);
        self.arrivals.knocks.retain(|_, at| now.since(*at) < KNOCK_MS);
    }

    pub(crate) fn answer_pending<R: CryptoRng>(&mut self, hub: &mut Hub<R>, hash: [u8; 32]) {
        if let Some(pending) = self.arrivals.pending.remove(&hash) {
            self.answer(hub, hash, pending);
        }
    }

    /// Welcomes, refuses or says nothing.
    pub(crate) fn answer<R: CryptoRng>(&mut self, hub: &mut Hub<R>, hash: [u8; 32], hello: PendingHello) {
        if !self.arrivals.answers.take(hub.now.0) {
            return;
        }
        if self.is_removed(&hello.from) {
            return self.turn_away(hub, hash, &hello);
        }
        let verdict = self.admission(hub, &hello);
        let (label, plain) = match verdict {
            Ok(()) => {
                let long = hello.across && self.arrivals.takes_long(hub.now);
                let at_most = if long { WELCOME_BYTES_MOST } else { WELCOME_BYTES };
                let Some(handover) = self.handover(hub, at_most, long) else { return };
                (Label::Welcome, handover.encode())
            }
            Err(reason) => (Label::Refusal, Refusal::from(reason).encode()),
        };
        self.seal_answer(hub, hash, &hello, label, &plain);
        if label == Label::Welcome {
            self.arrivals.welcomed_at = Some(hub.now);
            self.arrivals.guests.insert(hello.from, hub.now);
            self.echo_soon(hub);
        }
    }

    /// Seals a welcome or a refusal to a hello, and sends it.
    pub(super) fn seal_answer<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        hash: [u8; 32],
        hello: &PendingHello,
        label: Label,
        plain: &[u8],
    ) {
        let info = welcome_info(label, &hash, &hub.id, &self.genesis);
        let sealed = kem::seal(&hello.kem, Some(&hub.psk), &info, &[], plain, &mut hub.rng);
        let body = match label {
            Label::Welcome => Body::Welcome { hello: hash, sealed },
            _ => Body::Refusal { hello: hash, sealed },
        };
        self.lobby(hub, body);
    }

    /// Whether a key may come in today.
    fn admission<R: CryptoRng>(&mut self, hub: &mut Hub<R>, hello: &PendingHello) -> Result<(), Reason> {
        if self.roster.knows(&hello.from) {
            return Ok(());
        }
        let rights = self.log.rights();
        if rights.closed.is_some() {
            return Err(Reason::Closed);
        }
        let admitted = rights.admitted.contains(&hello.from);
        if rights.locked() && !admitted {
            return Err(Reason::Locked);
        }
        if hub.root.kind() == Kind::Invite && !admitted {
            let proof = hello.proof.as_ref().ok_or(Reason::Revoked)?;
            self.check_invite(hub, hello, proof)?;
        }
        let rights = self.log.rights();
        if rights.knocking() && !admitted {
            let knocks = &mut self.arrivals.knocks;
            let waits = knocks.contains_key(&hello.from);
            if !rights.denied.contains(&hello.from) && (waits || knocks.len() < HELLOS_PENDING) {
                knocks.insert(hello.from, hub.now);
                if !waits {
                    hub.event(Event::Knock(hello.from));
                }
            }
            return Err(Reason::Knock);
        }
        let most = rights.policy.max.map_or(MEMBERS, |m| m as usize);
        let coming =
            self.arrivals.guests.keys().filter(|id| !self.roster.knows(id) && **id != hello.from).count();
        if self.roster.count() + coming + 1 >= most.min(MEMBERS) {
            return Err(Reason::Full);
        }
        Ok(())
    }

    fn check_invite<R: CryptoRng>(
        &self,
        hub: &Hub<R>,
        hello: &PendingHello,
        proof: &Proof,
    ) -> Result<(), Reason> {
        let Some(invite) = self.log.rights().invites.get(&proof.invite) else { return Err(Reason::Revoked) };
        let holds = invite.key == proof.key && proves(proof, &hello.from, hello.kem.as_bytes());
        let used = self.roster.all().filter(|(_, m)| m.invite == Some(proof.invite)).count() as u64;
        if !holds || invite.revoked {
            Err(Reason::Revoked)
        } else if hub.room() > invite.until {
            Err(Reason::Expired)
        } else if used >= invite.uses {
            Err(Reason::Spent)
        } else {
            Ok(())
        }
    }

    /// What a newcomer, or the other side, is handed: the keys of now, and of log and roster what fits.
    pub(crate) fn handover<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        at_most: usize,
        keys: bool,
    ) -> Option<Handover> {
        let now = hub.epoch();
        let set = self.ring.current_mut();
        let generation = set.generation();
        let (epoch, chains) = set.hand_over(now)?;
        let mut handover = Handover {
            generation,
            epoch,
            chains,
            salts: self.salts.iter().copied().collect(),
            room: hub.room(),
            steps_ms: hub.clock.steps_ms(),
            never_joined: self.lonely.is_some(),
            more_log: false,
            more_roster: false,
            entries: Vec::new(),
            rows: vec![self.my_row(hub, keys)],
        };
        // However many were banned, whoever comes learns as much of who rules here.
        let at_most = (at_most + handover.salts.len() * SALT_BYTES).min(WELCOME_BYTES_MOST);
        let mut left = at_most.saturating_sub(handover.encode().len());
        let wanted = self.entries_by_need();
        for id in wanted {
            let Some(raw) = self.log.raw(&id) else { continue };
            if raw.len() + 4 > left {
                handover.more_log = true;
                continue;
            }
            left -= raw.len() + 4;
            handover.entries.push(raw.to_vec());
        }
        let ids: Vec<MemberId> = self.roster.present().map(|(id, _)| *id).take(ROWS_IN_WELCOME).collect();
        for id in ids {
            let Some(row) = self.roster.row(&id, keys) else { continue };
            let size = row_size(&row);
            if size > left {
                handover.more_roster = true;
                break;
            }
            left -= size;
            handover.rows.push(row);
        }
        handover.more_roster |= handover.rows.len() < self.roster.count() + 1;
        Some(handover)
    }

    /// Roots and removals first: whoever gets only part of the log should know who owns the room and who is out.
    fn entries_by_need(&self) -> Vec<EntryId> {
        let removals = &self.log.rights().removals;
        let first = |id: &EntryId| {
            self.log.get(id).is_some_and(|e| e.parents.is_empty())
                || removals.values().flatten().any(|r| r.entry == *id)
        };
        let ids: Vec<EntryId> = self.log.raws().map(|(id, _)| *id).collect();
        let (mut need, rest): (Vec<EntryId>, Vec<EntryId>) = ids.into_iter().partition(|id| first(id));
        need.extend(rest);
        need
    }

    pub(crate) fn my_row<R: CryptoRng>(&self, hub: &Hub<R>, with_key: bool) -> Row {
        Row {
            id: hub.id,
            nick: hub.nick.clone(),
            joined: self.joined,
            serve: hub.serve,
            left: false,
            kem: self.hand.public().filter(|_| with_key).map(|k| Box::new(*k.as_bytes())),
            foundings: self.foundings.clone(),
            peer: hub.reach.peer.as_ref().map(|p| p.as_bytes().to_vec()).unwrap_or_default(),
            addrs: hub.reach.addrs.clone(),
        }
    }

    /// While nobody has vouched for me: comes under the foundings that most of my welcomers are under, if the first was wrong.
    /// What was told of others' foundings goes with it.
    pub(crate) fn weigh_foundings<R: CryptoRng>(&mut self, hub: &mut Hub<R>, by: &MemberId, rows: &[Row]) {
        let Some(own) = rows.iter().find(|row| row.id == *by) else { return };
        let Some(trial) = &mut self.trial else { return };
        if let Some(better) = trial.told(*by, &own.foundings, &self.foundings) {
            self.come_under(&better);
            self.roster.forget_hearsay();
            self.removed_at = None;
            hub.event(Event::Conflict { by: None });
            self.pulse.corrections = CORRECTIONS;
            self.announce_myself(hub);
            self.after_log(hub);
        }
    }

    /// Takes in what somebody tells of others: hints, which frames of their own will correct.
    pub(crate) fn take_rows<R: CryptoRng>(&mut self, hub: &mut Hub<R>, teller: &MemberId, rows: &[Row]) {
        // A lie of when somebody came would open the past to them. Whoever tells it could as well hand on what it read
        // itself, so a teller is believed as far back as it was here; nobody is believed of themselves, and a newcomer,
        // who has no past to hand out, believes everybody.
        let room = hub.room();
        let told_late = room.shifted(-(TOLD_LATE_MS as i64));
        let newcomer = room.offset_from(self.joined) < TOLD_LATE_MS as i64;
        let came = self.roster.get(teller).map_or(told_late, |m| m.joined.min(told_late));
        let shut = self.trial.is_none() && self.is_shut() && !self.footing.vouchers.is_empty();
        for row in rows {
            if row.id == hub.id || (!self.roster.knows(&row.id) && self.roster.all().count() >= KNOWN_MEMBERS)
            {
                continue;
            }
            let known = self.roster.knows(&row.id);
            if !known && (row.left || (shut && !self.log.rights().admitted.contains(&row.id))) {
                continue;
            }
            let joined = match row.id == *teller {
                _ if newcomer => row.joined,
                true => row.joined.max(told_late),
                false => row.joined.max(came),
            };
            let across = !known && self.lately_met(hub.now);
            let member = self.roster.meet(row.id, hub.now, joined);
            member.across |= across;
            member.came_by(joined);
            if member.nick.is_empty() {
                member.nick.clone_from(&row.nick);
                member.serve = row.serve;
            }
            if member.foundings.is_empty() {
                member.foundings.clone_from(&row.foundings);
            }
            // What they say of themselves is their own word, in a page as in any other frame.
            let own = row.id == *teller;
            let kem = row.kem.as_ref().filter(|_| member.kem.is_none() || (own && !member.kem_heard));
            if let Some(kem) = kem.and_then(|k| KemPublic::from_bytes(&k[..])) {
                member.kem = Some(kem);
                member.kem_heard = own;
            }
            if member.peer.is_none() {
                member.peer = crate::base::id::Peer::new(&row.peer);
            }
            if member.addrs.is_empty() {
                member.addrs.clone_from(&row.addrs);
            }
            if !row.left {
                self.greet(hub, &row.id);
            }
        }
    }
}

pub(crate) fn row_size(row: &Row) -> usize {
    let addrs: usize = row.addrs.iter().map(|a| a.len() + 3).sum();
    80 + row.nick.len()
        + row.foundings.len() * 9
        + row.peer.len()
        + addrs
        + row.kem.as_ref().map_or(0, |_| KEM_BYTES + 4)
}
