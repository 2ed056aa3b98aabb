//! Events as JSON lines. The names and their order of appearance are a contract: fields may be added, never changed.

use zeroize::{Zeroize, Zeroizing};

use super::answer::reply;
use super::write::{Count, Fill, Object, Sink, Slot, object};
use crate::base::limits::TYPING_MS;
use crate::base::time::{Mono, Unix};
use crate::chat::doctor::Finding;
use crate::chat::event::{
    Event, Facts, Fate, Invite, KeysLine, MemberLine, Message, NetLine, PeerLine, Person, Receipt, RoomLine,
};
use crate::chat::listing::Listing;
use crate::chat::notice::{Notice, Said};
use crate::chat::problem::Problem;
use crate::chat::reply::Cid;
use crate::chat::request::Policy;
use crate::chat::text::Line;

/// The version of this format.
const VERSION: u64 = 1;

/// When a line is written, and as which.
#[derive(Clone, Copy, Debug)]
pub struct Stamp {
    /// Its number: one more than the last.
    pub seq: u64,
    /// The calendar.
    pub ts: Unix,
    /// The clock on which messages die.
    pub now: Mono,
}

/// Writes an event into `out`, with its line end. What was in `out` is wiped first, and it never grows while it is
/// written to: with the wiping at its end, a message's text leaves no copy behind.
pub fn encode(event: &Event, stamp: &Stamp, out: &mut Zeroizing<Vec<u8>>) {
    out.zeroize();
    let mut count = Count(0);
    line(&mut count, event, stamp);
    if out.capacity() < count.0 {
        *out = Zeroizing::new(Vec::with_capacity(count.0));
    }
    line(&mut Fill(out), event, stamp);
}

fn line(sink: &mut dyn Sink, event: &Event, stamp: &Stamp) {
    opened(sink, kind(event), stamp, |o| fields(o, event, stamp.now));
}

/// A line of some kind, with what every line has.
fn opened(sink: &mut dyn Sink, kind: &str, stamp: &Stamp, fill: impl FnOnce(&mut Object<'_>)) {
    object(sink, |o| {
        o.number("v", VERSION);
        o.text("type", kind);
        o.number("seq", stamp.seq);
        o.number("ts", stamp.ts.0);
        fill(o);
    });
    sink.put(b"\n");
}

pub(super) fn finding_fields(o: &mut Object<'_>, found: &Finding) {
    o.text("part", found.part().name());
    o.text("code", found.code());
    o.text("state", found.health().name());
    o.text("text", &found.text());
    o.text("hint", found.hint());
}

/// Writes something that was found out about this machine, as a line of its own.
pub fn finding(found: &Finding, stamp: &Stamp, out: &mut Vec<u8>) {
    let mut count = Count(0);
    let write = |sink: &mut dyn Sink| {
        opened(sink, "finding", stamp, |o| finding_fields(o, found));
    };
    write(&mut count);
    out.reserve(count.0);
    write(&mut Fill(out));
}

fn kind(event: &Event) -> &'static str {
    match event {
        Event::Hello(_) => "hello",
        Event::Listening(_) => "listening",
        Event::Room(_) => "room",
        Event::Invite(_) => "invite",
        Event::Member(_) => "member",
        Event::Message(_) => "message",
        Event::Receipt(_) => "receipt",
        Event::Burned(_) => "burned",
        Event::Kept(_) => "kept",
        Event::Typing(_) => "typing",
        Event::Peer(_) => "peer",
        Event::Bootstrap(_) => "bootstrap",
        Event::Net(_) => "net",
        Event::Listing(_) => "listing",
        Event::Keys(_) => "keys",
        Event::Notice(_) => "notice",
        Event::Reply(_) => "reply",
        Event::Bye(_) => "bye",
    }
}

