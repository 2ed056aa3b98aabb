//! Colours by what they mean. Colour is never the only sign: whatever it says, a word or a glyph says too.

use ratatui_core::style::{Color, Modifier, Style};

use super::burn::Fire;
use crate::chat::name::{Colour, Motion, Theme};

/// How it is to look.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// The colours.
    pub theme: Theme,
    /// How many the terminal has.
    pub depth: Depth,
    /// How much moves.
    pub motion: Motion,
    /// Only letters that every terminal has.
    pub ascii: bool,
    /// What `auto` means on this terminal.
    pub usual: (Theme, Motion),
}

impl Default for Look {
    fn default() -> Look {
        let (theme, motion) = (Theme::Terminal, Motion::Full);
        Look { theme, depth: Depth::default(), motion, ascii: false, usual: (theme, motion) }
    }
}

/// What a piece of the screen means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    /// What people say.
    Text,
    /// What can be overlooked: times, hints, borders.
    Dim,
    /// This node's own name.
    Mine,
    /// Somebody's name.
    Name(Colour),
    /// What happened.
    Told,
    /// It is as it should be.
    Good,
    /// Something may be wrong, or ends soon.
    Warn,
    /// Something is wrong.
    Bad,
    /// What names me, and what waits for me.
    Mention,
    /// The room in front, the row under the cursor.
    Chosen,
    /// Keys and commands that can be used now.
    Key,
}

/// How many colours names are told apart by.
const NAMES: usize = Colour::ALL.len();

/// How many colours the terminal has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// None: bold, dim, underlined and reversed remain.
    Mono,
    /// Sixteen, and what they look like is the terminal's own choice.
    Sixteen,
    /// 256.
    Many,
    /// All.
    #[default]
    True,
}

/// One theme, as plain numbers. Background, then what is written on it.
struct Palette {
    ground: u32,
    text: u32,
    dim: u32,
    mine: u32,
    names: [u32; NAMES],
    good: u32,
    warn: u32,
    bad: u32,
    mention: u32,
    key: u32,
}

const DARK: Palette = Palette {
    ground: 0x16_18_1d,
    text: 0xdd_e1_e6,
    dim: 0x8b_93_a1,
    mine: 0xff_ff_ff,
    names: [0x7f_b4_ff, 0xf2_b8_6b, 0x8f_d6_94, 0xe7_9a_d4, 0x6f_d3_d3, 0xd8_d2_7a],
    good: 0x8f_d6_94,
    warn: 0xf2_b8_6b,
    bad: 0xff_8a_80,
    mention: 0xff_d2_5a,
    key: 0x7f_b4_ff,
};
const LIGHT: Palette = Palette {
    ground: 0xfd_fc_f8,
    text: 0x22_26_2c,
    dim: 0x66_6d_78,
    mine: 0x00_00_00,
    names: [0x0b_5a_c2, 0x93_50_00, 0x1e_6e_2c, 0x96_2a_7c, 0x0a_69_6e, 0x6a_5f_00],
    good: 0x1e_6e_2c,
    warn: 0x8f_4a_00,
    bad: 0xb3_1d_14,
    mention: 0x7a_4b_00,
    key: 0x0b_5a_c2,
};
const HIGH: Palette = Palette {
    ground: 0x00_00_00,
    text: 0xff_ff_ff,
    dim: 0xc8_c8_c8,
    mine: 0xff_ff_ff,
    names: [0x9f_cb_ff, 0xff_c8_7a, 0x9c_f0_a4, 0xff_b5_ea, 0x7d_f0_f0, 0xf2_ee_8a],
    good: 0x9c_f0_a4,
    warn: 0xff_c8_7a,
    bad: 0xff_b0_a8,
    mention: 0xff_e0_66,
    key: 0x9f_cb_ff,
};
// Okabe and Ito's eight, lightened where the ground asks for it.
const SAFE: Palette = Palette {
    ground: 0x12_14_18,
    text: 0xe6_e6_e6,
    dim: 0x94_9a_a4,
    mine: 0xff_ff_ff,
    names: [0x56_b4_e9, 0xe6_9f_00, 0xf0_e4_42, 0xd8_9c_be, 0x4a_a5_e0, 0xe8_a8_7c],
    good: 0x56_b4_e9,
    warn: 0xe6_9f_00,
    bad: 0xff_9a_5c,
    mention: 0xf0_e4_42,
    key: 0x56_b4_e9,
};

