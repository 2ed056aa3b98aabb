//! What one missed: fetched from others while it lives, sealed to a key made for that one request, checked by its author's
//! signature. And the pages of roster and log that a newcomer asks for.

use std::collections::BTreeMap;

use rand_core::CryptoRng;

use super::envelope::{self, Dropped};
use super::guard::Bucket;
use super::hub::Hub;
use super::inside::Inside;
use super::io::Timer;
use super::kept::{Signed, without};
use super::timeline::{Living, in_ranges, remaining_ms};
use super::welcome::row_size;
use crate::base::id::{MemberId, Peer};
use crate::base::limits::{
    AGE_IGNORED_MS, ANSWER_BURST, ANSWER_EACH_MS, ASK_AUTHOR_BYTES, ASK_AUTHORS, ASK_BYTES, ASK_GAP_MS,
    ASK_RANGE_BYTES, CATCHUP_FROM, CATCHUP_GAP_MS, CATCHUP_LEAST_MS, CATCHUP_PAGE_BYTES, CATCHUP_PAGES,
    CATCHUP_SPREAD_MS, CATCHUP_TRIES, CATCHUP_UNKEYED_MS, HEADS, HELLO_KEY_MS, KNOWN_MEMBERS, LOG_PAGE_BYTES,
    PAGE_MISSED, ROSTER_GAP_MS, ROSTER_PAGE_BYTES, SMALL_ROOM,
};
use crate::base::secret::Text;
use crate::base::time::Mono;
use crate::crypto::identity;
use crate::crypto::kdf::Label;
use crate::crypto::kem::{KemPublic, KemSecret};
use crate::wire::log::History;
use crate::wire::payload::{Ask, Body, Missed, Payload, Row, Say, What, decode_missed, encode_missed};
use zeroize::{Zeroize, Zeroizing};

/// What was asked of others, what they asked, and who is known to have more.
#[derive(Default)]
pub(crate) struct CatchUp {
    /// Members whose living messages differ from mine: what they showed, and how often they were asked.
    from: BTreeMap<MemberId, ([u8; 16], usize)>,
    last: Option<Mono>,
    key: Option<(KemSecret, KemPublic, Mono)>,
    /// When each member was last asked for log or roster, and when anybody for the roster.
    asked: BTreeMap<MemberId, Mono>,
    roster_asked: Option<Mono>,
    /// How often each member has asked me.
    askers: BTreeMap<MemberId, Bucket>,
}

impl Inside {
    /// A link is gone: whoever was reached over it may be asked again.
    pub(crate) fn forget_peer(&mut self, peer: &Peer) {
        let ids: Vec<MemberId> =
            self.roster.all().filter(|(_, m)| m.peer.as_ref() == Some(peer)).map(|(id, _)| *id).collect();
        for id in ids {
            self.catchup.asked.remove(&id);
        }
    }

    // ---- asking ----

    /// Somebody's living messages differ from mine.
    pub(crate) fn seek_missed<R: CryptoRng>(&mut self, hub: &mut Hub<R>, from: MemberId, hint: [u8; 16]) {
        let full = self.catchup.from.len() >= CATCHUP_FROM;
        match self.catchup.from.get_mut(&from) {
            Some(known) if known.0 != hint => *known = (hint, 0),
            Some(_) => {}
            None if full => {}
            None => {
                self.catchup.from.insert(from, (hint, 0));
            }
        }
        let gap = self.catchup.last.map_or(0, |at| CATCHUP_GAP_MS.saturating_sub(hub.now.since(at)));
        let wait = hub.between(CATCHUP_SPREAD_MS);
        hub.unless_set(gap + wait, Timer::CatchUp);
    }

