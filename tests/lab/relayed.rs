//! Two whom only relays join, while cables, relays and machines come and go.

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::nat::{Internet, PATIENCE, Router, peer_of, way};
use crate::trials::{figure, worst_of};
use crate::words::Net;
use crate::{run, say_both_ways};

/// How long the loss of a relay, or of a cable once it is back, may be felt.
const ANEW: Duration = Duration::from_secs(15);

/// A machine that serves.
struct Relay {
    name: &'static str,
    host: String,
    at: String,
}

impl Relay {
    /// Its key is kept, so it is the same one after a restart.
    fn start(&self, net: &mut Net) {
        let key = net.runtime().join(format!("{}.key", self.name)).display().to_string();
        let listen = ["--listen", "/ip4/0.0.0.0/udp/4077/quic-v1", "--listen", "/ip4/0.0.0.0/tcp/4077"];
        net.serve_in(&self.host, self.name, &[&listen[..], &["--key-file", &key]].concat());
    }

    fn bootstrap(&self) -> [String; 2] {
        ["--bootstrap".to_owned(), format!("{}:4077", self.at)]
    }
}

/// Ana and bob, each in a home whose router draws ports.
struct Pair {
    net: Net,
    relays: Vec<Relay>,
    homes: [String; 2],
    internet: Internet,
}

impl Pair {
    /// They talk, and each has a place at all relays.
    fn of(lab: &str, relays: &[&'static str]) -> Pair {
        let mut internet = Internet::new(lab);
        let mut net = Net::of(&[]);
        net.patience = PATIENCE;
        let mut served = Vec::new();
        for &name in relays {
            let (host, at) = internet.machine(name);
            let relay = Relay { name, host, at };
            relay.start(&mut net);
            served.push(relay);
        }
        let homes = ["ana", "bob"].map(|name| internet.home(name, Router::Draws));
        let mut pair = Pair { net, relays: served, homes, internet };
        let bootstrap = pair.bootstrap();
        let bootstrap: Vec<&str> = bootstrap.iter().map(String::as_str).collect();
        for (name, home) in ["ana", "bob"].into_iter().zip(&pair.homes) {
            pair.net.start_in(home, name, &bootstrap);
        }
        pair.net.confirmed(&["ana", "bob"]);
        for name in ["ana", "bob"] {
            pair.net.eventually(name, |seen| {
                let told = seen.iter().rfind(|line| line["type"] == "net");
                let kept = told.and_then(|line| line["relays"].as_array());
                kept.is_some_and(|kept| kept.len() == relays.len())
            });
        }
        say_both_ways(&mut pair.net, "ana", "bob", "before");
        assert!(pair.through().is_some(), "there is another way than through a relay");
        pair
    }

    fn bootstrap(&self) -> Vec<String> {
        self.relays.iter().flat_map(Relay::bootstrap).collect()
    }

    /// Which relay ana reaches bob through.
    fn through(&mut self) -> Option<String> {
        let bob = peer_of(&self.net, "bob");
        way(&mut self.net, "ana", &bob)?.1
    }

    fn say_apart(&mut self) {
        for n in 0..10 {
            self.net.say("ana", &format!("apart, ana {n}")).say("bob", &format!("apart, bob {n}"));
        }
    }

    /// How long after this all that was said apart is there, and both hear each other again.
    fn back(&mut self, since: Instant) -> Duration {
        for n in 0..10 {
            self.net.expect(&["ana", "bob"], &format!("apart, ana {n}"));
            self.net.expect(&["ana", "bob"], &format!("apart, bob {n}"));
        }
        say_both_ways(&mut self.net, "ana", "bob", "after");
        since.elapsed()
    }
}

/// One trial: the relay in use is killed while both talk.
fn a_relay_dies() -> Duration {
    let mut pair = Pair::of("dies", &["one", "two"]);
    let through = pair.through();
    let peers = ["one", "two"].map(|name| (name, peer_of(&pair.net, name)));
    let (victim, _) = peers.iter().find(|(_, peer)| Some(peer) == through.as_ref()).expect("one of the two");
    pair.net.kill(victim);
    let killed = Instant::now();
    pair.say_apart();
    pair.back(killed)
}

#[test]
#[ignore = "needs root and network namespaces: just lab"]
fn a_relay_that_is_killed_is_replaced_and_nothing_said_is_lost() {
    let worst = worst_of("the relay in use is killed: all said since is read after", a_relay_dies);
    assert!(worst <= ANEW, "{worst:?}");
}

/// One trial: the only relay is killed, and is there again ten seconds later.
fn a_relay_restarts() -> Duration {
    let mut pair = Pair::of("again", &["one"]);
    pair.net.kill("one");
    pair.say_apart();
    // As long as a machine takes that starts anew.
    sleep(Duration::from_secs(10));
    let Pair { net, relays, .. } = &mut pair;
    relays[0].start(net);
    pair.back(Instant::now())
}

#[test]
#[ignore = "needs root and network namespaces: just lab"]
fn a_relay_that_restarts_is_asked_again_and_nothing_said_is_lost() {
    let worst = worst_of("the only relay restarts: all said since is read after", a_relay_restarts);
    assert!(worst <= ANEW, "{worst:?}");
}

/// One trial: the cable of one of the two is out for a minute.
fn a_cable_is_out() -> Duration {
    let mut pair = Pair::of("out", &["one", "two"]);
    let home = pair.homes[1].clone();
    run(&format!("ip -n {home} link set eth0 down"));
    pair.say_apart();
    // A minute is what is being tried.
    sleep(Duration::from_secs(60));
    run(&format!(
        "ip -n {home} link set eth0 up && ip -n {home} route add 224.0.0.0/4 dev eth0 && \
         ip -n {home} route add default via 192.168.1.1"
    ));
    pair.back(Instant::now())
}

#[test]
#[ignore = "needs root and network namespaces: just lab"]
fn a_cable_out_for_a_minute_costs_two_behind_a_relay_nothing_either() {
    let worst =
        worst_of("a cable out for 60 s, through relays: all said since is read after", a_cable_is_out);
    assert!(worst <= ANEW, "{worst:?}");
}

/// How a node is reached, once that holds.
fn reached(net: &mut Net, name: &str, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let now = net.ask(name, json!({"cmd": "status"}))["status"]["net"].take();
        if holds(&now) {
            return now;
        }
        assert!(begun.elapsed() < PATIENCE, "{what}: {now}");
        sleep(Duration::from_millis(100));
    }
}

