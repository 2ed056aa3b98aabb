//! Pictures for the documents: cells as SVG, drawn from the same states as the golden ones. A test holds them to what the
//! screen draws; `just pictures` writes them anew.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use ephem_node::chat::name::{Mode, RoomChange, Route, Standing};
use ephem_node::tui::{Depth, Key, Look, Theme};
use ratatui_core::buffer::{Buffer, Cell};
use ratatui_core::style::{Color, Modifier};

use crate::stage::{MINUTE, Stage, evening, text_of};

/// A cell, and how far down its letters stand.
const CELL: (f32, f32) = (8.4, 18.0);
const BASE: f32 = 13.5;
/// Free space around.
const EDGE: f32 = 10.0;

/// The colours of a cell, ground last, and what else its letters have.
fn ink(cell: &Cell) -> (String, String, Modifier) {
    let hex = |colour, other: &str| match colour {
        Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        _ => other.to_owned(),
    };
    let (front, ground) = (hex(cell.fg, "#dde1e6"), hex(cell.bg, "#16181d"));
    match cell.modifier.contains(Modifier::REVERSED) {
        true => (ground, front, cell.modifier),
        false => (front, ground, cell.modifier),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn svg(cells: &Buffer, title: &str) -> String {
    let area = cells.area;
    let size = (f32::from(area.width) * CELL.0 + 2.0 * EDGE, f32::from(area.height) * CELL.1 + 2.0 * EDGE);
    let ground = ink(&cells[(0, 0)]).1;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {:.1} {:.1}\" role=\"img\" aria-label=\"{title}\" \
         font-family=\"ui-monospace, Menlo, Consolas, monospace\" font-size=\"14\">\n<title>{title}</title>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"{ground}\"/>\n",
        size.0, size.1
    );
    for y in area.top()..area.bottom() {
        let mut x = area.left();
        while x < area.right() {
            let look = ink(&cells[(x, y)]);
            let (from, mut text) = (x, String::new());
            while x < area.right() && ink(&cells[(x, y)]) == look {
                text.push_str(cells[(x, y)].symbol());
                x += 1;
            }
            let (left, top) = (EDGE + f32::from(from) * CELL.0, EDGE + f32::from(y) * CELL.1);
            let wide = f32::from(x - from) * CELL.0;
            if look.1 != ground {
                let (high, fill) = (CELL.1, &look.1);
                writeln!(out, "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"{high:.1}\" fill=\"{fill}\"/>")
                    .expect("a string takes all");
            }
            let shown = text.trim_end();
            if shown.trim().is_empty() {
                continue;
            }
            let long = unicode_width::UnicodeWidthStr::width(shown) as f32 * CELL.0;
            let mut marks = String::new();
            for (modifier, mark) in [
                (Modifier::BOLD, " font-weight=\"bold\""),
                (Modifier::DIM, " opacity=\"0.85\""),
                (Modifier::UNDERLINED, " text-decoration=\"underline\""),
            ] {
                marks.push_str(if look.2.contains(modifier) { mark } else { "" });
            }
            writeln!(
                out,
                "<text x=\"{left:.1}\" y=\"{:.1}\" fill=\"{}\" textLength=\"{long:.1}\" xml:space=\"preserve\"{marks}>{}</text>",
                top + BASE,
                look.0,
                escaped(shown)
            )
            .expect("a string takes all");
        }
    }
    out.push_str("</svg>\n");
    out
}

fn held(name: &str, title: &str, (width, height): (u16, u16), mut stage: Stage) {
    let found = svg(&stage.cells(width, height).0, title);
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/screen").join(format!("{name}.svg"));
    if std::env::var_os("PICTURES").is_some_and(|how| how == "write") {
        return fs::write(&file, &found).expect("the picture is written");
    }
    let wanted = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        found == wanted,
        "docs/screen/{name}.svg is not what the screen draws: `just pictures` takes the new one"
    );
}

fn look(theme: Theme) -> Look {
    Look { theme, depth: Depth::True, ..Look::default() }
}

fn talk(look: Look) -> Stage {
    let mut stage = evening(look);
    for (peer, route) in
        [("12D3KooWana", Route::Lan), ("12D3KooWbob", Route::Direct), ("12D3KooWcarla", Route::Direct)]
    {
        stage.link(peer, route);
    }
    stage
}

#[test]
fn the_pictures_in_the_documents_are_what_the_screen_draws() {
    held("talk", "A talk", (80, 19), talk(look(Theme::Dark)));
    held("talk-wide", "A talk with the members beside it", (120, 22), talk(look(Theme::Dark)));
    held("talk-light", "A talk on a light ground", (80, 19), talk(look(Theme::Light)));
    let mut burning = talk(look(Theme::Dark));
    burning.pass(4_650);
    held("burning", "A message burns in its last moments", (80, 19), burning);
    let mut sealed = talk(look(Theme::Dark));
    let mut message = sealed.message("lobby", "carla", "the door code is 4471", Some(10 * MINUTE));
    (message.text, message.once_ms, message.dies) = (None, Some(15_000), None);
    sealed.tell_message(message);
    sealed.key(Key::Esc);
    sealed.key(Key::Enter);
    held("sealed", "A message that opens once", (80, 19), sealed);
    let mut direct = talk(look(Theme::Dark));
    for (nick, text) in [("ana", "the plan is wrong: there is no second door"), ("bob", "psst")] {
        let said = direct.alone("lobby", nick, text, 9 * MINUTE);
        direct.tell_message(said);
    }
    direct.press_alt('2');
    let mine = direct.to("lobby", "ana", "then by the stairs, at half past", 10 * MINUTE);
    let id = mine.id;
    direct.tell_message(mine);
    direct.delivered("lobby", id, 1, 1);
    held("direct", "A talk with one person alone", (80, 19), direct);
    let mut found = talk(look(Theme::Dark));
    crate::nearby::neighbours(&mut found);
    held("nearby", "Rooms of neighbours beside one's own", (100, 19), found);
    let mut first = Stage::new(look(Theme::Dark));
    let mut facts = Stage::facts(Mode::Open, Standing::Searching, 1);
    first.room("lobby", RoomChange::Joining, facts.clone());
    facts.state = Standing::Alone;
    first.room("lobby", RoomChange::State, facts);
    first.pass(12_000);
    held("alone", "The first one in a room", (80, 22), first);
}

#[test]
fn the_readme_shows_the_screen_as_it_is() {
    let text = text_of(&talk(look(Theme::Dark)).cells(80, 19).0);
    let readme =
        fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("a README");
    assert!(readme.contains(&text), "README.md has another picture than:\n{text}");
}
