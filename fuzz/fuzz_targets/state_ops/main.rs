//! Operations on two to four rooms in any order: time, mail, timers, wishes of people, and a guest who signs and seals
//! whatever the fuzzer likes. After each one the promises of `State` are looked at.
#![no_main]

mod guest;
mod net;
mod script;

use ephem_node::base::id::{EntryId, InviteId};
use ephem_node::base::secret::{Secret, Text};
use ephem_node::base::time::{Mono, Unix};
use ephem_node::room::io::{Command, Deed, Draft};
use ephem_node::room::{Input, Timer};
use ephem_node::wire::log::{self, History, Then};
use libfuzzer_sys::fuzz_target;

use guest::Guest;
use net::{Mail, Net, peer};
use script::{Done, Op, Policy, Script, Span, Which, Wish};

/// Steps of one run: more of them find little that fewer do not, and cost executions.
const OPS: usize = 64;
const DAY_MS: u64 = 86_400_000;

const TIMERS: [Timer; 18] = [
    Timer::Upkeep,
    Timer::Hello,
    Timer::Found,
    Timer::Beat,
    Timer::Echo,
    Timer::Beacon,
    Timer::Across,
    Timer::Repeat,
    Timer::Rekey,
    Timer::Leaves,
    Timer::FreshKey,
    Timer::CatchUp,
    Timer::Receipts,
    Timer::Profile,
    Timer::Queue,
    Timer::Reseal,
    Timer::Witness,
    Timer::Removed,
];

fuzz_target!(|script: Script| {
    let rooms = 2 + usize::from(script.rooms % 3);
    let mut net = Net::new(script.seed, rooms, u64::from(script.begin) % DAY_MS);
    let mut guest = Guest::new(script.seed);
    if script.settled {
        net.run(4_000);
        guest.knock(&mut net);
        net.run(500);
        guest.listen(&mut net);
    }
    for op in script.ops.into_iter().take(OPS) {
        step(&mut net, &mut guest, op);
        guest.listen(&mut net);
    }
});

fn step(net: &mut Net, guest: &mut Guest, op: Op) {
    match op {
        Op::Pass(span) => {
            let ms = match span {
                Span::Ms(n) => u64::from(n),
                Span::Minutes(n) => u64::from(n % 90) * 60_000,
                Span::Hours(n) => u64::from(n % 48) * 3_600_000,
            };
            net.now = net.now + ms;
        }
        Op::Run(n) => net.run(u64::from(n % 50) * 100),
        Op::Deliver(n) => {
            if let Some(mail) = take(net, n) {
                net.deliver(mail);
            }
        }
        Op::Lose(n) => drop(take(net, n)),
        Op::Twice(n) => {
            if let Some(mail) = take(net, n) {
                let again = Mail { bytes: mail.bytes.clone(), from: mail.from.clone(), ..mail };
                net.deliver(mail);
                net.deliver(again);
            }
        }
        Op::Late(n) => {
            if let Some(mail) = take(net, n) {
                net.mail.push_back(mail);
            }
        }
        Op::Flip { mail, bit } => {
            if let Some(mut mail) = take(net, mail) {
                let at = usize::from(bit) % (mail.bytes.len() * 8);
                mail.bytes[at / 8] ^= 1 << (at % 8);
                net.deliver(mail);
            }
        }
        Op::Junk { room, topic, direct, bytes } => {
            let from = peer(usize::from(topic));
            let topic = net.topic(topic);
            let junk =
                if direct { Input::Direct { from, bytes } } else { Input::Gossip { topic, from, bytes } };
            net.hand(net.pick(room), junk);
        }
        Op::Timer { room, which } => {
            let room = net.pick(room);
            let timer = match which {
                Which::Asked(n) => {
                    let timers = &net.rooms[room].timers;
                    timers.iter().nth(usize::from(n) % timers.len().max(1)).map(|(timer, at)| (*timer, *at))
                }
                Which::Any(n) => Some((TIMERS[usize::from(n) % TIMERS.len()], Mono(0))),
                Which::Answer(hash) => Some((Timer::Answer(hash), Mono(0))),
            };
            if let Some((timer, at)) = timer {
                // Often enough the instant it was asked for has come: fired early, nothing would ever happen.
                if at.since(net.now) < 60_000 {
                    net.now = net.now.max(at);
                }
                net.hand(room, Input::Timer(timer));
            }
        }
        Op::Subscribed { room, topic } => {
            let topic = net.topic(topic);
            net.hand(net.pick(room), Input::Subscribed { peer: peer(0), topic });
        }
        Op::LinkDown { room, peer: of } => {
            net.hand(net.pick(room), Input::LinkDown { peer: peer(usize::from(of % 5)) });
        }
        Op::Command { room, wish } => {
            let room = net.pick(room);
            let many = if let Wish::SayMuch(n) = wish { usize::from(n % 1_200) } else { 1 };
            let command = command(net, wish);
            for cid in 1..many {
                let draft = Draft::plain(cid as u64, "again");
                net.hand(room, Input::Command(Command::Say(draft)));
            }
            net.hand(room, Input::Command(command));
        }
        Op::Knock => guest.knock(net),
        Op::Forge(forged) => guest.forge(net, forged),
    }
}

