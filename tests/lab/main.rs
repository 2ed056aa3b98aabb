//! Hosts in network namespaces of their own: switches, routers, cables that are pulled and links that lose frames. Needs root
//! on Linux with `ip` and `nft`, so these are not part of a plain `cargo test`: `just lab`.
#![cfg(target_os = "linux")]
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that panics has done its work"
)]

mod aimed;
mod crowd;
mod finding;
mod gone;
mod hosts;
mod last;
mod nat;
mod relayed;
mod time;
mod trials;
#[path = "../it/words.rs"]
#[allow(dead_code, reason = "the lab uses some of the words")]
mod words;

use std::thread::sleep;
use std::time::Duration;

use hosts::{Lab, run};
use words::Net;

fn say_both_ways(net: &mut Net, a: &str, b: &str, when: &str) {
    let (there, back) = (format!("{when}, from {a}"), format!("{when}, from {b}"));
    net.say(a, &there).expect(&[b], &there);
    net.say(b, &back).expect(&[a], &back);
}

#[test]
#[ignore = "needs root and network namespaces: just lab"]
fn two_on_a_lan_with_no_way_to_anywhere_meet_by_themselves() {
    let (_lab, a, b) = Lab::lan("lan");
    let mut net = Net::of(&[]);
    net.start_in(&a, "ana", &[]);
    net.start_in(&b, "bob", &[]);
    net.confirmed(&["ana", "bob"]);
    say_both_ways(&mut net, "ana", "bob", "with nothing configured");
}

#[test]
#[ignore = "needs root and network namespaces: just lab"]
fn a_cable_pulled_for_a_minute_and_plugged_back_loses_nothing() {
    let (_lab, a, b) = Lab::lan("cable");
    let mut net = Net::of(&[]);
    net.start_in(&a, "ana", &[]);
    net.start_in(&b, "bob", &[]);
    net.confirmed(&["ana", "bob"]);
    run(&format!("ip -n {b} link set eth0 down"));
    net.say("ana", "said to nobody in reach");
    net.say("bob", "said on the other side");
    // The world outside has no event to wait for: a minute is what is being tried.
    sleep(Duration::from_secs(60));
    run(&format!("ip -n {b} link set eth0 up && ip -n {b} route add 224.0.0.0/4 dev eth0"));
    net.expect(&["ana", "bob"], "said to nobody in reach");
    net.expect(&["ana", "bob"], "said on the other side");
    say_both_ways(&mut net, "ana", "bob", "after the cable is back");
}

#[test]
#[ignore = "needs root and network namespaces: just lab"]
fn one_frame_in_ten_lost_loses_no_message() {
    let (_lab, a, b) = Lab::lan("loss");
    for host in [&a, &b] {
        run(&format!(
            "ip netns exec {host} nft 'add table inet lab; add chain inet lab in {{ type filter hook input priority 0; }}; \
             add rule inet lab in iifname eth0 numgen random mod 100 < 10 drop'"
        ));
    }
    let mut net = Net::of(&[]);
    net.start_in(&a, "ana", &[]);
    net.start_in(&b, "bob", &[]);
    net.confirmed(&["ana", "bob"]);
    for n in 0..20 {
        say_both_ways(&mut net, "ana", "bob", &format!("round {n}"));
    }
}

#[test]
#[ignore = "needs root and network namespaces: just lab"]
fn three_subnets_meet_through_the_host_between_them_and_go_on_without_its_node() {
    let mut lab = Lab::new("wan");
    let router = lab.host("router");
    run(&format!("ip netns exec {router} sysctl -qw net.ipv4.ip_forward=1"));
    let mut net = Net::of(&[]);
    let served = "/ip4/0.0.0.0/udp/4077/quic-v1";
    net.serve_in(&router, "between", &["--listen", served]);
    for (n, name) in ["ana", "bob", "cho"].into_iter().enumerate() {
        let host = lab.host(name);
        lab.cable(
            (&host, "eth0", &format!("10.{}.0.2/24", n + 20)),
            (&router, &format!("eth{n}"), &format!("10.{}.0.1/24", n + 20)),
        );
        run(&format!("ip -n {host} route add default via 10.{}.0.1", n + 20));
        net.start_in(&host, name, &["--bootstrap", &format!("10.{}.0.1:4077", n + 20)]);
    }
    net.confirmed(&["ana", "bob", "cho"]);
    net.say("ana", "from the first").expect(&["bob", "cho"], "from the first");
    net.kill("between");
    net.say("bob", "without it").expect(&["ana", "cho"], "without it");
    net.kill("ana");
    net.say("cho", "one less").expect(&["bob"], "one less");
}
