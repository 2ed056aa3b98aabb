//! What the crate read, laid out as the specification lays it out: arrays in the order of the fields.
//!
//! The crate's own names go to the places the specification gives them, so a field read from the wrong place shows.

use ephem_node::base::id::MemberId;
use ephem_node::wire::handover::{Handover, Note};
use ephem_node::wire::log::{Act, Entry, Policy};
use ephem_node::wire::payload::{Body, KeyUse, Payload, Proof, Row, Sealed, What};
use serde_json::{Value, json};

use super::json::{h, hs, opt};

pub fn payload(p: &Payload) -> Value {
    json!({
        "genesis": h(p.genesis), "gen": p.generation, "epoch": p.epoch.0, "sender": h(p.sender),
        "counter": p.counter, "kind": p.kind() as u64, "sent_ms": p.sent.0, "ttl_s": p.ttl_s,
        "log_head": h(p.log_head), "body": body(&p.body),
    })
}

fn bits(flags: &[bool]) -> u64 {
    flags.iter().enumerate().map(|(bit, set)| u64::from(*set) << bit).sum()
}

fn body(body: &Body) -> Value {
    match body {
        Body::Text(say) => json!([
            say.n,
            bits(&[say.action, say.announce, say.from_read, say.keep]),
            say.text.as_str(),
            opt(say.reply),
            say.once_s,
        ]),
        Body::Have(had) => json!([counters(had)]),
        Body::Opened(message) => json!([h(message)]),
        Body::Burn { ids, upto } | Body::Gone { ids, upto } => json!([hs(ids), upto]),
        Body::Seen(ids) => json!([hs(ids)]),
        Body::Typing { alone } => json!([bits(&[*alone])]),
        Body::Join(join) => json!([
            join.nick,
            bits(&[join.serve]),
            join.proof.as_ref().map(proof),
            h(*join.kem),
            hs(join.foundings.iter()),
            h(&join.peer),
            hs(&join.addrs),
        ]),
        Body::Leave { panic } => json!([u64::from(*panic)]),
        Body::Key(key) => {
            json!([u64::from(key.used_for == KeyUse::Direct), h(*key.kem), opt(key.x25519)])
        }
        Body::Beat(beat) => json!([
            bits(&[beat.unconfirmed, beat.serve, beat.away]),
            h(beat.conf),
            h(beat.roster),
            h(beat.living),
            beat.joined.0,
            h(&beat.peer),
            hs(&beat.addrs),
        ]),
        Body::Share(part) | Body::Rekey(part) | Body::Report(part) => sealed(part),
        Body::Entry(entries) => json!([hs(entries)]),
        Body::Profile(p) => json!([p.nick, p.status, p.glyph, p.colour]),
        Body::Dm { tag, sealed } => json!([h(tag), h(sealed)]),
        Body::File(file) => json!([file.n, file.name, file.size, h(file.hash), h(file.key.expose())]),
        Body::Listing(l) => json!([l.name, l.title, l.tag, l.mode, l.members, l.until.0]),
        Body::Roster { page, pages, rows } => json!([page, pages, rows.iter().map(row).collect::<Vec<_>>()]),
        Body::Log { entries, heads } => json!([hs(entries), hs(heads)]),
        Body::Beacon(b) => {
            json!([h(b.set_tag), h(b.topic_tag), b.members, u64::from(b.never_joined), h(b.founding)])
        }
        Body::Hello(hello) => json!([
            h(*hello.kem),
            h(hello.nonce),
            hello.proof.as_ref().map(proof),
            hello.at.map(|(set, topic)| [h(set), h(topic)]),
        ]),
        Body::Welcome { hello, sealed } | Body::Refusal { hello, sealed } => json!([h(hello), h(sealed)]),
        Body::Ask(ask) => {
            let what = match ask.what {
                What::Roster => 0,
                What::Log => 1,
                What::Missed => 2,
                What::Keys => 3,
            };
            json!([what, hs(&ask.heads), opt(ask.kem.as_deref()), counters(&ask.had)])
        }
        Body::Missed(missed) => json!([h(missed.nonce), h(missed.com), h(&missed.sealed), h(&missed.boxed)]),
        Body::Want { hash, first, count } => json!([h(hash), first, count]),
        Body::Chunk { hash, index, bytes } => json!([h(hash), index, h(bytes)]),
    }
}

