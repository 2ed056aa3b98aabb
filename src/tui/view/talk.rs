//! The talk: a list of which only the visible rows are ever looked at, from the end or from where it was scrolled to.

mod rows;

use ratatui_core::layout::Rect;

pub(super) use self::rows::{revealed, scrolled};

use super::pen::Pen;
use crate::base::id::MemberId;
use crate::base::time::{Mono, Unix};
use crate::chat::duration;
use crate::chat::event::{Fate, Message, Person};
use crate::chat::model::Room;
use crate::chat::name::{Kind, Level, Motion};
use crate::chat::request::invite_in;
use crate::chat::scrollback::{Row, Said};
use crate::chat::telling::{self, Told};
use crate::tui::burn;
use crate::tui::overlay::in_the_talk;
use crate::tui::place::Place;
use crate::tui::screen::{Moment, Screen, fate_words};
use crate::tui::theme::Ink;
use crate::tui::wrap;

/// Columns of the fuse.
const FUSE: u16 = 5;
/// From here on each second is shown, and warmly.
const LAST_MS: u64 = 10_000;
/// From here on a name has a column of its own that is wide enough to be looked along.
const ROOMY: u16 = 60;
/// From here on a sign stands before each name as well.
const WIDE: u16 = 72;
/// So long after somebody's message the next one of theirs stands under it without a name.
const TOGETHER_MS: u64 = 300_000;

/// Columns of a row.
#[derive(Clone, Copy)]
struct Columns {
    /// The sign before a name, where there is room for it.
    avatar: Option<u16>,
    name: u16,
    text: u16,
    width: u16,
    right: u16,
}

/// What a row of the talk shows.
enum Shape<'a> {
    Said(&'a Said),
    /// A message that burned, sent then.
    Ash(Unix),
    Told(Told, Unix),
}

/// A row with what stands above it.
struct Item<'a> {
    number: u64,
    shape: Shape<'a>,
    /// A day begins here.
    day: bool,
    /// What follows came while nobody looked.
    new: bool,
    /// It follows its author's own message closely.
    together: bool,
    lines: u16,
}

/// What drawing found out.
#[derive(Default)]
pub(super) struct Seen {
    /// When the picture changes by itself.
    pub(super) changes: Option<Mono>,
    /// The first row and how many of its lines are above the edge.
    pub(super) top: Option<(u64, u16)>,
    /// All there is can be seen.
    pub(super) whole: bool,
    /// Messages that stood on the screen.
    pub(super) read: Vec<u64>,
}

impl Columns {
    fn of(area: Rect) -> Columns {
        let avatar = (area.width >= WIDE).then_some(area.x + 6);
        let name = avatar.map_or(area.x + 6, |avatar| avatar + 2);
        let text = name + if area.width >= ROOMY { 9 } else { 6 };
        let right = area.right().saturating_sub(1);
        let width = right.saturating_sub(FUSE + 1).saturating_sub(text).max(1);
        Columns { avatar, name, text, width, right }
    }
}

struct Talk<'a> {
    screen: &'a Screen,
    room: &'a Room,
    place: &'a Place,
    /// With whom it is, if it is with one person alone.
    with: Option<MemberId>,
    at: Moment,
    columns: Columns,
    /// Living messages that came while nobody looked.
    new: usize,
}

/// Draws the talk of a room.
pub(super) fn draw(
    screen: &Screen,
    room: &Room,
    place: &Place,
    at: Moment,
    area: Rect,
    pen: &mut Pen<'_>,
) -> Seen {
    let talk = Talk::new(screen, room, place, at, area);
    let (items, above, whole) = talk.laid_out(area.height);
    let mut seen = Seen { whole, top: rows::first_seen(&items, above), ..Seen::default() };
    let mut y = i32::from(area.y) - i32::from(above);
    let mut fires = 0;
    for item in &items {
        talk.item(item, y, area, pen, &mut seen, &mut fires);
        y += i32::from(item.height());
    }
    seen
}

impl Item<'_> {
    fn height(&self) -> u16 {
        self.lines + u16::from(self.day) + u16::from(self.new)
    }
}

