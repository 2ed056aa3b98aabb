//! Closed sets of words that scripts and people rely on: an enum, all its values, and how each is spelled.

/// Declares an enum whose values have one spelling each, with `ALL`, `name` and `parse`.
macro_rules! named {
    ($($(#[$meta:meta])* $name:ident { $($(#[$of:meta])* $value:ident = $word:literal,)+ })+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $($(#[$of])* $value,)+ }

        impl $name {
            /// Every value.
            pub const ALL: &'static [$name] = &[$($name::$value),+];

            /// Its spelling.
            pub fn name(self) -> &'static str {
                match self { $($name::$value => $word,)+ }
            }

            /// The value so spelled.
            pub fn parse(word: &str) -> Option<$name> {
                match word { $($word => Some($name::$value),)+ _ => None }
            }
        }
    )+};
}

named! {
    /// What somebody may do in a room; higher is more.
    Role {
        /// Anybody who is in.
        Member = "member",
        /// Appointed by the owner.
        Admin = "admin",
        /// The founder, or whoever the founder handed over to.
        Owner = "owner",
    }
    /// What a room is entered with.
    Mode {
        /// Its name alone.
        Open = "open",
        /// A passphrase.
        Passphrase = "passphrase",
        /// An invite.
        Invite = "invite",
    }
    /// How an invite stands.
    InviteState {
        /// It lets somebody in.
        Open = "open",
        /// It is used up.
        Spent = "spent",
        /// Its time is over.
        Expired = "expired",
        /// It was taken back.
        Revoked = "revoked",
    }
    /// Whom a room is told to that wants to be found.
    Reach {
        /// Nobody.
        Off = "off",
        /// Neighbours in the same network.
        Near = "near",
        /// Everybody who looks.
        On = "on",
    }
    /// What became of a room that neighbours tell of.
    ListingChange {
        /// It is listed, or otherwise than before.
        Listed = "listed",
        /// It is listed no more.
        Gone = "gone",
    }
    /// Where this node stands in a room.
    Standing {
        /// Looking for it.
        Searching = "searching",
        /// In, and nobody else has come.
        Alone = "alone",
        /// In, and not yet vouched for.
        Unconfirmed = "unconfirmed",
        /// In, and vouched for.
        Confirmed = "confirmed",
    }
    /// What a line about a room tells.
    RoomChange {
        /// The room's keys are known; looking for it begins.
        Joining = "joining",
        /// The standing changed.
        State = "state",
        /// In.
        Joined = "joined",
        /// Out, by one's own wish or another's.
        Left = "left",
        /// Its owner closed it.
        Closed = "closed",
        /// Its time was over.
        Expired = "expired",
        /// Its settings changed.
        Settings = "settings",
        /// It has another owner, or its founder is told the reclaim token.
        Owner = "owner",
        /// Its two halves have met.
        Merged = "merged",
        /// Somebody showed keys that contradict those of others.
        Conflict = "conflict",
    }
    /// What a line about a member tells.
    MemberChange {
        /// Came in.
        Join = "join",
        /// Left, or has been silent for too long.
        Leave = "leave",
        /// Has another nick.
        Nick = "nick",
        /// Has another role.
        Role = "role",
        /// Was silenced.
        Mute = "mute",
        /// May speak again.
        Unmute = "unmute",
        /// Was removed.
        Kick = "kick",
        /// Was removed for longer than this stay.
        Ban = "ban",
        /// May come back.
        Unban = "unban",
        /// Waits at the door for an admin.
        Knock = "knock",
        /// Is away.
        Away = "away",
        /// Is back.
        Back = "back",
        /// Wants to be shown otherwise beside the nick.
        Profile = "profile",
    }
    /// What a message is.
    Kind {
        /// A plain text.
        Text = "text",
        /// `/me`.
        Action = "action",
        /// An announcement.
        Announce = "announce",
        /// Between two.
        Dm = "dm",
        /// To the admins.
        Report = "report",
    }
    /// Why a message is gone.
    BurnWhy {
        /// Its time was over.
        Ttl = "ttl",
        /// It was opened once.
        Once = "once",
        /// Its author took it back.
        Sender = "sender",
        /// An admin took it back.
        Admin = "admin",
        /// The room is over.
        Room = "room",
        /// Everything was burned here.
        Panic = "panic",
        /// There was no place for it any more.
        Crowded = "crowded",
    }
    /// What a line about a transport peer tells.
    PeerChange {
        /// A link is up.
        Connected = "connected",
        /// It took a better way.
        Upgraded = "upgraded",
        /// It listens to a room that this node is in.
        Room = "room",
        /// It is gone.
        Lost = "lost",
    }
    /// What a line about an address that was given tells.
    BootstrapChange {
        /// Its name is being looked up.
        Lookup = "lookup",
        /// It is being dialled.
        Dial = "dial",
        /// Somebody answered, and proved their key.
        Linked = "linked",
        /// It cannot be reached now; it is tried again.
        Failed = "failed",
    }
    /// How a peer is reached.
    Route {
        /// In the local network.
        Lan = "lan",
        /// Straight.
        Direct = "direct",
        /// Through somebody who forwards sealed bytes.
        Relay = "relay",
    }
    /// Whether others can reach this node.
    Nat {
        /// Not measured.
        Unknown = "unknown",
        /// They can.
        Public = "public",
        /// Only through a relay, or once this node calls.
        Private = "private",
    }
    /// What a line about keys tells.
    KeysChange {
        /// Time moved them on.
        Epoch = "epoch",
        /// They were made anew.
        Rotated = "rotated",
        /// Two sets became one.
        Merged = "merged",
    }
    /// How much a notice matters.
    Level {
        /// Good to know.
        Info = "info",
        /// Something may be wrong.
        Warn = "warn",
        /// Something is wrong.
        Error = "error",
    }
    /// When the screen rings.
    Ring {
        /// Never.
        Off = "off",
        /// When somebody names this node's nick.
        Mentions = "mentions",
        /// When somebody writes to this node alone.
        Dm = "dm",
        /// At every message.
        All = "all",
    }
    /// A set of colours.
    Theme {
        /// The terminal's own sixteen.
        Terminal = "terminal",
        /// For a dark background.
        Dark = "dark",
        /// For a light background.
        Light = "light",
        /// At least seven to one.
        HighContrast = "high-contrast",
        /// No pair that differs by red and green only.
        Safe = "cvd",
        /// No colour at all.
        Mono = "mono",
    }
    /// How much moves.
    Motion {
        /// A sweep from the fuse to the left, through orange and dark red, that leaves nothing.
        Full = "full",
        /// The row darkens; no character changes.
        Subtle = "subtle",
        /// Nothing: the row is there until it is gone.
        None = "none",
    }
    /// A colour for a name; how it looks is up to the theme.
    Colour {
        /// The first of six.
        Blue = "blue",
        /// The second.
        Orange = "orange",
        /// The third.
        Green = "green",
        /// The fourth.
        Pink = "pink",
        /// The fifth.
        Cyan = "cyan",
        /// The sixth.
        Sand = "sand",
    }
    /// What newcomers see of what was said before.
    History {
        /// Nothing.
        None = "none",
        /// What still lives.
        Unexpired = "unexpired",
    }
    /// What a ban asks of newcomers from then on.
    Shut {
        /// Nobody comes in.
        Lock = "lock",
        /// An admin lets each of them in.
        Knock = "knock",
    }
    /// What somebody needs who wants to come in under a key that is new to the room.
    Door {
        /// Its name.
        Name = "name",
        /// Its passphrase.
        Passphrase = "passphrase",
        /// An invite that is still good.
        Invite = "invite",
        /// The word of an admin, once they have knocked.
        Knock = "knock",
        /// Nothing helps: the room is locked.
        Locked = "locked",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spelling_reads_back() {
        assert!(RoomChange::ALL.iter().all(|&v| RoomChange::parse(v.name()) == Some(v)));
        assert!(Role::ALL.iter().all(|&v| Role::parse(v.name()) == Some(v)));
        assert_eq!(Role::parse("Owner"), None);
    }

    #[test]
    fn roles_are_ordered() {
        assert!(Role::Member < Role::Admin && Role::Admin < Role::Owner);
    }
}
