//! What a face asks, carried out: each request comes to exactly one answer. What the room then tells comes after it.

use super::asked;
use super::friends;
use super::invites::{self, Keys};
use super::keep;
use super::links::{self, peer_name};
use super::mine;
use super::net_page;
use super::office;
use super::run::{Node, ends};
use super::seat::{Effect, Seat};
use super::told;
use crate::base::id::MemberId;
use crate::base::limits::TEXT_BYTES;
use crate::base::secret::Secret;
use crate::chat::event::{Event, PeerLine, Person};
use crate::chat::name::{Mode, PeerChange, Role};
use crate::chat::notice::{Notice, Said};
use crate::chat::problem::{Flaw, Problem};
use crate::chat::reply::{self, Answer, Cid, Rows, Sheet};
use crate::chat::request::{About, Asked, Burn, Draft, Join, Reach, Request, Who};
use crate::chat::text::{Body, Line};
use crate::crypto::name::RoomName;
use crate::crypto::root::Root;
use crate::crypto::words;
use crate::net;
use crate::room::entry::Intent;
use crate::room::io::Command;
use crate::room::rights::Rank;

/// Stands for "everything is to be burned here, at once" where an exit code is expected.
pub const PANIC: u8 = u8::MAX;
/// Rooms at once.
const ROOMS: usize = crate::chat::model::ROOMS;
/// People from whom nothing is taken.
const BLOCKED: usize = 1_024;

/// Who asks.
pub(super) struct Caller {
    /// Their name for it.
    pub(super) cid: Option<Cid>,
    /// How long ago, where it could not be taken up at once.
    pub(super) waited_ms: u64,
}

/// What rooms want done once the answer is out, by seat.
pub(super) type After = Vec<(usize, Vec<Effect>)>;

/// Carries out a request.
pub(super) async fn answer(
    node: &mut Node,
    asked: Asked,
    caller: Caller,
    after: &mut After,
) -> Result<Answer, Problem> {
    let Asked { room, request, .. } = asked;
    if ends(&request) {
        let panic = matches!(request, Request::Panic);
        node.finish(if panic { PANIC } else { 0 }, if panic { "everything was burned" } else { "asked to" });
        return Ok(Answer::Done);
    }
    match request {
        Request::Join(join) => return self::join(node, *join).await,
        Request::New(name) => return new(node, name).await,
        Request::Rooms(look) => {
            let kept = keep::others(node).map(Notice::node);
            kept.into_iter().for_each(|notice| node.tell(Event::Notice(notice)));
            return Ok(node.find(look).await);
        }
        Request::Status => return Ok(Answer::Status(Box::new(status(node).await))),
        Request::Net => return Ok(net_page::answer(node).await),
        Request::Nick(nick) => return mine::rename(node, nick, after),
        Request::Shown(shown) => return mine::shown(node, room.as_ref(), shown, after),
        Request::View(view) => return node.model.view(node.clock.now(), room.as_ref(), &view),
        Request::Friends => return Ok(friends::list(node)),
        Request::Friend(who, false) => return friends::remove(node, &who, after),
        Request::Later(what) => return Err(Problem::NotAvailable(what)),
        Request::Send(draft) if draft.announce == Some(Reach::Owned) => {
            return announce(node, &draft, after);
        }
        _ => {}
    }
    let at = seat_at(node, room.as_ref())?;
    in_room(node, at, room.as_ref(), request, caller, after).await
}

