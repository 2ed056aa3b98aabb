//! The bounds of the directory, in which rooms are found.

use super::{EPOCH_MS, LOBBY_EPOCHS};

/// Tags of one room.
pub const TAGS: usize = 3;
/// Longest tag.
pub const TAG_BYTES: usize = 24;
/// Longest title of a room there: what the shortest frame leaves beside the other fields, rounded down.
pub const TITLE_BYTES: usize = 128;
/// How long a listing may hold at most.
pub const LISTING_MOST_MS: u64 = 600_000;
/// How long mine hold: whoever is gone without a word is gone from the directory as soon.
pub const LISTING_MS: u64 = 90_000;
/// Mine are said again so long after the last time: two may get lost.
pub const LISTING_AGAIN_MS: (u64, u64) = (30_000, 38_000);
/// Whoever looks is passed on so long after somebody else at the earliest, and mine are said again no sooner for anybody.
pub const LOOK_GAP_MS: u64 = 12_000;
/// Each listing held adds so much to that: where much is listed much is heard anyway, and all together say little more.
pub const LOOK_PER_LISTING_MS: u64 = 200;
/// They are said again so soon, give or take a tenth of the above for each held.
pub const LOOK_SPREAD_MS: (u64, u64) = (100, 1_000);
/// Whoever begins to look says so, after as long, in so many calls: one may meet links that are not up.
pub const LOOK_CALLS: u8 = 2;
/// Listings held that came by gossip.
pub const LISTINGS: usize = 512;
/// Listings held that neighbours told of straight, in a part of their own.
pub const LISTINGS_NEAR: usize = 64;
/// Of these from one neighbour.
pub const LISTINGS_A_NEIGHBOUR: usize = 8;
/// Rooms that one key lists.
pub const LISTINGS_A_KEY: usize = 8;
/// What a key says of a room is taken in one of so many milliseconds ..
pub const LISTING_EACH_MS: u64 = 10_000;
/// .. and so often at once: on, off and other tags while somebody tries.
pub const LISTING_BURST: u64 = 6;
/// A link may bring one listing in so many milliseconds: twice what a full directory says again.
pub const LISTING_LINK_EACH_MS: u64 = 30;
/// And so many at once.
pub const LISTING_LINK_BURST: u64 = 512;
/// All links together: what the checks of signatures may cost, some hundredth of a core.
pub const LISTING_ALL_EACH_MS: u64 = 10;
/// And so many at once.
pub const LISTING_ALL_BURST: u64 = 1_024;
/// Links whose rates are remembered.
pub const LISTING_LINKS: usize = 1_024;
/// A listing that is over is remembered for so long, so that nobody brings it back: as long as its frame is fresh on any
/// clock that is taken.
pub const LISTING_TOMB_MS: u64 = (2 * LOBBY_EPOCHS + 2) * EPOCH_MS;
/// How long the directory is listened to after somebody looked.
pub const LOOK_MS: u64 = 600_000;
