#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]
use ephem_node::room::io::*;
use ephem_node::room::sim::*;

#[test]
fn smoke() {
    let mut w = World::new(1, Links::LAN);
    let a = w.join(0);
    w.run(3_000);
    println!("{}", w.describe(&[a]));
    let b = w.join(500);
    w.run(3_000);
    println!("{}", w.describe(&[a, b]));
    let c = w.join(-500);
    w.run(3_000);
    println!("{}", w.describe(&[a, b, c]));
    w.say(a, "hello");
    w.say(c, "world");
    w.run(1_000);
    println!("{}", w.describe(&[a, b, c]));
    for i in [a, b, c] {
        for (t, e) in w.events(i) {
            println!("{i} {t:?} {e:?}");
        }
    }
    assert!(w.agree(&[a, b, c]));
    assert!(w.read(b, "hello") && w.read(b, "world") && w.read(a, "world"));
}