/// What concerns one room.
async fn in_room(
    node: &mut Node,
    at: usize,
    room: Option<&Line>,
    request: Request,
    caller: Caller,
    after: &mut After,
) -> Result<Answer, Problem> {
    office::may(seat(node, at)?, &request)?;
    match request {
        Request::Send(draft) => say(node, at, *draft, None, caller, after),
        Request::Direct(who, draft) => {
            let to = another(node, room, &who)?.id;
            say(node, at, *draft, Some(to), caller, after)
        }
        Request::Report(about, text) => report(node, at, room, &about, text.as_ref(), after),
        Request::Block(who, block) => {
            // Somebody may write and be gone before they are blocked.
            let who = match another(node, room, &who) {
                Err(Problem::Nobody) => node.model.author(room, &who)?.id,
                found => found?.id,
            };
            self::block(node, who, block, after)
        }
        Request::Friend(who, _) => {
            let who = another(node, room, &who)?;
            friends::add(node, room, &who, after)
        }
        Request::Beckon(who) => friends::beckon(node, at, &who, caller, after),
        Request::Open(which) => {
            let id = node.model.message(room, &which)?;
            command(node, at, Command::Open(id), after)
        }
        Request::Pin(which, keep) => {
            let id = node.model.message(room, &which)?;
            command(node, at, Command::Pin(id, keep), after)
        }
        Request::Saw(all) => {
            let ids = all.iter().map(|which| node.model.message(room, which)).collect::<Result<_, _>>()?;
            command(node, at, Command::Seen(ids), after)
        }
        Request::Typing(to) => {
            let to = match to {
                Some(who) => Some(node.model.room(room)?.people.resolve(&who)?.id),
                None => None,
            };
            command(node, at, Command::Typing(to), after)
        }
        Request::Burn(Burn::One(which)) => {
            let id = node.model.message(room, &which)?;
            command(node, at, Command::Burn(vec![id]), after).map(|_| Answer::Burned(1))
        }
        Request::Burn(Burn::Mine) => {
            let mine = node.model.room(room)?.scroll.living().filter(|(_, said)| said.message.mine).count();
            let mine = mine + seat(node, at)?.look().unsent();
            command(node, at, Command::BurnMine, after).map(|_| Answer::Burned(mine))
        }
        Request::Leave => leave(node, at, after),
        Request::Who => node.model.members(room),
        Request::Whois(who) => whois(node, room, &who).await,
        Request::Verify(who) => verify(node, at, room, &who),
        Request::Act(act) => {
            let find = |who: &Who, outside: bool| {
                let here = || another(node, room, who).map(|person| person.id);
                let outsider = || node.model.outsider(room, who).map(|person| person.id);
                match outside {
                    // Two who were removed under one nick are offered, as two who are here are.
                    true => outsider().or_else(|why| {
                        here().map_err(|_| if why == Problem::Nobody { Problem::NobodyOutside } else { why })
                    }),
                    false => here(),
                }
            };
            let seat = node.seats.get(at).ok_or(Problem::UnknownRoom)?;
            let deed = asked::deed(seat, act, find)?;
            office::reaches(seat, &deed)?;
            command(node, at, Command::Act(deed), after)
        }
        Request::Policy(policy) => {
            let seat = node.seats.get(at).ok_or(Problem::UnknownRoom)?;
            let deed = asked::policy(seat, &policy);
            command(node, at, Command::Act(deed), after)
        }
        Request::Invite { uses, valid_ms, qr } => invites::make(node, at, (uses, valid_ms), qr, after),
        Request::InviteAgain { id, qr } => invites::again(node, at, &id, qr),
        Request::Invites => invites::list(node, at),
        Request::InviteRevoke(id) => invites::revoke(node, at, &id, after),
        // It went out with the founder's first line about the room, and is kept nowhere.
        Request::Token => Err(Problem::TokenShown),
        Request::Reclaim(None) => Err(Problem::Missing("token")),
        Request::Reclaim(Some(typed)) => {
            let token = asked::token(typed.as_str())?;
            office::reclaim(node, at, token, after)
        }
        Request::List(reach) => node.list(at, reach, after).await,
        Request::Listed => node.how_listed(at),
        Request::Tags(tags) => node.file(at, tags).await,
        Request::Away(away) => command(node, at, Command::Away(away), after),
        Request::Bans => Ok(office::bans(seat(node, at)?)),
        Request::Audit => Ok(office::audit(seat(node, at)?)),
        Request::Crypto => Ok(keys(seat(node, at)?)),
        Request::Ping(who) => ping(node, room, &who).await,
        // Carried out before a room was looked for, or put off.
        Request::Join(_)
        | Request::New(_)
        | Request::Rooms(_)
        | Request::Status
        | Request::Net
        | Request::Nick(_)
        | Request::Shown(_)
        | Request::View(_)
        | Request::Later(_)
        | Request::Friends
        | Request::Answer(_)
        | Request::Doctor
        | Request::Bug(_)
        | Request::Panic
        | Request::Quit => Ok(Answer::Done),
    }
}

