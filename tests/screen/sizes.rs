//! Windows of every size, one after the other.

use ephem_node::tui::canvas::Canvas;
use ephem_node::tui::{Key, Look, Press};

use crate::emulator::{Emulator, Sink, Widths};
use crate::stage::{MINUTE, Stage};

#[test]
fn a_thousand_sizes_lose_neither_the_draft_nor_the_place() {
    let mut stage = Stage::new(Look::default()).in_room("lobby", &["ana", "bob"]);
    for n in 0..80 {
        stage.say(
            "lobby",
            "ana",
            &format!("m{n:02} {}", "and on \u{706b} ".repeat(n % 9)),
            Some(30 * MINUTE),
        );
    }
    stage.cells(80, 24);
    stage.key(Key::PageUp);
    stage.key(Key::PageUp);
    stage.typed("a draft of mine");
    let first = |stage: &mut Stage| {
        let shown = stage.picture(120, 35);
        shown.lines().nth(2).expect("a row").to_owned()
    };
    let before = first(&mut stage);
    let sink = Sink::default();
    let mut canvas = Canvas::new(sink.clone(), (80, 24));
    let mut terminal = Emulator::new(80, 24, Widths::Clusters);
    let mut drawn = 7_u32;
    println!("seed {drawn}");
    let mut draw = |most: u32| {
        drawn = drawn.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (drawn >> 16) % most + 1
    };
    let boxes = [None, Some(Key::F(1)), Some(Key::F(2)), Some(Key::F(3)), Some(Key::F(5)), Some(Key::F(12))];
    for n in 0..1_000 {
        let (width, height) = (draw(300) as u16, draw(100) as u16);
        let (width, height) = if n % 4 == 0 { (width % 40 + 1, height % 12 + 1) } else { (width, height) };
        if let Some(key) = boxes[n % boxes.len()] {
            stage.key(key);
        }
        canvas.resize((width, height));
        terminal.resize(width.into(), height.into());
        let at = stage.at();
        canvas.draw(|cells| stage.screen.draw(at, cells)).expect("a sink takes all");
        terminal.read(&sink.take());
        same(&canvas, &terminal);
        stage.key(Key::Esc);
    }
    assert_eq!(terminal.grid.strange, Vec::<String>::new());
    assert_eq!(first(&mut stage), before, "the first row is where it was");
    assert!(stage.picture(80, 24).contains("a draft of mine"));
    // And the last line of it can still be edited.
    stage.press(Press { ctrl: true, ..Press::of(Key::Char('w')) });
    let shown = stage.picture(80, 24);
    assert!(shown.contains("a draft of") && !shown.contains("of mine"), "{shown}");
}

/// What the terminal shows is what was drawn.
fn same(canvas: &Canvas<Sink>, terminal: &Emulator) {
    let [shown, _] = canvas.frames();
    for y in 0..shown.area.height {
        let mut x = 0;
        while x < shown.area.width {
            let symbol = shown[(x, y)].symbol();
            assert_eq!(terminal.grid.cell(x.into(), y.into()), symbol, "at {x},{y}");
            x += unicode_width::UnicodeWidthStr::width(symbol).max(1) as u16;
        }
    }
}