fn take(net: &mut Net, n: u8) -> Option<Mail> {
    let at = usize::from(n) % net.mail.len().max(1);
    net.mail.remove(at)
}

fn command(net: &Net, wish: Wish) -> Command {
    match wish {
        Wish::Say { text, ttl_s, once_s, flags, reply } => Command::Say(Draft {
            cid: 0,
            text: Text::new(&text),
            ttl_s,
            once_s,
            keep: flags & 1 != 0,
            from_read: flags & 2 != 0,
            action: flags & 4 != 0,
            announce: flags & 8 != 0,
            reply: reply.map(|n| net.message(n)),
            // Up to eighteen hours, by whatever the text is.
            waited_ms: ttl_s.map_or(0, |s| s.wrapping_mul(977) % 65_536_000),
        }),
        Wish::SayMuch(_) => Command::Say(Draft::plain(0, "and once more")),
        Wish::Open(n) => Command::Open(net.message(n)),
        Wish::Burn(ids) => Command::Burn(ids.into_iter().map(|n| net.message(n)).collect()),
        Wish::BurnMine => Command::BurnMine,
        Wish::Nick(nick) => Command::Nick(nick),
        Wish::Away(away) => Command::Away(away),
        Wish::Addresses(addrs) => Command::Addresses(addrs),
        Wish::Leave { panic } => Command::Leave { panic },
        Wish::Act(done) => Command::Act(deed(net, done)),
    }
}

fn deed(net: &Net, done: Done) -> Deed {
    match done {
        Done::Grant(n) => Deed::Grant(net.member(n)),
        Done::Revoke(n) => Deed::Revoke(net.member(n)),
        Done::Kick(n, why) => Deed::Kick(net.member(n), why),
        Done::Ban { whom, why, until, then } => Deed::Ban {
            target: net.member(whom),
            why,
            until: until.map(Unix),
            then: [Then::Nothing, Then::Lock, Then::Knock][usize::from(then % 3)],
        },
        Done::Unban(n) => Deed::Unban(net.member(n)),
        Done::Mute(n, until, why) => Deed::Mute(net.member(n), Unix(until), why),
        Done::Unmute(n) => Deed::Unmute(net.member(n)),
        Done::Admit(n) => Deed::Admit(net.member(n)),
        Done::Deny(n) => Deed::Deny(net.member(n)),
        Done::Invite { key, uses, until } => Deed::Invite { key, uses, until: Unix(until) },
        Done::InviteRevoke(id) => Deed::InviteRevoke(InviteId(id)),
        Done::Policy(policy) => Deed::Policy(Box::new(settings(policy))),
        Done::Transfer(n) => Deed::Transfer(net.member(n)),
        Done::TransferAccept(id) => Deed::TransferAccept(EntryId(id)),
        Done::Reclaim { token, next } => Deed::Reclaim { token: Secret::new(token), next },
        Done::Yield(id) => Deed::Yield(EntryId(id)),
        Done::Rotate => Deed::Rotate,
        Done::Close => Deed::Close,
    }
}

fn settings(policy: Policy) -> log::Policy {
    let Policy { numbers: [max, ttl_s, ttl_max_s, slow_s, rate, quiet_s], history, flags, topic, expires } =
        policy;
    let [lock, knock, persist, queued] = flags;
    let history = history.map(|all| if all { History::Unexpired } else { History::None });
    let expires = expires.map(Unix);
    log::Policy {
        max,
        ttl_s,
        ttl_max_s,
        history,
        lock,
        knock,
        slow_s,
        rate,
        topic,
        expires,
        persist,
        queued,
        quiet_s,
    }
}
