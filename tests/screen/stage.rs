//! A stage for the screen: people, rooms and messages as the node would tell of them, and pictures as text.

use ephem_node::base::id::{MemberId, MsgId};
use ephem_node::base::nick::Nick;
use ephem_node::base::secret::Text;
use ephem_node::base::time::{Mono, Unix};
use ephem_node::chat::event::{
    Burned, Event, Facts, Fate, Hello, KeysLine, MemberLine, Message, PeerLine, Person, Receipt, RoomLine,
};
use ephem_node::chat::name::{
    BurnWhy, KeysChange, Kind, MemberChange, Mode, PeerChange, Role, RoomChange, Route, Standing,
};
use ephem_node::chat::notice::Notice;
use ephem_node::chat::problem::Problem;
use ephem_node::chat::reply::{Answer, Reply};
use ephem_node::chat::text::{Body, Line};
use ephem_node::tui::{Effect, Input, Key, Look, Moment, Press, Screen};
use ratatui_core::buffer::Buffer;
use ratatui_core::layout::{Position, Rect};
use ratatui_core::style::{Color, Modifier};

/// The evening all pictures are of: 21:00 in Greenwich.
pub(crate) const EVENING: Unix = Unix(1_780_002_000_000);
pub(crate) const MINUTE: u64 = 60_000;

pub(crate) struct Stage {
    pub(crate) screen: Screen,
    pub(crate) now: Mono,
    messages: u8,
}

pub(crate) fn person(nick: &str) -> Person {
    let byte = nick.bytes().fold(7_u8, |a, b| a.wrapping_mul(31).wrapping_add(b));
    let tag = match nick {
        "ana" => "otter-lamp",
        "bob" => "mole-river",
        "b0b" => "lynx-brick",
        "carla" => "wren-dust",
        "dan" => "ibis-cup",
        _ => "newt-spoon",
    };
    let role = match nick {
        "ana" => Role::Owner,
        "bob" => Role::Admin,
        _ => Role::Member,
    };
    Person::plain(MemberId([byte; 32]), Nick::parse(nick).expect("a nick"), Line::clean(tag), role)
}

impl Stage {
    pub(crate) fn new(look: Look) -> Stage {
        let screen = Screen::new(look, |text| format!("guessing it takes {} tries", text.len()));
        let mut stage = Stage { screen, now: Mono(1_000_000), messages: 0 };
        let hello = Hello {
            version: "0.1.0",
            id: MemberId([1; 32]),
            tag: Line::clean("quiet-otter"),
            nick: Nick::parse("eve").expect("a nick"),
            peer: Line::clean("12D3KooWself"),
            listen: Vec::new(),
        };
        stage.tell(Event::Hello(Box::new(hello)));
        stage
    }

    pub(crate) fn at(&self) -> Moment {
        let passed = self.now.since(Mono(1_000_000));
        Moment { now: self.now, ts: Unix(EVENING.0 + passed), zone_minutes: 0 }
    }

    pub(crate) fn tell(&mut self, event: Event) -> Vec<Effect> {
        let at = self.at();
        self.screen.told(at, &event)
    }

    /// Lets time pass, as the program does: it looks whenever the screen said that it wants to.
    pub(crate) fn pass(&mut self, ms: u64) {
        let end = self.now + ms;
        while let Some(due) = self.screen.next_due().filter(|due| *due <= end) {
            self.now = due.max(self.now + 1);
            let at = self.at();
            self.screen.tick(at);
            let mut cells = Buffer::empty(Rect::new(0, 0, 80, 24));
            self.screen.draw(at, &mut cells);
        }
        self.now = end;
        let at = self.at();
        self.screen.tick(at);
    }

    // ---- what the node tells ----

    pub(crate) fn facts(mode: Mode, state: Standing, members: usize) -> Facts {
        Facts {
            mode,
            mark: Line::clean("amber-otter-7"),
            members,
            ttl_ms: 600_000,
            quiet_ms: 0,
            persist: false,
            state,
            role: Role::Member,
            only: None,
            topic: None,
            closes: None,
        }
    }

    pub(crate) fn room(&mut self, name: &str, change: RoomChange, facts: Facts) {
        let line = RoomLine { room: Line::clean(name), change, facts, reclaim: None, set: None };
        self.tell(Event::Room(Box::new(line)));
    }

    /// This node owns the room.
    pub(crate) fn owns(&mut self, name: &str, mode: Mode) {
        let facts = Facts { role: Role::Owner, ..Stage::facts(mode, Standing::Confirmed, 5) };
        self.room(name, RoomChange::Owner, facts);
    }

