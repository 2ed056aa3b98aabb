//! A room that lasts: machines that move, cables that come back, bootstraps that die, networks that carry only some things.
//! Each prints how long it took.

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::trials::{figure, worst_of};
use crate::words::Net;
use crate::{Lab, run, say_both_ways};

/// From the moment a network is there again to the first message heard both ways.
const BACK: Duration = Duration::from_secs(10);

fn told(what: &str, since: Instant) {
    figure(what, &format!("{:.1} s", since.elapsed().as_secs_f64()));
}

fn two(id: &str) -> (Lab, String, String, Net) {
    let (lab, a, b) = Lab::lan(id);
    let mut net = Net::of(&[]);
    net.patience = Duration::from_secs(90);
    net.start_in(&a, "ana", &[]);
    net.start_in(&b, "bob", &[]);
    net.confirmed(&["ana", "bob"]);
    (lab, a, b, net)
}

fn readdress(host: &str, from: &str, to: &str) {
    run(&format!(
        "ip -n {host} addr del {from} dev eth0 && ip -n {host} addr add {to} dev eth0 && \
         (ip -n {host} route add 224.0.0.0/4 dev eth0 || true)"
    ));
}

fn plug_in(host: &str) {
    run(&format!("ip -n {host} link set eth0 up && (ip -n {host} route add 224.0.0.0/4 dev eth0 || true)"));
}

fn another_address() -> Duration {
    let (_lab, _, b, mut net) = two("move");
    net.say("bob", "before the move").expect(&["ana"], "before the move");
    readdress(&b, "10.7.0.2/24", "10.7.0.77/24");
    let moved = Instant::now();
    say_both_ways(&mut net, "ana", "bob", "after the move");
    let back = moved.elapsed();
    // The new address is the one that lasts: what was sought under the old one is not sought for ever.
    say_both_ways(&mut net, "ana", "bob", "and on");
    back
}

#[test]
#[ignore = "needs root and network namespaces: just lab"]
fn a_host_that_gets_another_address_is_back_in_ten_seconds() {
    assert!(worst_of("another address, heard both ways after", another_address) < BACK);
}

fn another_network() -> Duration {
    let (_lab, a, b, mut net) = two("both");
    readdress(&a, "10.7.0.1/24", "10.8.0.1/24");
    readdress(&b, "10.7.0.2/24", "10.8.0.2/24");
    let moved = Instant::now();
    say_both_ways(&mut net, "ana", "bob", "in the other network");
    moved.elapsed()
}

#[test]
#[ignore = "needs root and network namespaces: just lab"]
fn two_hosts_that_both_get_other_addresses_are_back_in_ten_seconds() {
    assert!(worst_of("both in another network, heard both ways after", another_network) < BACK);
}

fn a_cable_out() -> Duration {
    let (_lab, _, b, mut net) = two("plug");
    run(&format!("ip -n {b} link set eth0 down"));
    for n in 0..10 {
        net.say("ana", &format!("apart, ana {n}"));
        net.say("bob", &format!("apart, bob {n}"));
    }
    // A minute is what is being tried.
    sleep(Duration::from_secs(60));
    plug_in(&b);
    let back = Instant::now();
    for n in 0..10 {
        net.expect(&["ana", "bob"], &format!("apart, ana {n}"));
        net.expect(&["ana", "bob"], &format!("apart, bob {n}"));
    }
    say_both_ways(&mut net, "ana", "bob", "with the cable");
    back.elapsed()
}

#[test]
#[ignore = "needs root and network namespaces: just lab"]
fn a_cable_out_for_a_minute_is_made_good_in_ten_seconds() {
    assert!(worst_of("a cable out for 60 s, everything there and heard both ways after", a_cable_out) < BACK);
}

#[test]
#[ignore = "needs root and network namespaces: just lab"]
fn a_cable_out_somewhere_between_is_made_good_in_ten_seconds() {
    let mut lab = Lab::new("trunk");
    let (left, hosts) = lab.halves(1);
    let mut net = Net::of(&[]);
    net.patience = Duration::from_secs(90);
    net.start_in(&hosts[0], "ana", &[]);
    net.start_in(&hosts[1], "bob", &[]);
    net.confirmed(&["ana", "bob"]);
    run(&format!("ip -n {left} link set trunk down"));
    net.say("ana", "said to nobody in reach");
    sleep(Duration::from_secs(60));
    run(&format!("ip -n {left} link set trunk up"));
    let back = Instant::now();
    net.expect(&["bob"], "said to nobody in reach");
    say_both_ways(&mut net, "ana", "bob", "as before");
    told("a cable elsewhere out for 60 s, everything there and heard both ways after", back);
    assert!(back.elapsed() < BACK);
}

