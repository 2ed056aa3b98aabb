//! The burn: the last moments of a row, as a function of time and nothing else. It keeps nothing, so it cannot outlive the
//! text; it is drawn over cells that the model's own text has just filled, and the model drops that text at the deadline
//! whether or not anybody draws.

use ratatui_core::buffer::Buffer;
use ratatui_core::layout::Rect;
use ratatui_core::style::{Color, Modifier, Style};

use crate::chat::name::Motion;

/// Rows that burn at the same time at most; more would be a firework.
pub(super) const AT_ONCE: usize = 6;
/// Between two pictures of a burn.
pub(super) const FRAME_MS: u64 = 33;

const ORANGE: Color = Color::Rgb(0xff, 0x8c, 0x1a);
const DARK_RED: Color = Color::Rgb(0x8b, 0x1a, 0x0e);

/// The colours of a fire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fire {
    /// What has just caught.
    pub(super) flame: Style,
    /// What is nearly gone.
    pub(super) ember: Style,
}

impl Fire {
    /// On terminals of many colours.
    pub(super) const RICH: Fire = Fire { flame: Style::new().fg(ORANGE), ember: Style::new().fg(DARK_RED) };
    /// On terminals of sixteen.
    pub(super) const PLAIN: Fire =
        Fire { flame: Style::new().fg(Color::Yellow), ember: Style::new().fg(Color::Red) };
    /// Without colours.
    pub(super) const MONO: Fire = Fire {
        flame: Style::new().add_modifier(Modifier::BOLD),
        ember: Style::new().add_modifier(Modifier::DIM),
    };
}

impl Motion {
    /// How long the burn lasts. It ends at the deadline; it never prolongs anything.
    pub(super) fn ms(self) -> u64 {
        match self {
            Motion::Full => 700,
            Motion::Subtle => 300,
            Motion::None => 0,
        }
    }

    /// Whether a message with so long to live is burning.
    pub(super) fn burns(self, left_ms: u64) -> bool {
        left_ms < self.ms()
    }
}

/// Burns the cells of `area`, so long before the deadline. `seed` gives every row a fire of its own.
pub(super) fn burn(buffer: &mut Buffer, area: Rect, motion: Motion, left_ms: u64, fire: Fire, seed: u64) {
    let length = motion.ms();
    if length == 0 || left_ms >= length || area.width == 0 {
        return;
    }
    // Parts of a thousand, so that no rounding differs between machines.
    let progress = (length - left_ms) * 1_000 / length;
    let area = area.intersection(buffer.area);
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            let Some(cell) = buffer.cell_mut((x, y)) else { continue };
            if motion == Motion::Subtle {
                cell.set_style(if progress < 500 { fire.flame } else { fire.ember });
                continue;
            }
            // The rightmost cell catches at once, the leftmost after half the time; each then takes the other half.
            let from_right = u64::from(area.right() - 1 - x) * 500 / u64::from(area.width);
            let Some(burnt) = progress.checked_sub(from_right) else { continue };
            match burnt * 2 {
                0..300 => {
                    cell.set_style(fire.flame);
                }
                300.. if burnt * 2 - 300 > 700 * scatter(seed, x, y) / 1_000 => {
                    // The ground stays: what is left looks like a row with nothing on it.
                    let ground = cell.bg;
                    cell.reset();
                    cell.set_bg(ground);
                }
                _ => {
                    cell.set_style(fire.ember);
                }
            }
        }
    }
}

/// A number under a thousand that looks like chance and is none.
fn scatter(seed: u64, x: u16, y: u16) -> u64 {
    let mut mixed = seed ^ (u64::from(x) << 32) ^ (u64::from(y) << 16);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)) % 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = "bob  meet at the old pier at nine tonight, bring the key";

    fn frame(motion: Motion, left_ms: u64) -> Buffer {
        let mut buffer = Buffer::with_lines([ROW]);
        let area = buffer.area;
        burn(&mut buffer, area, motion, left_ms, Fire::RICH, 7);
        buffer
    }

    fn left(buffer: &Buffer) -> usize {
        buffer.content.iter().filter(|cell| cell.symbol() != " ").count()
    }

    #[test]
    fn it_only_ever_takes_away_and_ends_with_nothing() {
        let mut before = left(&frame(Motion::Full, 700));
        for left_ms in (0..700).rev() {
            let now = left(&frame(Motion::Full, left_ms));
            assert!(now <= before, "{left_ms} ms before the end");
            before = now;
        }
        assert_eq!(before, 0);
    }

    #[test]
    fn what_burned_leaves_the_ground_it_stood_on() {
        for left_ms in [699, 350, 1, 0] {
            let mut buffer = Buffer::with_lines([ROW]);
            let area = buffer.area;
            buffer.set_style(area, Style::new().bg(Color::Blue));
            burn(&mut buffer, area, Motion::Full, left_ms, Fire::RICH, 7);
            assert!(buffer.content.iter().all(|cell| cell.bg == Color::Blue), "{left_ms} ms before the end");
        }
    }

    #[test]
    fn it_goes_from_the_fuse_to_the_left() {
        let middle = frame(Motion::Full, 400);
        let half = middle.area.width as usize / 2;
        let taken = |cells: &[ratatui_core::buffer::Cell]| cells.iter().filter(|c| c.symbol() == " ").count();
        let (first, second) = middle.content.split_at(half);
        assert!(taken(second) > taken(first));
    }

    #[test]
    fn with_no_motion_the_picture_is_untouched_and_a_subtle_one_changes_colours_only() {
        for left_ms in [0, 1, 300, 700] {
            assert_eq!(frame(Motion::None, left_ms), Buffer::with_lines([ROW]));
            let subtle = frame(Motion::Subtle, left_ms);
            let symbols: String = subtle.content.iter().map(|cell| cell.symbol()).collect();
            assert_eq!(symbols, ROW);
        }
    }
}
