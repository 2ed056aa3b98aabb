//! The table of slash commands, and what each makes of its arguments. Help, completion, the manual, the `line` command of
//! the JSON mode and the tests for clashes are made from it.

use super::args::Args;
use super::avatar::{colour_number, sign_number};
use super::command::{Group, Read, Spec};
use super::name::{Motion, Reach as Listing, Ring, Role, Shut, Theme};
use super::problem::Problem;
use super::request::{
    About, Act, Burn, Draft, INVITE_MS, Join, Look, MAX_LEAST, ONCE_MS, Policy, Reach, Request, Shown,
    USES_MOST, View, Which, Who, is_invite, once_seconds, ttl_seconds, typed_nick, typed_status,
};
use super::text::Line;
use crate::base::id::unhex;
use crate::base::limits::{MEMBERS, NAME_BYTES, WHY_BYTES};
use crate::base::secret::Text;
use crate::base::tag::Tag;

macro_rules! table {
    ($($group:ident $role:ident $name:literal $aliases:tt $args:literal $help:literal $example:literal $read:expr
        $(, asks $ask:literal)?;)+) => {
        /// Every slash command there is.
        pub static TABLE: &[Spec] = &[$(Spec {
            name: $name,
            slashed: concat!("/", $name),
            aliases: &$aliases,
            args: $args,
            help: $help,
            role: Role::$role,
            group: Group::$group,
            example: $example,
            ask: table!(@ask $($ask)?),
            read: { const READ: Read = $read; READ },
        }),+];
    };
    (@ask) => { None };
    (@ask $ask:literal) => { Some($ask) };
}