#[test]
#[ignore = "needs root and network namespaces: just lab"]
fn a_tunnel_that_comes_and_goes_cuts_no_talk() {
    let (mut lab, _, b, mut net) = two("vpn");
    let far = lab.host("far");
    for n in 0..3 {
        lab.cable((&b, "tun0", "10.99.0.2/24"), (&far, "eth0", "10.99.0.1/24"));
        net.say("ana", &format!("tunnel {n} is up")).expect(&["bob"], &format!("tunnel {n} is up"));
        run(&format!("ip -n {b} link del tun0"));
        say_both_ways(&mut net, "ana", "bob", &format!("tunnel {n} is gone"));
    }
    for who in ["ana", "bob"] {
        let lost = |line: &serde_json::Value| line["type"] == "peer" && line["event"] == "lost";
        assert_eq!(net.count(who, lost), 0, "{who} lost a link that nothing was wrong with");
    }
}

/// A router, and so many hosts behind it, each on a cable of its own: nobody hears another's search.
fn star(lab: &mut Lab, hosts: usize) -> (String, Vec<String>) {
    let router = lab.host("router");
    run(&format!("ip netns exec {router} sysctl -qw net.ipv4.ip_forward=1"));
    let hosts = (0..hosts).map(|n| {
        let host = lab.host(&format!("h{n}"));
        let (theirs, ours) = (format!("10.{}.0.2/24", n + 20), format!("10.{}.0.1/24", n + 20));
        lab.cable((&host, "eth0", &theirs), (&router, &format!("eth{n}"), &ours));
        run(&format!("ip -n {host} route add default via 10.{}.0.1", n + 20));
        host
    });
    let hosts = hosts.collect();
    (router, hosts)
}

const SERVED: [&str; 4] = ["--listen", "/ip4/0.0.0.0/udp/4077/quic-v1", "--listen", "/ip4/0.0.0.0/tcp/4077"];

fn a_newcomer_without_bootstraps() -> Duration {
    let mut lab = Lab::new("last");
    let (router, hosts) = star(&mut lab, 6);
    let mut net = Net::of(&[]);
    net.patience = Duration::from_secs(60);
    net.serve_in(&hosts[0], "one", &SERVED);
    net.serve_in(&hosts[1], "two", &SERVED);
    let both = ["--bootstrap", "10.20.0.2:4077", "--bootstrap", "10.21.0.2:4077"];
    for (host, name) in [(2, "ana"), (3, "bob")] {
        net.start_in(&hosts[host], name, &both);
    }
    net.confirmed(&["ana", "bob"]);
    net.kill("one");
    net.kill("two");
    say_both_ways(&mut net, "ana", "bob", "without any of those");
    // Somebody who was told where one member is. The other is heard of in the room.
    let at = net.address("ana");
    let port = at.split('/').nth(4).expect("a port");
    net.start_in(&hosts[4], "cho", &["--bootstrap", &format!("10.22.0.2:{port}")]);
    let began = Instant::now();
    net.confirmed(&["ana", "bob", "cho"]);
    let within = began.elapsed();
    say_both_ways(&mut net, "bob", "cho", "newcomer");
    net.kill("ana");
    say_both_ways(&mut net, "bob", "cho", "and without the member whose address it was");
    drop(router);
    within
}

#[test]
#[ignore = "needs root and network namespaces: just lab"]
fn a_room_outlives_every_bootstrap_and_lets_newcomers_in_by_a_members_address() {
    worst_of("in by the address of a member, no bootstrap alive", a_newcomer_without_bootstraps);
}

fn dead_before_a_good_one(dead: usize) -> Duration {
    let mut lab = Lab::new(&format!("dead{dead}"));
    let (router, hosts) = star(&mut lab, 3);
    // Whatever goes there is dropped without a word.
    run(&format!(
        "ip netns exec {router} nft 'add table inet lab; add chain inet lab fw {{ type filter hook forward priority 0; }}; \
         add rule inet lab fw ip daddr 10.66.0.0/16 drop'"
    ));
    let mut net = Net::of(&[]);
    net.serve_in(&hosts[0], "one", &SERVED);
    net.start_in(&hosts[1], "ana", &["--bootstrap", "10.20.0.2:4077"]);
    net.until("ana", |line| line["type"] == "room" && line["event"] == "joined");
    let mut args: Vec<String> = Vec::new();
    for n in 0..dead {
        args.extend(["--bootstrap".to_owned(), format!("10.66.0.{}:4077", n + 1)]);
    }
    args.extend(["--bootstrap".to_owned(), "10.20.0.2:4077".to_owned()]);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let began = Instant::now();
    net.start_in(&hosts[2], "bob", &args);
    net.confirmed(&["ana", "bob"]);
    began.elapsed()
}

