//! Every bound of the protocol, by name. What is not listed here is not a limit.
//!
//! Those that decide which frames are valid are part of version 1; the others may differ between nodes without harm.

mod directory;

pub use directory::*;

// ---- Time

/// Length of an epoch.
pub const EPOCH_MS: u64 = 60_000;
/// Length of a day.
pub const DAY_MS: u64 = 86_400_000;
/// Epochs behind now whose keys are still held and whose frames are still taken.
pub const EPOCHS_BACK: u64 = 2;
/// Epochs ahead of now whose frames are still taken.
pub const EPOCHS_AHEAD: u64 = 1;
/// Epochs by which a lobby frame may be off.
pub const LOBBY_EPOCHS: u64 = 6;
/// How long around midnight the topics of two days are heard.
pub const MIDNIGHT_MS: u64 = 600_000;
/// How far a room's time may be from a newcomer's own.
pub const WELCOME_SKEW_MS: u64 = 300_000;
/// Room time slews by at most one part in this many.
pub const SLEW_DIVISOR: u64 = 50;
/// Offsets below this are noise.
pub const SLEW_IGNORED_MS: u64 = 1_000;
/// How far slewing may go from what was adopted.
pub const SLEW_FROM_ADOPTED_MS: i64 = 90_000;
/// How far slewing may go from this node's own calendar.
pub const SLEW_FROM_OWN_MS: i64 = 300_000;
/// The sum of all steps forward that merges may ask of a room.
pub const STEPS_TOTAL_MS: u64 = 240_000;

// ---- Frames

/// Longest frame on the wire.
pub const FRAME_BYTES: usize = 32_768;
/// Bytes of a frame that are not payload: head 65, length 2, signature 64, tag 16, gate 32.
pub const FRAME_OVERHEAD: usize = 179;
/// Longest payload: what is left of the longest frame.
pub const PAYLOAD_BYTES: usize = FRAME_BYTES - FRAME_OVERHEAD;
/// Arrays inside arrays that a canonical item may have.
pub const NESTING: usize = 8;
/// A signature.
pub const SIGNATURE_BYTES: usize = 64;
/// Counters remembered behind the highest one of a sender. A frame that was asked for by its id overtakes all that wait in the
/// queue of the usual way, and what it leaves farther behind than this is lost until it is caught up on.
pub const REPLAY_WINDOW: u64 = 8_192;
/// Senders remembered by the replay guard of the lobby.
pub const REPLAY_SENDERS: usize = 1_024;
/// Frames that wait for a key.
pub const WAITING_FRAMES: usize = 64;
/// How long they wait.
pub const WAITING_MS: u64 = 5_000;

// ---- Text and names

/// Longest text of a message.
pub const TEXT_BYTES: usize = 4_000;
/// Longest nick.
pub const NICK_BYTES: usize = 96;
/// Widest nick.
pub const NICK_COLUMNS: usize = 24;
/// Longest reason given in the log.
pub const WHY_BYTES: usize = 200;
/// Longest of all other names: a status, a file's name, a title, a room's topic.
pub const NAME_BYTES: usize = 256;
/// Longest name of a room.
pub const ROOM_BYTES: usize = 32;
/// Combining marks and other code points without a column of their own that one cluster may carry.
pub const CLUSTER_PASSENGERS: usize = 8;

// ---- Parts of payloads

