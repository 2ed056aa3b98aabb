//! The end of a message, to the millisecond: what is drawn before it, that nothing is left after it, and that nobody draws
//! when nothing changes.

use ephem_node::chat::name::BurnWhy;
use ephem_node::tui::canvas::Canvas;
use ephem_node::tui::{Key, Look, Motion};
use ratatui_core::buffer::Buffer;

use crate::emulator::{Emulator, Sink, Widths};
use crate::stage::{MINUTE, Stage};

/// Letters that stand nowhere else on these screens.
const BRIEF: &str = "ZQXJ ZQXJZQ \u{706b}\u{1f525} XJZQ";
const LIVES: u64 = 12_000;

fn talk(motion: Motion) -> Stage {
    let mut stage = Stage::new(Look { motion, ..Look::default() }).in_room("lobby", &["ana", "bob"]);
    stage.say("lobby", "ana", "this one stays", Some(40 * MINUTE));
    stage.say("lobby", "bob", BRIEF, Some(LIVES));
    stage.say("lobby", "ana", "and so does this", Some(40 * MINUTE));
    stage
}

/// The picture at each instant, so many milliseconds after the beginning.
fn at(stage: &mut Stage, from: ephem_node::base::time::Mono, ms: u64) -> Buffer {
    stage.now = from + ms;
    let now = stage.at();
    stage.screen.tick(now);
    stage.cells(80, 24).0
}

fn holds(cells: &Buffer) -> bool {
    cells.content.iter().any(|cell| cell.symbol() != " " && "ZQXJ\u{706b}\u{1f525}".contains(cell.symbol()))
}

/// The row the brief message stands in.
fn row(cells: &Buffer) -> u16 {
    (0..24).find(|&y| (0..80).any(|x| cells[(x, y)].symbol() == "Z")).expect("it is drawn")
}

#[test]
fn without_motion_only_the_fuse_changes_until_the_end() {
    let mut still = talk(Motion::None);
    let from = still.now;
    let first = at(&mut still, from, 1);
    let burning = row(&first);
    let mut fuses = Vec::new();
    for ms in (1..LIVES).step_by(7).chain(LIVES - 701..LIVES) {
        let mut now = at(&mut still, from, ms);
        let fuse: String = (74..79).map(|x| now[(x, burning)].symbol()).collect();
        if fuses.last() != Some(&fuse) {
            fuses.push(fuse);
        }
        for x in 74..79 {
            now[(x, burning)] = first[(x, burning)].clone();
        }
        assert_eq!(now, first, "{} ms before the end", LIVES - ms);
    }
    let wanted: Vec<String> = ["20s", "10s", "9s", "8s", "7s", "6s", "5s", "4s", "3s", "2s", "1s"]
        .map(|s| format!("{s:>5}"))
        .into();
    assert_eq!(fuses, wanted, "the countdown goes on");
}

#[test]
fn motion_touches_its_own_rows_only_and_only_at_the_end() {
    for (motion, length) in [(Motion::Full, 700), (Motion::Subtle, 300)] {
        let (mut moving, mut still) = (talk(motion), talk(Motion::None));
        let from = still.now;
        let burning = row(&at(&mut still, from, 1));
        for ms in (1..LIVES + 6_000).step_by(97).chain(LIVES - length - 3..LIVES + 3) {
            let (mut a, b) = (at(&mut moving, from, ms), at(&mut still, from, ms));
            if (LIVES - length + 1..LIVES).contains(&ms) {
                for x in 0..80 {
                    a[(x, burning)] = b[(x, burning)].clone();
                }
            }
            assert_eq!(a, b, "{motion:?}, {ms} ms");
        }
    }
}

