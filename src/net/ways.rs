//! Which ways a node may be reached by and reach others: what the person at it allows.

/// Which ways are allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ways {
    /// Straight where that works, through relays where it does not.
    #[default]
    Any,
    /// Straight alone: behind most home routers nobody gets in, and no relay sees who talks with whom.
    DirectOnly,
    /// Through relays alone: members never see this node's address, and all waits for the relays.
    RelayOnly,
}

impl Ways {
    pub(super) fn straight(self) -> bool {
        self != Ways::RelayOnly
    }

    pub(super) fn relayed(self) -> bool {
        self != Ways::DirectOnly
    }
}