table! {
    Rooms Member "join" ["j"] "ROOM|INVITE" "come into a room; one that is open already comes to the front"
        "/join lobby" join;
    Rooms Member "new" [] "[NAME]" "open a private room; /invite lets others in" "/new plans"
        |a| Ok(Request::New(a.maybe().map(Line::clean)));
    Rooms Member "leave" ["part"] "" "leave; the last one out destroys the room" "/leave" |_| Ok(Request::Leave);
    Rooms Member "rooms" [] "[all|TAG]" "your rooms and those nearby; all or a tag: what is listed, too" "/rooms region:eu"
        rooms;
    Rooms Member "invite" [] "[uses N] [valid 1h] [qr]" "make an invite to this room; also: list, show ID, revoke ID"
        "/invite uses 3 valid 1h"
        invite;
    Rooms Owner "token" [] "" "show the reclaim token, until the first time it was shown" "/token"
        |_| Ok(Request::Token);
    Rooms Member "quit" ["q", "exit"] "" "leave all rooms and end" "/quit" |_| Ok(Request::Quit);

    Talk Member "msg" ["dm", "query"] "NICK [TEXT]" "to one person alone; without a text, go there" "/msg ana are you there?" msg;
    Talk Member "reply" ["r"] "TEXT" "to whoever wrote to you alone last" "/reply on my way"
        |a| Ok(Request::Answer(Box::new(Draft::plain(a.text()?))));
    Talk Member "me" [] "TEXT" "say what you do" "/me waves"
        |a| Ok(Request::Send(Box::new(Draft { action: true, ..Draft::plain(a.text()?) })));
    Talk Admin "announce" [] "[all:] TEXT" "a line nobody overlooks; all: goes to every room you own"
        "/announce rooms close at 23:00" announce;
    Talk Member "once" [] "[15s] TEXT" "a message that opens once, for so long" "/once 15s the code is 9920" once;
    Talk Member "shown" [] "[2m] TEXT" "a message whose time begins when it is first shown, at each by itself"
        "/shown 2m when you are back: gate two" shown;
    Talk Member "ttl" [] "[room] [10m]" "how long your next messages live; room: everybody's default" "/ttl 2m" ttl;
    Talk Member "open" ["o"] "ID" "open a sealed message; then its time runs" "/open 7"
        |a| Ok(Request::Open(Which::Named(Line::clean(a.word()?))));
    Talk Member "burn" [] "[last|ID|mine]" "ask everybody to burn a message, or all of yours; an admin any" "/burn last" burn;
    Talk Admin "keep" [] "TEXT" "a message that stays until the room closes; its author or an admin takes it back" "/keep gate two, at nine"
        |a| Ok(Request::Send(Box::new(Draft { keep: true, ..Draft::plain(a.text()?) })));
    Talk Admin "pin" [] "[ID]" "keep a message until the room closes; without an ID your last" "/pin 7" |a| Ok(Request::Pin(a.which(), true));
    Talk Admin "unpin" [] "[ID]" "keep it no longer; it burns when its own time is over" "/unpin 7" |a| Ok(Request::Pin(a.which(), false));
    Talk Member "pins" [] "" "what is kept" "/pins" |_| Ok(Request::View(View::Pins));

    People Member "who" ["users", "names"] "" "who is here, with role and tag" "/who" |_| Ok(Request::Who);
    People Member "whois" [] "NICK" "key, route and shared rooms of somebody" "/whois ana"
        |a| a.who().map(Request::Whois);
    People Member "verify" [] "NICK" "eight words to compare with somebody, aloud" "/verify ana"
        |a| a.who().map(Request::Verify);
    People Member "ignore" [] "[NICK]" "show nothing of somebody, or show all again" "/ignore bob"
        |a| Ok(Request::View(View::Ignore(a.maybe_who())));
    People Member "focus" [] "[NICK]" "show nobody else, or show all again" "/focus ana"
        |a| Ok(Request::View(View::Focus(a.maybe_who())));
    People Member "friends" [] "" "people you know by their keys" "/friends" |_| Ok(Request::Friends);
    People Member "friend" [] "add|remove|invite NICK" "remember somebody's key, forget it, or ask them into this room" "/friend add ana" |a| {
        let add = match a.word()? {
            "add" => true,
            "remove" => false,
            "invite" => return Ok(Request::Beckon(a.who()?)),
            _ => return Err(a.usage()),
        };
        Ok(Request::Friend(a.who()?, add))
    };
    People Member "block" [] "NICK" "take nothing from somebody, in any room" "/block eve"
        |a| Ok(Request::Block(a.who()?, true));
    People Member "unblock" [] "NICK" "take it again" "/unblock eve"
        |a| Ok(Request::Block(a.who()?, false));
    People Member "report" [] "NICK|ID [TEXT]" "tell the admins, sealed to them; an ID quotes that message" "/report eve floods the room"
        report;
    People Admin "reports" [] "[close ID]" "what was reported to you and is open, or close one" "/reports" |a| {
        if a.takes("close") {
            return Ok(Request::Burn(Burn::One(Which::Named(Line::clean(a.word()?)))));
        }
        if a.peek().is_some() { Err(a.usage()) } else { Ok(Request::View(View::Reports)) }
    };

    Office Admin "kick" [] "NICK [WHY]" "remove somebody; what they have read stays read" "/kick eve flooding"
        |a| Ok(Request::Act(Act::Kick(a.who()?, why(a)?)));
    Office Admin "ban" [] "NICK [FOR] [DOOR] [WHY]" "remove a key for longer; DOOR: lock or knock is what newcomers meet"
        "/ban eve 2h lock flooding" ban;
    Office Admin "unban" [] "NICK|ID" "let somebody come back" "/unban eve" |a| Ok(Request::Act(Act::Unban(a.who()?)));
    Office Member "bans" [] "" "who is banned" "/bans" |_| Ok(Request::Bans);
    Office Admin "mute" [] "NICK [FOR] [WHY]" "others take nothing somebody says" "/mute eve 10m"
        |a| Ok(Request::Act(Act::Mute { who: a.who()?, for_ms: a.maybe_duration()?, why: why(a)? }));
    Office Admin "unmute" [] "NICK" "let somebody speak" "/unmute eve" |a| Ok(Request::Act(Act::Unmute(a.who()?)));
    Office Owner "admin" ["op"] "NICK" "make somebody an admin" "/admin bob"
        |a| Ok(Request::Act(Act::Admin(a.who()?, true)));
    Office Owner "unadmin" ["deop"] "NICK" "make an admin a plain member" "/unadmin bob"
        |a| Ok(Request::Act(Act::Admin(a.who()?, false)));
    Office Owner "transfer" [] "NICK" "offer the room to somebody, who has to accept" "/transfer ana"
        |a| Ok(Request::Act(Act::Transfer(a.who()?))), asks "give the room away?";
    Office Member "accept" [] "" "take the room that its owner offered you" "/accept" |_| Ok(Request::Act(Act::Accept));
    Office Member "reclaim" [] "" "take the room back; the token is asked for, never typed here" "/reclaim"
        |_| Ok(Request::Reclaim(None));
    Office Owner "yield" [] "" "put your founding under the other one, after two rooms met" "/yield"
        |_| Ok(Request::Act(Act::Yield)), asks "give up your office in the merged room?";
    Office Admin "admit" [] "NICK|ID" "let in whoever knocks" "/admit dan"
        |a| Ok(Request::Act(Act::Admit(a.who()?, true)));
    Office Admin "deny" [] "NICK|ID" "turn away whoever knocks" "/deny dan"
        |a| Ok(Request::Act(Act::Admit(a.who()?, false)));
    Office Owner "close" [] "" "close the room for everybody" "/close" |_| Ok(Request::Act(Act::Close)),
        asks "close the room for everybody, now?";
    Office Member "audit" [] "" "who moderated what, with reasons" "/audit" |_| Ok(Request::Audit);

    Settings Owner "max" [] "N" "how many members there may be, 2 to 256" "/max 8" |a| {
        let max = a.number(MAX_LEAST, MEMBERS as u64)?;
        policy(Policy { max: Some(max), ..Policy::default() })
    };
    Settings Admin "topic" [] "[TEXT]" "what the room is about; without a text, nothing" "/topic floor plan tonight" |a| {
        let topic = a.line("the topic", NAME_BYTES)?;
        policy(Policy { topic: Some(topic), ..Policy::default() })
    };
    Settings Admin "lock" [] "" "nobody else comes in" "/lock"
        |_| policy(Policy { lock: Some(true), ..Policy::default() });
    Settings Admin "unlock" [] "" "newcomers may come in again" "/unlock"
        |_| policy(Policy { lock: Some(false), ..Policy::default() });
    Settings Admin "knock" [] "on|off" "newcomers wait until an admin lets them in" "/knock on" |a| {
        let knock = a.switch()?;
        policy(Policy { knock: Some(knock), ..Policy::default() })
    };
    Settings Admin "slow" [] "5s|off" "a pause between two messages of one member" "/slow 5s" |a| {
        let slow_ms = if a.takes("off") { 0 } else { a.duration()? };
        policy(Policy { slow_ms: Some(slow_ms), ..Policy::default() })
    };
    Settings Admin "quiet" [] "10m|off" "newcomers read for so long before they speak; /unmute lets one speak" "/quiet 10m" |a| {
        let quiet_ms = if a.takes("off") { 0 } else { a.duration()? };
        policy(Policy { quiet_ms: Some(quiet_ms), ..Policy::default() })
    };
    Settings Owner "expires" [] "2h" "the room closes after so long" "/expires 2h" |a| {
        let expires_ms = a.duration()?;
        policy(Policy { expires_ms: Some(expires_ms), ..Policy::default() })
    };
    Settings Owner "persist" [] "on|off" "what is kept here stays on the disks of those who asked for it" "/persist on" |a| {
        let persist = a.switch()?;
        policy(Policy { persist: Some(persist), ..Policy::default() })
    };
    Settings Owner "list" [] "[on|near|off]" "let others find the room: all who look, or this network alone" "/list near"
        |a| if a.peek().is_none() { Ok(Request::Listed) } else { a.one_of(Listing::parse).map(Request::List) }, asks "let others find this room? its name, topic, tags, how \
        many are here and your tag become public, and that it comes from this machine";
    Settings Owner "tag" [] "[TAG ..]" "what the room is filed under, three words at most; without one, nothing"
        "/tag region:eu special:chess" |a| {
        let typed = a.rest().unwrap_or_default().to_ascii_lowercase();
        let words: Vec<&str> = typed.split_whitespace().collect();
        Tag::split(&words.join(" ")).map(Request::Tags).ok_or(a.usage())
    };

    Files Member "file" [] "PATH" "offer a file to the room" "/file plan.pdf" |a| {
        a.rest().ok_or(a.usage())?;
        later(a)
    };
    Files Member "get" [] "ID" "fetch a file that was offered" "/get 3" later_who;
    Files Member "refuse" [] "ID" "do not fetch it" "/refuse 3" later_who;
    Files Member "files" [] "" "files offered and on their way" "/files" later;

    You Member "nick" ["name"] "NAME" "be called something else" "/nick otter" nick;
    You Member "away" [] "" "you are away" "/away" |_| Ok(Request::Away(true));
    You Member "back" [] "" "you are back" "/back" |_| Ok(Request::Away(false));
    You Member "status" [] "[TEXT]" "a line about yourself that others see; without a text, none" "/status back at nine"
        status;
    You Member "profile" [] "[FIELD VALUE]" "what others see of you, or change nick, status, avatar or colour" "/profile"
        profile;
    You Member "avatar" [] "[SIGN|auto]" "the sign beside your nick; without one, which there are" "/avatar club" avatar;
    You Member "anon" [] "on|off" "here, go by a name drawn for this room; your tag stays" "/anon on"
        |a| a.switch().map(Shown::Anon).map(Request::Shown);

    State Member "net" [] "" "links, routes, relays and whether others reach you" "/net" |_| Ok(Request::Net);
    State Member "ping" [] "NICK" "way and round trip to somebody" "/ping ana" |a| a.who().map(Request::Ping);
    State Member "doctor" [] "" "test network, clock and terminal, and say what to do" "/doctor" |_| Ok(Request::Doctor);
    State Member "crypto" [] "" "the room's keys: how old, how many chains" "/crypto" |_| Ok(Request::Crypto);
    State Member "privacy" [] "" "what is promised, and what is not" "/privacy"
        |_| Ok(Request::View(View::Privacy));
    State Member "log" [] "" "what has happened, without what was said" "/log" |_| Ok(Request::View(View::Log));
    State Member "bug" [] "[FILE]" "write what helps to find a fault into a file; nothing is sent" "/bug"
        |a| Ok(Request::Bug(a.rest().map(Text::new))),
        asks "write diagnostics into a file here? no message, name, key or address is in it, and nothing is sent";
    State Member "help" ["?", "h"] "[COMMAND]" "all commands, or all about one" "/help ban"
        |a| Ok(Request::View(View::Help(a.maybe().map(|word| Line::within(word.trim_start_matches('/'), 24)))));

    View Member "search" [] "TEXT" "find it in what still lives" "/search north gate"
        |a| Ok(Request::View(View::Search(a.text()?)));
    View Member "mentions" [] "" "what named you" "/mentions" |_| Ok(Request::View(View::Mentions));
    View Member "hold" [] "[on|off]" "line mode: print headings, not texts, until /read" "/hold" |a| {
        let hold = if a.peek().is_some() { Some(a.switch()?) } else { None };
        Ok(Request::View(View::Hold(hold)))
    };
    View Member "read" [] "N" "line mode: print one held message" "/read 12"
        |a| Ok(Request::View(View::Read(a.number(1, u64::MAX)?)));
    View Member "notify" [] "WHEN [ROOM]" "ring at off, mentions, dm or all; in every room or in one" "/notify dm"
        |a| {
            let ring = a.one_of(Ring::parse)?;
            let room = a.maybe().map(|word| Line::clean(word.trim_start_matches('#')));
            Ok(Request::View(View::Notify(ring, room)))
        };
    View Member "seen" [] "on|off" "tell those who write when you have seen it; off unless you say so" "/seen on"
        |a| Ok(Request::View(View::Seen(a.switch()?)));
    View Member "typing" [] "on|off" "tell the others while you write; off unless you say so" "/typing on"
        |a| Ok(Request::View(View::Typing(a.switch()?)));
    View Member "clear" [] "" "empty your view; nothing is burned" "/clear" screen;
    View Member "theme" [] "NAME|auto" "terminal, dark, light, high-contrast, cvd, mono" "/theme dark"
        |a| Ok(Request::View(View::Theme(a.auto_or(Theme::parse)?)));
    View Member "motion" [] "full|subtle|none|auto" "how much moves on the screen" "/motion none"
        |a| Ok(Request::View(View::Motion(a.auto_or(Motion::parse)?)));
    View Member "keys" [] "" "what the keys do" "/keys" screen;
    View Member "curtain" [] "" "hide everything until a key is pressed" "/curtain" screen;
    View Member "panic" [] "" "burn everything here, leave and end, at once" "/panic" |_| Ok(Request::Panic);
}

