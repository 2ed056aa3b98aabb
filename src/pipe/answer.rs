//! Answers as JSON: the fields of a `reply`, beside what every line has.

use super::encode::{
    cid, facts, finding_fields, invite, lines, listings, net, number, peer, person, person_fields, policy,
    problem, shown_fields,
};
use super::write::Object;
use crate::base::time::Mono;
use crate::chat::friends::Friend;
use crate::chat::record::Record;
use crate::chat::reply::{Answer, Reply, RoomRow, Rows, Status};

pub(super) fn reply(o: &mut Object<'_>, reply: &Reply, now: Mono) {
    cid(o, reply.cid.as_ref());
    o.flag("ok", reply.outcome.is_ok());
    match &reply.outcome {
        Ok(answer) => answered(o, answer, now),
        Err(why) => problem(o, why),
    }
}

fn answered(o: &mut Object<'_>, answer: &Answer, now: Mono) {
    match answer {
        Answer::Done => {}
        Answer::Sent(id) => o.maybe("id", id.as_ref(), |slot, id| slot.hex(&id.0)),
        Answer::Burned(count) => o.number("burned", number(*count)),
        Answer::Room(name) => o.text("room", name.as_str()),
        Answer::Members(rows) => o.field("members").list(rows, |slot, row| {
            slot.object(|o| {
                person_fields(o, &row.who);
                o.flag("me", row.me);
                o.flag("away", row.away);
                o.flag("alike", row.alike);
                shown_fields(o, &row.who);
            });
        }),
        Answer::Rooms(rows, found) => {
            rooms(o, rows, now);
            listings(o, "nearby", &found.nearby, now);
            if let Some(listed) = &found.listed {
                listings(o, "listed", listed, now);
            }
        }
        Answer::Kept(rows) => o.field("kept_rooms").list(rows, |slot, row| {
            slot.object(|o| {
                o.text("room", row.room.as_str());
                match &row.found {
                    Ok(facts) => {
                        o.text("mode", facts.mode.name());
                        o.number("kept", number(facts.kept));
                        o.number("members", number(facts.members));
                        o.text("role", facts.role.name());
                    }
                    Err(why) => o.text("unreadable", why.as_str()),
                }
            });
        }),
        Answer::Listed(listed) => {
            o.text("list", listed.reach.name());
            o.field("tags").list(&listed.tags, |slot, tag| slot.text(tag.as_str()));
        }
        Answer::Person(profile) => {
            o.field("person").object(|o| {
                person_fields(o, &profile.who);
                shown_fields(o, &profile.who);
            });
            o.maybe("link", profile.link.as_ref(), |slot, link| slot.object(|o| peer(o, link)));
            lines(o, "shared_rooms", &profile.rooms);
        }
        Answer::Mine(mine) => {
            o.field("profile").object(|o| {
                person_fields(o, &mine.who);
                shown_fields(o, &mine.who);
                o.flag("anon", mine.anonymous);
            });
            if let Some(limit) = mine.limit() {
                o.text("limit", &limit.text());
            }
        }
        Answer::Words { with, words } => {
            person(o.field("person"), with);
            o.text("words", words.as_str());
        }
        Answer::Invite(line) => invite(o, line),
        Answer::Invites(rows) => o.field("invites").list(rows, |slot, row| {
            slot.object(|o| {
                o.field("id").hex(&row.id.0);
                o.text("state", row.state.name());
                o.number("uses", row.uses);
                o.maybe("left", row.left.as_ref(), |slot, left| slot.number(*left));
                o.number("until_ms", row.until.0);
                o.flag("mine", row.mine);
            });
        }),
        Answer::Friends(friends) => {
            o.field("friends").list(&friends.rows, |slot, row| {
                let Friend { id, nick, tag, verified, since } = &row.friend;
                slot.object(|o| {
                    o.field("id").hex(&id.0);
                    o.text("nick", nick.as_str());
                    o.text("tag", tag.as_str());
                    o.flag("verified", *verified);
                    o.number("since_ms", since.0);
                    lines(o, "rooms", &row.rooms);
                });
            });
            o.flag("kept", friends.kept);
        }
        Answer::Token(token) => o.text("token", token.as_str()),
        Answer::Messages(found) => {
            o.field("messages").list(found, |slot, (_, id)| slot.hex(&id.0));
        }
        Answer::Status(status) => self::status(o, status, now),
        Answer::Written(written) => {
            o.text("path", written.path.as_str());
            o.number("bytes", number(written.bytes));
        }
        Answer::Findings(found) => {
            o.field("findings").list(found, |slot, one| slot.object(|o| finding_fields(o, one)));
        }
        Answer::Page(page) => lines(o, "lines", page),
        Answer::Sheet(listed) => {
            lines(o, "lines", &listed.page);
            rows(o, &listed.rows, now);
        }
    }
}

/// What a page was written from.
fn rows(o: &mut Object<'_>, rows: &Rows, now: Mono) {
    match rows {
        Rows::Bans(bans) => o.field("bans").list(bans, |slot, ban| {
            slot.object(|o| {
                person_fields(o, &ban.who);
                person(o.field("by"), &ban.by);
                o.maybe("until_ms", ban.until, |slot, until| slot.number(until.0));
                o.text("why", ban.why.as_str());
            });
        }),
        Rows::Audit(records) => {
            o.field("audit").list(records, |slot, record| slot.object(|o| audit(o, record)))
        }
        Rows::Keys(keys) => o.maybe("keys", keys.as_ref(), |slot, keys| {
            slot.object(|o| {
                o.number("generation", keys.generation);
                o.number("chains", number(keys.chains));
                o.flag("confirmed", keys.confirmed);
            });
        }),
        Rows::Way { who, link } => {
            person(o.field("person"), who);
            o.maybe("link", link.as_ref(), |slot, link| slot.object(|o| peer(o, link)));
        }
        Rows::Net(status) => self::status(o, status, now),
        Rows::Signs(names) => o.field("avatars").list(names, |slot, name| slot.text(name)),
    }
}

fn audit(o: &mut Object<'_>, record: &Record) {
    o.number("at_ms", record.at.0);
    o.text("act", record.act);
    person(o.field("by"), &record.by);
    o.maybe("whom", record.whom.as_ref(), person);
    if let Some(until) = record.until {
        o.number("until_ms", until.0);
    }
    if let Some(set) = &record.policy {
        o.field("policy").object(|o| policy(o, set));
    }
    o.text("why", record.why.as_str());
}

fn status(o: &mut Object<'_>, status: &Status, now: Mono) {
    o.field("status").object(|o| {
        rooms(o, &status.rooms, now);
        o.field("peers").list(&status.peers, |slot, line| slot.object(|o| peer(o, line)));
        o.maybe("net", status.net.as_ref(), |slot, line| slot.object(|o| net(o, line)));
        o.number("uptime_ms", status.uptime_ms);
    });
}

fn rooms(o: &mut Object<'_>, rows: &[RoomRow], now: Mono) {
    o.field("rooms").list(rows, |slot, row| {
        slot.object(|o| {
            o.text("room", row.room.as_str());
            facts(o, &row.facts, now);
            o.number("unread", number(row.unread));
            o.number("mentions", number(row.mentions));
        });
    });
}