    /// In a room with these people.
    pub(crate) fn in_room(mut self, name: &str, people: &[&str]) -> Stage {
        let facts = |state, members| Stage::facts(Mode::Passphrase, state, members);
        self.room(name, RoomChange::Joining, facts(Standing::Searching, 1));
        for nick in people {
            self.member(name, MemberChange::Join, nick);
        }
        self.room(name, RoomChange::Joined, facts(Standing::Confirmed, people.len() + 1));
        let keys = KeysLine {
            room: Line::clean(name),
            change: KeysChange::Rotated,
            epoch: 12,
            generation: 1,
            chains: 1,
        };
        self.tell(Event::Keys(keys));
        self
    }

    pub(crate) fn member(&mut self, room: &str, change: MemberChange, nick: &str) {
        self.changed(room, change, person(nick));
    }

    /// Somebody wants to be shown so.
    pub(crate) fn profile(&mut self, room: &str, who: Person) {
        self.changed(room, MemberChange::Profile, who);
    }

    /// Something about somebody changed, by themselves.
    pub(crate) fn changed(&mut self, room: &str, change: MemberChange, who: Person) {
        let room = Line::clean(room);
        self.tell(Event::Member(Box::new(MemberLine::of(room, change, who))));
    }

    pub(crate) fn link(&mut self, peer: &str, route: Route) {
        let line = PeerLine {
            change: PeerChange::Connected,
            peer: Line::clean(peer),
            route,
            via: None,
            rtt_ms: Some(12),
            addr: None,
            room: None,
        };
        self.tell(Event::Peer(Box::new(line)));
    }

    pub(crate) fn message(&mut self, room: &str, nick: &str, text: &str, lives_ms: Option<u64>) -> Message {
        self.messages = self.messages.wrapping_add(1);
        let mine = nick == "you";
        let from = if mine { Person { id: MemberId([1; 32]), ..person("eve") } } else { person(nick) };
        Message {
            room: Line::clean(room),
            id: MsgId([self.messages; 8]),
            from,
            to: None,
            asks: false,
            about: None,
            text: Some(Body::of(&Text::new(text))),
            kind: Kind::Text,
            sent: self.at().ts,
            ttl_ms: lives_ms.unwrap_or(600_000),
            dies: lives_ms.map(|ms| self.now + ms),
            once_ms: None,
            keep: lives_ms.is_none(),
            mine,
            caught_up: false,
            reply: None,
        }
    }

    /// Somebody says something.
    pub(crate) fn say(&mut self, room: &str, nick: &str, text: &str, lives_ms: Option<u64>) -> MsgId {
        let message = self.message(room, nick, text, lives_ms);
        let id = message.id;
        self.tell(Event::Message(Box::new(message)));
        id
    }

    /// What `nick` writes to this node alone.
    pub(crate) fn alone(&mut self, room: &str, nick: &str, text: &str, lives_ms: u64) -> Message {
        let to = Some(Person { id: MemberId([1; 32]), ..person("eve") });
        Message { kind: Kind::Dm, to, ..self.message(room, nick, text, Some(lives_ms)) }
    }

    /// What this node writes to `nick` alone.
    pub(crate) fn to(&mut self, room: &str, nick: &str, text: &str, lives_ms: u64) -> Message {
        Message { kind: Kind::Dm, to: Some(person(nick)), ..self.message(room, "you", text, Some(lives_ms)) }
    }

    pub(crate) fn tell_message(&mut self, message: Message) {
        self.tell(Event::Message(Box::new(message)));
    }

    pub(crate) fn notice(&mut self, notice: Notice) {
        self.tell(Event::Notice(notice));
    }

    pub(crate) fn answer(&mut self, answer: Answer) {
        self.tell(Event::Reply(Box::new(Reply::done(None, answer))));
    }

    pub(crate) fn failed(&mut self, room: &str, id: MsgId, why: Problem) {
        let fate = Fate::Failed(Box::new(why));
        self.tell(Event::Receipt(Receipt { room: Line::clean(room), id: Some(id), cid: None, fate }));
    }

    pub(crate) fn delivered(&mut self, room: &str, id: MsgId, count: usize, of: usize) {
        let fate = Fate::Delivered { count, of };
        self.tell(Event::Receipt(Receipt { room: Line::clean(room), id: Some(id), cid: None, fate }));
    }

    pub(crate) fn burned(&mut self, room: &str, id: MsgId, why: BurnWhy) {
        self.tell(Event::Burned(Burned { room: Line::clean(room), id, why }));
    }

    // ---- what a person does ----

    pub(crate) fn press(&mut self, press: Press) -> Vec<Effect> {
        let at = self.at();
        self.screen.input(at, Input::Press(press))
    }

    pub(crate) fn key(&mut self, key: Key) -> Vec<Effect> {
        self.press(Press::of(key))
    }

