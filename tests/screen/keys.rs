//! What keys do: drafts, history, completion, refusals, the message cursor, boxes, scrolling.

use std::collections::BTreeSet;

use ephem_node::base::id::{InviteId, MemberId};
use ephem_node::base::nick::Nick;
use ephem_node::base::secret::Text;
use ephem_node::base::time::Unix;
use ephem_node::chat::event::{Event, Invite};
use ephem_node::chat::friends::Friend;
use ephem_node::chat::name::{Kind, MemberChange, Mode, RoomChange, Standing};
use ephem_node::chat::people::Offer;
use ephem_node::chat::problem::Problem;
use ephem_node::chat::reply::{Answer, Cid, FriendRow, Friends, Reply};
use ephem_node::chat::request::{Asked, Burn, Request, Which};
use ephem_node::chat::text::Line;
use ephem_node::tui::{Effect, Input, Key, Look, Motion, Press};
use zeroize::Zeroizing;

use crate::stage::{MINUTE, Stage, evening};

const TEXT_BYTES: usize = ephem_node::base::limits::TEXT_BYTES;

fn stage() -> Stage {
    Stage::new(Look::default()).in_room("lobby", &["ana", "bob", "carla"])
}

impl Stage {
    fn paste(&mut self, text: &str) -> Vec<Effect> {
        let at = self.at();
        self.screen.input(at, Input::Paste(Zeroizing::new(text.to_owned())))
    }

    pub(crate) fn shown(&mut self) -> String {
        self.picture(80, 24)
    }

    /// The rows of the draft, without what is before it.
    pub(crate) fn draft(&mut self) -> String {
        let shown = self.shown();
        let at = shown.rfind("] ").expect("a prompt");
        let rest: Vec<&str> =
            shown[at + 2..].lines().take_while(|line| !line.starts_with('\u{2500}')).collect();
        rest.join("\n")
    }

    pub(crate) fn shows(&mut self, what: &str) {
        let shown = self.shown();
        assert!(shown.contains(what), "not shown: {what}\n{shown}");
    }

    pub(crate) fn hides(&mut self, what: &str) {
        let shown = self.shown();
        assert!(!shown.contains(what), "shown: {what}\n{shown}");
    }

    /// Types a line and sends it.
    pub(crate) fn enter(&mut self, line: &str) -> Vec<Effect> {
        let typed = self.typed(line);
        assert!(typed.is_empty());
        self.key(Key::Enter)
    }

    /// The line stays with this error under it, and nothing is asked.
    pub(crate) fn refused(&mut self, line: &str, why: &str) {
        assert!(self.enter(line).is_empty(), "{line} was sent");
        let draft = self.draft();
        assert!(draft.starts_with(line) && draft.contains(why), "{line}: {draft}");
        self.ctrl('c');
        assert!(self.draft().starts_with("write a message"), "{}", self.draft());
    }

    pub(crate) fn reply(&mut self, asked: &Asked, outcome: Result<Answer, Problem>) {
        self.tell(Event::Reply(Box::new(Reply { cid: asked.cid.clone(), outcome })));
    }

    /// The first row of the talk that is drawn.
    fn first(&mut self) -> String {
        self.shown().lines().nth(2).expect("a row").chars().skip(17).collect::<String>().trim().to_owned()
    }
}

pub(crate) fn asked(effects: &[Effect]) -> &Asked {
    match effects {
        [Effect::Ask(asked)] => asked,
        other => panic!("one request was due: {other:?}"),
    }
}

fn sent(effects: &[Effect]) -> &str {
    match &asked(effects).request {
        Request::Send(draft) => draft.text.as_str(),
        other => panic!("a message was due: {other:?}"),
    }
}

fn offer(nick: &str, tag: &str) -> Offer {
    Offer { nick: Line::clean(nick), tag: Line::clean(tag), id: "0102030405".to_owned() }
}

fn alt(key: Key) -> Press {
    Press { alt: true, ..Press::of(key) }
}

// ---- drafts ----

#[test]
fn enter_sends_and_the_draft_is_gone() {
    let mut stage = stage();
    assert_eq!(sent(&stage.enter("hello there")), "hello there");
    assert_eq!(stage.draft(), "write a message, / for commands");
    // What went out is not kept to be put back either.
    stage.ctrl('y');
    stage.hides("hello");
}

#[test]
fn alt_enter_makes_a_line_and_not_a_message() {
    let mut stage = stage();
    stage.typed("one");
    assert!(stage.press(alt(Key::Enter)).is_empty());
    stage.typed("two");
    assert!(stage.ctrl('j').is_empty());
    stage.typed("three");
    assert_eq!(sent(&stage.key(Key::Enter)), "one\ntwo\nthree");
}