fn join(args: &mut Args<'_>) -> Result<Request, Problem> {
    let typed = args.rest().ok_or(args.usage())?;
    let join = if is_invite(typed) {
        Join::Invite(Text::new(typed))
    } else {
        Join::Named { room: Line::clean(typed.trim_start_matches('#')), passphrase: None }
    };
    Ok(Request::Join(Box::new(join)))
}

fn rooms(args: &mut Args<'_>) -> Result<Request, Problem> {
    let look = match args.maybe() {
        None => Look::Here,
        Some(all) if all.eq_ignore_ascii_case("all") => Look::All,
        Some(tag) => Look::Tag(Tag::parse(tag).ok_or(args.usage())?),
    };
    Ok(Request::Rooms(look))
}

fn ban(args: &mut Args<'_>) -> Result<Request, Problem> {
    let (who, for_ms) = (args.who()?, args.maybe_duration()?);
    let then = Shut::ALL.iter().copied().find(|shut| args.takes(shut.name()));
    Ok(Request::Act(Act::Ban { who, for_ms, then, why: why(args)? }))
}

fn invite(args: &mut Args<'_>) -> Result<Request, Problem> {
    if args.takes("list") {
        return Ok(Request::Invites);
    }
    if args.takes("revoke") {
        return Ok(Request::InviteRevoke(Line::clean(args.word()?)));
    }
    if args.takes("show") {
        let id = Line::clean(args.word()?);
        return Ok(Request::InviteAgain { id, qr: args.takes("qr") });
    }
    let (mut uses, mut valid_ms, mut qr) = (1, INVITE_MS, false);
    while args.peek().is_some() {
        if args.takes("uses") {
            uses = args.number(1, USES_MOST)?;
        } else if args.takes("valid") {
            valid_ms = args.duration()?;
        } else if args.takes("qr") {
            qr = true;
        } else {
            return Err(args.usage());
        }
    }
    Ok(Request::Invite { uses, valid_ms, qr })
}