    pub(crate) fn ctrl(&mut self, c: char) -> Vec<Effect> {
        self.press(Press { ctrl: true, ..Press::of(Key::Char(c)) })
    }

    pub(crate) fn press_alt(&mut self, c: char) -> Vec<Effect> {
        self.press(Press { alt: true, ..Press::of(Key::Char(c)) })
    }

    pub(crate) fn focus(&mut self, focused: bool) {
        let at = self.at();
        self.screen.input(at, Input::Focus(focused));
    }

    pub(crate) fn typed(&mut self, text: &str) -> Vec<Effect> {
        text.chars().flat_map(|c| self.key(Key::Char(c))).collect()
    }

    // ---- what a person sees ----

    pub(crate) fn cells(&mut self, width: u16, height: u16) -> (Buffer, Option<Position>) {
        let mut cells = Buffer::empty(Rect::new(0, 0, width, height));
        let at = self.at();
        let caret = self.screen.draw(at, &mut cells);
        (cells, caret)
    }

    pub(crate) fn picture(&mut self, width: u16, height: u16) -> String {
        let (cells, _) = self.cells(width, height);
        text_of(&cells)
    }

    /// How each piece of the picture looks.
    pub(crate) fn looks(&mut self, width: u16, height: u16) -> String {
        let (cells, caret) = self.cells(width, height);
        let caret = caret.map_or("no caret".to_owned(), |at| format!("caret at {},{}", at.x, at.y));
        format!("{caret}\n{}", looks_of(&cells))
    }
}

/// A talk on an evening, with everything that a talk has.
pub(crate) fn evening(look: Look) -> Stage {
    let mut stage = Stage::new(look).in_room("lobby", &["ana", "bob", "carla", "dan"]);
    stage.say("lobby", "ana", "morning! who has the floor plan?", Some(10 * MINUTE));
    stage.pass(MINUTE);
    stage.say("lobby", "ana", "same sender again: no nick, no clock", Some(9 * MINUTE));
    let long =
        "I do, sending it now. It is a long way down, and the stairs are behind the second door on the left.";
    stage.say("lobby", "bob", long, Some(10 * MINUTE));
    stage.pass(MINUTE);
    stage.member("lobby", MemberChange::Leave, "dan");
    let id = stage.say("lobby", "you", "wifi code is 4471-zebra", Some(40_000));
    stage.delivered("lobby", id, 4, 4);
    stage.say("lobby", "carla", "pinned: meet 21:30 at the north gate", None);
    stage.say("lobby", "bob", "old joke that is about to go", Some(5_000));
    stage
}

/// Rows of cells as lines of text. The second column of a wide character is left out.
pub(crate) fn text_of(cells: &Buffer) -> String {
    let mut lines = Vec::new();
    for y in cells.area.top()..cells.area.bottom() {
        let mut line = String::new();
        let mut skip = 0;
        for x in cells.area.left()..cells.area.right() {
            let symbol = cells[(x, y)].symbol();
            if skip > 0 {
                skip -= 1;
                continue;
            }
            skip = unicode_width::UnicodeWidthStr::width(symbol).saturating_sub(1);
            line.push_str(symbol);
        }
        lines.push(line.trim_end().to_owned());
    }
    lines.join("\n")
}

/// Runs of one look, each with where it is: what the colours are is part of the picture.
fn looks_of(cells: &Buffer) -> String {
    let mut lines = Vec::new();
    for y in cells.area.top()..cells.area.bottom() {
        let mut runs: Vec<(u16, String)> = Vec::new();
        for x in cells.area.left()..cells.area.right() {
            let cell = &cells[(x, y)];
            let look = look(cell.fg, cell.modifier);
            if runs.last().is_none_or(|(_, last)| *last != look) {
                runs.push((x, look));
            }
        }
        let runs: Vec<String> = runs.into_iter().map(|(x, look)| format!("{x}:{look}")).collect();
        lines.push(format!("{y:2} {}", runs.join(" ")));
    }
    lines.join("\n")
}

fn look(fg: Color, modifier: Modifier) -> String {
    let colour = match fg {
        Color::Reset => "-".to_owned(),
        Color::Rgb(r, g, b) => format!("{r:02x}{g:02x}{b:02x}"),
        other => format!("{other:?}").to_lowercase(),
    };
    let mut marks = String::new();
    for (held, sign) in
        [(Modifier::BOLD, 'b'), (Modifier::DIM, 'd'), (Modifier::UNDERLINED, 'u'), (Modifier::REVERSED, 'r')]
    {
        if modifier.contains(held) {
            marks.push(sign);
        }
    }
    if marks.is_empty() { colour } else { format!("{colour}/{marks}") }
}
