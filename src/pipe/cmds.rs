//! Every `cmd` a program may send, and what it makes of its fields.

use super::decode::Fields;
use crate::base::limits::{MEMBERS, NAME_BYTES};
use crate::base::secret::Text;
use crate::base::tag::Tag;
use crate::chat::avatar::{colour_number, sign_number};
use crate::chat::command;
use crate::chat::duration::{self, DurationError};
use crate::chat::name::{History, Reach as Listing};
use crate::chat::problem::Problem;
use crate::chat::request::{
    About, Act, Burn, Draft, INVITE_MS, Join, Look, MAX_LEAST, Policy, Reach, Request, Shown, USES_MOST,
    View, Which, duration_problem, is_invite, ttl_seconds, typed_nick, typed_status,
};
use crate::chat::text::{Body, Line};

/// Fields that some command knows.
pub(super) const FIELDS: &[&str] = &[
    "cmd",
    "cid",
    "room",
    "text",
    "to",
    "who",
    "id",
    "for_ms",
    "why",
    "then",
    "token",
    "passphrase",
    "ttl_ms",
    "once",
    "once_ms",
    "from_read",
    "keep",
    "path",
    "invite",
    "uses",
    "valid_ms",
    "nick",
    "name",
    "all",
    "max",
    "ttl_max_ms",
    "history",
    "lock",
    "knock",
    "slow_ms",
    "quiet_ms",
    "rate",
    "topic",
    "expires_ms",
    "action",
    "status",
    "avatar",
    "colour",
    "anon",
    "tag",
    "list",
    "persist",
];

type Make = fn(&mut Fields) -> Result<Request, Problem>;