#[test]
fn what_i_said_comes_back_as_long_as_it_lives() {
    let mut stage = stage();
    stage.say("lobby", "you", "the first", Some(20_000));
    stage.say("lobby", "you", "the second", Some(10_000));
    stage.say("lobby", "ana", "not mine", Some(MINUTE));
    stage.key(Key::Up);
    assert_eq!(stage.draft(), "the second");
    stage.key(Key::Up);
    assert_eq!(stage.draft(), "the first");
    stage.key(Key::Up);
    assert_eq!(stage.draft(), "the first", "there is no earlier one");
    stage.key(Key::Down);
    assert_eq!(stage.draft(), "the second");
    stage.pass(10_001);
    assert!(stage.draft().starts_with("write a message"), "it burned in the draft as well");
    stage.key(Key::Up);
    assert_eq!(stage.draft(), "the first");
    stage.key(Key::Down);
    assert!(stage.draft().starts_with("write a message"));
}

#[test]
fn nothing_of_a_recalled_text_can_be_put_back_after_its_end() {
    for cut in ['w', 'u'] {
        let mut stage = stage();
        stage.say("lobby", "you", "kestrel", Some(5_000));
        stage.key(Key::Up);
        stage.ctrl(cut);
        stage.pass(5_001);
        stage.ctrl('y');
        stage.hides("kestrel");
    }
}

#[test]
fn what_is_typed_after_a_recalled_text_was_cleared_does_not_burn_with_it() {
    let clears: [fn(&mut Stage); 2] = [|stage| drop(stage.ctrl('c')), |stage| drop(stage.ctrl('u'))];
    for clear in clears {
        let mut stage = stage();
        stage.say("lobby", "you", "kestrel", Some(5_000));
        stage.key(Key::Up);
        clear(&mut stage);
        stage.typed("something else");
        stage.pass(5_001);
        assert_eq!(stage.draft(), "something else");
        stage.ctrl('w');
        stage.ctrl('w');
        stage.ctrl('y');
        stage.hides("kestrel");
    }
}

#[test]
fn what_was_said_once_is_not_recalled_as_something_plain() {
    let mut stage = stage();
    let mut once = stage.message("lobby", "you", "the door code", Some(MINUTE));
    once.once_ms = Some(15_000);
    stage.tell_message(once);
    stage.key(Key::Up);
    assert!(stage.draft().starts_with("write a message"));
}

#[test]
fn tab_completes_commands_people_rooms_and_faces() {
    let mut stage = stage().in_room("garden", &["ana"]);
    for (typed, becomes) in [
        ("/cur", "/curtain "),
        ("an", "ana: "),
        ("thank you @an", "thank you @ana "),
        ("otter-l", "ana: "),
        ("/msg an", "/msg ana "),
        ("see #gar", "see #garden "),
        (":fir", "\u{1f525} "),
    ] {
        stage.typed(typed);
        stage.key(Key::Tab);
        assert_eq!(stage.draft().lines().next().expect("a line").trim_end(), becomes.trim_end(), "{typed}");
        stage.ctrl('c');
    }
    // Several: one after the other, and back.
    stage.press_alt('1');
    stage.typed("/un");
    let mut seen = BTreeSet::new();
    for _ in 0..3 {
        stage.key(Key::Tab);
        seen.insert(stage.draft().lines().next().expect("a line").to_owned());
    }
    assert_eq!(seen.len(), 3, "{seen:?}");
    let last = stage.draft().lines().next().expect("a line").to_owned();
    stage.key(Key::Tab);
    stage.press(Press { shift: true, ..Press::of(Key::Tab) });
    assert_eq!(stage.draft().lines().next(), Some(last.as_str()));
}

#[test]
fn alike_nicks_complete_to_the_tag_and_are_answered_by_it() {
    let mut stage = stage();
    stage.member("lobby", MemberChange::Join, "b0b");
    stage.typed("b0");
    stage.key(Key::Tab);
    assert!(stage.draft().starts_with("lynx-brick:"), "{}", stage.draft());
    stage.ctrl('c');
    stage.say("lobby", "b0b", "I am bob, really", Some(MINUTE));
    stage.key(Key::Esc);
    stage.key(Key::Char('r'));
    assert!(stage.draft().starts_with("lynx-brick:"), "{}", stage.draft());
}

// ---- leaving ----

#[test]
fn an_empty_enter_asks_and_then_leaves() {
    for key in [Press::of(Key::Enter), Press { ctrl: true, ..Press::of(Key::Char('d')) }] {
        let mut stage = stage();
        assert!(stage.press(key).is_empty());
        stage.shows("Enter again to leave #lobby");
        assert!(matches!(asked(&stage.press(key)).request, Request::Leave));
        // Too late, it asks again.
        let mut stage = self::stage();
        assert!(stage.press(key).is_empty());
        stage.pass(3_001);
        assert!(stage.press(key).is_empty());
    }
}