fn fields(o: &mut Object<'_>, event: &Event, now: Mono) {
    match event {
        Event::Hello(hello) => {
            o.text("version", hello.version);
            o.field("me").object(|o| {
                o.field("id").hex(&hello.id.0);
                o.text("tag", hello.tag.as_str());
                o.text("nick", hello.nick.as_str());
            });
            o.text("peer", hello.peer.as_str());
            lines(o, "listen", &hello.listen);
        }
        Event::Listening(addr) => o.text("addr", addr.as_str()),
        Event::Room(line) => room(o, line, now),
        Event::Invite(line) => invite(o, line),
        Event::Member(line) => member(o, line),
        Event::Message(line) => message(o, line, now),
        Event::Receipt(line) => receipt(o, line),
        Event::Burned(burned) => {
            o.text("room", burned.room.as_str());
            o.field("id").hex(&burned.id.0);
            o.text("why", burned.why.name());
        }
        Event::Kept(line) => {
            o.text("room", line.room.as_str());
            o.field("id").hex(&line.id.0);
            o.flag("keep", line.keep);
            person(o.field("by"), &line.by);
            o.maybe("burns_ms", line.dies, |slot, dies| slot.number(dies.since(now)));
        }
        Event::Typing(line) => {
            o.text("room", line.room.as_str());
            person(o.field("from"), &line.from);
            o.flag("dm", line.alone);
            o.number("for_ms", TYPING_MS);
        }
        Event::Peer(line) => {
            o.text("event", line.change.name());
            peer(o, line);
            if let Some(room) = &line.room {
                o.text("room", room.as_str());
            }
        }
        Event::Bootstrap(line) => {
            o.text("event", line.change.name());
            o.text("asked", line.asked.as_str());
            o.text("path", line.route.name());
            o.maybe("peer", line.peer.as_ref(), |slot, peer| slot.text(peer.as_str()));
            o.maybe("why", line.why, |slot, why| slot.text(why.code()));
        }
        Event::Net(line) => net(o, line),
        Event::Listing(line) => {
            o.text("event", line.change.name());
            listing(o, &line.listing, now);
        }
        Event::Keys(line) => keys(o, line),
        Event::Notice(line) => notice(o, line),
        Event::Reply(line) => reply(o, line, now),
        Event::Bye(bye) => {
            o.number("code", bye.code.into());
            o.text("why", bye.why.as_str());
        }
    }
}

fn room(o: &mut Object<'_>, line: &RoomLine, now: Mono) {
    o.text("room", line.room.as_str());
    o.text("event", line.change.name());
    facts(o, &line.facts, now);
    if let Some(token) = &line.reclaim {
        o.text("reclaim", token.as_str());
    }
    if let Some(set) = &line.set {
        person(o.field("by"), &set.by);
        o.field("set").object(|o| policy(o, &set.policy));
        if set.past {
            o.flag("past", true);
        }
    }
}

/// Settings that were set, under the names of the command that sets them.
pub(super) fn policy(o: &mut Object<'_>, set: &Policy) {
    let Policy {
        max,
        ttl_ms,
        ttl_max_ms,
        history,
        lock,
        knock,
        slow_ms,
        rate,
        topic,
        expires_ms,
        quiet_ms,
        persist,
    } = set;
    let numbers = [
        ("max", max),
        ("ttl_ms", ttl_ms),
        ("ttl_max_ms", ttl_max_ms),
        ("slow_ms", slow_ms),
        ("rate", rate),
        ("expires_ms", expires_ms),
        ("quiet_ms", quiet_ms),
    ];
    for (name, value) in numbers {
        if let Some(value) = value {
            o.number(name, *value);
        }
    }
    for (name, value) in [("lock", lock), ("knock", knock), ("persist", persist)] {
        if let Some(value) = value {
            o.flag(name, *value);
        }
    }
    if let Some(history) = history {
        o.text("history", history.name());
    }
    if let Some(topic) = topic {
        o.text("topic", topic.as_str());
    }
}