fn msg(args: &mut Args<'_>) -> Result<Request, Problem> {
    let to: Who = args.who()?;
    if args.peek().is_none() {
        return Ok(Request::View(View::Alone(to)));
    }
    Ok(Request::Direct(to, Box::new(Draft::plain(args.text()?))))
}

fn report(args: &mut Args<'_>) -> Result<Request, Problem> {
    let about = args.who()?;
    let typed = about.0.as_str().trim_start_matches('#');
    let number = typed.len() <= 6 && typed.bytes().all(|b| b.is_ascii_digit());
    let about = match number || unhex::<8>(typed).is_some() {
        true => About::Message(Which::Named(Line::clean(typed))),
        false => About::Person(about),
    };
    Ok(Request::Report(about, args.peek().is_some().then(|| args.text()).transpose()?))
}

fn announce(args: &mut Args<'_>) -> Result<Request, Problem> {
    let reach = if args.takes("all:") { Reach::Owned } else { Reach::Here };
    Ok(Request::Send(Box::new(Draft { announce: Some(reach), ..Draft::plain(args.text()?) })))
}

fn once(args: &mut Args<'_>) -> Result<Request, Problem> {
    let once_s = once_seconds(args.maybe_duration()?.unwrap_or(ONCE_MS))?;
    Ok(Request::Send(Box::new(Draft { once_s: Some(once_s), ..Draft::plain(args.text()?) })))
}