#[test]
fn nothing_between_two_enters_makes_the_second_leave() {
    let between: [fn(&mut Stage); 4] = [
        |stage| assert_eq!(sent(&stage.enter("hi")), "hi"),
        |stage| {
            stage.typed("x");
            stage.key(Key::Backspace);
        },
        |stage| {
            stage.paste("x");
            stage.ctrl('u');
        },
        |stage| {
            stage.press_alt('2');
        },
    ];
    for (n, between) in between.into_iter().enumerate() {
        let mut stage = stage().in_room("garden", &["ana"]);
        stage.press_alt('1');
        assert!(stage.key(Key::Enter).is_empty());
        between(&mut stage);
        assert!(stage.key(Key::Enter).is_empty(), "case {n}");
    }
    // The room that was to be left has closed by itself: the next one is not left in its stead.
    let mut stage = stage().in_room("garden", &["ana"]);
    assert!(stage.key(Key::Enter).is_empty());
    stage.room("garden", RoomChange::Closed, Stage::facts(Mode::Passphrase, Standing::Confirmed, 2));
    assert!(stage.key(Key::Enter).is_empty());
}

#[test]
fn ctrl_c_clears_then_asks_then_ends() {
    let mut stage = stage();
    stage.typed("half a word");
    assert!(stage.ctrl('c').is_empty());
    assert!(stage.draft().starts_with("write a message"));
    assert!(stage.ctrl('c').is_empty());
    stage.shows("Ctrl+C again leaves all rooms and ends");
    assert!(matches!(asked(&stage.ctrl('c')).request, Request::Quit));
    // Whoever types in between has changed their mind.
    let mut stage = self::stage();
    stage.ctrl('c');
    stage.typed("x");
    stage.ctrl('c');
    assert!(stage.ctrl('c').is_empty());
    // And so has whoever waits.
    let mut stage = self::stage();
    stage.ctrl('c');
    stage.pass(3_001);
    assert!(stage.ctrl('c').is_empty());
}

// ---- refusals ----

#[test]
fn what_cannot_be_done_stays_in_the_draft_with_the_reason() {
    let mut stage = stage();
    stage.refused("/kik bob", "/kick");
    stage.refused("/kick bob", "admin");
    stage.refused("/ttl never", "never");
    stage.refused("/whois", "/whois");
}

#[test]
fn a_name_that_means_two_is_refused_with_both() {
    let mut stage = stage();
    stage.member("lobby", MemberChange::Join, "b0b");
    let asks = stage.enter("/whois b0b");
    if let [Effect::Ask(request)] = asks.as_slice() {
        // The node resolves names; it answers with the reason, and the line comes back.
        let request = request.clone();
        let why = Problem::Ambiguous(vec![offer("bob", "mole-river"), offer("b0b", "lynx-brick")]);
        stage.reply(&request, Err(why));
    }
    let draft = stage.draft();
    assert!(draft.starts_with("/whois b0b") && draft.contains("lynx-brick"), "{draft}");
}

#[test]
fn what_is_typed_over_a_page_is_in_the_draft_from_its_first_letter() {
    let mut stage = stage();
    for page in ["/mentions", "/rooms", "/net"] {
        stage.enter(page);
        stage.typed("/mute bob 10m");
        let draft = stage.draft();
        assert!(draft.starts_with("/mute bob 10m"), "after {page}: {draft}");
        stage.ctrl('u');
    }
    stage.key(Key::F(1));
    stage.shows("Help");
    stage.key(Key::Esc);
    assert!(stage.draft().starts_with("write a message"), "whoever only closes it has typed nothing");
}

#[test]
fn too_long_a_text_stays_to_be_shortened() {
    let mut stage = stage();
    assert!(stage.paste(&"x".repeat(TEXT_BYTES + 1)).is_empty());
    assert!(stage.key(Key::Enter).is_empty(), "nothing is sent");
    stage.shows("over 4000 bytes");
    stage.key(Key::Backspace);
    assert_eq!(sent(&stage.key(Key::Enter)).len(), TEXT_BYTES);
}

#[test]
fn a_refusal_by_the_node_gives_the_draft_back() {
    let mut stage = stage();
    let effects = stage.enter("it was well said");
    let request = asked(&effects).clone();
    assert!(stage.draft().starts_with("write a message"));
    stage.reply(&request, Err(Problem::NoMessage));
    assert!(stage.draft().starts_with("it was well said"), "{}", stage.draft());
    // But not over what is being typed by then.
    let mut stage = self::stage();
    let effects = stage.enter("it was well said");
    let request = asked(&effects).clone();
    stage.typed("and another");
    stage.reply(&request, Err(Problem::NoMessage));
    assert!(stage.draft().starts_with("and another"), "{}", stage.draft());
}

