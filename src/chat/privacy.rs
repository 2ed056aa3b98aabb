//! What the program promises and what it does not, as a page that fits a small screen.

/// The page, a line each.
pub(super) const PAGE: &[&str] = &[
    "Messages are sealed between the people in the room. Nobody's server is involved, and relays see no text.",
    "Once its life or 180 seconds have passed, whichever is later, an honest node that kept running holds neither the \
     text nor any key that opens it.",
    "An admin can keep anybody's message until the room closes; its author can take it back. In a room that lasts it is then on \
     the disks of those who asked for that, sealed; nothing that burns is ever written.",
    "It does not hide your IP address from the people you talk with, nor that you talk. A VPN or Tor beneath can.",
    "It does not bind somebody who copies, photographs or changes their program. A burn is a request; you are told how many obeyed.",
    "A room without a passphrase is open: whoever knows its name reads along.",
    "A terminal that logs, a terminal multiplexer, a swap file or a hibernation image may keep what was on the screen.",
];