/// Every `cmd`, and what it makes of its fields.
pub(super) const CMDS: &[(&str, Make)] = &[
    ("send", |f| f.draft().map(Request::Send)),
    ("dm", |f| Ok(Request::Direct(f.who()?, f.draft()?))),
    ("reply", |f| f.draft().map(Request::Answer)),
    ("block", |f| Ok(Request::Block(f.who()?, true))),
    ("unblock", |f| Ok(Request::Block(f.who()?, false))),
    ("friends", |_| Ok(Request::Friends)),
    ("friend", |f| Ok(Request::Friend(f.who()?, true))),
    ("unfriend", |f| Ok(Request::Friend(f.who()?, false))),
    ("line", line),
    ("join", join),
    ("new", |f| Ok(Request::New(f.line("name", NAME_BYTES)?))),
    ("leave", |_| Ok(Request::Leave)),
    ("who", |_| Ok(Request::Who)),
    ("rooms", |f| {
        let tag = f.text("tag")?.map(|typed| Tag::parse(&typed));
        let tag = tag.map(|tag| tag.ok_or(Problem::Value { field: "tag", wanted: "a word like region:eu" }));
        Ok(Request::Rooms(match (tag.transpose()?, f.flag("all")?) {
            (Some(tag), _) => Look::Tag(tag),
            (None, true) => Look::All,
            (None, false) => Look::Here,
        }))
    }),
    ("list", |f| {
        let Some(reach) = f.text("list")? else { return Ok(Request::Listed) };
        let wrong = Problem::Value { field: "list", wanted: "on, near or off" };
        Listing::parse(&reach).map(Request::List).ok_or(wrong)
    }),
    ("tag", |f| {
        let typed = f.text("tag")?.map(|typed| typed.to_ascii_lowercase()).unwrap_or_default();
        let wrong = Problem::Value { field: "tag", wanted: "three words at most, like region:eu" };
        Tag::split(&typed).map(Request::Tags).ok_or(wrong)
    }),
    ("whois", |f| f.who().map(Request::Whois)),
    ("verify", |f| f.who().map(Request::Verify)),
    ("burn", burn),
    ("open", |f| f.which().map(Request::Open)),
    ("keep", |f| Ok(Request::Send(Box::new(Draft { keep: true, ..*f.draft()? })))),
    ("seen", |f| Ok(Request::Saw(vec![f.which()?]))),
    ("typing", |f| {
        let to = f.has("who").then(|| f.who()).transpose()?;
        Ok(Request::Typing(to))
    }),
    ("pin", |f| Ok(Request::Pin(f.which()?, true))),
    ("unpin", |f| Ok(Request::Pin(f.which()?, false))),
    ("pins", |_| Ok(Request::View(View::Pins))),
    ("reports", |_| Ok(Request::View(View::Reports))),
    ("mentions", |_| Ok(Request::View(View::Mentions))),
    ("search", |f| Ok(Request::View(View::Search(f.body()?)))),
    ("kick", |f| Ok(Request::Act(Act::Kick(f.who()?, f.why()?)))),
    ("ban", |f| {
        let (who, for_ms, then) = (f.who()?, f.number("for_ms")?, f.shut()?);
        Ok(Request::Act(Act::Ban { who, for_ms, then, why: f.why()? }))
    }),
    ("unban", |f| f.who().map(Act::Unban).map(Request::Act)),
    ("mute", |f| Ok(Request::Act(Act::Mute { who: f.who()?, for_ms: f.number("for_ms")?, why: f.why()? }))),
    ("unmute", |f| f.who().map(Act::Unmute).map(Request::Act)),
    ("admin", |f| Ok(Request::Act(Act::Admin(f.who()?, true)))),
    ("unadmin", |f| Ok(Request::Act(Act::Admin(f.who()?, false)))),
    ("transfer", |f| f.who().map(Act::Transfer).map(Request::Act)),
    ("yield", |_| Ok(Request::Act(Act::Yield))),
    ("bans", |_| Ok(Request::Bans)),
    ("audit", |_| Ok(Request::Audit)),
    ("token", |_| Ok(Request::Token)),
    ("reclaim", |f| Ok(Request::Reclaim(Some(f.secret("token")?.ok_or(Problem::Missing("token"))?)))),
    ("policy", policy),
    ("announce", |f| {
        let reach = if f.flag("all")? { Reach::Owned } else { Reach::Here };
        Ok(Request::Send(Box::new(Draft { announce: Some(reach), ..*f.draft()? })))
    }),
    ("invites", |_| Ok(Request::Invites)),
    ("revoke", |f| {
        f.text("id")?.map(|id| Request::InviteRevoke(Line::clean(&id))).ok_or(Problem::Missing("id"))
    }),
    ("invite", |f| {
        if f.has("who") || f.has("to") {
            return f.who().map(Request::Beckon);
        }
        if let Some(id) = f.text("id")? {
            return Ok(Request::InviteAgain { id: Line::clean(&id), qr: false });
        }
        let (uses, valid_ms) = (f.number("uses")?.unwrap_or(1), f.number("valid_ms")?.unwrap_or(INVITE_MS));
        if !(1..=USES_MOST).contains(&uses) {
            return Err(Problem::Value { field: "uses", wanted: "a number from 1 to 256" });
        }
        if !(1..=duration::MOST_MS).contains(&valid_ms) {
            return Err(duration_problem("valid_ms", DurationError::Range));
        }
        Ok(Request::Invite { uses, valid_ms, qr: false })
    }),
    ("admit", |f| Ok(Request::Act(Act::Admit(f.who()?, true)))),
    ("deny", |f| Ok(Request::Act(Act::Admit(f.who()?, false)))),
    ("close", |_| Ok(Request::Act(Act::Close))),
    ("nick", |f| {
        let raw = f.text("nick")?.ok_or(Problem::Missing("nick"))?;
        let (nick, changed) = typed_nick(&raw)?;
        f.cleaned |= changed;
        Ok(Request::Nick(nick))
    }),
    ("profile", profile),
    ("avatars", |_| Ok(Request::Shown(Shown::Signs))),
    ("away", |_| Ok(Request::Away(true))),
    ("back", |_| Ok(Request::Away(false))),
    ("file", |f| f.text("path")?.ok_or(Problem::Missing("path")).map(|_| Request::Later("file"))),
    // Without an id it is the room that was offered.
    ("accept", |f| {
        Ok(if f.take("id").is_some() { Request::Later("accept") } else { Request::Act(Act::Accept) })
    }),
    ("refuse", |f| f.which().map(|_| Request::Later("refuse"))),
    ("report", |f| {
        let about = match f.has("id") {
            true => About::Message(f.which()?),
            false => About::Person(f.who()?),
        };
        let text = f.text("text")?.map(|raw| Body::typed(&raw)).transpose()?;
        f.cleaned |= text.as_ref().is_some_and(|(_, cleaned)| *cleaned);
        Ok(Request::Report(about, text.map(|(text, _)| text)))
    }),
    ("status", |_| Ok(Request::Status)),
    ("net", |_| Ok(Request::Net)),
    ("ping", |f| f.who().map(Request::Ping)),
    ("doctor", |_| Ok(Request::Doctor)),
    ("bug", |f| Ok(Request::Bug(f.secret("path")?))),
    ("crypto", |_| Ok(Request::Crypto)),
    ("privacy", |_| Ok(Request::View(View::Privacy))),
    ("log", |_| Ok(Request::View(View::Log))),
    ("help", |_| Ok(Request::View(View::Help(None)))),
    ("panic", |_| Ok(Request::Panic)),
    ("quit", |_| Ok(Request::Quit)),
];

