//! What a run is made of: one variant for each thing that can befall a room.

use libfuzzer_sys::arbitrary::{self, Arbitrary};

/// A whole run.
#[derive(Arbitrary, Debug)]
pub struct Script {
    pub seed: u64,
    pub rooms: u8,
    /// Milliseconds into the day at which it begins.
    pub begin: u32,
    /// The rooms get time to find each other first, and somebody with keys of theirs is let in.
    pub settled: bool,
    pub ops: Vec<Op>,
}

#[derive(Arbitrary, Debug)]
pub enum Op {
    /// Nothing happens, for so long.
    Pass(Span),
    /// The network does what it should, for so many tenths of a second.
    Run(u8),
    Deliver(u8),
    Lose(u8),
    Twice(u8),
    Late(u8),
    Flip {
        mail: u8,
        bit: u16,
    },
    Junk {
        room: u8,
        topic: u8,
        direct: bool,
        bytes: Vec<u8>,
    },
    Timer {
        room: u8,
        which: Which,
    },
    Subscribed {
        room: u8,
        topic: u8,
    },
    LinkDown {
        room: u8,
        peer: u8,
    },
    Command {
        room: u8,
        wish: Wish,
    },
    /// Somebody who knows the secret, and no more, says hello and is let in or not.
    Knock,
    /// A frame made with the keys that a guest or a member has.
    Forge(Forged),
}

#[derive(Arbitrary, Debug)]
pub enum Span {
    Ms(u16),
    Minutes(u8),
    Hours(u8),
}

#[derive(Arbitrary, Debug)]
pub enum Which {
    /// One that was asked for, due or not.
    Asked(u8),
    /// Any, asked for or not.
    Any(u8),
    /// An answer to a hello that nobody sent.
    Answer([u8; 32]),
}

#[derive(Arbitrary, Debug)]
pub struct Forged {
    pub room: u8,
    pub direct: bool,
    pub lobby: bool,
    /// Under a signature that holds.
    pub signed: bool,
    pub sent: Option<u64>,
    pub epoch: i8,
    pub ttl_s: u32,
    pub says: Says,
}

#[derive(Arbitrary, Debug)]
pub enum Says {
    /// The whole payload is these bytes.
    Payload(Vec<u8>),
    /// A head that fits, and this behind it.
    Raw {
        kind: u8,
        body: Vec<u8>,
    },
    Text {
        n: u64,
        flags: u8,
        text: String,
        once_s: u64,
    },
    Have {
        of: u8,
        from: u64,
        to: u64,
    },
    Burn {
        upto: u64,
        ids: Vec<u8>,
    },
    Opened(u8),
    Leave,
    Join {
        nick: String,
        serve: bool,
    },
    Beat {
        flags: u8,
        joined: u64,
    },
    Profile(String),
    Ask {
        what: u8,
        of: u8,
        upto: u64,
        kem: bool,
    },
    Entry {
        deed: Act,
        parents: bool,
        seq: u8,
    },
    Beacon {
        set: bool,
        topic: bool,
        members: u64,
        never: bool,
    },
    Hello {
        across: bool,
    },
}

/// An entry of the log that the guest signs, whether it may or not.
#[derive(Arbitrary, Debug)]
pub enum Act {
    Founding,
    Kick(u8),
    Ban(u8),
    Rotate,
    Close,
    Grant(u8),
    Yield,
    Mute { whom: u8, until: u64 },
    Bytes(Vec<u8>),
}

#[derive(Arbitrary, Debug)]
pub enum Wish {
    Say { text: String, ttl_s: Option<u64>, once_s: Option<u64>, flags: u8, reply: Option<u8> },
    SayMuch(u16),
    Open(u8),
    Burn(Vec<u8>),
    BurnMine,
    Nick(String),
    Away(bool),
    Addresses(Vec<Vec<u8>>),
    Leave { panic: bool },
    Act(Done),
}

/// An act of the log; members are named by number, unknown ones too.
#[derive(Arbitrary, Debug)]
pub enum Done {
    Grant(u8),
    Revoke(u8),
    Kick(u8, String),
    Ban { whom: u8, why: String, until: Option<u64>, then: u8 },
    Unban(u8),
    Mute(u8, u64, String),
    Unmute(u8),
    Admit(u8),
    Deny(u8),
    Invite { key: [u8; 32], uses: u64, until: u64 },
    InviteRevoke([u8; 16]),
    Policy(Policy),
    Transfer(u8),
    TransferAccept([u8; 32]),
    Reclaim { token: [u8; 32], next: [u8; 32] },
    Yield([u8; 32]),
    Rotate,
    Close,
}

#[derive(Arbitrary, Debug)]
pub struct Policy {
    pub numbers: [Option<u64>; 6],
    pub history: Option<bool>,
    pub flags: [Option<bool>; 4],
    pub topic: Option<String>,
    pub expires: Option<u64>,
}