    /// Asks one of those who differ; whoever still differs after that is asked again later, a few times more than it helps.
    pub(crate) fn catch_up<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        let mine = self.living_hint();
        let roster = &self.roster;
        self.catchup.from.retain(|id, (hint, tries)| {
            *hint != mine
                && *tries < CATCHUP_TRIES
                && roster.get(id).is_some_and(|m| !m.left && m.peer.is_some())
        });
        let fewest = self.catchup.from.values().map(|(_, tries)| *tries).min();
        let next: Vec<MemberId> =
            self.catchup.from.iter().filter(|(_, (_, t))| Some(*t) == fewest).map(|(id, _)| *id).collect();
        if next.is_empty() {
            return;
        }
        let pick = (hub.rng.next_u64() % next.len() as u64) as usize;
        let Some(from) = next.get(pick).copied() else { return };
        if let Some((_, tries)) = self.catchup.from.get_mut(&from) {
            *tries += 1;
        }
        self.catchup.last = Some(hub.now);
        let (secret, public) = KemSecret::generate(&mut hub.rng);
        let kem = Some(Box::new(*public.as_bytes()));
        self.catchup.key = Some((secret, public, hub.now + HELLO_KEY_MS));
        hub.within(HELLO_KEY_MS, Timer::Upkeep);
        let any = hub.rng.next_u64();
        let had = self.timeline.had_of_all().iter().take(ASK_AUTHORS);
        let lacking = self.lacking(hub);
        let had = had.map(|(id, ranges)| (*id, without(ranges.to_ask(any), lacking.get(id))));
        let had = as_fits(had.filter(|(_, ranges)| !ranges.is_empty()).collect());
        self.direct(hub, &from, Body::Ask(Ask { what: What::Missed, heads: Vec::new(), kem, had }));
        hub.unless_set(CATCHUP_GAP_MS, Timer::CatchUp);
    }

    /// Wipes the key of a request that was answered or that nobody answers.
    pub(crate) fn expire_request(&mut self, now: Mono) {
        if self.catchup.key.as_ref().is_some_and(|(_, _, until)| now >= *until) {
            self.catchup.key = None;
        }
    }

    /// Asks a member for the entries I lack.
    pub(crate) fn seek_log<R: CryptoRng>(&mut self, hub: &mut Hub<R>, from: &MemberId) {
        if self.may_ask(hub.now, from) {
            let heads = self.log.leading_heads(HEADS);
            self.direct(hub, from, Body::Ask(Ask { what: What::Log, heads, kem: None, had: Vec::new() }));
        }
    }

    /// Asks a member who is here. False where it is too soon, or they cannot be asked.
    pub(crate) fn seek_roster<R: CryptoRng>(&mut self, hub: &mut Hub<R>, from: &MemberId) -> bool {
        // One answer tells of everybody, so one question at a time is enough, whoever gave cause for it.
        let lately = self.catchup.roster_asked.is_some_and(|at| hub.now.since(at) < ROSTER_GAP_MS);
        if lately || !self.may_ask(hub.now, from) {
            return false;
        }
        self.catchup.roster_asked = Some(hub.now);
        let ask = Ask { what: What::Roster, heads: Vec::new(), kem: None, had: Vec::new() };
        self.direct(hub, from, Body::Ask(ask));
        true
    }

    /// Asks somebody for the handover keys I lack: without them I could not hand a new key to everybody.
    pub(crate) fn seek_keys<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        if self.roster.count() > SMALL_ROOM * 2 || self.roster.present().all(|(_, m)| m.kem.is_some()) {
            return;
        }
        let able: Vec<MemberId> =
            self.roster.present().filter(|(_, m)| m.peer.is_some()).map(|(id, _)| *id).collect();
        let pick = (hub.rng.next_u64() % able.len().max(1) as u64) as usize;
        if let Some(from) = able.get(pick).copied() {
            self.seek_roster(hub, &from);
        }
    }

    fn may_ask(&mut self, now: Mono, from: &MemberId) -> bool {
        let known = self.roster.get(from).is_some_and(|m| m.peer.is_some());
        let ready = self.catchup.asked.get(from).is_none_or(|at| now.since(*at) >= ASK_GAP_MS);
        if known && ready {
            self.catchup.asked.retain(|_, at| now.since(*at) < ASK_GAP_MS);
            self.catchup.asked.insert(*from, now);
        }
        known && ready
    }

    // ---- answering ----

    pub(crate) fn on_ask<R: CryptoRng>(&mut self, hub: &mut Hub<R>, from: MemberId, ask: &Ask) {
        if self.catchup.askers.len() >= KNOWN_MEMBERS {
            self.catchup.askers.clear();
        }
        let asker =
            self.catchup.askers.entry(from).or_insert_with(|| Bucket::new(ANSWER_EACH_MS, ANSWER_BURST));
        if !asker.take(hub.now.0) {
            return;
        }
        match ask.what {
            What::Roster => self.send_roster(hub, from),
            What::Log => self.send_log(hub, from, ask),
            What::Keys => self.on_keys_asked(hub, from),
            What::Missed => {
                if let Some(kem) = ask.kem.as_ref().and_then(|k| KemPublic::from_bytes(&k[..])) {
                    self.send_missed(hub, from, &kem, ask);
                }
            }
        }
    }

    /// Pages of members: with their handover keys while the room is small enough for that.
    fn send_roster<R: CryptoRng>(&mut self, hub: &mut Hub<R>, to: MemberId) {
        let keys = self.roster.count() <= SMALL_ROOM * 2;
        let mut rows = vec![self.my_row(hub, true)];
        let ids: Vec<MemberId> = self.roster.present().map(|(id, _)| *id).filter(|id| *id != to).collect();
        rows.extend(ids.iter().filter_map(|id| self.roster.row(id, keys)));
        let mut pages: Vec<Vec<Row>> = Vec::new();
        let mut left = 0;
        for row in rows {
            let size = row_size(&row);
            if size > left {
                pages.push(Vec::new());
                left = ROSTER_PAGE_BYTES;
            }
            left = left.saturating_sub(size);
            if let Some(page) = pages.last_mut() {
                page.push(row);
            }
        }
        let count = pages.len() as u64;
        for (page, rows) in pages.into_iter().enumerate() {
            self.direct(hub, &to, Body::Roster { page: page as u64, pages: count, rows });
        }
    }

    fn send_log<R: CryptoRng>(&mut self, hub: &mut Hub<R>, to: MemberId, ask: &Ask) {
        let lacking: Vec<Vec<u8>> = self.log.beyond(&ask.heads).into_iter().map(<[u8]>::to_vec).collect();
        let heads = self.log.leading_heads(HEADS);
        let mut page = Vec::new();
        let mut bytes = 0;
        for raw in lacking {
            if bytes + raw.len() > LOG_PAGE_BYTES {
                let entries = std::mem::take(&mut page);
                self.direct(hub, &to, Body::Log { entries, heads: heads.clone() });
                bytes = 0;
            }
            bytes += raw.len() + 4;
            page.push(raw);
        }
        if !page.is_empty() {
            self.direct(hub, &to, Body::Log { entries: page, heads: heads.clone() });
        }
        // What they have and I lack.
        if ask.heads.iter().any(|h| !self.log.has(h)) {
            self.seek_log(hub, &to);
        }
    }

    /// What they lack, lives, and was said while they were here; what they were not here for only if the room says so, or if it
    /// is kept in a room that lasts. And who took back what they may still keep.
    fn send_missed<R: CryptoRng>(&mut self, hub: &mut Hub<R>, to: MemberId, kem: &KemPublic, ask: &Ask) {
        let Some(joined) = self.roster.get(&to).map(|m| m.joined) else { return };
        let open_history = self.shows_history();
        let lasts = self.log.rights().policy.persist == Some(true);
        let room = hub.room();
        let mut pages = Pages::default();
        for (_, living) in self.timeline.all() {
            let Body::Text(say) = &living.payload.body else { continue };
            let author = living.payload.sender;
            let has = ask.had.iter().any(|(id, ranges)| *id == author && in_ranges(ranges, say.n));
            if has || (author == to && !living.is_kept()) || living.private {
                continue;
            }
            let ttl = living.payload.ttl_s * 1_000;
            let left = living
                .deadline
                .map_or(remaining_ms(ttl, living.payload.sent, room, false), |at| at.since(hub.now));
            let kept = living.is_kept();
            let there = living.payload.sent.0.saturating_add(AGE_IGNORED_MS) >= joined.0;
            let least = if there { CATCHUP_LEAST_MS } else { CATCHUP_UNKEYED_MS };
            if (left < least && !kept) || !(there || open_history || (kept && lasts)) {
                continue;
            }
            let mut inner = living.payload.encode().to_vec();
            inner.extend_from_slice(&living.sig);
            if !pages.put(inner, left) {
                break;
            }
        }
        let had =
            |author: &MemberId, n| ask.had.iter().any(|(id, ranges)| id == author && in_ranges(ranges, n));
        let words = self.kept.words(|id| self.log.rights().kept.contains_key(id), had);
        for word in words {
            pages.put(word.to_vec(), 0);
        }
        for mut items in pages.done {
            let missed = self.wrap_missed(hub, kem, encode_missed(&items));
            items.iter_mut().for_each(|(inner, _)| inner.zeroize());
            self.direct(hub, &to, Body::Missed(missed));
        }
        let theirs_more = ask.had.iter().any(|(author, ranges)| {
            *author != hub.id && ranges.iter().any(|range| !self.timeline.had_all(author, *range))
        });
        if theirs_more {
            // What they showed is not known here: zeros differ from whatever I hold.
            self.seek_missed(hub, to, [0; 16]);
        }
    }

    /// Whether newcomers get what was said before them and still lives.
    fn shows_history(&self) -> bool {
        self.log.rights().policy.history == Some(History::Unexpired)
    }

    // ---- taking in ----

    /// What my living messages come to. A second in which somebody was too fast is left out: who took what of it differs.
    pub(crate) fn living_hint(&mut self) -> [u8; 16] {
        let paces = &self.paces;
        self.timeline.hint(|author, sent| paces.is_full(author, sent))
    }

    /// `settled` is whether whoever sends it holds the same log: only then can what is too fast not be a matter of settings
    /// that are not known here yet.
    pub(crate) fn on_missed<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        from: MemberId,
        missed: &Missed,
        settled: bool,
    ) {
        let Some(items) = self.open_missed(&from, missed) else { return };
        let mut new = false;
        for (inner, left_ms) in items {
            match self.take_missed(hub, &inner, left_ms, settled) {
                Ok(()) => new = true,
                Err(drop) => hub.count(drop),
            }
        }
        if let Some((_, tries)) = self.catchup.from.get_mut(&from).filter(|_| new) {
            // One answer holds a few hundred texts: whoever brings something new is asked on.
            *tries = 0;
        }
    }

    fn open_missed(&self, from: &MemberId, missed: &Missed) -> Option<Vec<(Zeroizing<Vec<u8>>, u64)>> {
        let (secret, public, _) = self.catchup.key.as_ref()?;
        decode_missed(&self.unwrap_missed(from, secret, public, missed)?).ok()
    }

    fn take_missed<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        inner: &[u8],
        left_ms: u64,
        settled: bool,
    ) -> Result<(), Dropped> {
        let (bytes, sig) = inner.split_last_chunk::<64>().ok_or(Dropped::Payload)?;
        let payload = Payload::decode(bytes).map_err(|_| Dropped::Payload)?;
        let id = envelope::message_id(bytes);
        let kept = self.keeps(&id, &payload) && self.is_of_this_room(&id, &payload);
        let free = self.shows_history() || kept || matches!(payload.body, Body::Burn { .. });
        let stranger = !self.roster.knows(&payload.sender);
        let before = payload.sent.0.saturating_add(AGE_IGNORED_MS) < self.joined.0;
        if payload.genesis != self.genesis || (!free && (stranger || before)) {
            return Err(Dropped::OtherRoom);
        }
        let signed = || identity::verify(&payload.sender, Label::Signature, &[bytes], sig);
        if let Body::Burn { ids, upto } = &payload.body {
            signed().map_err(|_| Dropped::Signature)?;
            return self.on_burn_told(hub, payload.sender, ids, *upto, &Signed::from(inner));
        }
        self.may_be_heard(hub, &id, &payload)?;
        signed().map_err(|_| Dropped::Signature)?;
        let ttl_ms = self.ttl_ms_of(&payload);
        // The one who hands it on may shorten its life, never lengthen it.
        let left = left_ms.min(remaining_ms(ttl_ms, payload.sent, hub.room(), false));
        let Body::Text(Say { n, .. }) = payload.body else { return Err(Dropped::Kind) };
        if left == 0 && !kept {
            self.timeline.note_had(payload.sender, n);
            return Err(Dropped::Epoch);
        }
        if !kept && !self.keeps_pace(hub, &payload, true) {
            if settled {
                self.timeline.note_had(payload.sender, n);
            }
            return Err(Dropped::Limit);
        }
        self.keep_message(hub, id, payload, *sig, left, true);
        Ok(())
    }
}

