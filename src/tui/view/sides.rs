//! The lists beside the talk: which rooms there are, and who is here.

use ratatui_core::layout::Rect;

use super::pen::Pen;
use crate::chat::circle::Circle;
use crate::chat::event::Person;
use crate::chat::listing::Listing;
use crate::chat::model::Room;
use crate::chat::name::Role;
use crate::tui::screen::Screen;
use crate::tui::theme::Ink;
use crate::tui::wrap;

/// A row of the list.
enum Row<'a> {
    Head(&'static str),
    Circle(usize, &'a Circle),
    Nearby(&'a Listing),
}

/// The rooms, the people one talks with alone, and the rooms that neighbours tell of.
pub(super) fn rooms(screen: &Screen, area: Rect, pen: &mut Pen<'_>) {
    let (all, front) = (screen.circles(), screen.circle());
    let heads = |circle: &Circle, n: usize| {
        let first = n == 0 || all.get(n - 1).is_some_and(|before| before.with.is_none());
        match circle.with {
            None => (n == 0).then_some("ROOMS"),
            Some(_) => first.then_some("DIRECT"),
        }
    };
    let mut rows: Vec<Row<'_>> = Vec::new();
    for (n, circle) in all.iter().enumerate() {
        rows.extend(heads(circle, n).map(Row::Head));
        rows.push(Row::Circle(n, circle));
    }
    if rows.is_empty() {
        rows.push(Row::Head("ROOMS"));
    }
    let is_front = |row: &Row<'_>| matches!(row, Row::Circle(_, circle) if Some(*circle) == front.as_ref());
    // What is in front can be seen, however many there are.
    let height = usize::from(area.height);
    let skip = rows.iter().position(is_front).map_or(0, |at| (at + 1).saturating_sub(height));
    rows.extend(screen.nearby().next().map(|_| Row::Head("NEARBY")));
    rows.extend(screen.nearby().map(Row::Nearby));
    for (at, row) in rows.iter().skip(skip).take(height).enumerate() {
        let area = Rect { y: area.y + at as u16, height: 1, ..area };
        match row {
            Row::Head(head) => drop(pen.put(area.x + 1, area.y, head, Ink::Dim, area.width)),
            Row::Circle(n, circle) => circle_row(screen, circle, *n, is_front(row), area, pen),
            Row::Nearby(listing) => nearby_row(listing, area, pen),
        }
    }
}

/// A room that a neighbour tells of; one that looks like another stands out.
fn nearby_row(listing: &Listing, row: Rect, pen: &mut Pen<'_>) {
    let x = pen.put(row.x, row.y, " + ", Ink::Dim, 3);
    let (more, ink) = match listing.alike {
        true => ("?".to_owned(), Ink::Warn),
        false => (listing.members.to_string(), Ink::Dim),
    };
    let columns = wrap::columns(&more) as u16;
    let left = row.right().saturating_sub(x + columns + 2);
    pen.put(x, row.y, &format!("#{}", listing.room.as_str()), ink, left);
    pen.put_right(row.right().saturating_sub(1), row.y, &more, ink, columns);
}

/// One room, or one person, with what waits there.
pub(super) fn circle_row(
    screen: &Screen,
    circle: &Circle,
    n: usize,
    front: bool,
    row: Rect,
    pen: &mut Pen<'_>,
) {
    let Some((room, person)) = screen.who_is(circle) else { return };
    let here = if front { pen.sign("\u{25b8}", ">") } else { " " };
    let ink = if front { Ink::Mine } else { Ink::Text };
    let x = pen.put(row.x, row.y, here, Ink::Key, 1);
    let number = if n < 9 { format!("{} ", n + 1) } else { "  ".to_owned() };
    let mut x = pen.put(x, row.y, &number, Ink::Dim, 2);
    let (waits, about_me) = waits(screen, room, circle);
    let columns = wrap::columns(&waits) as u16;
    let name = match person {
        Some(person) => {
            x = pen.avatar(x, row.y, person.avatar) + 1;
            screen.short_name(room, person)
        }
        None => &format!("#{}", room.name.as_str()),
    };
    let left = row.right().saturating_sub(x + columns + 1 + u16::from(columns > 0));
    pen.put(x, row.y, name, ink, left);
    let ink = if about_me { Ink::Mention } else { Ink::Text };
    pen.put_right(row.right().saturating_sub(1), row.y, &waits, ink, columns);
}

/// How much waits there, in a few columns, and whether it is for this person rather than for all.
pub(super) fn waits(screen: &Screen, room: &Room, circle: &Circle) -> (String, bool) {
    match &circle.with {
        None => match (room.mentions, room.unread) {
            (0, 0) => (String::new(), false),
            (0, unread) => (unread.to_string(), false),
            (mentions, _) => (format!("@{mentions}"), true),
        },
        Some(with) => {
            let asks = |row: u64| room.scroll.get(row).is_some_and(|said| said.message.is_asking());
            match room.scroll.unread_from(with).count() {
                _ if room.scroll.alone().rows(with).any(asks) => ("?".to_owned(), true),
                0 => (String::new(), false),
                // This picture shows them.
                _ if screen.focused && screen.circle().as_ref() == Some(circle) => (String::new(), false),
                unread => (format!("@{unread}"), true),
            }
        }
    }
}

/// Who is here.
pub(super) fn members(screen: &Screen, room: &Room, area: Rect, scroll: &mut usize, pen: &mut Pen<'_>) {
    pen.put(area.x + 1, area.y, &format!("MEMBERS {}", room.facts.members), Ink::Dim, area.width);
    let mut rows: Vec<(&Person, bool, bool)> = room.people.iter().collect();
    rows.sort_by(|a, b| b.0.role.cmp(&a.0.role).then_with(|| a.0.nick.as_str().cmp(b.0.nick.as_str())));
    let shown = usize::from(area.height.saturating_sub(1));
    *scroll = (*scroll).min(rows.len().saturating_sub(shown));
    for (n, (person, away, alike)) in rows.into_iter().skip(*scroll).take(shown).enumerate() {
        let y = area.y + 1 + n as u16;
        let sign = match person.role {
            Role::Owner => pen.sign("\u{2666}", "*"),
            Role::Admin => pen.sign("\u{25b2}", "+"),
            Role::Member => " ",
        };
        let x = pen.put(area.x + 1, y, sign, Ink::Key, 1);
        let x = pen.avatar(x, y, person.avatar) + 1;
        let mine = screen.model.is_me(&person.id);
        let ink = match (mine, away) {
            (true, _) => Ink::Mine,
            (_, true) => Ink::Dim,
            _ => Ink::Name(person.avatar.colour()),
        };
        let left = area.right().saturating_sub(x);
        let shown = if alike { person.tag.as_str() } else { person.nick.as_str() };
        let x = pen.put(x, y, shown, ink, left);
        let more = match (mine, away) {
            (true, _) => " (you)",
            (_, true) if person.friend => " (friend, away)",
            (_, true) => " (away)",
            _ if person.friend => " (friend)",
            _ => "",
        };
        let x = pen.put(x, y, more, Ink::Dim, area.right().saturating_sub(x));
        if !person.status.is_empty() {
            // Not by its colour alone: a nick may have spaces as well.
            let between = pen.sign(" \u{b7} ", " - ");
            let x = pen.put(x, y, between, Ink::Dim, area.right().saturating_sub(x));
            pen.put(x, y, person.status.as_str(), Ink::Dim, area.right().saturating_sub(x));
        }
    }
}