#[test]
fn two_slashes_send_one() {
    let mut stage = stage();
    assert_eq!(sent(&stage.enter("//etc/motd")), "/etc/motd");
}

// ---- pastes ----

#[test]
fn a_paste_of_lines_is_one_draft_and_one_message() {
    let mut stage = stage();
    assert!(stage.paste("one\r\ntwo\rthree\n").is_empty());
    stage.shows("3 lines pasted");
    assert_eq!(sent(&stage.key(Key::Enter)).trim_end(), "one\ntwo\nthree");
}

#[test]
fn a_slash_in_a_paste_is_never_a_command() {
    let mut stage = stage();
    stage.paste("/quit");
    assert_eq!(sent(&stage.key(Key::Enter)), "/quit");
    // Nor when it is pasted in front of something.
    stage.typed("bob");
    stage.key(Key::Home);
    stage.paste("/kick ");
    assert_eq!(sent(&stage.key(Key::Enter)), "/kick bob");
}

#[test]
fn a_paste_over_the_bound_changes_nothing() {
    let mut stage = stage();
    stage.typed("abc");
    stage.key(Key::Home);
    stage.paste(&format!("/{}", "x".repeat(TEXT_BYTES + 300)));
    stage.shows("over 4000 bytes");
    assert!(stage.draft().starts_with("abc"), "{}", stage.draft());
}

#[test]
fn a_paste_in_a_field_is_its_first_line_and_behind_the_curtain_nothing() {
    let mut stage = stage();
    stage.screen.ask_passphrase(&Line::clean("lobby"), true);
    stage.paste("seven otters\nrow");
    let effects = stage.key(Key::Enter);
    assert!(matches!(&effects[..], [Effect::Enter(Some(typed))] if typed.as_str() == "seven otters"));
    let mut stage = self::stage();
    stage.key(Key::F(12));
    stage.paste("hidden");
    stage.key(Key::F(12));
    stage.hides("hidden");
}

#[test]
fn what_is_typed_before_the_room_is_there_waits_in_its_draft() {
    let mut stage = Stage::new(Look::default());
    stage.screen.expect(&Line::clean("lobby"));
    stage.typed("I am early");
    assert!(stage.key(Key::Enter).is_empty());
    stage.shows("I am early");
    let mut stage = stage.in_room("lobby", &["ana"]);
    assert_eq!(stage.draft(), "I am early");
    assert_eq!(sent(&stage.key(Key::Enter)), "I am early");
}

// ---- the message cursor ----

#[test]
fn the_cursor_steps_through_what_lives_and_typing_leaves_it() {
    let mut stage = stage();
    for n in 0..60 {
        stage.say("lobby", "ana", &format!("row number {n} here"), Some(MINUTE));
    }
    stage.shown();
    stage.key(Key::Esc);
    for n in (0..59).rev() {
        stage.key(Key::Char('k'));
        stage.shows(&format!("row number {n} here"));
    }
    stage.key(Key::Char('k'));
    stage.shows("row number 0 here");
    for n in 1..60 {
        stage.key(Key::Char('j'));
        stage.shows(&format!("row number {n} here"));
    }
    stage.key(Key::Char('w'));
    assert_eq!(stage.draft(), "w");
    assert!(stage.key(Key::Char('b')).is_empty(), "letters are letters again");
    assert_eq!(stage.draft(), "wb");
}

#[test]
fn escape_with_a_draft_chooses_nothing() {
    let mut stage = evening(Look::default());
    stage.typed("draft");
    stage.key(Key::Esc);
    stage.key(Key::Char('b'));
    assert_eq!(stage.draft(), "draftb");
}

#[test]
fn a_chosen_message_is_answered_copied_and_reported() {
    let mut stage = stage();
    stage.say("lobby", "ana", "copy me", Some(MINUTE));
    stage.key(Key::Esc);
    match stage.key(Key::Char('y')).as_slice() {
        [Effect::Copy(text)] => assert_eq!(text.as_str(), "copy me"),
        other => panic!("{other:?}"),
    }
    stage.shows("the clipboard does not burn");
    assert!(matches!(asked(&stage.key(Key::Char('v'))).request, Request::Verify(_)));
    stage.key(Key::Char('r'));
    assert_eq!(stage.draft().trim_end(), "ana:");
    stage.ctrl('c');
    stage.key(Key::Esc);
    stage.key(Key::Char('R'));
    assert!(stage.draft().starts_with("/report "), "{}", stage.draft());
}