pub(super) fn facts(o: &mut Object<'_>, facts: &Facts, now: Mono) {
    o.text("mode", facts.mode.name());
    o.text("mark", facts.mark.as_str());
    o.number("members", number(facts.members));
    o.number("ttl_ms", facts.ttl_ms);
    if facts.quiet_ms > 0 {
        o.number("quiet_ms", facts.quiet_ms);
    }
    if facts.persist {
        o.flag("persist", true);
    }
    o.text("state", facts.state.name());
    o.text("role", facts.role.name());
    if let Some(only) = &facts.only {
        person(o.field("only"), only);
    }
    if let Some(topic) = &facts.topic {
        o.text("topic", topic.as_str());
    }
    if let Some(closes) = facts.closes {
        o.number("closes_ms", closes.unix.0);
        o.number("closes_in_ms", closes.at.since(now));
    }
}

pub(super) fn invite(o: &mut Object<'_>, invite: &Invite) {
    o.text("room", invite.room.as_str());
    o.field("invite_id").hex(&invite.id.0);
    o.text("invite", invite.invite.as_str());
    o.text("words", invite.words.as_str());
    o.number("uses", invite.uses);
    o.number("until_ms", invite.until.0);
}

fn member(o: &mut Object<'_>, line: &MemberLine) {
    o.text("room", line.room.as_str());
    o.text("event", line.change.name());
    person_fields(o, &line.who);
    shown_fields(o, &line.who);
    o.maybe("by", line.by.as_ref(), person);
    o.maybe("reason", line.reason.as_ref(), |slot, why| slot.text(why.as_str()));
    if let Some(until) = line.until {
        o.number("until_ms", until.0);
    }
    if let Some(door) = line.door {
        o.text("door", door.name());
    }
    if line.past {
        o.flag("past", true);
    }
    if let Some(was) = &line.was {
        o.text("was", was.as_str());
    }
}

fn message(o: &mut Object<'_>, message: &Message, now: Mono) {
    o.text("room", message.room.as_str());
    o.field("id").hex(&message.id.0);
    person(o.field("from"), &message.from);
    if let Some(to) = &message.to {
        person(o.field("to"), to);
        o.flag("asks", message.asks);
    }
    if let Some(about) = &message.about {
        person(o.field("about"), about);
    }
    o.maybe("text", message.readable(now), |slot, text| slot.text(text.as_str()));
    o.text("kind", message.kind.name());
    o.number("sent_ms", message.sent.0);
    o.number("ttl_ms", message.ttl_ms);
    o.maybe("burns_ms", message.left_ms(now), |slot, n| slot.number(n));
    o.flag("once", message.once_ms.is_some());
    if let Some(once_ms) = message.once_ms {
        o.number("once_ms", once_ms);
    }
    o.flag("keep", message.keep);
    o.flag("mine", message.mine);
    o.flag("caught_up", message.caught_up);
    if let Some(answered) = &message.reply {
        o.field("reply_to").hex(&answered.0);
    }
}

fn receipt(o: &mut Object<'_>, receipt: &Receipt) {
    o.text("room", receipt.room.as_str());
    o.maybe("id", receipt.id.as_ref(), |slot, id| slot.hex(&id.0));
    cid(o, receipt.cid.as_ref());
    match &receipt.fate {
        Fate::Queued => o.text("state", "queued"),
        Fate::Sent => o.text("state", "sent"),
        Fate::Delivered { count, of } => {
            o.text("state", "delivered");
            o.number("count", number(*count));
            o.number("of", number(*of));
        }
        Fate::Seen { count, of } => {
            o.text("state", "seen");
            o.number("count", number(*count));
            o.number("of", number(*of));
        }
        Fate::Opened(by) => {
            o.text("state", "opened");
            person(o.field("by"), by);
        }
        Fate::Failed(why) => {
            o.text("state", "failed");
            problem(o, why);
        }
    }
}

pub(super) fn peer(o: &mut Object<'_>, line: &PeerLine) {
    o.text("peer", line.peer.as_str());
    o.text("path", line.route.name());
    o.maybe("via", line.via.as_ref(), |slot, via| slot.text(via.as_str()));
    o.maybe("rtt_ms", line.rtt_ms, |slot, n| slot.number(n));
    o.maybe("addr", line.addr.as_ref(), |slot, addr| slot.text(addr.as_str()));
}

pub(super) fn net(o: &mut Object<'_>, line: &NetLine) {
    o.text("nat", line.nat.name());
    lines(o, "addresses", &line.addresses);
    lines(o, "relays", &line.relays);
}