/// An X-Wing public key.
pub const KEM_BYTES: usize = 1_216;
/// Longest name of a transport peer; empty stands for unknown.
pub const PEER_BYTES: usize = 64;
/// Longest transport address.
pub const ADDR_BYTES: usize = 128;
/// Addresses one member announces.
pub const ADDRS: usize = 8;
/// Foundings one member names as theirs.
pub const FOUNDINGS: usize = 4;
/// Ranges of counters in one author's part of a receipt or an ask.
pub const RANGES: usize = 64;
/// Ranges of one author's counters that a member remembers, 16 KiB: each gap between them may hold something that still lives.
/// Beyond it the oldest gaps count as had.
pub const RANGES_HELD: usize = 1_024;
/// Authors in one receipt or ask.
pub const RANGE_AUTHORS: usize = 512;
/// Messages that one burn names.
pub const BURN_IDS: usize = 256;
/// Receivers that one part of a share, rekey or report is sealed to.
pub const PART_RECEIVERS: usize = 24;
/// Log entries in one page or handover.
pub const PAGE_ENTRIES: usize = 512;
/// Roster rows in one page or handover.
pub const PAGE_ROWS: usize = 512;
/// Messages in one page of what was missed.
pub const PAGE_MISSED: usize = 512;
/// Ban salts that one gate may hold.
pub const SALTS: usize = 256;
/// Bytes of one in a handover.
pub const SALT_BYTES: usize = 17;
/// Causes that one note names.
pub const CAUSES: usize = 32;
/// Log heads that one note, page or ask names.
pub const HEADS: usize = 32;
/// Parents that one log entry names.
pub const PARENTS: usize = 32;
/// Longest note, signature included: what its fields come to when all of them are at their bound.
pub const NOTE_BYTES: usize = 2_350;
/// Longest log entry, signature included.
pub const ENTRY_BYTES: usize = 1_024;
/// Words from which on a text is an invite read aloud: a room's name of 32 bytes has fewer.
pub const INVITE_WORDS: usize = 17;
/// Addresses in an invite.
pub const INVITE_ADDRS: usize = 3;
/// Longest invite before base32: what its fields come to when all of them are at their bound.
pub const INVITE_BYTES: usize = 472;

// ---- Messages

/// The shortest life of a message, in seconds.
pub const TTL_MIN_S: u64 = 5;
/// Longest time a message may ask to live.
pub const TTL_MAX_S: u64 = 86_400;
/// The life a room gives a message unless told otherwise.
pub const TTL_DEFAULT_S: u64 = 600;
/// Living messages of a room.
pub const LIVING: usize = 5_000;
/// Reports that somebody in office holds.
pub const REPORTS: usize = 256;
/// Pause between two reports of one member, on average.
pub const REPORT_EACH_MS: u64 = 20_000;
/// And how many at once.
pub const REPORT_BURST: u64 = 5;
/// How long a report waits for the keys of those in office.
pub const REPORT_WAITS_MS: u64 = 6_000;
/// And how often they are asked for.
pub const REPORT_AGAIN_MS: u64 = 500;
/// How old keys for direct messages get.
pub const DM_KEY_MS: u64 = 3_600_000;
/// How long they open what is still on its way.
pub const DM_KEY_LINGERS_MS: u64 = 120_000;
/// Members to whom something is said alone, or who say something.
pub const DM_PARTNERS: usize = 256;
/// Direct messages that wait for one of them.
pub const DM_WAITING: usize = 64;
/// Pause between two requests for the keys of one of them.
pub const DM_ASK_GAP_MS: u64 = 3_000;
/// When a direct message that nobody has acknowledged is sent again.
pub const DM_AGAIN_MS: u64 = 8_000;
/// When it is given up.
pub const DM_GIVE_UP_MS: u64 = 60_000;
/// Pause between two direct messages of one member that are opened, on average: one with a proof, one word about it.
pub const DM_OPEN_EACH_MS: u64 = 50;
/// And how many at once.
pub const DM_OPEN_BURST: u64 = 100;
/// Bytes of them.
pub const LIVING_BYTES: usize = 4 * 1024 * 1024;
/// Messages kept beyond their time in one room: what a board by the door holds and people still read. With the longest
/// texts some 430 KiB.
pub const KEPT: usize = 100;
/// Burns that are remembered with their author's signature, so that whoever kept what they take back lets it go too.
pub const KEPT_GONE: usize = 256;
/// By how much a kept message that was caught up may be older than the room by the founder's calendar.
pub const KEPT_OLDER_MS: u64 = 300_000;
/// Burned messages remembered, so that nobody brings them back.
pub const TOMBSTONES: usize = 5_000;
/// An age below this is the network's, not the message's.
pub const AGE_IGNORED_MS: u64 = 2_000;
/// Pause between two messages of one person, on average.
pub const PACE_EACH_MS: u64 = 200;
/// And how many at once.
pub const PACE_BURST: u64 = 20;
/// Receivers allow so many times more.
pub const PACE_SLACK: u64 = 2;
/// Texts are counted in runs of seconds that reach so far before and after the one they were signed for.
pub const PACE_RUN_S: u64 = 60;
/// Whoever spoke so soon before or after the settings changed is held to the looser ones.
pub const PACE_AROUND_MS: u64 = 120_000;
/// What of somebody's may arrive at once: what they say in this time, or in that for which nothing was heard of them.
pub const PACE_UNHEARD_MS: u64 = 60_000;
/// Seconds in which somebody spoke that are remembered: more than there can be messages that live.
pub const PACE_SECONDS: usize = 8_192;
/// Messages that wait to be sent.
pub const QUEUE: usize = 1_000;
/// How long receipts are gathered for an author who got none lately.
pub const RECEIPTS_MS: u64 = 100;
/// An author gets no receipt of a member sooner than this after the last: each costs some 1,150 bytes on the wire, more than a
/// copy of a text (reckoned from what a delivery costs with and without).
pub const RECEIPTS_EACH_MS: u64 = 2_000;
/// And so much for each member, so that what a member spends on receipts does not grow with their number: in a room of eight
/// where all write, each has seven authors to tell.
pub const RECEIPTS_PER_MEMBER_MS: u64 = 500;
/// So many others, and receipts are no longer sent: with all of them it costs more to say that a text came than to say it.
pub const RECEIPT_MEMBERS: usize = 10;
/// Who tells that messages were looked at tells it no more often.
pub const SEEN_EACH_MS: u64 = 2_000;
/// Who tells that they are typing tells it no more often.
pub const TYPING_EACH_MS: u64 = 3_000;
/// Nobody is typing any more who has not said so for that long: once may be lost.
pub const TYPING_MS: u64 = 7_000;
/// For so long whoever takes messages back waits to hear that they are gone: a guess at what a bad link takes.
pub const BURN_HEARD_MS: u64 = 5_000;
/// And for so many at once.
pub const BURNS_WATCHED: usize = 32;
/// Own messages whose receipts are still counted.
pub const MINE_REMEMBERED: usize = 2_048;