#[test]
#[ignore = "needs root and network namespaces: just lab"]
fn whoever_is_carried_into_another_home_keeps_its_places_and_lets_newcomers_in() {
    let mut pair = Pair::of("carry", &["one", "two"]);
    pair.internet.home("other", Router::Draws);
    pair.internet.carry(&pair.homes[1], "other");
    let moved = Instant::now();
    say_both_ways(&mut pair.net, "ana", "bob", "from elsewhere");
    figure(
        "carried into another home: heard both ways after",
        &format!("{:.1} s", moved.elapsed().as_secs_f64()),
    );
    let now = reached(&mut pair.net, "bob", "two places", |now| {
        now["relays"].as_array().is_some_and(|all| all.len() == 2)
    });
    assert!(!now["addresses"].to_string().contains("/192.168.1.2/"), "an address of the old home: {now}");
    // Somebody who knows nobody finds him by what the table says now.
    let third = pair.internet.home("cho", Router::Draws);
    let bootstrap = pair.bootstrap();
    let bootstrap: Vec<&str> = bootstrap.iter().map(String::as_str).collect();
    pair.net.kill("ana");
    pair.net.start_in(&third, "cho", &bootstrap);
    pair.net.eventually("cho", |seen| {
        seen.iter().any(|line| line["type"] == "room" && line["state"] == "confirmed")
    });
    say_both_ways(&mut pair.net, "bob", "cho", "newcomer");
}

#[test]
#[ignore = "needs root and network namespaces: just lab"]
fn whoever_was_reached_and_moves_tells_the_old_address_no_more_and_the_new_one_once_it_is_reached() {
    let mut internet = Internet::new("moves");
    let (public, at) = internet.machine("pub");
    let (open, old) = internet.machine("open");
    let mut net = Net::of(&[]);
    net.patience = PATIENCE;
    let listen = ["--listen", "/ip4/0.0.0.0/udp/4077/quic-v1"];
    net.serve_in(&public, "between", &listen);
    net.start_in(&open, "pat", &[&listen[..], &["--bootstrap", &format!("{at}:4077")]].concat());
    let told = |now: &Value, ip: &str| now["addresses"].to_string().contains(&format!("/{ip}/"));
    reached(&mut net, "pat", "reached", |now| now["nat"] == "public" && told(now, &old));
    let new = "11.7.0.77";
    run(&format!(
        "ip -n {open} addr del {old}/16 dev eth0 && ip -n {open} addr add {new}/16 dev eth0 && \
         (ip -n {open} route add 224.0.0.0/4 dev eth0 || true)"
    ));
    reached(&mut net, "pat", "reached anew", |now| {
        now["nat"] == "public" && told(now, new) && !told(now, &old)
    });
    // It forwards there for two whom nobody reaches, though the first who served is gone.
    net.kill("between");
    for name in ["ana", "bob"] {
        let home = internet.home(name, Router::Draws);
        net.start_in(&home, name, &["--bootstrap", &format!("{new}:4077")]);
    }
    net.confirmed(&["ana", "bob", "pat"]);
    say_both_ways(&mut net, "ana", "bob", "by whoever moved");
}
