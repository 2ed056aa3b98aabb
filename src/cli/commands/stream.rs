//! `send --lines`: each line of stdin is a message of its own, sent as it comes, until stdin ends and somebody has them all.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::time::Duration;

use zeroize::Zeroizing;

use super::run_beside;
use super::send::told;
use crate::base::id::MsgId;
use crate::base::limits::TEXT_BYTES;
use crate::chat::event::{Event, Fate};
use crate::chat::name::Standing;
use crate::chat::problem::Problem;
use crate::chat::reply::Cid;
use crate::chat::request::{Asked, Draft, Request};
use crate::chat::text::Body;
use crate::chat::text::Line;
use crate::cli::face::{Face, Pipe};
use crate::cli::plan::Plan;
use crate::cli::report::Failure;
use crate::cli::secret::Chosen;
use crate::cli::session;
use crate::cli::signals::Signals;
use crate::cli::stdin::{self, Typed};
use crate::node::Errands;
use crate::node::clock::instant;

/// Lines under way at once: while so many have reached nobody, no further one is read, and whoever writes them waits.
const UNDER_WAY: usize = 64;

/// How the lines are sent.
pub(super) struct How {
    /// How many members must have each.
    pub(super) ack: usize,
    /// How long each lives.
    pub(super) ttl_s: Option<u64>,
    /// How long somebody is looked for, and how long the last lines are waited for.
    pub(super) patience: Duration,
}

pub(super) fn run(mut plan: Plan, doors: Vec<(Line, Chosen)>, how: How) -> Result<u8, Failure> {
    run_beside(async move {
        let mut signals = Signals::new()?;
        let (asking, mut telling) = plan.start()?;
        let mut json = plan.all.json.then(|| Pipe::new(&asking)).transpose()?;
        session::enter(&asking, doors).await;
        let mut typing = Some(stdin::lines(|_| false)?);
        let mut errands = Errands::new(asking.clone());
        let mut post = Post::new(how.ack);
        let mut end = Some(instant() + how.patience);
        let (mut found, mut stop) = (false, None);
        loop {
            tokio::select! {
                event = telling.next() => {
                    let Some(event) = event else { return Ok(stop.unwrap_or(1)) };
                    if let Some(face) = &mut json {
                        face.told(&event)?;
                        face.flush()?;
                    }
                    if stop.is_none() {
                        session::complain(&event, &plan.all)?;
                    }
                    match &event {
                        Event::Bye(bye) => {
                            let code = stop.unwrap_or(bye.code);
                            return if plan.all.json { Ok(code) } else { told(code, post.why) };
                        }
                        _ if stop.is_some() => {}
                        Event::Room(line) if line.facts.state == Standing::Confirmed => {
                            // From now on only the end of stdin sets an end.
                            if !std::mem::replace(&mut found, true) && typing.is_some() {
                                end = None;
                            }
                        }
                        event => {
                            post.heard(event);
                            if let Some((code, why)) = session::refusal(event) {
                                stop = Some(code);
                                errands.end(code, why);
                            }
                        }
                    }
                }
                () = errands.go() => {}
                line = session::hear(&mut typing), if stop.is_none() && errands.is_free() && post.has_room() => {
                    match line {
                        None => {
                            typing = None;
                            end = Some(instant() + how.patience);
                        }
                        Some(line) => match post.take(line) {
                            Ok(None) => {}
                            Ok(Some((cid, body))) => {
                                let draft = Draft { ttl_s: how.ttl_s, ..Draft::plain(body) };
                                let request = Request::Send(Box::new(draft));
                                errands.ask(Asked { cid: Some(cid), ..Asked::here(request) });
                            }
                            Err(why) if plan.all.json => drop(why),
                            Err(why) => writeln!(io::stderr(), "a line was not sent: {}", why.text())?,
                        },
                    }
                }
                () = session::until(end), if stop.is_none() => {
                    let code = if found { 8 } else { 4 };
                    stop = Some(code);
                    errands.end(code, "out of time");
                }
                (code, why) = signals.end(), if stop.is_none() => {
                    stop = Some(code);
                    errands.end(code, why);
                }
            }
            if stop.is_none() && typing.is_none() && errands.is_free() && post.is_done() {
                let code = post.code(found);
                stop = Some(code);
                errands.end(code, if code == 0 { "delivered" } else { "not everything was delivered" });
            }
        }
    })
}

/// What has become of the lines.
struct Post {
    ack: usize,
    taken: u64,
    under_way: BTreeSet<u64>,
    /// Numbers of those that have gone out, by which they are said to have burned.
    gone_out: BTreeMap<MsgId, u64>,
    lost: u64,
    /// Why the first that did not go was not sent.
    why: Option<String>,
    unfound: bool,
}

impl Post {
    fn new(ack: usize) -> Post {
        let (under_way, gone_out) = (BTreeSet::new(), BTreeMap::new());
        Post { ack, taken: 0, under_way, gone_out, lost: 0, why: None, unfound: false }
    }