// ---- Members

/// Members of a room.
pub const MEMBERS: usize = 256;
/// Beats with which a newcomer who was led under wrong foundings says anew who it is: on a link that loses one frame in ten
/// all of them are lost once in a million times.
pub const CORRECTIONS: u8 = 5;
/// Beats of somebody just confirmed that come with its word of who it is: whoever missed that on a bad link knows it from
/// hearsay only, and hearsay may be forged.
pub const JOINS_AGAIN: u8 = 2;
/// For so long after a member was first told of, its word that it came in under one's own foundings is taken.
pub const CORRECTION_MS: u64 = 60_000;
/// Somebody first told of when I was in for longer than this came in no earlier than that.
pub const TOLD_LATE_MS: u64 = 10_000;
/// A newcomer's word is taken this much before their time to read is over, or half of that time before it: what was first
/// heard of them may have been late. It is what a cut may last without being noticed.
pub const QUIET_SLACK_MS: u64 = 90_000;
/// Members first told of so shortly before it is seen that the room was apart came from the other side.
pub const STRANGERS_BEFORE_MS: u64 = 30_000;
/// For so long after two sides of a room met, whoever is new here may have been in it for long over there.
pub const STRANGERS_MS: u64 = 120_000;
/// Whoever was silent for longer and is heard again was somewhere else, and so may others have been.
pub const APART_SILENT_MS: u64 = 90_000;
/// Members remembered, here or gone.
pub const KNOWN_MEMBERS: usize = 1_024;
/// Beyond so many the gone are forgotten, those gone longest first.
pub const MEMBERS_KEPT: usize = KNOWN_MEMBERS * 3 / 4;
/// Missed beats after which a member counts as away.
pub const AWAY_BEATS: u64 = 2;
/// Silence that is treated as leaving.
pub const SILENT_MS: u64 = 900_000;
/// Members to whom whoever leaves says so straight as well.
pub const GOODBYES: usize = 4;
/// So long after somebody came, whoever chose how to be shown says it again: enough for the newcomer to have its links.
pub const PROFILE_LATER_MS: (u64, u64) = (500, 2_500);
/// And each member adds so much to the later end: ten a second at most where all have chosen something.
pub const PROFILE_PER_MEMBER_MS: u64 = 100;
/// It is said again no sooner than this after the last time, however many come.
pub const PROFILE_GAP_MS: u64 = 10_000;
/// Members up to which a room is small.
pub const SMALL_ROOM: usize = 32;

