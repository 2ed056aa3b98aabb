//! What the person at this node wants done.

use rand_core::CryptoRng;

use super::hub::{Hub, Reach};
use super::inside::Inside;
use super::io::{Command, Event, Fate, Refused, Timer};
use super::state::{Phase, State};
use crate::base::limits::NICK_BYTES;

impl<R: CryptoRng> State<R> {
    pub(super) fn on_command(&mut self, command: Command) {
        let hub = &mut self.hub;
        match (&mut self.phase, command) {
            (_, Command::Addresses(addrs)) => {
                hub.reach = Reach { peer: hub.reach.peer.take(), addrs }.bounded();
            }
            (_, Command::Nick(nick)) if !(1..=NICK_BYTES).contains(&nick.len()) => {
                hub.event(Event::Refused(Refused::TooLong));
            }
            (phase, Command::Friend(who, is)) => {
                if !is {
                    hub.friends.remove(&who);
                    return;
                }
                hub.friends.insert(who);
                if let Phase::Inside(inside) = phase {
                    inside.show_acquaintance(hub, who);
                }
            }
            (Phase::Inside(inside), Command::Leave { panic }) => {
                inside.leave(hub, panic);
                self.end(Event::Ended { closed: false });
            }
            (Phase::Seeking(_), Command::Leave { .. }) => self.end(Event::Ended { closed: false }),
            (Phase::Inside(inside), command) => inside.on_command(hub, command),
            (Phase::Seeking(_), Command::Nick(nick)) => {
                hub.nick = nick;
                hub.event(Event::Changed(hub.myself()));
            }
            (Phase::Seeking(_), Command::Guise { nick, guise }) => {
                let told = hub.dress(nick, guise).map(|()| Event::Guise(hub.myself()));
                hub.event(told.unwrap_or_else(Event::Refused));
            }
            (Phase::Seeking(_), Command::Say(draft)) => hub.say_early(draft),
            (Phase::Seeking(_), Command::BurnMine) => hub.give_up_unsent(Refused::TakenBack),
            (Phase::Seeking(_), Command::Block(who, true)) => {
                hub.blocked.insert(who);
            }
            (_, Command::Say(draft) | Command::Dm { draft, .. }) => {
                let fate = Fate::Failed(Refused::NotIn);
                hub.event(Event::Fate { cid: draft.cid, id: None, fate });
            }
            _ => hub.event(Event::Refused(Refused::NotIn)),
        }
    }
}

impl Inside {
    fn on_command<R: CryptoRng>(&mut self, hub: &mut Hub<R>, command: Command) {
        match command {
            Command::Say(draft) => self.say(hub, draft),
            Command::Dm { to, draft } => self.say_to(hub, to, draft),
            Command::Block(who, block) => self.block(hub, who, block),
            Command::Report(about, text) => self.report(hub, about, text),
            Command::Open(id) => self.open_message(hub, id),
            Command::Seen(ids) => self.tell_seen(hub, &ids),
            Command::Typing(to) => self.tell_typing(hub, to),
            Command::Burn(ids) => self.burn(hub, ids, false),
            Command::BurnMine => self.burn(hub, Vec::new(), true),
            Command::Pin(id, keep) => self.pin(hub, id, keep),
            Command::Act(deed) => self.act(hub, deed),
            Command::Nick(nick) => self.rename(hub, nick),
            Command::Guise { nick, guise } => self.dress(hub, nick, guise),
            Command::Away(away) => {
                self.pulse.away = away;
                hub.within(0, Timer::Beat);
            }
            Command::Addresses(_) | Command::Friend(..) | Command::Leave { .. } => {}
        }
    }
}
