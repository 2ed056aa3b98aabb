//! How long it takes from the start of the second process until both have heard the other.

use std::time::{Duration, Instant};

use ephem_node::crypto::name::RoomName;
use ephem_node::crypto::root::Root;

use super::Scale;
use crate::host;
use crate::process::{Crowd, Side, Start};
use crate::table::{Row, Target, Unit, percentile, print};

pub(super) const WORDS: &str = "seven otters row upstream";
/// Who has not been heard by then is not heard.
const MOST: Duration = Duration::from_secs(15);

/// Starts one more, and has it and `first` each say something once they see each other. Gives the milliseconds from the
/// start until the later of the two has heard the other.
pub(super) fn meeting(crowd: &mut Crowd, first: usize, second: &Start<'_>) -> f64 {
    let begin = Instant::now();
    let pair = [first, crowd.start(second)];
    talk(crowd, pair, begin)
}

/// Has two say something once they see each other; gives the milliseconds since `begin` until both have heard the other.
pub(super) fn talk(crowd: &mut Crowd, pair: [usize; 2], begin: Instant) -> f64 {
    let (mut said, mut heard) = ([false; 2], [None; 2]);
    while let Some(next) = crowd.next(begin + MOST) {
        let Some(which) = pair.iter().position(|who| *who == next.who) else { continue };
        if crowd.side.meets(&next.line) && !std::mem::replace(&mut said[which], true) {
            crowd.say(next.who, &format!("this is {}", next.who));
        }
        if crowd.side.said(&next.line).is_some() {
            heard[which].get_or_insert(next.at);
        }
        if let [Some(one), Some(other)] = heard {
            return (one.max(other) - begin).as_secs_f64() * 1e3;
        }
    }
    f64::INFINITY
}

/// The slow hash as it runs here and now, by the wall, in milliseconds.
fn slow_hash() -> f64 {
    let name = RoomName::parse("lobby").expect("a name");
    let begin = Instant::now();
    let root = Root::passphrase(&name, WORDS);
    assert!(root.is_ok(), "it has the memory it needs");
    begin.elapsed().as_secs_f64() * 1e3
}

pub(super) fn through_an_address(scale: Scale) {
    let (mut open, mut closed, mut bare, mut hash) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..scale.pick(10, 2) {
        open.push(served(None));
        bare.push(bare_pair());
        closed.push(served(Some(WORDS)));
        hash.push(slow_hash());
    }
    let middle = |of: &[f64]| percentile(of, 0.5);
    let worst = |of: &[f64]| percentile(of, 1.0);
    let rows = [
        Row::new("open room, the middle one", Unit::Ms, middle(&open)).beside(middle(&bare)),
        Row::new("open room, the slowest", Unit::Ms, worst(&open))
            .beside(worst(&bare))
            .aim(Target::Most(3_000.0)),
        Row::new("the slow hash alone, the middle one", Unit::Ms, middle(&hash)),
        Row::new("passphrase, the middle one", Unit::Ms, middle(&closed)),
        Row::new("passphrase, the slowest", Unit::Ms, worst(&closed))
            .aim(Target::Most(3_000.0 + worst(&hash))),
    ];
    let title =
        format!("meet: through a node that serves, on loopback, {} times (bare: dialled)", open.len());
    print(&title, &rows);
}

fn served(passphrase: Option<&str>) -> f64 {
    let mut crowd = Crowd::new(Side::Ours);
    let between = crowd.serve();
    let addrs = [crowd.address(between)];
    let start = Start { addrs: &addrs, passphrase, table: true, ..Start::default() };
    let first = crowd.start(&start);
    alone(&mut crowd, first);
    meeting(&mut crowd, first, &start)
}

fn bare_pair() -> f64 {
    let mut crowd = Crowd::new(Side::Bare);
    let first = crowd.start(&Start::default());
    let addrs = [crowd.address(first)];
    meeting(&mut crowd, first, &Start { addrs: &addrs, ..Start::default() })
}

fn alone(crowd: &mut Crowd, who: usize) {
    crowd.until("somebody is alone", |crowd| crowd.members[who].standing == "alone");
}

#[cfg(not(target_os = "linux"))]
pub(super) fn on_a_lan(_: Scale) {
    println!("\nlan: not measured: it needs network namespaces");
}

#[cfg(target_os = "linux")]
pub(super) fn on_a_lan(scale: Scale) {
    if !host::can_make_hosts() {
        return println!("\nlan: not measured: it needs root, and network namespaces");
    }
    let (lab, a, b) = crate::hosts::Lab::lan("talk");
    let (mut open, mut closed, mut hash) = (Vec::new(), Vec::new(), Vec::new());
    let once = |passphrase| {
        let mut crowd = Crowd::new(Side::Ours);
        let first = crowd.start(&Start { namespace: Some(&a), passphrase, ..Start::default() });
        alone(&mut crowd, first);
        meeting(&mut crowd, first, &Start { namespace: Some(&b), passphrase, ..Start::default() })
    };
    for _ in 0..scale.pick(10, 2) {
        open.push(once(None));
        closed.push(once(Some(WORDS)));
        hash.push(slow_hash());
    }
    drop(lab);
    let rows = |name: &str, times: &[f64], more: f64| {
        let row = |what: &str, part: f64, most: f64| {
            let time = percentile(times, part);
            Row::new(format!("{name}, the {what}"), Unit::Ms, time).aim(Target::Most(most + more))
        };
        [row("middle one", 0.5, 800.0), row("slowest", 1.0, 1_500.0)]
    };
    let slow = percentile(&hash, 0.5);
    let mut all = vec![Row::new("the slow hash alone, the middle one", Unit::Ms, slow)];
    all.extend(rows("open room", &open, 0.0));
    all.extend(rows("passphrase", &closed, slow + 100.0));
    print(&format!("lan: two hosts and a switch, nothing configured, {} times", open.len()), &all);
}