// ---- Coming in

/// No subscriber for so long: found at once.
pub const FOUND_ALONE_MS: u64 = 1_500;
/// Other seekers but no room for so long: the lowest founds.
pub const FOUND_SILENCE_MS: u64 = 1_200;
/// The others wait so much longer.
pub const FOUND_YIELD_MS: u64 = 3_000;
/// A subscriber but nothing heard for so long: found.
pub const FOUND_QUIET_MS: u64 = 10_000;
/// Other seekers remembered.
pub const RIVAL_HELLOS: usize = 128;
/// Hellos of one key that are remembered.
pub const HELLOS_REMEMBERED: usize = 8;
/// No hello follows another sooner than this, whatever gives cause for it.
pub const HELLO_GAP_MS: u64 = 500;
/// The pause between hellos once the first few have gone out.
pub const HELLO_LATER_MS: (u64, u64) = (3_000, 5_000);
/// Welcomes one hello key opens.
pub const HELLO_KEY_OPENS: usize = 4;
/// How long a hello key lives after the first.
pub const HELLO_KEY_MS: u64 = 10_000;
/// Other welcomers' sets held beside the one in use while nobody has vouched for it.
pub const RIVALS: usize = 3;
/// Welcomers whose foundings are remembered in that time.
pub const WELCOMERS: usize = 32;
/// Members who answer a hello at once.
pub const ANSWERERS: usize = 2;
/// When the others answer it, unless they see a welcome first.
pub const ANSWER_LATER_MS: (u64, u64) = (1_000, 4_000);
/// When those do who have not heard how often the invite was used.
pub const ANSWER_UNCOUNTED_MS: (u64, u64) = (5_000, 8_000);
/// Hellos that wait for an answer.
pub const HELLOS_PENDING: usize = 256;
/// A member welcomes one newcomer in so many milliseconds.
pub const WELCOME_EACH_MS: u64 = 125;
/// And so many at once.
pub const WELCOME_BURST: u64 = 32;
/// Bytes of what a newcomer is handed, so that its frame is one of 4,096.
pub const WELCOME_BYTES: usize = 2_560;
/// Bytes of what the other side of a partition is handed.
pub const WELCOME_BYTES_MOST: usize = 30_000;
/// How long somebody who was welcomed counts as coming.
pub const GUEST_MS: u64 = 10_000;
/// How long a key that knocked and says no more hellos is held: as long as others pass for heard.
pub const KNOCK_MS: u64 = 60_000;
/// Members told of in a welcome.
pub const ROWS_IN_WELCOME: usize = 64;
/// Members who must agree.
pub const WITNESSES: usize = 2;
/// Who was heard in this time counts as heard.
pub const HEARD_MS: u64 = 60_000;
/// A proved beat counts for so long.
pub const AGREED_MS: u64 = 120_000;
/// One witness is enough only after so long.
pub const LONE_WITNESS_MS: u64 = 1_000;
/// And only if no stranger's frame came in this time.
pub const STRANGER_MS: u64 = 5_000;
/// A frame that waits for its key longer than this shows that there is another side.
pub const STUCK_MS: u64 = 2_000;

// ---- The pulse

