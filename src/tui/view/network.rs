//! How the others are reached: the addresses that were given and the links, each with the steps on its way.

use crate::base::time::Mono;
use crate::chat::event::PeerLine;
use crate::chat::name::Route;
use crate::chat::text::Line;
use crate::chat::way::{Way, reach_words, route_words, short};
use crate::tui::screen::{Moment, Screen};

/// The panel's lines.
pub(super) fn lines(screen: &Screen, at: Moment) -> Vec<String> {
    let links = &screen.model.links;
    let mut lines = Vec::new();
    for (asked, way) in links.asked() {
        lines.push(format!("{}, asked since {}", asked.as_str(), clock(at, way.since())));
        lines.push(format!("  {}", way.words()));
    }
    for (link, way) in links.all() {
        lines.push(format!("{}, since {}", link_words(link), clock(at, way.since())));
        lines.push(format!("  {}", way.words()));
    }
    if links.all().len() == 0 {
        lines.push("no link to anybody".to_owned());
    }
    if links.all().any(|(link, _)| link.route == Route::Relay) {
        lines.push("A relay sees addresses, times and sizes, and no text.".to_owned());
    }
    lines.push(String::new());
    let net = screen.model.net();
    let mut reach = reach_words(net).to_owned();
    if let Some(first) = reach.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    lines.push(format!("{reach}. Its addresses:"));
    let told = net.map(|net| net.addresses.as_slice()).unwrap_or_default();
    let here = screen.listening.iter().filter(|addr| !told.contains(addr));
    lines.extend(told.iter().chain(here).map(|addr| format!("  {}", addr.as_str())));
    lines
}

/// A link in a few words.
fn link_words(link: &PeerLine) -> String {
    let rtt = link.rtt_ms.map_or_else(|| "round trip not measured".to_owned(), |ms| format!("{ms} ms"));
    let via = link.via.as_ref().map(|relay| format!(" {}", short(relay))).unwrap_or_default();
    format!("{}  {}{via}, {rtt}", short(&link.peer), route_words(link.route))
}

fn clock(at: Moment, when: Option<Mono>) -> String {
    let (hour, minute) = at.clock(at.calendar(when.unwrap_or(at.now)));
    format!("{hour:02}:{minute:02}")
}

/// What becomes of the addresses that were given, for whoever waits: so many of them.
pub(super) fn asked(screen: &Screen, most: usize) -> impl Iterator<Item = (bool, String)> {
    let words =
        |(asked, way): (&Line, &Way)| (way.is_there(), format!("{}: {}", asked.as_str(), way.words()));
    screen.model.links.asked().map(words).take(most)
}