#[test]
#[ignore = "needs root and network namespaces: just lab"]
fn four_dead_bootstraps_of_five_cost_less_than_a_second() {
    let alone = worst_of("in with a good bootstrap alone", || dead_before_a_good_one(0));
    let after = worst_of("in with four dead ones before it", || dead_before_a_good_one(4));
    assert!(after < alone + Duration::from_secs(1), "{after:?} and {alone:?}");
}

#[test]
#[ignore = "needs root and network namespaces: just lab"]
fn where_udp_is_blocked_tcp_carries_on() {
    let mut lab = Lab::new("noudp");
    let (_router, hosts) = star(&mut lab, 3);
    for host in &hosts {
        run(&format!(
            "ip netns exec {host} nft 'add table inet lab; add chain inet lab in {{ type filter hook input priority 0; }}; \
             add rule inet lab in meta l4proto udp drop'"
        ));
    }
    let mut net = Net::of(&[]);
    net.serve_in(&hosts[0], "one", &SERVED);
    let began = Instant::now();
    for (host, name) in [(1, "ana"), (2, "bob")] {
        net.start_in(&hosts[host], name, &["--bootstrap", "10.20.0.2:4077"]);
    }
    net.confirmed(&["ana", "bob"]);
    told("no UDP at all, confirmed after", began);
    net.kill("one");
    say_both_ways(&mut net, "ana", "bob", "over TCP");
}

#[test]
#[ignore = "needs root and network namespaces: just lab"]
fn ipv6_alone_will_do() {
    let mut lab = Lab::new("six");
    let router = lab.host("router");
    run(&format!("ip netns exec {router} sysctl -qw net.ipv6.conf.all.forwarding=1"));
    let mut hosts = Vec::new();
    for n in 0..3 {
        let host = lab.host(&format!("h{n}"));
        let (theirs, ours) = (format!("fd00:{n}::2/64"), format!("fd00:{n}::1/64"));
        // Nobody else is on the cable: to look for a second owner of an address would take two seconds.
        for end in [&host, &router] {
            run(&format!("ip netns exec {end} sysctl -qw net.ipv6.conf.default.accept_dad=0"));
        }
        run(&format!(
            "ip -n {host} link add eth0 type veth peer name eth{n} netns {router} && \
             ip -n {host} addr add {theirs} dev eth0 && ip -n {router} addr add {ours} dev eth{n} && \
             ip -n {host} link set eth0 up && ip -n {router} link set eth{n} up && \
             ip -n {host} -6 route add default via fd00:{n}::1"
        ));
        hosts.push(host);
    }
    let mut net = Net::of(&[]);
    net.serve_in(&hosts[0], "one", &["--listen", "/ip6/::/udp/4077/quic-v1", "--listen", "/ip6/::/tcp/4077"]);
    let began = Instant::now();
    for (host, name) in [(1, "ana"), (2, "bob")] {
        net.start_in(&hosts[host], name, &["--bootstrap", "[fd00:0::2]:4077"]);
    }
    net.confirmed(&["ana", "bob"]);
    told("IPv6 alone, confirmed after", began);
    net.kill("one");
    say_both_ways(&mut net, "ana", "bob", "over IPv6");
}

#[test]
#[ignore = "needs root and network namespaces: just lab"]
fn frames_of_1280_bytes_are_enough_for_the_largest_message() {
    let mut lab = Lab::new("mtu");
    let (router, hosts) = star(&mut lab, 3);
    for (n, host) in hosts.iter().enumerate() {
        run(&format!("ip -n {host} link set eth0 mtu 1280 && ip -n {router} link set eth{n} mtu 1280"));
    }
    let mut net = Net::of(&[]);
    net.serve_in(&hosts[0], "one", &SERVED);
    for (host, name) in [(1, "ana"), (2, "bob")] {
        net.start_in(&hosts[host], name, &["--bootstrap", "10.20.0.2:4077"]);
    }
    net.confirmed(&["ana", "bob"]);
    net.kill("one");
    let long = "long ".repeat(700);
    for n in 0..20 {
        let text = format!("{n} {long}");
        net.say("ana", text.trim()).expect(&["bob"], text.trim());
    }
}