/// Pause between two beats of a member in a small room.
pub const BEAT_MS: u64 = 25_000;
/// In a large room each member adds so much to it: two beats a second in all.
pub const BEAT_PER_MEMBER_MS: u64 = 500;
/// Pause between two beats of a member whom nobody has vouched for.
pub const TRIAL_BEAT_MS: u64 = 3_000;
/// Up to so many others, everybody does what in a larger room only some do.
pub const EVERYBODY: usize = 10;
/// Members who answer a beat that needs an answer.
pub const TURNS: usize = 3;
/// Whoever met somebody new beats, so long after the last beat at the earliest.
pub const MEET_BEAT_MS: u64 = 3_000;
/// And so soon, so that not everybody beats at once.
pub const MEET_SPREAD_MS: (u64, u64) = (100, 1_000);
/// Some beat so soon for somebody who was not known: it shows them that they are heard.
pub const NEWCOMER_BEAT_MS: u64 = 1_000;
/// Whoever moved on to another set beats so soon.
pub const MOVED_BEAT_MS: (u64, u64) = (50, 900);
/// No beat follows another sooner than this.
pub const BEAT_GAP_MS: u64 = 300;
/// Beats that somebody waits for are spread over this.
pub const ECHO_SPREAD_MS: (u64, u64) = (0, 50);
/// How often it is looked at whether a beacon is due.
pub const BEACON_MS: (u64, u64) = (5_000, 8_000);
/// None is, where one of my set was heard less than this ago.
pub const BEACON_SPARED_MS: u64 = 5_000;
/// No beacon follows another sooner than this.
pub const BEACON_GAP_MS: u64 = 3_000;

// ---- Keys

/// Base chains that one set may hold.
pub const CHAINS: usize = 64;
/// Chains in a set before somebody issues the next generation: a trigger, not a bound.
pub const CHAINS_MANY: usize = 8;
/// Epochs that what is handed over may be old: the halves of a room may be four minutes apart.
pub const HANDOVER_EPOCHS: u64 = 8;
/// The highest generation: a room that changes its keys every minute gets there in eight thousand years.
pub const GENERATION_MOST: u64 = u32::MAX as u64;
/// How far a generation may be ahead of the one known.
pub const GENERATION_JUMP: u64 = 4_096;
/// Steps a chain is taken forward in one go: a week.
pub const STEPS_MAX: u64 = 10_080;
/// Generations of one maker for which no cause is seen: one in so many milliseconds.
pub const CAUSELESS_EACH_MS: u64 = 100_000;
/// And so many at once.
pub const CAUSELESS_BURST: u64 = 6;
/// Superseded sets that are still opened.
pub const OLD_SETS: usize = 8;
/// A set that was superseded less than this ago starts no merge.
pub const SUPERSEDED_MS: u64 = 5_000;
/// A member says hello across one partition in so many milliseconds.
pub const MERGE_EACH_MS: u64 = 5_000;
/// And so many at once.
pub const MERGE_BURST: u64 = 6;
/// A hello across is not begun anew while one is under way, or within this time.
pub const APART_MS: u64 = 9_000;
/// The first one goes out so soon, so that one of a side is enough.
pub const ACROSS_SPREAD_MS: (u64, u64) = (20, 400);
/// Somebody of my own side who said one less than this ago spares mine ..
pub const SAME_SIDE_MS: u64 = 1_000;
/// .. for so long.
pub const SAME_SIDE_WAIT_MS: u64 = 1_500;
/// No hello across follows another sooner than this.
pub const ACROSS_GAP_MS: u64 = 300;
/// What was learnt across is shared with my own side so soon.
pub const SHARE_SPREAD_MS: (u64, u64) = (50, 300);
/// How long a handover key lives at most.
pub const HAND_KEY_MS: u64 = 3_600_000;
/// Fresh handover keys are announced within this time after one was used, spread.
pub const KEY_SPREAD_MS: u64 = 60_000;
/// When a fresh handover key is announced after one was used: well before [`KEY_SPREAD_MS`] is over.
pub const FRESH_KEY_MS: (u64, u64) = (1_000, KEY_SPREAD_MS - 5_000);
/// Bytes of log and roster in a share or a rekey.
pub const HANDOVER_ENTRY_BYTES: usize = 6_000;
/// Bytes of a frame that a part of a share or a rekey leaves free beside its box and its receivers.
pub const PART_SPARE_BYTES: usize = 600;
/// Bytes that each receiver takes in it beside what HPKE adds: a key, its tag, and what CBOR needs.
pub const RECEIVER_BYTES: usize = 48;
/// Longest time for which messages wait for the removed to lose the keys.
pub const HOLD_MS: u64 = 5_000;
/// How often it is looked at whether they still have to.
pub const HOLD_LOOK_MS: u64 = 200;
/// When the officer whose turn it is meets an urgent need for fresh keys ..
pub const REKEY_FIRST_MS: (u64, u64) = (100, 300);
/// .. and when everybody else does, if it is still there.
pub const REKEY_OTHERS_MS: (u64, u64) = (1_000, 5_000);
/// How long leaves are gathered in a small room.
pub const LEAVES_SMALL_MS: u64 = 30_000;
/// How long in a large one.
pub const LEAVES_LARGE_MS: u64 = 300_000;
/// What is not urgent is spread over this.
pub const LEAVES_SPREAD_MS: (u64, u64) = (0, 10_000);
/// The oldest a set gets.
pub const REKEY_AGE_MS: u64 = 86_400_000;