#[test]
fn only_my_own_is_burned_by_the_key() {
    let mut stage = stage();
    stage.say("lobby", "ana", "hers", Some(MINUTE));
    stage.key(Key::Esc);
    assert!(stage.key(Key::Char('b')).is_empty());
    stage.shows("only your own messages");
    stage.key(Key::Esc);
    stage.say("lobby", "you", "mine", Some(MINUTE));
    stage.key(Key::Esc);
    let effects = stage.key(Key::Char('b'));
    assert!(matches!(&asked(&effects).request, Request::Burn(Burn::One(Which::Named(_)))));
}

#[test]
fn a_chosen_message_that_burns_is_chosen_no_more() {
    let mut stage = stage();
    stage.say("lobby", "ana", "brief", Some(2_000));
    stage.key(Key::Esc);
    stage.pass(2_001);
    assert!(stage.key(Key::Char('y')).is_empty(), "there is nothing to copy");
    assert_eq!(stage.draft(), "y");
}

// ---- sealed messages ----

/// A sealed message, and the same opened.
fn sealed(stage: &mut Stage) -> ephem_node::chat::event::Message {
    let mut message = stage.message("lobby", "carla", "kestrel at dawn", Some(MINUTE));
    message.once_ms = Some(15_000);
    let opened = message.clone();
    message.text = None;
    stage.tell_message(message);
    opened
}

#[test]
fn a_sealed_message_is_read_in_its_box_and_nowhere_else() {
    let mut stage = stage();
    let mut opened = sealed(&mut stage);
    stage.key(Key::Esc);
    stage.key(Key::Enter);
    stage.shows("Opens once");
    let effects = stage.key(Key::Enter);
    assert!(matches!(asked(&effects).request, Request::Open(_)));
    opened.dies = Some(stage.now + 15_000);
    stage.tell_message(opened);
    stage.shows("kestrel at dawn");
    // The curtain covers the box too, and the box is there again behind it.
    stage.key(Key::F(12));
    stage.hides("kestrel");
    stage.key(Key::Char(' '));
    stage.shows("kestrel at dawn");
    // Closed, it is in no row, in no search, and cannot be copied.
    stage.key(Key::Esc);
    stage.hides("kestrel");
    assert!(stage.key(Key::Char('y')).is_empty());
    stage.shows("a sealed message cannot be copied");
    stage.key(Key::Esc);
    stage.ctrl('f');
    stage.typed("kest");
    stage.hides("kestrel");
    stage.key(Key::Esc);
    // It is open until its time ends, and then its box closes by itself.
    stage.key(Key::Esc);
    stage.key(Key::Enter);
    stage.shows("kestrel at dawn");
    stage.pass(15_001);
    stage.hides("kestrel");
    stage.hides("One-time message");
}

#[test]
fn a_sealed_message_that_is_opened_by_its_number_is_shown_as_well() {
    let mut stage = stage();
    let mut opened = sealed(&mut stage);
    let number = stage.screen.model().room(None).ok().and_then(|room| room.scroll.number_of(&opened.id));
    stage.typed(&format!("/open {}", number.expect("it is there")));
    let effects = stage.key(Key::Enter);
    assert!(matches!(asked(&effects).request, Request::Open(_)));
    opened.dies = Some(stage.now + 15_000);
    stage.tell_message(opened);
    stage.shows("kestrel at dawn");
    stage.pass(15_001);
    stage.hides("kestrel");
}

#[test]
fn a_sealed_message_is_burned_by_space() {
    let mut stage = stage();
    let mut opened = sealed(&mut stage);
    stage.key(Key::Esc);
    stage.key(Key::Enter);
    opened.dies = Some(stage.now + 15_000);
    stage.tell_message(opened);
    let effects = stage.key(Key::Char(' '));
    assert!(matches!(&asked(&effects).request, Request::Burn(Burn::One(_))));
    stage.hides("kestrel");
}

// ---- an invite ----

/// An invite that comes while somebody writes.
fn invited(stage: &mut Stage) {
    let invite = Invite {
        room: Line::clean("lobby"),
        id: InviteId([1; 16]),
        invite: Text::new("ephem1ana"),
        words: Text::new("otter otter"),
        until: ephem_node::base::time::Unix(stage.at().ts.0 + 60_000),
        uses: 1,
    };
    stage.tell(Event::Invite(Box::new(invite)));
}