    fn has_room(&self) -> bool {
        self.under_way.len() < UNDER_WAY
    }

    fn is_done(&self) -> bool {
        self.under_way.is_empty()
    }

    /// Takes a line, and gives what is to be sent; nothing for an empty one. What is not UTF-8 in it is replaced.
    fn take(&mut self, line: Typed) -> Result<Option<(Cid, Body)>, Problem> {
        let body = line.ok_or(Problem::TooLong { what: "the text", most: TEXT_BYTES }).and_then(|bytes| {
            let text = Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
            match text.trim_end_matches('\r') {
                "" => Ok(None),
                text => Body::typed(text).map(|(body, _)| Some(body)),
            }
        });
        let Some(body) = body.inspect_err(|_| self.lost += 1)? else { return Ok(None) };
        self.taken += 1;
        self.under_way.insert(self.taken);
        Ok(Some((Cid::Number(self.taken), body)))
    }

    fn heard(&mut self, event: &Event) {
        match event {
            Event::Receipt(receipt) => {
                let Some(Cid::Number(n)) = receipt.cid else { return };
                if let (Some(id), true) = (receipt.id, self.under_way.contains(&n)) {
                    self.gone_out.insert(id, n);
                }
                match &receipt.fate {
                    Fate::Delivered { count, .. } if *count >= self.ack => self.settle(n),
                    Fate::Sent if self.ack == 0 => self.settle(n),
                    Fate::Failed(why) => self.lose(n, why),
                    _ => {}
                }
            }
            Event::Reply(reply) => {
                if let (Some(Cid::Number(n)), Err(why)) = (&reply.cid, &reply.outcome) {
                    self.lose(*n, why);
                }
            }
            // Its time is over before enough had it.
            Event::Burned(burned) => {
                if let Some(n) = self.gone_out.get(&burned.id).copied() {
                    self.lost += 1;
                    self.settle(n);
                }
            }
            _ => {}
        }
    }

    fn settle(&mut self, n: u64) {
        self.under_way.remove(&n);
        self.gone_out.retain(|_, of| *of != n);
    }

    fn lose(&mut self, n: u64, why: &Problem) {
        if self.under_way.contains(&n) {
            self.lost += 1;
            self.unfound |= *why == Problem::BurnedUnsent;
            self.why.get_or_insert_with(|| why.text());
            self.settle(n);
        }
    }

    fn code(&self, found: bool) -> u8 {
        match self.lost {
            0 => 0,
            // What died while nobody was found failed for that reason.
            _ if self.unfound && !found => 4,
            _ => 8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::event::{Burned, Receipt};
    use crate::chat::name::BurnWhy;

    fn typed(text: &str) -> Typed {
        Some(Zeroizing::new(text.as_bytes().to_vec()))
    }

    fn fate(n: u64, fate: Fate) -> Event {
        let id = Some(MsgId([u8::try_from(n).unwrap(); 8]));
        Event::Receipt(Receipt { room: Line::clean("ops"), id, cid: Some(Cid::Number(n)), fate })
    }

    #[test]
    fn a_line_is_done_once_enough_have_it_and_lost_once_it_burned_before() {
        let mut post = Post::new(2);
        for text in ["one", "", "two\r", "three"] {
            post.take(typed(text)).unwrap();
        }
        assert_eq!(post.under_way.len(), 3, "an empty line is no message");
        for n in 1..=3 {
            post.heard(&fate(n, Fate::Sent));
            post.heard(&fate(n, Fate::Delivered { count: 1, of: 2 }));
        }
        assert!(!post.is_done());
        post.heard(&fate(1, Fate::Delivered { count: 2, of: 2 }));
        post.heard(&fate(2, Fate::Delivered { count: 2, of: 2 }));
        assert_eq!((post.code(true), post.under_way.len()), (0, 1));
        let burned = Burned { room: Line::clean("ops"), id: MsgId([3; 8]), why: BurnWhy::Ttl };
        post.heard(&Event::Burned(burned.clone()));
        post.heard(&Event::Burned(burned));
        assert!(post.is_done() && post.gone_out.is_empty());
        assert_eq!((post.code(true), post.lost), (8, 1));
    }

    #[test]
    fn no_more_lines_are_under_way_than_may_be_and_one_too_long_is_not_sent() {
        let mut post = Post::new(1);
        assert!(post.take(None).is_err());
        assert!(post.take(typed(&"x".repeat(TEXT_BYTES + 1))).is_err());
        assert_eq!((post.lost, post.is_done()), (2, true));
        for n in 0..UNDER_WAY {
            assert!(post.has_room(), "{n}");
            post.take(typed("x")).unwrap();
        }
        assert!(!post.has_room());
        post.heard(&fate(1, Fate::Failed(Box::new(Problem::BurnedUnsent))));
        assert!(post.has_room());
        assert_eq!((post.code(false), post.code(true)), (4, 8));
    }
}
