//! Homes behind routers that let nobody in: two households, and machines on the open internet between them. The routers are
//! the kernel's own: one kind keeps the port a machine sends from, the other draws a new one for each link.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::trials::{figure, middle, trials};
use crate::words::Net;
use crate::{Lab, run, say_both_ways};

/// Longer than a dead link takes to be noticed and another relay to be asked.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// How long a straight way may take to be found.
const STRAIGHT: Duration = Duration::from_secs(15);
/// How long a first message may take, in the middle of the trials.
const FIRST: Duration = Duration::from_secs(5);

/// What a home's router does with the ports of what it lets out.
#[derive(Clone, Copy)]
pub(crate) enum Router {
    /// The same outside as inside, where it is free.
    Keeps,
    /// A new one for each link.
    Draws,
}

impl Router {
    fn rule(self) -> &'static str {
        match self {
            Router::Keeps => "masquerade",
            Router::Draws => "masquerade random,fully-random",
        }
    }
}

/// The internet: a switch, machines on it, and homes behind routers on it.
pub(crate) struct Internet {
    lab: Lab,
    switch: String,
    ports: usize,
}

impl Internet {
    pub(crate) fn new(name: &str) -> Internet {
        let mut lab = Lab::new(name);
        let switch = lab.switch();
        Internet { lab, switch, ports: 0 }
    }

    /// A machine with an address of its own. All of this stays in namespaces; the addresses only have to look public.
    pub(crate) fn machine(&mut self, name: &str) -> (String, String) {
        self.ports += 1;
        let host = self.lab.host(name);
        let at = format!("11.7.0.{}", self.ports);
        self.lab.plug(&host, &self.switch, self.ports, &format!("{at}/16"));
        (host, at)
    }

    /// A machine at home, behind a router with one public address. All homes look alike from inside.
    pub(crate) fn home(&mut self, name: &str, router: Router) -> String {
        self.household(name, router, 1).remove(0)
    }

    /// A machine is carried from its home into another, where it has another address.
    pub(crate) fn carry(&self, host: &str, into: &str) {
        let gate = self.lab.called(&format!("{into}r"));
        run(&format!("ip -n {host} link del eth0"));
        self.lab.plug(host, &gate, 99, "192.168.1.99/24");
        lead_out(host);
    }

    /// So many machines in one home.
    pub(crate) fn household(&mut self, name: &str, router: Router, machines: usize) -> Vec<String> {
        let (gate, _) = self.machine(&format!("{name}r"));
        run(&format!(
            "ip -n {gate} link add br0 type bridge && ip -n {gate} addr add 192.168.1.1/24 dev br0 && \
             ip -n {gate} link set br0 up && ip netns exec {gate} sysctl -qw net.ipv4.ip_forward=1 && \
             ip netns exec {gate} nft '\
             add table ip home; \
             add chain ip home out {{ type nat hook postrouting priority srcnat; }}; \
             add rule ip home out oifname eth0 {}; \
             add chain ip home door {{ type filter hook forward priority filter; policy drop; }}; \
             add rule ip home door iifname br0 accept; \
             add rule ip home door ct state established,related accept; \
             add chain ip home own {{ type filter hook input priority filter; }}; \
             add rule ip home own iifname eth0 ct state new drop'",
            router.rule()
        ));
        let inside = (2..2 + machines).map(|n| {
            let host = self.lab.host(&format!("{name}{n}"));
            self.lab.plug(&host, &gate, n, &format!("192.168.1.{n}/24"));
            lead_out(&host);
            host
        });
        inside.collect()
    }
}

/// The way out of a home.
fn lead_out(host: &str) {
    run(&format!("ip -n {host} route add default via 192.168.1.1"));
}

/// What a node is called by its peers: the end of an address it listens on.
pub(crate) fn peer_of(net: &Net, name: &str) -> String {
    net.address(name).rsplit('/').next().expect("a peer").to_owned()
}

/// How a node reaches a peer at this moment: the way, and the relay on it.
pub(crate) fn way(net: &mut Net, name: &str, peer: &str) -> Option<(String, Option<String>)> {
    let status = net.ask(name, json!({"cmd": "status"}));
    let peers = status["status"]["peers"].as_array()?;
    let link = peers.iter().find(|link| link["peer"] == peer)?;
    Some((link["path"].as_str()?.to_owned(), link["via"].as_str().map(str::to_owned)))
}

/// One trial: two homes and a machine that serves. How long until each has read the other, and until they are linked
/// straight, if they are within [`STRAIGHT`].
fn two_homes(left: Router, right: Router) -> (Duration, Option<Duration>) {
    let mut internet = Internet::new(&format!("nat{}{}", left.rule().len(), right.rule().len()));
    let (public, at) = internet.machine("pub");
    let homes = [internet.home("h1", left), internet.home("h2", right)];
    let mut net = Net::of(&[]);
    net.patience = PATIENCE;
    let listen = ["--listen", "/ip4/0.0.0.0/udp/4077/quic-v1", "--listen", "/ip4/0.0.0.0/tcp/4077"];
    net.serve_in(&public, "between", &listen);
    let begun = Instant::now();
    let bootstrap = ["--bootstrap", &format!("{at}:4077")];
    net.start_in(&homes[0], "ana", &bootstrap);
    net.start_in(&homes[1], "bob", &bootstrap);
    net.confirmed(&["ana", "bob"]);
    say_both_ways(&mut net, "ana", "bob", "first");
    let first = begun.elapsed();
    let (ana, bob) = (peer_of(&net, "ana"), peer_of(&net, "bob"));
    let linked = Instant::now();
    let straight = loop {
        let ways = [way(&mut net, "ana", &bob), way(&mut net, "bob", &ana)];
        if ways.iter().all(|way| way.as_ref().is_some_and(|(path, _)| path == "direct")) {
            break Some(begun.elapsed());
        }
        if linked.elapsed() > STRAIGHT {
            break None;
        }
        std::thread::sleep(Duration::from_millis(100));
    };
    say_both_ways(&mut net, "ana", "bob", "later");
    (first, straight)
}