#[test]
fn what_is_typed_over_an_invite_lands_in_the_draft_and_is_not_sent() {
    let mut stage = stage();
    stage.typed("a ");
    invited(&mut stage);
    stage.shows("Invite to lobby");
    stage.typed("quick note");
    assert!(stage.key(Key::Enter).is_empty(), "it closes the box");
    stage.hides("Invite to lobby");
    stage.shows("a quick note");
    let effects = stage.key(Key::Enter);
    assert!(matches!(asked(&effects).request, Request::Send(_)));
}

// ---- the curtain ----

#[test]
fn the_curtain_hides_every_word_and_nothing_lifts_it_but_a_key() {
    let mut stage = evening(Look::default());
    stage.typed("a draft of mine");
    stage.key(Key::F(12));
    let covered = |stage: &mut Stage| {
        for word in ["lobby", "ana", "wifi", "draft", "joke", "ephem-node join"] {
            stage.hides(word);
        }
    };
    covered(&mut stage);
    stage.say("lobby", "bob", "wifi again", Some(MINUTE));
    covered(&mut stage);
    invited(&mut stage);
    stage.tell(Event::Reply(Box::new(Reply {
        cid: Some(Cid::Number(9)),
        outcome: Ok(Answer::Page(vec![Line::clean("ana was here")])),
    })));
    covered(&mut stage);
    assert!(stage.key(Key::Char('x')).is_empty());
    // What came meanwhile is there now, and the key that lifted the curtain did nothing else.
    stage.shows("ana was here");
    stage.key(Key::Esc);
    assert_eq!(stage.draft(), "a draft of mine");
    stage.shows("new");
}

#[test]
fn whatever_is_open_the_screen_can_be_blanked_repainted_and_suspended() {
    for key in [Key::F(1), Key::F(2), Key::F(3), Key::F(5)] {
        let mut stage = evening(Look::default());
        stage.key(key);
        assert!(matches!(stage.ctrl('z')[..], [Effect::Suspend]));
        assert!(matches!(stage.ctrl('l')[..], [Effect::Repaint]));
        stage.key(Key::F(12));
        stage.hides("lobby");
    }
}

// ---- scrolling ----

fn long_talk() -> Stage {
    let mut stage = stage();
    for n in 0..40 {
        stage.say("lobby", "ana", &format!("short {n}"), Some(10_000 + n * 100));
        stage.say("lobby", "bob", &format!("long {n} {}", "and on ".repeat(20)), Some(10 * MINUTE));
    }
    stage.shown();
    stage
}

#[test]
fn scrolling_by_lines_is_by_lines_and_back_again() {
    let mut stage = long_talk();
    let up = Press { shift: true, ..Press::of(Key::Up) };
    let down = Press { shift: true, ..Press::of(Key::Down) };
    let mut pictures = vec![stage.shown()];
    for _ in 0..30 {
        stage.press(up);
        let (before, now) = (pictures.last().expect("one").clone(), stage.shown());
        let rows = |picture: &str| picture.lines().skip(2).take(18).map(str::to_owned).collect::<Vec<_>>();
        let text = |row: &String| row.chars().skip(33).collect::<String>();
        let (before, moved): (Vec<_>, Vec<_>) =
            (rows(&before).iter().map(text).collect(), rows(&now).iter().map(text).collect());
        assert_eq!(before[..17], moved[1..], "one line at a time");
        pictures.push(now);
    }
    while let Some(picture) = pictures.pop() {
        assert_eq!(stage.shown().lines().nth(8), picture.lines().nth(8));
        stage.press(down);
    }
    stage.press(down);
    stage.hides("scrolled back");
}

#[test]
fn the_first_line_stays_while_messages_come_and_burn_above_and_below() {
    let mut stage = long_talk();
    for _ in 0..3 {
        stage.key(Key::PageUp);
        stage.shown();
    }
    stage.shows("scrolled back");
    // A long message at the top, which outlives this test.
    while !stage.first().starts_with("and on") {
        stage.press(Press { shift: true, ..Press::of(Key::Up) });
    }
    let first = stage.first();
    stage.say("lobby", "carla", "something new below", Some(MINUTE));
    assert_eq!(stage.first(), first);
    // All the short ones burn, above, in view and below; then their marks close.
    for step in [10_001, 2_000, 2_000, 4_001] {
        stage.pass(step);
        assert_eq!(stage.first(), first);
    }
    stage.key(Key::End);
    stage.hides("scrolled back");
    stage.shows("something new below");
}

