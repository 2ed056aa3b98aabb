//! One of each thing that may be found.

use super::Finding::{
    self, Addresses, Bootstrap, Calendar, Colour, Guard as Guarded, Links, Listen, Logger as Logged, Mtu,
    Multicast, NoBootstrap, NoSkew, NoTerminal, Reach, Six, Size, Skew, Swap, Utf8,
};
use super::{Guard, Logger, Transport};
use crate::chat::notice::Unreachable;
use crate::chat::text::Line;

/// One of each, in every state, for whoever wants to see them all.
pub fn samples() -> Vec<Finding> {
    let line = || Line::clean("192.0.2.1");
    let mut all = vec![
        Addresses(Vec::new()),
        Addresses(vec![line(); 6]),
        NoBootstrap,
        NoSkew,
        NoTerminal,
        Skew { room: Line::clean("lobby"), by_ms: 93_000 },
        Skew { room: Line::clean("lobby"), by_ms: -93_000 },
        Skew { room: Line::clean("lobby"), by_ms: 20 },
        Size(None),
        Size(Some((80, 24))),
        Size(Some((20, 24))),
        Multicast(None),
        Mtu(None),
        Mtu(Some(1_500)),
        Mtu(Some(576)),
        Swap(None),
        Logged(None),
    ];
    all.extend([0, 1, 2].map(Links));
    for yes in [true, false] {
        all.extend([Multicast(Some(yes)), Calendar(yes), Colour(yes), Utf8(yes), Swap(Some(yes))]);
        all.extend([Transport::Tcp, Transport::Udp].map(|how| Listen(how, yes)));
        all.extend([Bootstrap { addr: line(), answer: Ok(yes) }, Six(yes)]);
        all.extend([Transport::Tcp, Transport::Udp].map(|over| Reach {
            addr: line(),
            over,
            answer: Ok(yes),
        }));
        all.extend(
            [Guard::Core, Guard::Tracing, Guard::Keys, Guard::Locked].map(|guard| Guarded(guard, Some(yes))),
        );
    }
    all.extend([Guard::Core, Guard::Tracing, Guard::Keys, Guard::Locked].map(|guard| Guarded(guard, None)));
    all.extend(
        [Logger::Tmux, Logger::Screen, Logger::Script, Logger::Asciinema].map(|logger| Logged(Some(logger))),
    );
    for &why in Unreachable::ALL {
        all.push(Bootstrap { addr: line(), answer: Err(why) });
        all.extend([Transport::Tcp, Transport::Udp].map(|over| Reach {
            addr: line(),
            over,
            answer: Err(why),
        }));
    }
    all
}
