//! Reasons that come in a closed set: of an address, of this machine, of a door that stays shut, of messages that wait.

/// Why an address could not be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreachable {
    /// Nobody answered.
    Timeout,
    /// Somebody said no.
    Refused,
    /// There is no way there.
    NoRoute,
    /// Its name has no address.
    NoName,
    /// Somebody else answered.
    WrongPeer,
    /// Whatever answered does not speak this.
    Protocol,
    /// It is this very node.
    Myself,
}

/// What can be wrong with this machine's network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// One of the usual addresses cannot be listened on.
    NotListening,
    /// A listener stopped.
    ListenerLost,
    /// The local network cannot be searched.
    NoLocalSearch,
    /// Somebody floods it.
    LocalFlood,
    /// The router opened no port although it was asked to.
    NoPortOpened,
    /// More addresses, rooms or keys than the network takes.
    TooMany,
    /// Others are turned away.
    Full,
}

/// Why this node was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No place left.
    Full,
    /// Nobody may come in now.
    Locked,
    /// An admin has to open.
    Knock,
    /// The invite is used up.
    InviteSpent,
    /// The invite's time is over.
    InviteExpired,
    /// The invite was taken back.
    InviteRevoked,
    /// The clocks are too far apart.
    Clock,
    /// Another version of the protocol.
    Version,
    /// The room is closed for good.
    Closed,
    /// Whoever asks was removed.
    Removed,
}

/// Why messages wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// This node is not in the room yet.
    Outside,
    /// One person may say only so much.
    Rate,
    /// The room has a pause between messages.
    Slow,
    /// Somebody was removed, and new keys are on their way.
    Keys,
}

impl Unreachable {
    /// Every reason.
    pub const ALL: &'static [Unreachable] = &[
        Unreachable::Timeout,
        Unreachable::Refused,
        Unreachable::NoRoute,
        Unreachable::NoName,
        Unreachable::WrongPeer,
        Unreachable::Protocol,
        Unreachable::Myself,
    ];
}

impl Refusal {
    /// Every reason.
    pub const ALL: &'static [Refusal] = &[
        Refusal::Full,
        Refusal::Locked,
        Refusal::Knock,
        Refusal::InviteSpent,
        Refusal::InviteExpired,
        Refusal::InviteRevoked,
        Refusal::Clock,
        Refusal::Version,
        Refusal::Closed,
        Refusal::Removed,
    ];
}

impl Fault {
    /// Every one.
    pub const ALL: &'static [Fault] = &[
        Fault::NotListening,
        Fault::ListenerLost,
        Fault::NoLocalSearch,
        Fault::LocalFlood,
        Fault::NoPortOpened,
        Fault::TooMany,
        Fault::Full,
    ];
}

impl Held {
    /// Every reason.
    pub const ALL: &'static [Held] = &[Held::Outside, Held::Rate, Held::Slow, Held::Keys];
}