impl<'a> Talk<'a> {
    fn new(screen: &'a Screen, room: &'a Room, place: &'a Place, at: Moment, area: Rect) -> Talk<'a> {
        let with = screen.circle().and_then(|circle| circle.with);
        let new = new_rows(room, place, with);
        Talk { screen, room, place, with, at, columns: Columns::of(area), new }
    }

    fn shape(&self, number: u64, row: &'a Row) -> Option<Shape<'a>> {
        if number <= self.place.cleared {
            return None;
        }
        let names = |person: &Person| self.screen.name(Some(&self.room.name), person);
        match row {
            Row::Said(said) if said.hidden => None,
            Row::Said(said) if said.message.partner().map(|person| person.id) != self.with => {
                self.aside(number, said)
            }
            Row::Said(said) if said.burned.is_some() || said.message.left_ms(self.at.now) == Some(0) => {
                self.place.ash.contains_key(&number).then_some(Shape::Ash(said.message.sent))
            }
            Row::Said(said) => Some(Shape::Said(said)),
            Row::Told(event, when) => {
                let when = self.at.calendar(*when);
                let told = telling::tell(event, &names, when)?;
                // Of what happens in the room only an alarm is told between two.
                let here = self.with.is_none() || told.level == Level::Error;
                here.then_some(Shape::Told(told, when))
            }
            Row::Moved(_) if self.with.is_some() => None,
            Row::Moved(moves) => {
                let between = if self.screen.look.ascii { ", " } else { " \u{b7} " };
                let told = telling::moved(moves, &names, between);
                Some(Shape::Told(told, self.at.calendar(moves.since())))
            }
        }
    }

    /// Of what somebody wrote to this node alone the room's talk says that it is there, until it was looked at.
    fn aside(&self, number: u64, said: &Said) -> Option<Shape<'a>> {
        let from = said.message.partner().filter(|_| self.with.is_none())?;
        let (last, _) = self.room.scroll.unread_from(&from.id).next_back()?;
        if last != number {
            return None;
        }
        let name = self.screen.name(Some(&self.room.name), from);
        let key = self.screen.key_to(&said.message.circle());
        Some(Shape::Told(telling::aside(&name, said.message.is_asking(), &key), said.message.sent))
    }

    /// A row with its surroundings; `before` is the visible row above it.
    fn item(
        &self,
        item: &Item<'_>,
        y: i32,
        area: Rect,
        pen: &mut Pen<'_>,
        seen: &mut Seen,
        fires: &mut usize,
    ) {
        let mut y = y;
        if item.day {
            self.across(&day_words(self.at, self.when(&item.shape)), y, area, pen, Ink::Dim);
            // What is today now is yesterday then.
            soon(&mut seen.changes, self.at.midnight());
            y += 1;
        }
        if item.new {
            self.across(&format!("{} new", self.new), y, area, pen, Ink::Mention);
            y += 1;
        }
        let Columns { avatar, name, text, right, .. } = self.columns;
        let row = |line: usize| visible(y + line as i32, area);
        match &item.shape {
            Shape::Ash(_) => {
                let dots = pen.sign("\u{b7} \u{b7} \u{b7}", ". . .");
                if let Some(y) = row(0) {
                    pen.put(text, y, dots, Ink::Dim, 5);
                }
            }
            Shape::Told(told, _) => {
                let ink = match told.level {
                    Level::Info => Ink::Told,
                    Level::Warn => Ink::Warn,
                    Level::Error => Ink::Bad,
                };
                let sign = match told.level {
                    Level::Info => "~",
                    Level::Warn | Level::Error => "!",
                };
                if let Some(y) = row(0) {
                    self.clock(self.when(&item.shape), y, area, pen);
                    pen.put(avatar.unwrap_or(name), y, sign, ink, 1);
                }
                let line = sentence(told);
                for (n, part) in wrap::lines(&line, self.told_width()).enumerate() {
                    if let Some(y) = row(n) {
                        pen.put(text, y, part, ink, right.saturating_sub(text));
                    }
                }
            }
            Shape::Said(said) => self.said(item, said, y, area, pen, seen, fires),
        }
        if self.place.chosen == Some(item.number) {
            for line in 0..usize::from(item.lines) {
                if let Some(y) = row(line) {
                    pen.choose(Rect { y, height: 1, ..area });
                }
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one row's drawing, split off for its length")]
    fn said(
        &self,
        item: &Item<'_>,
        said: &Said,
        y: i32,
        area: Rect,
        pen: &mut Pen<'_>,
        seen: &mut Seen,
        fires: &mut usize,
    ) {
        let Columns { name, text, width, right, .. } = self.columns;
        let message = &said.message;
        let first = visible(y, area);
        if let Some(y) = first {
            if !item.together {
                self.clock(message.sent, y, area, pen);
                if let Some(x) = self.columns.avatar {
                    pen.avatar(x, y, self.author(message).avatar);
                }
                self.name(message, name, y, text - name - 1, pen);
            }
            self.fuse(message, y, right, pen, seen);
        }
        let ink = self.ink(message);
        let mut end = text;
        let mut last = None;
        for (n, part) in self.parts(message).enumerate() {
            last = visible(y + n as i32, area);
            if let Some(y) = last {
                end = pen.put(text, y, part, ink, width);
            }
        }
        if let Some(fate) = &said.fate {
            let words = fate_words(fate, pen.look.ascii);
            let ink = if matches!(fate, Fate::Failed(_)) { Ink::Bad } else { Ink::Dim };
            let columns = wrap::columns(&words) as u16;
            match (last, fate) {
                (_, Fate::Failed(why)) => {
                    let line = format!("not sent: {}", why.text());
                    if let Some(y) = visible(y + i32::from(item.lines) - 1, area) {
                        pen.put(text, y, &line, ink, width);
                    }
                }
                (Some(y), _) if end + columns < text + width => {
                    pen.put_right(text + width, y, &words, ink, columns);
                }
                _ => {}
            }
        }
        if first.is_some() {
            seen.read.push(item.number);
        }
        let left = message.left_ms(self.at.now);
        let motion = pen.look.motion;
        if let Some(left) = left.filter(|left| motion.burns(*left)) {
            *fires += 1;
            if *fires <= burn::AT_ONCE {
                let fire = pen.look.theme.fire(pen.look.depth);
                for line in 0..i32::from(item.lines) {
                    if let Some(y) = visible(y + line, area) {
                        let row = Rect { x: name, y, width: right.saturating_sub(name), height: 1 };
                        burn::burn(pen.cells, row, motion, left, fire, item.number);
                    }
                }
            }
            soon(&mut seen.changes, self.at.now + burn::FRAME_MS.min(left.max(1)));
        } else if let Some(left) = left.filter(|_| motion != Motion::None) {
            soon(&mut seen.changes, self.at.now + left.saturating_sub(motion.ms() - 1).max(1));
        }
    }

    /// The lines of a message.
    fn parts<'m>(&self, message: &'m Message) -> Box<dyn Iterator<Item = &'m str> + 'm> {
        match in_the_talk(message, self.at.now) {
            Some(text) => {
                let lines = wrap::lines(text.as_str(), usize::from(self.columns.width));
                Box::new(head(message, text.as_str()).into_iter().chain(lines))
            }
            None => Box::new(std::iter::once(self.sealed_words(message))),
        }
    }

    fn sealed_words(&self, message: &Message) -> &'static str {
        match (message.once_ms.is_some(), self.columns.width >= 40) {
            (true, true) => "[sealed] opens once: Esc, Enter",
            (true, false) => "[sealed] Enter",
            (false, true) => "[asks to write to you alone] Enter opens",
            (false, false) => "[asks] Enter opens",
        }
    }

    fn ink(&self, message: &Message) -> Ink {
        match message.kind {
            _ if (message.once_ms.is_some() && !message.mine) || message.is_sealed() => Ink::Key,
            Kind::Announce | Kind::Report => Ink::Warn,
            Kind::Action => Ink::Told,
            Kind::Text | Kind::Dm => Ink::Text,
        }
    }

    /// Who said it, as they are shown now: the sign they had then helps nobody to find them.
    fn author<'m>(&'m self, message: &'m Message) -> &'m Person {
        self.room.people.get(&message.from.id).unwrap_or(&message.from)
    }

    fn name(&self, message: &Message, x: u16, y: u16, most: u16, pen: &mut Pen<'_>) {
        if message.mine {
            pen.put(x, y, "you", Ink::Mine, most);
            return;
        }
        // Who reports whom stands above it. Under a name it would read like something said to all.
        if message.kind == Kind::Report {
            pen.put_cut(x, y, "report", Ink::Warn, most);
            return;
        }
        let person = &message.from;
        let colour = Ink::Name(self.author(message).avatar.colour());
        let tagged = self.room.people.needs_tag(person);
        // Where a nick misleads, what stands in its place cannot: the words come from the key.
        let shown = if tagged { person.tag.as_str() } else { person.nick.as_str() };
        pen.put_cut(x, y, shown, colour, most);
    }

    fn fuse(&self, message: &Message, y: u16, right: u16, pen: &mut Pen<'_>, seen: &mut Seen) {
        let (words, ink) = match message.left_ms(self.at.now) {
            _ if message.is_sealed() && message.once_ms.is_some() => ("once".to_owned(), Ink::Key),
            None if message.keep => ("keep".to_owned(), Ink::Dim),
            None => return,
            Some(left) => {
                soon(&mut seen.changes, self.at.now + duration::fuse_changes_in(left));
                let ink = match left {
                    0..=LAST_MS => Ink::Warn,
                    left if left * 4 < message.ttl_ms => Ink::Text,
                    _ => Ink::Dim,
                };
                (duration::fuse(left), ink)
            }
        };
        pen.put_right(right, y, &words, ink, FUSE);
    }

    fn clock(&self, when: Unix, y: u16, area: Rect, pen: &mut Pen<'_>) {
        let (hour, minute) = self.at.clock(when);
        pen.put(area.x, y, &format!("{hour:02}:{minute:02}"), Ink::Dim, 5);
    }

    fn across(&self, words: &str, y: i32, area: Rect, pen: &mut Pen<'_>, ink: Ink) {
        let Some(y) = visible(y, area) else { return };
        let dash = pen.sign("\u{2500}\u{2500}", "--");
        pen.put(area.x, y, &format!("{dash} {words} {dash}"), ink, area.width);
    }

    fn told_width(&self) -> usize {
        usize::from(self.columns.right.saturating_sub(self.columns.text).max(1))
    }
}

/// What a message is, where it is more than somebody's words to whoever reads them; colour alone says that to too few.
fn head(message: &Message, text: &str) -> Option<&'static str> {
    match message.kind {
        Kind::Announce => Some("[announcement]"),
        Kind::Text | Kind::Dm if !message.mine && invite_in(text).is_some() => {
            Some("[invite] Esc, Enter: go in")
        }
        // A report stands under that word instead of a name.
        Kind::Text | Kind::Dm | Kind::Action | Kind::Report => None,
    }
}

fn sentence(told: &Told) -> String {
    if told.hint.is_empty() { told.text.clone() } else { format!("{} ({})", told.text, told.hint) }
}

/// Living messages that came while nobody looked.
pub(super) fn new_rows(room: &Room, place: &Place, with: Option<MemberId>) -> usize {
    let Some(from) = place.new_from else { return 0 };
    let here = |said: &Said| said.message.partner().map(|person| person.id) == with;
    let new = |row: &Row| matches!(row, Row::Said(said) if said.burned.is_none() && !said.hidden && !said.message.mine && here(said));
    room.scroll.range(from..).filter(|(_, row)| new(row)).count()
}

fn day_words(at: Moment, of: Unix) -> String {
    match at.day(at.ts).saturating_sub(at.day(of)) {
        0 => "today".to_owned(),
        1 => "yesterday".to_owned(),
        days => format!("{days} days ago"),
    }
}

fn visible(y: i32, area: Rect) -> Option<u16> {
    u16::try_from(y).ok().filter(|y| (area.top()..area.bottom()).contains(y))
}

/// The sooner of two.
pub(super) fn soon(one: &mut Option<Mono>, other: Mono) {
    *one = Some(one.map_or(other, |one| one.min(other)));
}