impl Theme {
    fn palette(self) -> Option<&'static Palette> {
        match self {
            Theme::Dark => Some(&DARK),
            Theme::Light => Some(&LIGHT),
            Theme::HighContrast => Some(&HIGH),
            Theme::Safe => Some(&SAFE),
            Theme::Terminal | Theme::Mono => None,
        }
    }

    /// How a meaning looks on a terminal of so many colours.
    pub(super) fn style(self, ink: Ink, depth: Depth) -> Style {
        let plain = marks(ink);
        match (self, depth) {
            (Theme::Mono, _) | (_, Depth::Mono) => plain,
            // A chosen row is reversed in every theme: that stays visible whatever the colours are.
            _ if ink == Ink::Chosen => plain,
            (theme, depth) => match theme.palette().filter(|_| depth != Depth::Sixteen) {
                Some(palette) => {
                    let of = |colour| shade(colour, depth);
                    plain.fg(of(palette.colour(ink))).bg(of(palette.ground))
                }
                None => sixteen(ink).map_or(plain, |colour| plain.fg(colour)),
            },
        }
    }

    /// What lies under everything.
    pub(super) fn ground(self, depth: Depth) -> Style {
        self.style(Ink::Text, depth)
    }

    /// The colours its fires have.
    pub(super) fn fire(self, depth: Depth) -> Fire {
        match (self, depth) {
            (Theme::Mono, _) | (_, Depth::Mono) => Fire::MONO,
            (_, Depth::Sixteen) => Fire::PLAIN,
            _ => Fire::RICH,
        }
    }
}

impl Palette {
    fn colour(&self, ink: Ink) -> u32 {
        match ink {
            Ink::Text | Ink::Chosen => self.text,
            Ink::Dim | Ink::Told => self.dim,
            Ink::Mine => self.mine,
            Ink::Name(of) => self.names.get(of as usize).copied().unwrap_or(self.text),
            Ink::Good => self.good,
            Ink::Warn => self.warn,
            Ink::Bad => self.bad,
            Ink::Mention => self.mention,
            Ink::Key => self.key,
        }
    }
}

/// What a meaning has besides its colour.
fn marks(ink: Ink) -> Style {
    let style = Style::new();
    match ink {
        Ink::Text | Ink::Name(_) | Ink::Good => style,
        Ink::Dim | Ink::Told => style.add_modifier(Modifier::DIM),
        Ink::Mine | Ink::Warn | Ink::Key => style.add_modifier(Modifier::BOLD),
        Ink::Bad | Ink::Mention => style.add_modifier(Modifier::BOLD.union(Modifier::UNDERLINED)),
        Ink::Chosen => style.add_modifier(Modifier::REVERSED),
    }
}

fn sixteen(ink: Ink) -> Option<Color> {
    const NAMED: [Color; NAMES] =
        [Color::Blue, Color::Yellow, Color::Green, Color::Magenta, Color::Cyan, Color::LightRed];
    match ink {
        Ink::Text | Ink::Chosen | Ink::Dim | Ink::Told | Ink::Mine => None,
        Ink::Name(of) => NAMED.get(of as usize).copied(),
        Ink::Good => Some(Color::Green),
        Ink::Warn | Ink::Mention => Some(Color::Yellow),
        Ink::Bad => Some(Color::Red),
        Ink::Key => Some(Color::Cyan),
    }
}

fn shade(colour: u32, depth: Depth) -> Color {
    let [_, red, green, blue] = colour.to_be_bytes();
    match depth {
        Depth::True => Color::Rgb(red, green, blue),
        // The cube of six steps a colour.
        _ => {
            let step = |part: u8| match part {
                0..48 => 0,
                48..115 => 1,
                part => (part - 35) / 40,
            };
            Color::Indexed(16 + 36 * step(red) + 6 * step(green) + step(blue))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance, by the formula of the web's accessibility guidelines.
    fn luminance(colour: u32) -> f64 {
        let part = |byte: u8| {
            let c = f64::from(byte) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        let [_, red, green, blue] = colour.to_be_bytes();
        0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue)
    }

    fn contrast(a: u32, b: u32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    const INKS: [Ink; 14] = [
        Ink::Text,
        Ink::Dim,
        Ink::Mine,
        Ink::Name(Colour::Blue),
        Ink::Name(Colour::Orange),
        Ink::Name(Colour::Green),
        Ink::Name(Colour::Pink),
        Ink::Name(Colour::Cyan),
        Ink::Name(Colour::Sand),
        Ink::Told,
        Ink::Good,
        Ink::Warn,
        Ink::Bad,
        Ink::Mention,
    ];

    #[test]
    fn everything_can_be_read_on_its_ground() {
        for (theme, least) in
            [(Theme::Dark, 4.5), (Theme::Light, 4.5), (Theme::Safe, 4.5), (Theme::HighContrast, 7.0)]
        {
            let palette = theme.palette().unwrap();
            for ink in INKS.into_iter().chain([Ink::Key]) {
                let found = contrast(palette.colour(ink), palette.ground);
                assert!(found >= least, "{} {ink:?}: {found:.2}", theme.name());
            }
        }
    }

    #[test]
    fn without_colours_what_matters_is_still_told_apart() {
        let style = |ink| Theme::Mono.style(ink, Depth::True);
        for theme in Theme::ALL {
            for ink in INKS {
                let plain = theme.style(ink, Depth::Mono);
                assert!(plain.fg.is_none() && plain.bg.is_none(), "{} {ink:?}", theme.name());
            }
        }
        let distinct = [Ink::Text, Ink::Dim, Ink::Warn, Ink::Bad, Ink::Chosen].map(style);
        for (at, one) in distinct.iter().enumerate() {
            assert!(!distinct[at + 1..].contains(one), "{at}");
        }
    }
}
