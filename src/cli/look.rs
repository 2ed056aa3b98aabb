//! What the screen looks like on this terminal: what was asked for, within what the terminal can do.

use super::args::{Color, Screen};
use super::values::Wish;
use crate::tui::sequences::Desk;
use crate::tui::{Depth, Look, Motion, Theme};

/// How it is to look here.
#[expect(clippy::disallowed_methods, reason = "what a terminal can do is told in the environment")]
pub(super) fn look(color: Option<Color>, screen: &Screen) -> Look {
    look_in(color, screen, &|name| std::env::var(name).unwrap_or_default())
}

/// The same in an environment of which `says` tells.
fn look_in(color: Option<Color>, screen: &Screen, says: &dyn Fn(&str) -> String) -> Look {
    let depth = depth(color, says);
    let far = !says("SSH_CONNECTION").is_empty();
    let moves = match depth {
        Depth::Mono => Motion::None,
        Depth::Sixteen => Motion::Subtle,
        _ if far => Motion::Subtle,
        _ => Motion::Full,
    };
    let language = ["LC_ALL", "LC_CTYPE", "LANG"].map(says).into_iter().find(|said| !said.is_empty());
    let letters = language.is_some_and(|said| said.to_ascii_lowercase().replace('-', "").contains("utf8"));
    let usual = (by_background(&says("COLORFGBG")), moves);
    Look {
        theme: screen.theme.map_or(Theme::Terminal, |wish| wish.named().unwrap_or(usual.0)),
        depth,
        motion: screen.motion.and_then(Wish::named).unwrap_or(usual.1),
        ascii: screen.ascii || !letters,
        usual,
    }
}

/// How this terminal tells the desktop that something came.
#[expect(clippy::disallowed_methods, reason = "what a terminal can do is told in the environment")]
pub(super) fn desk() -> Desk {
    desk_in(&|name| std::env::var(name).unwrap_or_default())
}

fn desk_in(says: &dyn Fn(&str) -> String) -> Desk {
    let (term, program) = (says("TERM"), says("TERM_PROGRAM"));
    match program.as_str() {
        // What is between passes nothing on, and knows the bell.
        _ if !says("TMUX").is_empty() || term.starts_with("screen") => Desk::Bell,
        "iTerm.app" | "WezTerm" | "WarpTerminal" => Desk::Nine,
        "ghostty" => Desk::SevenSevenSeven,
        _ if term == "xterm-kitty" => Desk::NinetyNine,
        _ if !says("VTE_VERSION").is_empty() => Desk::SevenSevenSeven,
        _ if term.starts_with("foot") || term.starts_with("rxvt-unicode") => Desk::SevenSevenSeven,
        _ => Desk::Bell,
    }
}

fn depth(color: Option<Color>, says: &dyn Fn(&str) -> String) -> Depth {
    let (term, colour) = (says("TERM"), says("COLORTERM"));
    let unwanted = !says("NO_COLOR").is_empty() && color != Some(Color::Always);
    match () {
        () if color == Some(Color::Never) || unwanted || term == "dumb" => Depth::Mono,
        () if colour == "truecolor" || colour == "24bit" => Depth::True,
        () if term.contains("256") => Depth::Many,
        () => Depth::Sixteen,
    }
}

/// Dark or light, by the numbers of the terminal's own colours: the background is the last, and 7 and the bright ones are
/// light. A terminal that tells nothing keeps its own colours, which suit its background.
fn by_background(told: &str) -> Theme {
    let ground = told.rsplit_once(';').and_then(|(_, ground)| ground.parse::<u8>().ok());
    match ground {
        Some(0..=6 | 8) => Theme::Dark,
        Some(7 | 9..=15) => Theme::Light,
        _ => Theme::Terminal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(color: Option<Color>, screen: Screen, told: &[(&str, &str)]) -> Look {
        let says = |name: &str| {
            told.iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
                .unwrap_or_default()
        };
        look_in(color, &screen, &says)
    }

    const RICH: [(&str, &str); 3] =
        [("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("LANG", "de_DE.UTF-8")];

    #[test]
    fn a_terminal_gets_what_it_can_show() {
        let look = on(None, Screen::default(), &RICH);
        assert_eq!((look.theme, look.depth, look.motion), (Theme::Terminal, Depth::True, Motion::Full));
        assert!(!look.ascii);
        let far = on(None, Screen::default(), &[RICH[0], RICH[2], ("SSH_CONNECTION", "a b")]);
        assert_eq!((far.depth, far.motion), (Depth::Many, Motion::Subtle));
        let poor = on(None, Screen::default(), &[("TERM", "dumb")]);
        assert_eq!((poor.depth, poor.motion, poor.ascii), (Depth::Mono, Motion::None, true));
    }

    #[test]
    fn a_desktop_is_told_in_the_way_its_terminal_knows() {
        for (told, desk) in [
            (&[("TERM_PROGRAM", "WezTerm")][..], Desk::Nine),
            (&[("TERM", "xterm-kitty")], Desk::NinetyNine),
            (&[("TERM", "xterm-256color"), ("VTE_VERSION", "7600")], Desk::SevenSevenSeven),
            (&[("TERM", "foot"), ("TMUX", "/tmp/x")], Desk::Bell),
            (&[("TERM", "xterm-256color")], Desk::Bell),
        ] {
            let says = |name: &str| {
                told.iter()
                    .find(|(known, _)| *known == name)
                    .map_or_else(String::new, |(_, v)| (*v).to_owned())
            };
            assert_eq!(desk_in(&says), desk, "{told:?}");
        }
    }

    #[test]
    fn colour_can_be_refused_and_a_flag_counts_more_than_the_variable() {
        let without = [RICH[0], RICH[1], ("NO_COLOR", "1")];
        for (color, told, depth) in [
            (None, &without[..], Depth::Mono),
            (Some(Color::Auto), &without[..], Depth::Mono),
            (Some(Color::Always), &without[..], Depth::True),
            (Some(Color::Never), &RICH[..], Depth::Mono),
        ] {
            assert_eq!(on(color, Screen::default(), told).depth, depth, "{color:?}");
        }
    }

    #[test]
    fn what_was_asked_for_holds_and_auto_is_what_fits() {
        let asked = Screen {
            theme: Some(Wish::Is(Theme::Safe)),
            motion: Some(Wish::Is(Motion::None)),
            ascii: true,
            plain: false,
        };
        let look = on(None, asked, &RICH);
        assert_eq!((look.theme, look.motion, look.ascii), (Theme::Safe, Motion::None, true));
        let auto = Screen { theme: Some(Wish::Auto), motion: Some(Wish::Auto), ..Screen::default() };
        for (told, theme) in [
            ("15;0", Theme::Dark),
            ("0;default;15", Theme::Light),
            ("0;7", Theme::Light),
            ("x", Theme::Terminal),
            ("", Theme::Terminal),
        ] {
            let look = on(None, auto, &[RICH[0], RICH[1], ("COLORFGBG", told)]);
            assert_eq!((look.theme, look.usual.0, look.motion), (theme, theme, Motion::Full), "{told}");
        }
    }
}