#[test]
fn the_row_at_the_edge_may_burn() {
    let mut stage = stage();
    for n in 0..30 {
        let lives = if n == 10 { 3_000 } else { 10 * MINUTE };
        stage.say("lobby", "ana", &format!("m{n} {}", "and on ".repeat(20)), Some(lives));
    }
    stage.shown();
    stage.key(Key::Esc);
    while !stage.first().contains("m10") {
        stage.key(Key::Char('k'));
    }
    stage.press(Press { shift: true, ..Press::of(Key::Down) });
    stage.press(Press { shift: true, ..Press::of(Key::Down) });
    let next =
        |stage: &mut Stage| stage.shown().lines().position(|line| line.contains("m11 ")).expect("seen");
    let before = next(&mut stage);
    stage.pass(3_001);
    assert!(next(&mut stage) <= before);
    stage.pass(4_001);
    assert!(stage.first().contains("m11 "), "{}", stage.first());
}

#[test]
fn the_new_marker_stands_before_the_first_unseen_row_that_lives() {
    let mut stage = stage();
    stage.say("lobby", "ana", "seen", Some(10 * MINUTE));
    stage.shown();
    stage.focus(false);
    stage.say("lobby", "ana", "unseen and brief", Some(3_000));
    stage.say("lobby", "bob", "unseen and lasting", Some(10 * MINUTE));
    let marker = |stage: &mut Stage, before: &str| {
        let shown = stage.shown();
        let rows: Vec<&str> = shown.lines().collect();
        let at = rows.iter().position(|row| row.contains(" new \u{2500}")).expect("a marker");
        assert!(rows[at + 1].contains(before), "{shown}");
    };
    marker(&mut stage, "unseen and brief");
    stage.pass(8_000);
    marker(&mut stage, "unseen and lasting");
    stage.focus(true);
    marker(&mut stage, "unseen and lasting");
    stage.key(Key::End);
    stage.hides(" new \u{2500}");
}

#[test]
fn what_waits_in_other_rooms_is_counted_until_it_is_looked_at_or_burns() {
    let mut stage = stage().in_room("garden", &["ana"]);
    stage.say("lobby", "ana", "one", Some(5_000));
    stage.say("lobby", "ana", "two", Some(MINUTE));
    let count = |stage: &mut Stage| {
        let shown = stage.shown();
        let row = shown.lines().find(|line| line.contains("1 #lobby")).expect("it").to_owned();
        row.split('\u{2502}').next().expect("a side").trim().to_owned()
    };
    assert!(count(&mut stage).ends_with('2'));
    stage.pass(5_001);
    assert!(count(&mut stage).ends_with('1'));
    let rang = {
        let message = stage.message("lobby", "ana", "eve, are you there?", Some(MINUTE));
        stage.tell(Event::Message(Box::new(message)))
    };
    assert!(matches!(rang[..], [Effect::Ring(_)]));
    assert!(count(&mut stage).ends_with("@1"));
    stage.press(alt(Key::Char('a')));
    assert!(count(&mut stage).ends_with("#lobby"));
}

#[test]
fn a_message_to_me_alone_rings_when_nobody_looks() {
    let mut stage = stage();
    let mut message = stage.message("lobby", "ana", "psst", Some(MINUTE));
    message.kind = Kind::Dm;
    let rung = stage.tell(Event::Message(Box::new(message.clone())));
    assert!(
        matches!(rung.as_slice(), [Effect::Ring(_)]),
        "the room is looked at, and not what was said alone"
    );
    stage.press_alt('2');
    message.id = ephem_node::base::id::MsgId([199; 8]);
    assert!(stage.tell(Event::Message(Box::new(message.clone()))).is_empty(), "it is looked at");
    stage.focus(false);
    message.id = ephem_node::base::id::MsgId([200; 8]);
    let rung = stage.tell(Event::Message(Box::new(message)));
    assert!(matches!(rung.as_slice(), [Effect::Ring(room)] if room.as_str() == "lobby"), "{rung:?}");
}

