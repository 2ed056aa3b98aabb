//! What a request is aimed at: one room, or the node.

use crate::chat::request::{Reach, Request, Shown};

/// Whether a request is about one room.
pub(super) fn needs_room(request: &Request) -> bool {
    match request {
        Request::Send(draft) => draft.announce != Some(Reach::Owned),
        Request::Direct(..)
        | Request::Answer(_)
        | Request::Open(_)
        | Request::Burn(_)
        | Request::Saw(_)
        | Request::Typing(_)
        | Request::Pin(..)
        | Request::Leave
        | Request::Who
        | Request::Whois(_)
        | Request::Block(..)
        | Request::Report(..)
        | Request::Verify(_)
        | Request::Beckon(_)
        | Request::Act(_)
        | Request::Policy(_)
        | Request::List(_)
        | Request::Listed
        | Request::Tags(_)
        | Request::Invite { .. }
        | Request::InviteAgain { .. }
        | Request::Invites
        | Request::InviteRevoke(_)
        | Request::Token
        | Request::Reclaim(_)
        | Request::Shown(Shown::Anon(_))
        | Request::Bans
        | Request::Audit
        | Request::Crypto
        | Request::Ping(_) => true,
        Request::Friend(_, add) => *add,
        Request::Friends
        | Request::Join(_)
        | Request::New(_)
        | Request::Rooms(_)
        | Request::Nick(_)
        | Request::Shown(_)
        | Request::Away(_)
        | Request::Status
        | Request::Net
        | Request::Doctor
        | Request::Bug(_)
        | Request::Panic
        | Request::Quit
        | Request::View(_)
        | Request::Later(_) => false,
    }
}