#[test]
fn after_the_end_no_cell_no_buffer_and_no_terminal_holds_a_letter_of_it() {
    for motion in [Motion::Full, Motion::Subtle, Motion::None] {
        let mut stage = talk(motion);
        let (sink, mut terminal) = (Sink::default(), Emulator::new(80, 24, Widths::Clusters));
        let mut canvas = Canvas::new(sink.clone(), (80, 24));
        let end = stage.now + LIVES;
        let mut drawn = 0;
        while stage.now < end {
            let now = stage.at();
            stage.screen.tick(now);
            canvas.draw(|cells| stage.screen.draw(now, cells)).expect("a sink takes all");
            terminal.read(&sink.take());
            if stage.now + 800 < end {
                assert!(canvas.frames().into_iter().any(holds) && terminal.grid.text().contains("ZQXJ"));
            }
            assert!(!holds(canvas.frames()[1]), "the frame before is empty at any time");
            drawn += 1;
            stage.now = stage.screen.next_due().expect("its end").max(stage.now + 1);
        }
        assert_eq!(stage.now, end, "it looks again at the very end");
        let now = stage.at();
        stage.screen.tick(now);
        canvas.draw(|cells| stage.screen.draw(now, cells)).expect("a sink takes all");
        terminal.read(&sink.take());
        assert!(!canvas.frames().into_iter().any(holds), "{motion:?}");
        for letter in BRIEF.chars().filter(|c| *c != ' ') {
            assert!(!terminal.grid.text().contains(letter), "{motion:?}: {letter}");
        }
        assert!(terminal.grid.text().contains("this one stays"));
        assert!(drawn < 40, "{motion:?}: {drawn} frames for twelve seconds");
        assert_eq!(terminal.grid.strange, Vec::<String>::new());
    }
}

#[test]
fn a_frame_that_is_drawn_late_shows_nothing_of_it_even_before_a_tick() {
    for motion in [Motion::Full, Motion::None] {
        let mut stage = talk(motion);
        stage.now = stage.now + LIVES;
        assert!(!holds(&stage.cells(80, 24).0));
    }
}

#[test]
fn the_text_is_dropped_though_nobody_draws() {
    let mut stage = talk(Motion::Full);
    // Covered by a box, by the curtain, in a room behind, in a window too small: it ends all the same.
    stage.key(Key::F(12));
    assert_eq!(stage.screen.next_due(), Some(stage.now + LIVES));
    stage.now = stage.now + LIVES;
    let now = stage.at();
    stage.screen.tick(now);
    let room = &stage.screen.model().rooms()[0];
    assert_eq!(room.scroll.living().count(), 2);
    let held = room.scroll.rows().filter(|(_, row)| format!("{row:?}").contains("Body(")).count();
    assert_eq!(held, 2, "the text itself is gone, not only its row");
}

#[test]
fn what_is_taken_back_is_gone_at_once() {
    let mut stage = talk(Motion::Full);
    let id = stage.say("lobby", "bob", "ZZZZ", Some(MINUTE));
    stage.burned("lobby", id, BurnWhy::Sender);
    let shown = stage.picture(80, 24);
    assert!(!shown.contains("ZZZZ"), "{shown}");
}

#[test]
fn nobody_looks_while_nothing_changes() {
    let mut stage = Stage::new(Look::default()).in_room("lobby", &["ana"]);
    for n in 0..10 {
        stage.say("lobby", "ana", &format!("row {n}"), Some(600 * MINUTE));
    }
    // Let what is new settle, then ten minutes of nothing.
    stage.pass(30_000);
    let before = stage.picture(80, 24);
    let (mut looks, end) = (0, stage.now + 10 * MINUTE);
    let mut last = stage.cells(80, 24).0;
    while let Some(due) = stage.screen.next_due().filter(|due| *due <= end) {
        stage.now = due;
        let now = stage.at();
        stage.screen.tick(now);
        let cells = stage.cells(80, 24).0;
        assert_ne!(cells, last, "a frame without a change");
        (last, looks) = (cells, looks + 1);
    }
    // The age of the keys is told in minutes, and nothing else changes: the fuses say hours.
    assert_eq!(looks, 10);
    assert_ne!(before, stage.picture(80, 24));
}