#[test]
fn search_finds_only_what_lives_and_leads_there() {
    let mut stage = stage();
    stage.say("lobby", "ana", "the plan that burns", Some(5_000));
    stage.say("lobby", "ana", "the plan that stays", Some(10 * MINUTE));
    for n in 0..50 {
        stage.say("lobby", "bob", &format!("filler {n}"), Some(10 * MINUTE));
    }
    stage.shown();
    stage.ctrl('f');
    stage.typed("PLAN");
    stage.shows("the plan that burns");
    stage.shows("the plan that stays");
    // It burns under the eyes of whoever searches, and what is chosen then is what is shown as chosen.
    stage.key(Key::Down);
    stage.pass(5_001);
    stage.hides("the plan that burns");
    stage.key(Key::Enter);
    stage.shows("the plan that stays");
    match stage.key(Key::Char('y')).as_slice() {
        [Effect::Copy(text)] => assert_eq!(text.as_str(), "the plan that stays"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn motion_changes_nothing_of_what_keys_do() {
    for motion in [Motion::Full, Motion::Subtle, Motion::None] {
        let mut stage = Stage::new(Look { motion, ..Look::default() }).in_room("lobby", &["ana"]);
        stage.say("lobby", "you", "burning now", Some(500));
        stage.shown();
        stage.key(Key::Esc);
        assert!(matches!(&asked(&stage.key(Key::Char('b'))).request, Request::Burn(_)));
    }
}

#[test]
fn the_panic_key_works_whatever_is_open_and_hides_it() {
    for open in [None, Some(Key::F(1)), Some(Key::F(12))] {
        let mut stage = stage();
        stage.typed("a draft of mine");
        if let Some(key) = open {
            stage.key(key);
        }
        let at = stage.at();
        let press = Press { shift: true, ..Press::of(Key::F(12)) };
        let effects = stage.screen.input(at, Input::Press(press));
        let panics = matches!(&effects[..], [Effect::Ask(asked)] if matches!(asked.request, Request::Panic));
        assert!(panics, "{open:?}");
        stage.hides("lobby");
        stage.hides("draft");
    }
}

#[test]
fn a_friend_in_the_list_is_asked_in_with_one_key_and_written_to_with_another() {
    let row = |nick: &str, byte: u8, rooms: &[&str]| FriendRow {
        friend: Friend {
            id: MemberId([byte; 32]),
            nick: Nick::parse(nick).expect("a nick"),
            tag: Line::clean("otter-lamp"),
            verified: true,
            since: Unix(1),
        },
        rooms: rooms.iter().map(|room| Line::clean(room)).collect(),
    };
    let list = || {
        Answer::Friends(Friends { rows: vec![row("dora", 9, &[]), row("ana", 8, &["lobby"])], kept: true })
    };
    let mut stage = stage();
    stage.answer(list());
    stage.shows("dora (otter-lamp), words shown, not here");
    stage.shows("ana (otter-lamp), words shown, in lobby");
    stage.shows("[i] ask them into this room");
    stage.key(Key::Down);
    let asks = stage.key(Key::Char('i'));
    let [Effect::Ask(asked)] = asks.as_slice() else { panic!("{asks:?}") };
    assert!(matches!(&asked.request, Request::Beckon(who) if who.0.as_str() == "08".repeat(32)), "{asked:?}");
    assert_eq!(asked.room, Some(Line::clean("lobby")));
    stage.hides("[i] ask them");
    stage.shows("an invite goes to ana alone");
    // Who is in no room can be asked for, and cannot be written to.
    stage.answer(list());
    assert!(stage.key(Key::Enter).is_empty());
    stage.shows("that friend is in no room that you are in now");
}

#[test]
fn what_was_seen_is_told_only_after_somebody_wanted_that_and_only_of_what_came_since() {
    let mut stage = stage();
    let saw = |effects: Vec<Effect>| -> Vec<usize> {
        let of = |effect: &Effect| match effect {
            Effect::Ask(asked) => match &asked.request {
                Request::Saw(all) => Some(all.len()),
                _ => None,
            },
            _ => None,
        };
        effects.iter().filter_map(of).collect()
    };
    let comes = |stage: &mut Stage, nick: &str, text: &str| {
        let message = stage.message("lobby", nick, text, Some(10 * MINUTE));
        stage.tell(Event::Message(Box::new(message)))
    };
    assert!(saw(comes(&mut stage, "ana", "before")).is_empty(), "nobody asked for it");
    stage.enter("/seen on");
    stage.shows("those who write are told from now on when you have seen it");
    assert!(saw(stage.key(Key::Esc)).is_empty(), "what stood there before is nobody's business");
    assert_eq!(saw(comes(&mut stage, "ana", "after")), [1]);
    assert!(saw(stage.key(Key::Esc)).is_empty(), "once is enough");
    // Behind the curtain nobody sees anything, until it is opened.
    stage.enter("/curtain");
    assert!(saw(comes(&mut stage, "bob", "hidden")).is_empty());
    assert_eq!(saw(stage.key(Key::Esc)), [1]);
    stage.enter("/seen off");
    assert!(saw(comes(&mut stage, "ana", "much later")).is_empty() && saw(stage.key(Key::Esc)).is_empty());
}

#[test]
fn escape_and_a_slash_that_come_together_are_two_keys() {
    let mut stage = stage();
    stage.enter("/pins");
    stage.shows("What is kept");
    // A terminal that is far away sends both at once, which is what it sends for the slash with Alt.
    stage.press_alt('/');
    stage.hides("What is kept");
    assert!(stage.typed("mute bob 10m").is_empty());
    assert_eq!(stage.draft(), "/mute bob 10m");
    // What Alt means something with stays what it is.
    stage.press_alt('b');
    assert_eq!(stage.draft(), "/mute bob 10m");
}
