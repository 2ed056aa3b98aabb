//! Many who start at once: two on a LAN, who must not end up with a room each, and 32 who know one address.

use std::time::Instant;

use super::Scale;
use crate::process::{Crowd, Side, Start};
use crate::table::{Row, Target, Unit, percentile, print};

const MANY: usize = 32;

pub(super) fn measure(scale: Scale) {
    two_on_a_lan(scale);
    many_through_one(scale);
}

#[cfg(not(target_os = "linux"))]
fn two_on_a_lan(_: Scale) {
    println!("\ntogether: two on a LAN: not measured: it needs network namespaces");
}

#[cfg(target_os = "linux")]
fn two_on_a_lan(scale: Scale) {
    use std::thread::sleep;
    use std::time::Duration;

    use rand_chacha::ChaCha20Rng;
    use rand_core::{Rng as _, SeedableRng};

    const SEED: u8 = 23;
    if !crate::host::can_make_hosts() {
        return println!("\ntogether: two on a LAN: not measured: it needs root, and network namespaces");
    }
    let mut rng = ChaCha20Rng::from_seed([SEED; 32]);
    let (lab, a, b) = crate::hosts::Lab::lan("both");
    let (mut times, mut odd) = (Vec::new(), 0);
    for _ in 0..scale.pick(50, 5) {
        let mut crowd = Crowd::new(Side::Ours);
        let first = crowd.start(&Start { namespace: Some(&a), ..Start::default() });
        sleep(Duration::from_millis(rng.next_u64() % 1_000));
        let begin = Instant::now();
        let second = crowd.start(&Start { namespace: Some(&b), ..Start::default() });
        times.push(super::meet::talk(&mut crowd, [first, second], begin));
        odd += usize::from(crowd.members.iter().filter(|member| member.founded).count() != 1);
    }
    drop(lab);
    let rows = [
        Row::new("heard both ways, the middle one", Unit::Ms, percentile(&times, 0.5)),
        Row::new("heard both ways, the slowest", Unit::Ms, percentile(&times, 1.0))
            .aim(Target::Most(2_500.0)),
        Row::new("tries in which not just one founded", Unit::Count, odd as f64).aim(Target::Most(0.0)),
    ];
    let title = format!(
        "together: two on a LAN, the second within a second of the first, {} times from seed {SEED}; since the second",
        times.len()
    );
    print(&title, &rows);
}

fn many_through_one(scale: Scale) {
    let mut times = Vec::new();
    for _ in 0..scale.pick(5, 1) {
        let mut crowd = Crowd::new(Side::Ours);
        let begin = Instant::now();
        let first = crowd.start(&Start::default());
        let addrs = [crowd.address(first)];
        for _ in 1..MANY {
            crowd.start(&Start { addrs: &addrs, ..Start::default() });
        }
        times.push((crowd.complete(true) - begin).as_secs_f64() * 1e3);
    }
    let rows = [
        Row::new("all stand confirmed with all others, the middle one", Unit::Ms, percentile(&times, 0.5)),
        Row::new("the same, the slowest", Unit::Ms, percentile(&times, 1.0)).aim(Target::Most(6_000.0)),
    ];
    print(&format!("together: {MANY} at once who are told one address, {} times", times.len()), &rows);
}