fn counters(had: &[(MemberId, Vec<(u64, u64)>)]) -> Value {
    had.iter().map(|(author, ranges)| json!([h(author), ranges])).collect()
}

fn proof(p: &Proof) -> Value {
    json!([h(p.invite), h(p.key), h(p.sig)])
}

fn sealed(part: &Sealed) -> Value {
    let to: Vec<Value> = part.to.iter().map(|(tag, sealed)| json!([h(tag), h(sealed)])).collect();
    json!([to, h(part.nonce), h(part.com), h(&part.boxed)])
}

fn row(r: &Row) -> Value {
    json!([
        h(r.id),
        r.nick,
        r.joined.0,
        bits(&[r.serve, r.left]),
        opt(r.kem.as_deref()),
        hs(r.foundings.iter()),
        h(&r.peer),
        hs(&r.addrs),
    ])
}

pub fn handover(x: &Handover) -> Value {
    let chains: Vec<Value> = x.chains.iter().map(|(note, key)| json!([h(note), h(key.expose())])).collect();
    json!([
        x.generation,
        x.epoch.0,
        chains,
        hs(x.salts.iter()),
        x.room.0,
        x.steps_ms,
        bits(&[x.never_joined, x.more_log, x.more_roster]),
        hs(&x.entries),
        x.rows.iter().map(row).collect::<Vec<_>>(),
    ])
}

pub fn note(n: &Note) -> Value {
    json!([
        1,
        h(n.genesis),
        n.generation,
        h(n.author),
        n.birth.0,
        h(n.commit),
        n.why as u64,
        hs(n.causes.iter()),
        hs(&n.heads),
    ])
}

pub fn entry(e: &Entry) -> Value {
    let (kind, body) = act(&e.act);
    json!([1, h(e.genesis), h(e.author), e.seq, e.at.0, hs(&e.parents), kind, body])
}

fn act(act: &Act) -> (u64, Value) {
    match act {
        Act::Genesis { room, reclaim, policy: p, nonce } => {
            (0, json!([room, h(reclaim), policy(p), h(nonce)]))
        }
        Act::Founding { reclaim, policy: p, nonce } => (1, json!([h(reclaim), policy(p), h(nonce)])),
        Act::Grant { target } => (2, json!([h(target)])),
        Act::Revoke { target } => (3, json!([h(target)])),
        Act::Kick { target, last_seq, why } => (4, json!([h(target), last_seq, why])),
        Act::Ban { target, last_seq, why, until, then, salt_hash } => {
            let until = until.map_or(0, |until| until.0);
            (5, json!([h(target), last_seq, why, until, *then as u64, h(salt_hash)]))
        }
        Act::Unban { target } => (6, json!([h(target)])),
        Act::Mute { target, until, why } => (7, json!([h(target), until.0, why])),
        Act::Unmute { target } => (8, json!([h(target)])),
        Act::Admit { target } => (9, json!([h(target)])),
        Act::Deny { target } => (10, json!([h(target)])),
        Act::Invite { id, key, uses, until } => (11, json!([h(id), h(key), uses, until.0])),
        Act::InviteRevoke { id } => (12, json!([h(id)])),
        Act::Policy(p) => (13, json!([policy(p)])),
        Act::Transfer { to, leaving } => (14, json!([h(to), leaving])),
        Act::TransferAccept { transfer } => (15, json!([h(transfer)])),
        Act::Reclaim { next, token_sig } => (16, json!([h(next), h(token_sig)])),
        Act::Yield { to } => (17, json!([h(to)])),
        Act::Rotate => (18, json!([])),
        Act::Close => (19, json!([])),
        Act::Pin { message, author, n } => (20, json!([h(message), h(author), n])),
        Act::Unpin { message } => (21, json!([h(message)])),
    }
}

pub fn policy(p: &Policy) -> Value {
    json!([
        p.max,
        p.ttl_s,
        p.ttl_max_s,
        p.history.map(|history| history as u64),
        p.lock,
        p.knock,
        p.slow_s,
        p.rate,
        p.topic,
        p.expires.map(|expires| expires.0),
        p.persist,
        p.queued,
        p.quiet_s,
    ])
}