// ---- The log

/// Parents that a writer names: so many always fit beside the longest reason.
pub const PARENTS_WRITTEN: usize = 12;
/// Entries of a log.
pub const LOG_ENTRIES: usize = 2_048;
/// Entries of one author, so that nobody fills the log alone.
pub const LOG_PER_AUTHOR: usize = 1_024;
/// Foundings of a log: each merge of rooms that both had members brings one.
pub const FOUNDINGS_HELD: usize = 64;
/// Entries of somebody without office: a founding, an acceptance, a reclaim.
pub const LOG_PER_MEMBER: usize = 8;
/// Entries by officers of other foundings than the first that came in here, and by members.
pub const LOG_ELSEWHERE: usize = LOG_ENTRIES / 2;
/// Entries kept free for owners, who have to be able to answer an admin who fills the log.
pub const LOG_FOR_OWNERS: usize = 128;
/// Entries of one author that wait.
pub const WAITING_PER_AUTHOR: usize = 64;
/// Refused entries remembered, so that what builds on them is not waited with.
pub const REFUSED_HELD: usize = 1_024;
/// Entries that wait for parents.
pub const LOG_WAITING: usize = 256;
/// Who is removed obeys after so long, unless an entry on its way has undone it.
pub const REMOVAL_GRACE_MS: u64 = 1_000;
/// Whom nobody has vouched for waits so long: the log that says so may be a liar's.
pub const REMOVAL_TRIAL_MS: u64 = 10_000;
/// Removals that stand although their author wrote them beside their own removal.
pub const BACKDATED_REMOVALS: usize = 8;

// ---- Catching up

/// A member is asked for log or roster no more often than this.
pub const ASK_GAP_MS: u64 = 2_000;
/// Authors named in a request.
pub const ASK_AUTHORS: usize = 256;
/// Bytes of authors and ranges in one, and of each of them at most.
pub const ASK_BYTES: usize = 30_000;
/// See [`ASK_BYTES`].
pub const ASK_AUTHOR_BYTES: usize = 40;
/// See [`ASK_BYTES`].
pub const ASK_RANGE_BYTES: usize = 19;
/// Requests of one member that are answered: one in so many milliseconds.
pub const ANSWER_EACH_MS: u64 = 500;
/// And so many at once.
pub const ANSWER_BURST: u64 = 8;
/// Nobody is asked who is here more often than this.
pub const ROSTER_GAP_MS: u64 = 5_000;
/// And for a nick that never came in so many asks at most: its owner may never say one.
pub const NICK_ASKS: u8 = 8;
/// Others are asked for what was missed no more often than this.
pub const CATCHUP_GAP_MS: u64 = 1_000;
/// And so soon after they were found to differ.
pub const CATCHUP_SPREAD_MS: (u64, u64) = (100, 600);
/// What has less time left than this is not handed on.
pub const CATCHUP_LEAST_MS: u64 = 5_000;
/// To somebody who was not there when it was said: less than this is not handed on.
pub const CATCHUP_UNKEYED_MS: u64 = 180_000;
/// Members remembered as having other messages than mine.
pub const CATCHUP_FROM: usize = 16;
/// How often each of them is asked without anything new in return.
pub const CATCHUP_TRIES: usize = 3;
/// Bytes of a page of missed messages.
pub const CATCHUP_PAGE_BYTES: usize = 28_000;
/// Pages in answer to one request.
pub const CATCHUP_PAGES: usize = 8;
/// Bytes of a page of the log.
pub const LOG_PAGE_BYTES: usize = 28_000;
/// Bytes of a page of the roster.
pub const ROSTER_PAGE_BYTES: usize = 30_000;