// ---- rooms ----

async fn join(node: &mut Node, join: Join) -> Result<Answer, Problem> {
    if node.seats.len() + node.roots.len() >= ROOMS {
        return Err(Problem::RoomsFull { most: ROOMS });
    }
    match join {
        Join::Invite(link) => {
            let invite = invites::read(link.as_str())?;
            let name = RoomName::parse(&invite.room).map_err(|_| Problem::BadInvite(Flaw::Content))?;
            let line = Line::clean(name.as_str());
            free(node, &line).map_err(|taken| {
                let same = node.keys.get(&line).is_some_and(|keys| keys.admits(&invite.secret));
                if same { taken } else { Problem::OtherRoom }
            })?;
            for addr in &invite.addrs {
                // What an invite carries was typed by nobody: what is no address is passed over.
                let place = net::Addr::from_bytes(addr).and_then(|a| net::Place::parse(&a.to_string()).ok());
                if let Some(place) = place {
                    let _stopped = node.net.bootstrap(place).await;
                }
            }
            let root = Root::invite(&name, &invite.secret);
            node.keys.insert(line.clone(), Keys::new(invite.secret.duplicate()));
            node.enter(line.clone(), root, Intent::Invited(Box::new(invite))).await;
            Ok(Answer::Room(line))
        }
        Join::Named { room, passphrase } => {
            let name = RoomName::parse(room.as_str()).map_err(|_| Problem::BadRoomName)?;
            let line = Line::clean(name.as_str());
            free(node, &line)?;
            node.led_to(&line, if passphrase.is_some() { Mode::Passphrase } else { Mode::Open });
            match passphrase {
                None => {
                    let intent = node.joining();
                    node.enter(line.clone(), Root::open(&name), intent).await;
                }
                Some(passphrase) => {
                    node.later.comes(&line);
                    node.tell(Event::Notice(Notice::room(&line, Said::Hashing)));
                    let line = line.clone();
                    node.roots.spawn_blocking(move || {
                        let root = Root::passphrase(&name, passphrase.as_str());
                        (line, root.map_err(|_| Problem::BadPassphrase))
                    });
                }
            }
            Ok(Answer::Room(line))
        }
    }
}

fn free(node: &Node, name: &Line) -> Result<(), Problem> {
    let taken = node.later.is_coming(name) || node.seats.iter().any(|seat| seat.name == *name);
    if taken { Err(Problem::Joined) } else { Ok(()) }
}

/// Opens a private room: a random secret admits to it, and an invite carries that.
async fn new(node: &mut Node, name: Option<Line>) -> Result<Answer, Problem> {
    let mut rng = super::seat::rng();
    let drawn = || words::mark(Secret::<4>::random(&mut super::seat::rng()).expose().to_owned());
    let typed = name.map_or_else(drawn, |name| name.as_str().to_owned());
    let name = RoomName::parse(&typed).map_err(|_| Problem::BadRoomName)?;
    let line = Line::clean(name.as_str());
    free(node, &line)?;
    let secret = Secret::<16>::random(&mut rng);
    let root = Root::invite(&name, &secret);
    node.keys.insert(line.clone(), Keys::new(secret));
    let policy = node.policy.clone();
    node.enter(line.clone(), root, Intent::Found(Box::new(policy))).await;
    Ok(Answer::Room(line))
}

fn leave(node: &mut Node, at: usize, after: &mut After) -> Result<Answer, Problem> {
    node.seats.get_mut(at).ok_or(Problem::UnknownRoom)?.leaving = true;
    command(node, at, Command::Leave { panic: false }, after)
}