fn shown(args: &mut Args<'_>) -> Result<Request, Problem> {
    let ttl_s = args.maybe_duration()?.map(ttl_seconds).transpose()?;
    Ok(Request::Send(Box::new(Draft { ttl_s, from_read: true, ..Draft::plain(args.text()?) })))
}

fn ttl(args: &mut Args<'_>) -> Result<Request, Problem> {
    if args.takes("room") {
        let seconds = ttl_seconds(args.duration()?)?;
        return policy(Policy { ttl_ms: Some(seconds * 1_000), ..Policy::default() });
    }
    if args.peek().is_none() {
        return Ok(Request::View(View::Ttl(None)));
    }
    Ok(Request::View(View::Ttl(Some(ttl_seconds(args.duration()?)?))))
}

fn burn(args: &mut Args<'_>) -> Result<Request, Problem> {
    if args.takes("mine") {
        return Ok(Request::Burn(Burn::Mine));
    }
    let which: Which = args.which();
    Ok(Request::Burn(Burn::One(which)))
}

fn nick(args: &mut Args<'_>) -> Result<Request, Problem> {
    let raw = args.rest().ok_or(args.usage())?;
    let (nick, changed) = typed_nick(raw)?;
    args.note_cleaned(changed);
    Ok(Request::Nick(nick))
}