fn keys(o: &mut Object<'_>, line: &KeysLine) {
    o.text("room", line.room.as_str());
    o.text("event", line.change.name());
    o.number("epoch", line.epoch);
    o.number("generation", line.generation);
    o.number("chains", number(line.chains));
}

fn notice(o: &mut Object<'_>, notice: &Notice) {
    if let Some(room) = &notice.room {
        o.text("room", room.as_str());
    }
    o.text("level", notice.said.level().name());
    o.text("code", notice.said.code());
    o.text("text", &notice.said.text());
    o.text("hint", &notice.said.hint());
    match notice.said {
        Said::Lagged { dropped } => o.number("dropped", dropped),
        Said::Gone { count, missed } => {
            o.number("count", number(count));
            o.number("missed", number(missed));
        }
        Said::Closing { in_ms } => o.number("closes_in_ms", in_ms),
        Said::Quiet { left_ms } => o.number("quiet_ms", left_ms),
        _ => {}
    }
}

pub(super) fn listings(o: &mut Object<'_>, key: &'static str, rows: &[Listing], now: Mono) {
    o.field(key).list(rows, |slot, row| slot.object(|o| listing(o, row, now)));
}

fn listing(o: &mut Object<'_>, row: &Listing, now: Mono) {
    o.text("room", row.room.as_str());
    o.maybe("title", row.title.as_ref(), |slot, title| slot.text(title.as_str()));
    o.field("tags").list(&row.tags, |slot, tag| slot.text(tag.as_str()));
    o.text("mode", row.mode.name());
    o.flag("knock", row.knock);
    o.flag("locked", row.locked);
    o.number("members", row.members);
    o.maybe("mark", row.mark.as_ref(), |slot, mark| slot.text(mark.as_str()));
    o.field("by").object(|o| {
        o.field("id").hex(&row.by.0);
        o.text("tag", row.tag.as_str());
    });
    o.flag("near", row.near);
    o.flag("joined", row.joined);
    o.flag("alike", row.alike);
    o.number("expires_ms", row.until.since(now));
}

pub(super) fn problem(o: &mut Object<'_>, why: &Problem) {
    o.field("error").object(|o| {
        o.text("code", why.code());
        o.text("text", &why.text());
        o.text("hint", &why.hint());
        if let Problem::Ambiguous(offers) = why {
            o.field("offers").list(offers, |slot, offer| {
                slot.object(|o| {
                    o.text("nick", offer.nick.as_str());
                    o.text("tag", offer.tag.as_str());
                    o.text("id", &offer.id);
                });
            });
        }
    });
}

pub(super) fn cid(o: &mut Object<'_>, cid: Option<&Cid>) {
    o.maybe("cid", cid, |slot, cid| match cid {
        Cid::Text(text) => slot.text(text),
        Cid::Number(number) => slot.number(*number),
    });
}

pub(super) fn person(slot: Slot<'_>, person: &Person) {
    slot.object(|o| person_fields(o, person));
}

pub(super) fn person_fields(o: &mut Object<'_>, person: &Person) {
    o.field("id").hex(&person.id.0);
    o.text("nick", person.nick.as_str());
    o.text("tag", person.tag.as_str());
    o.text("role", person.role.name());
    // Only where it is so: of most people nothing is known.
    if person.friend {
        o.flag("friend", true);
    }
}

/// What stands beside the nick.
pub(super) fn shown_fields(o: &mut Object<'_>, person: &Person) {
    let status = Some(&person.status).filter(|status| !status.is_empty());
    o.maybe("status", status, |slot, status| slot.text(status.as_str()));
    o.text("avatar", person.avatar.sign().glyph);
    o.text("colour", person.avatar.colour().name());
    o.flag("serve", person.serve);
}

pub(super) fn lines(o: &mut Object<'_>, key: &'static str, all: &[Line]) {
    o.field(key).list(all, |slot, line| slot.text(line.as_str()));
}

/// A count; none comes near the end of either type.
pub(super) fn number(count: usize) -> u64 {
    count as u64
}