/// As many ranges as one frame holds: of whom there are the most all count as had in this one ask. Gaps are cheap to make, and
/// who makes them must not keep anybody from asking for the rest.
fn as_fits(mut had: Vec<(MemberId, Vec<(u64, u64)>)>) -> Vec<(MemberId, Vec<(u64, u64)>)> {
    let bytes = |ranges: &[(u64, u64)]| ASK_AUTHOR_BYTES + ranges.len() * ASK_RANGE_BYTES;
    let mut all: usize = had.iter().map(|(_, ranges)| bytes(ranges)).sum();
    while all > ASK_BYTES {
        let Some((_, ranges)) = had.iter_mut().max_by_key(|(_, ranges)| ranges.len()) else { break };
        let (Some((from, _)), Some((_, to))) = (ranges.first().copied(), ranges.last().copied()) else {
            break;
        };
        all -= bytes(ranges) - bytes(&[(from, to)]);
        *ranges = vec![(from, to)];
    }
    had
}

/// Pages of what somebody missed, as many as one answer holds.
#[derive(Default)]
struct Pages {
    done: Vec<Vec<(Vec<u8>, u64)>>,
    bytes: usize,
}

impl Pages {
    /// False where there is no place for it any more.
    fn put(&mut self, inner: Vec<u8>, left_ms: u64) -> bool {
        let full = |page: &Vec<_>| page.len() >= PAGE_MISSED || self.bytes + inner.len() > CATCHUP_PAGE_BYTES;
        if self.done.last().is_none_or(full) {
            if self.done.len() >= CATCHUP_PAGES {
                return false;
            }
            self.done.push(Vec::new());
            self.bytes = 0;
        }
        self.bytes += inner.len() + 16;
        if let Some(page) = self.done.last_mut() {
            page.push((inner, left_ms));
        }
        true
    }
}