/// Every `cmd` by name.
pub fn cmds() -> impl Iterator<Item = &'static str> + Clone {
    CMDS.iter().map(|(name, _)| *name)
}

fn line(fields: &mut Fields) -> Result<Request, Problem> {
    let typed = fields.text("text")?.ok_or(Problem::Missing("text"))?;
    let asked = command::parse(&typed)?;
    fields.cleaned |= asked.cleaned;
    match asked.request {
        // Nobody sits here to be asked for it.
        Request::Reclaim(None) => Err(Problem::Missing("token")),
        request => Ok(request),
    }
}

fn join(fields: &mut Fields) -> Result<Request, Problem> {
    let invite = fields.secret("invite")?;
    let room = fields.text("room")?;
    let passphrase = fields.secret("passphrase")?;
    let join = match (invite, room) {
        (Some(invite), _) => Join::Invite(invite),
        (None, Some(room)) if is_invite(&room) => Join::Invite(Text::new(&room)),
        (None, Some(room)) if room.len() > NAME_BYTES => {
            return Err(Problem::TooLong { what: "room", most: NAME_BYTES });
        }
        (None, Some(room)) => Join::Named { room: Line::clean(&room), passphrase },
        (None, None) => return Err(Problem::Missing("room")),
    };
    Ok(Request::Join(Box::new(join)))
}

fn burn(fields: &mut Fields) -> Result<Request, Problem> {
    let which = fields.which()?;
    Ok(Request::Burn(match which {
        Which::Named(name) if name.as_str() == "mine" => Burn::Mine,
        which => Burn::One(which),
    }))
}

fn policy(fields: &mut Fields) -> Result<Request, Problem> {
    let whole = |ms: Option<u64>| ms.map(ttl_seconds).transpose().map(|seconds| seconds.map(|s| s * 1_000));
    let history = match fields.text("history")? {
        None => None,
        Some(word) => {
            let wanted = "\"none\" or \"unexpired\"";
            Some(History::parse(&word).ok_or(Problem::Value { field: "history", wanted })?)
        }
    };
    let change = Policy {
        max: fields.number("max")?,
        ttl_ms: whole(fields.number("ttl_ms")?)?,
        ttl_max_ms: whole(fields.number("ttl_max_ms")?)?,
        history,
        lock: fields.maybe_flag("lock")?,
        knock: fields.maybe_flag("knock")?,
        slow_ms: fields.number("slow_ms")?,
        rate: fields.number("rate")?,
        topic: fields.line("topic", NAME_BYTES)?,
        expires_ms: fields.number("expires_ms")?,
        quiet_ms: fields.number("quiet_ms")?,
        persist: fields.maybe_flag("persist")?,
    };
    if change == Policy::default() {
        return Err(Problem::Missing("max"));
    }
    if change.max.is_some_and(|max| !(MAX_LEAST..=MEMBERS as u64).contains(&max)) {
        return Err(Problem::Value { field: "max", wanted: "a number from 2 to 256" });
    }
    Ok(Request::Policy(Box::new(change)))
}

/// One thing that others see of this node, or all as it is. Each has an answer of its own, so a line changes one.
fn profile(fields: &mut Fields) -> Result<Request, Problem> {
    let given = ["status", "avatar", "colour", "anon"].iter().filter(|field| fields.has(field)).count();
    if given > 1 {
        return Err(Problem::Value { field: "profile", wanted: "one of status, avatar, colour and anon" });
    }
    if let Some(raw) = fields.text("status")? {
        let (line, changed) = typed_status(&raw)?;
        fields.cleaned |= changed;
        return Ok(Request::Shown(Shown::Status(line)));
    }
    let wanted = |field, wanted| Problem::Value { field, wanted };
    if let Some(typed) = fields.text("avatar")? {
        let number = choice(&typed, sign_number).ok_or(wanted("avatar", "one of `avatars`, or \"auto\""))?;
        return Ok(Request::Shown(Shown::Sign(number)));
    }
    if let Some(typed) = fields.text("colour")? {
        let number = choice(&typed, colour_number).ok_or(wanted("colour", "a colour, or \"auto\""))?;
        return Ok(Request::Shown(Shown::Colour(number)));
    }
    let anon = fields.maybe_flag("anon")?;
    Ok(Request::Shown(anon.map_or(Shown::AsIs, Shown::Anon)))
}

/// What was chosen by name; `auto` is nothing of one's own.
fn choice(typed: &str, parse: fn(&str) -> Option<u64>) -> Option<Option<u64>> {
    if typed == "auto" { Some(None) } else { parse(typed).map(Some) }
}