fn status(args: &mut Args<'_>) -> Result<Request, Problem> {
    let (line, changed) = typed_status(args.rest().unwrap_or_default())?;
    args.note_cleaned(changed);
    Ok(Request::Shown(Shown::Status(line)))
}

fn avatar(args: &mut Args<'_>) -> Result<Request, Problem> {
    let chosen = if args.peek().is_some() { Shown::Sign(args.auto_or(sign_number)?) } else { Shown::Signs };
    Ok(Request::Shown(chosen))
}

fn profile(args: &mut Args<'_>) -> Result<Request, Problem> {
    match args.maybe().map(str::to_ascii_lowercase).as_deref() {
        None => Ok(Request::Shown(Shown::AsIs)),
        Some("nick") => nick(args),
        Some("status") => status(args),
        Some("avatar") => avatar(args),
        Some("colour" | "color") => Ok(Request::Shown(Shown::Colour(args.auto_or(colour_number)?))),
        Some(_) => Err(args.usage()),
    }
}

fn why(args: &mut Args<'_>) -> Result<Line, Problem> {
    args.line("the reason", WHY_BYTES)
}

fn policy(change: Policy) -> Result<Request, Problem> {
    Ok(Request::Policy(Box::new(change)))
}

/// There is no engine for it yet: one answer for all of these, by name.
fn later(args: &mut Args<'_>) -> Result<Request, Problem> {
    Ok(Request::Later(args.slashed()))
}

fn later_who(args: &mut Args<'_>) -> Result<Request, Problem> {
    args.who()?;
    later(args)
}

/// Only a full screen has it.
fn screen(args: &mut Args<'_>) -> Result<Request, Problem> {
    Ok(Request::View(View::Screen(args.slashed())))
}