fn tried(what: &str, left: Router, right: Router) -> (Duration, usize, usize) {
    let (mut first, mut straight) = (Vec::new(), Vec::new());
    for _ in 0..trials() {
        let (read, upgraded) = two_homes(left, right);
        first.push(read);
        straight.extend(upgraded);
    }
    let (count, upgraded) = (first.len(), straight.len());
    let read = middle(&mut first);
    let upgrade = if straight.is_empty() {
        "-".to_owned()
    } else {
        format!("{:.1} s", middle(&mut straight).as_secs_f64())
    };
    figure(
        what,
        &format!(
            "read both ways {:.1} s in the middle, {:.1} s at the worst; straight {upgraded} of {count}, {upgrade} in the middle",
            read.as_secs_f64(),
            first[count - 1].as_secs_f64(),
        ),
    );
    (read, upgraded, count)
}

#[test]
#[ignore = "needs root and network namespaces: just lab"]
fn two_homes_whose_routers_keep_ports_are_linked_straight() {
    let (first, straight, all) = tried("both keep ports", Router::Keeps, Router::Keeps);
    assert!(first <= FIRST, "{first:?}");
    assert!(straight * 10 >= all * 9, "{straight} of {all}");
}

#[test]
#[ignore = "needs root and network namespaces: just lab"]
fn two_homes_whose_routers_draw_ports_talk_through_a_relay() {
    for (what, left) in [("one draws ports", Router::Keeps), ("both draw ports", Router::Draws)] {
        let (first, ..) = tried(what, left, Router::Draws);
        assert!(first <= FIRST, "{first:?}");
    }
}

/// They find each other through the table, which leads through the relay, and by what they tell each other.
#[test]
#[ignore = "needs root and network namespaces: just lab"]
fn two_in_one_home_end_up_linked_there_and_not_through_a_relay() {
    let mut internet = Internet::new("one");
    let (public, at) = internet.machine("pub");
    let inside = internet.household("h", Router::Draws, 2);
    let mut net = Net::of(&[]);
    net.patience = PATIENCE;
    net.serve_in(&public, "between", &["--listen", "/ip4/0.0.0.0/udp/4077/quic-v1"]);
    let begun = Instant::now();
    for (host, name) in inside.iter().zip(["ana", "bob"]) {
        net.start_in(host, name, &["--no-mdns", "--bootstrap", &format!("{at}:4077")]);
    }
    net.confirmed(&["ana", "bob"]);
    let (ana, bob) = (peer_of(&net, "ana"), peer_of(&net, "bob"));
    let (near, lan) = ([("ana", &bob), ("bob", &ana)], "lan");
    while !near.iter().all(|(name, other)| way(&mut net, name, other).is_some_and(|(path, _)| path == lan)) {
        assert!(begun.elapsed() < PATIENCE, "still through a relay");
        std::thread::sleep(Duration::from_millis(100));
    }
    figure("two in one home: linked there after", &format!("{:.1} s", begun.elapsed().as_secs_f64()));
    // The circuit is closed meanwhile; a message each tenth of a second is what is tried.
    for n in 0..40 {
        net.say(["ana", "bob"][n % 2], &format!("meanwhile {n}"));
        std::thread::sleep(Duration::from_millis(100));
    }
    for n in 0..40 {
        net.expect(&["ana", "bob"], &format!("meanwhile {n}"));
    }
}

#[test]
#[ignore = "needs root and network namespaces: just lab"]
fn whoever_is_reached_forwards_although_nobody_asked_it_to_serve() {
    let mut internet = Internet::new("all");
    let (public, at) = internet.machine("pub");
    let (open, reached) = internet.machine("open");
    let homes = ["ana", "bob"].map(|name| (name, internet.home(name, Router::Draws)));
    let mut net = Net::of(&[]);
    net.patience = PATIENCE;
    let listen = ["--listen", "/ip4/0.0.0.0/udp/4077/quic-v1"];
    net.serve_in(&public, "between", &listen);
    net.start_in(&open, "pat", &[&listen[..], &["--bootstrap", &format!("{at}:4077")]].concat());
    net.eventually("pat", |seen| seen.iter().any(|line| line["type"] == "net" && line["nat"] == "public"));
    net.kill("between");
    for (name, host) in &homes {
        net.start_in(host, name, &["--bootstrap", &format!("{reached}:4077")]);
    }
    net.confirmed(&["ana", "bob", "pat"]);
    say_both_ways(&mut net, "ana", "bob", "by somebody of the room");
    let (bob, pat) = (peer_of(&net, "bob"), peer_of(&net, "pat"));
    net.eventually("ana", |seen| {
        let through =
            |line: &serde_json::Value| line["type"] == "peer" && line["peer"] == *bob && line["via"] == *pat;
        seen.iter().any(through)
    });
}