// ---- messages ----

pub(super) fn say(
    node: &mut Node,
    at: usize,
    draft: Draft,
    to: Option<MemberId>,
    caller: Caller,
    after: &mut After,
) -> Result<Answer, Problem> {
    let now = node.clock.now();
    let seat = node.seats.get_mut(at).ok_or(Problem::UnknownRoom)?;
    let (said, effects) = seat.say(now, caller.cid, asked::draft(draft, caller.waited_ms), to);
    let outcome = said.map(Answer::Sent).map_err(|why| told::problem(seat, why));
    after.push((at, effects));
    outcome
}

/// The same words in every room that this node owns.
fn announce(node: &mut Node, draft: &Draft, after: &mut After) -> Result<Answer, Problem> {
    let owned: Vec<usize> = (0..node.seats.len())
        .filter(|at| node.seats.get(*at).is_some_and(|seat| seat.rank() == Rank::Owner))
        .collect();
    if owned.is_empty() {
        return Err(Problem::Role { needs: Role::Owner });
    }
    let mut first = Err(Problem::NotIn);
    for at in owned {
        // One room that cannot take it now keeps it from none of the others.
        let said = say(node, at, draft.clone(), None, Caller { cid: None, waited_ms: 0 }, after);
        first = first.or(said);
    }
    first
}

/// Tells those in office about somebody, with the words of a message where one was named: nothing else of it goes.
fn report(
    node: &mut Node,
    at: usize,
    room: Option<&Line>,
    about: &About,
    words: Option<&Body>,
    after: &mut After,
) -> Result<Answer, Problem> {
    let now = node.clock.now();
    let (who, quoted) = match about {
        About::Person(who) => (another(node, room, who)?.id, None),
        About::Message(which) => {
            let (_, said) = node.model.room(room)?.scroll.find(which)?;
            if said.message.mine {
                return Err(Problem::Nobody);
            }
            (said.message.from.id, said.message.readable(now).cloned())
        }
    };
    if words.is_none() && quoted.is_none() {
        return Err(Problem::Missing("text"));
    }
    let text = Body::quoting(words, quoted.as_ref(), TEXT_BYTES);
    command(node, at, Command::Report(who, text), after)
}

/// Takes nothing from somebody in any room, also in those to come; or takes it again.
fn block(node: &mut Node, who: MemberId, block: bool, after: &mut After) -> Result<Answer, Problem> {
    if block {
        if node.blocked.len() >= BLOCKED {
            return Err(Problem::BlockedFull { most: BLOCKED });
        }
        node.blocked.insert(who);
    } else {
        node.blocked.remove(&who);
    }
    for at in 0..node.seats.len() {
        command(node, at, Command::Block(who, block), after)?;
    }
    Ok(Answer::Done)
}

pub(super) fn command(
    node: &mut Node,
    at: usize,
    command: Command,
    after: &mut After,
) -> Result<Answer, Problem> {
    let now = node.clock.now();
    let seat = node.seats.get_mut(at).ok_or(Problem::UnknownRoom)?;
    let (done, effects) = seat.command(now, command);
    let outcome = done.map(|()| Answer::Done).map_err(|why| told::problem(seat, why));
    after.push((at, effects));
    outcome
}

// ---- looking ----

pub(super) fn seat(node: &Node, at: usize) -> Result<&Seat, Problem> {
    node.seats.get(at).ok_or(Problem::UnknownRoom)
}

pub(super) fn seat_at(node: &Node, room: Option<&Line>) -> Result<usize, Problem> {
    let name = match room {
        Some(name) => name.clone(),
        None => node.model.room(None)?.name.clone(),
    };
    node.seats.iter().position(|seat| seat.name == name).ok_or(Problem::UnknownRoom)
}

async fn whois(node: &Node, room: Option<&Line>, who: &Who) -> Result<Answer, Problem> {
    let mut profile = node.model.profile(room, who)?;
    profile.link = link_to(node, &profile.who.id).await;
    Ok(Answer::Person(Box::new(profile)))
}

