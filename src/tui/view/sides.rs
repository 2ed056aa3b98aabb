//! The lists beside the talk: which rooms there are, and who is here.

use ratatui_core::layout::Rect;

use super::pen::Pen;
use crate::chat::event::Person;
use crate::chat::model::Room;
use crate::chat::name::Role;
use crate::tui::screen::Screen;
use crate::tui::theme::Ink;
use crate::tui::wrap;

/// The rooms.
pub(super) fn rooms(screen: &Screen, area: Rect, pen: &mut Pen<'_>) {
    pen.put(area.x + 1, area.y, "ROOMS", Ink::Dim, area.width);
    for (n, room) in screen.model.rooms().iter().enumerate().take(usize::from(area.height.saturating_sub(1)))
    {
        let front = screen.front().is_some_and(|front| front.name == room.name);
        room_row(screen, room, n, front, Rect { y: area.y + 1 + n as u16, height: 1, ..area }, pen);
    }
}

/// One room with what waits in it.
pub(super) fn room_row(_: &Screen, room: &Room, n: usize, front: bool, row: Rect, pen: &mut Pen<'_>) {
    let here = if front { pen.sign("\u{25b8}", ">") } else { " " };
    let ink = if front { Ink::Mine } else { Ink::Text };
    let x = pen.put(row.x, row.y, here, Ink::Key, 1);
    let number = if n < 9 { format!("{} ", n + 1) } else { "  ".to_owned() };
    let x = pen.put(x, row.y, &number, Ink::Dim, 2);
    let waits = match (room.mentions, room.unread) {
        (0, 0) => String::new(),
        (0, unread) => unread.to_string(),
        (mentions, _) => format!("@{mentions}"),
    };
    let columns = wrap::columns(&waits) as u16;
    let left = row.right().saturating_sub(x + columns + 1);
    pen.put(x, row.y, &format!("#{}", room.name.as_str()), ink, left);
    if !waits.is_empty() {
        let ink = if room.mentions > 0 { Ink::Mention } else { Ink::Text };
        pen.put_right(row.right().saturating_sub(1), row.y, &waits, ink, columns);
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
            (_, true) => " (away)",
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