/// A living message, for those who look at what a room holds.
pub(crate) fn text_of(living: &Living) -> Option<Text> {
    match &living.payload.body {
        Body::Text(say) => Some(say.text.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::{Genesis, LogHead};
    use crate::base::limits::{PAYLOAD_BYTES, RANGES};
    use crate::base::time::{Epoch, Unix};

    #[test]
    fn an_ask_fits_a_frame_whatever_gaps_others_made() {
        let author = |n: usize| MemberId(crate::crypto::kdf::sha256(&n.to_be_bytes()));
        let gaps =
            |n: u64| (0..n).map(|k| (u64::MAX - 4 * k - 1, u64::MAX - 4 * k)).rev().collect::<Vec<_>>();
        // A few who make as many gaps as an ask may show, among many who have some.
        let many = |n: usize| if n < ASK_AUTHORS / 4 { gaps(RANGES as u64) } else { gaps(3) };
        let had: Vec<_> = (0..ASK_AUTHORS).map(|n| (author(n), many(n))).collect();
        let shown = as_fits(had.clone());
        let sizes =
            |all: &[(MemberId, Vec<(u64, u64)>)]| all.iter().map(|(_, r)| r.len()).collect::<Vec<_>>();
        assert!(sizes(&shown)[ASK_AUTHORS / 4..].iter().all(|n| *n == 3), "{:?}", sizes(&shown));
        assert!(shown.iter().zip(&had).all(|(s, h)| s.1.first().unwrap().0 == h.1.first().unwrap().0));
        let kem = Some(Box::new([0; crate::base::limits::KEM_BYTES]));
        let payload = Payload {
            genesis: Genesis([0; 16]),
            generation: u64::MAX,
            epoch: Epoch(u64::MAX),
            sender: author(0),
            counter: u64::MAX,
            sent: Unix(u64::MAX),
            ttl_s: 0,
            log_head: LogHead([0; 16]),
            body: Body::Ask(Ask { what: What::Missed, heads: Vec::new(), kem, had: shown }),
        };
        assert!(payload.encode().len() <= PAYLOAD_BYTES);
        let few: Vec<_> = (0..16).map(|n| (author(n), gaps(RANGES as u64))).collect();
        assert_eq!(as_fits(few.clone()), few);
    }
}