/// Somebody else.
fn another(node: &Node, room: Option<&Line>, who: &Who) -> Result<Person, Problem> {
    let person = node.model.person(room, who)?;
    if node.model.is_me(&person.id) { Err(Problem::Nobody) } else { Ok(person.clone()) }
}

/// The words two people read to each other. From then on nobody else takes that nick without an alarm.
fn verify(node: &mut Node, at: usize, room: Option<&Line>, who: &Who) -> Result<Answer, Problem> {
    let person = another(node, room, who)?;
    let seat = seat(node, at)?;
    let genesis = seat.look().genesis().ok_or(Problem::NotIn)?;
    let phrase = words::safety(&genesis, &seat.me(), &person.id).join(" ");
    let name = seat.name.clone();
    node.model.verified(&name, &person);
    friends::verified(node, &person)?;
    Ok(Answer::Words { with: Box::new(person), words: Line::clean(&phrase) })
}

async fn ping(node: &Node, room: Option<&Line>, who: &Who) -> Result<Answer, Problem> {
    let person = another(node, room, who)?;
    let link = link_to(node, &person.id).await;
    let words = match &link {
        None => "no direct link; frames come through others".to_owned(),
        Some(link) => match link.rtt_ms {
            None => format!("{}, round trip not measured yet", link.route.name()),
            Some(ms) => format!("{}, there and back in {ms} ms", link.route.name()),
        },
    };
    let page = vec![
        Line::clean(&format!("{} ({})", person.nick.as_str(), person.tag.as_str())),
        Line::clean(&words),
    ];
    Ok(Answer::Sheet(Box::new(Sheet { page, rows: Rows::Way { who: person, link } })))
}

/// The link to a member, where there is one.
async fn link_to(node: &Node, id: &MemberId) -> Option<PeerLine> {
    let peer = node.seats.iter().find_map(|seat| seat.look().peer_of(id))?;
    let status = node.net.snapshot().await.ok()?;
    status.peers.iter().find(|link| link.peer == peer).map(peer_line)
}

pub(super) fn peer_line(link: &net::PeerStatus) -> PeerLine {
    PeerLine {
        change: PeerChange::Connected,
        peer: Line::clean(&peer_name(&link.peer)),
        route: links::route(link.path),
        via: links::via(&link.addr),
        rtt_ms: link.rtt.map(|rtt| u64::try_from(rtt.as_millis()).unwrap_or(u64::MAX)),
        addr: Some(Line::clean(&link.addr.to_string())),
        room: None,
    }
}

/// What the node sees, with round trips as they were last measured.
pub(super) async fn status(node: &Node) -> crate::chat::reply::Status {
    let mut status = node.model.status(node.clock.now());
    if let Ok(now) = node.net.snapshot().await {
        status.peers = now.peers.iter().map(peer_line).collect();
    }
    status
}

fn keys(seat: &Seat) -> Answer {
    let state = seat.look();
    let listed = |page: &[String], keys| {
        let page = page.iter().map(|line| Line::clean(line)).collect();
        Answer::Sheet(Box::new(Sheet { page, rows: Rows::Keys(keys) }))
    };
    let Some((_, generation, chains)) = state.set() else {
        return listed(&["no keys yet: still looking for the room".to_owned()], None);
    };
    let confirmed = state.standing() != Some(crate::room::io::Standing::Unconfirmed);
    let page = [
        format!("sealed with {chains} chains of generation {generation}, stepped every minute"),
        match seat.mode {
            _ if !confirmed => {
                "not yet vouched for: nothing is sent until others show the same keys".to_owned()
            }
            crate::chat::name::Mode::Open => {
                "open room: whoever knows the name can come in and read".to_owned()
            }
            _ => "only members can read; nobody can who learns the secret later".to_owned(),
        },
        format!("mark {}", seat.mark.as_str()),
    ];
    listed(&page, Some(reply::Keys { generation, chains, confirmed }))
}
