//! Rooms of many: how long until all know all, and what is lost when links, members and half the network go.

use std::io::Write;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::words::Net;
use crate::{Lab, run};

/// How long a healed network may take: look-ups and dials that failed are tried again within a minute, and a link that
/// died is noticed within forty seconds.
const HEALS: Duration = Duration::from_secs(180);

/// Prints a figure, captured or not.
fn figure(what: &str, since: Instant) {
    let _ = writeln!(std::io::stdout(), "{what}: {:.1} s", since.elapsed().as_secs_f64());
}

fn names(count: usize) -> Vec<String> {
    (1..=count).map(|n| format!("m{n:02}")).collect()
}

/// One node on each host, with nothing configured; all know each other when this returns.
fn settle(net: &mut Net, hosts: &[String]) -> Vec<String> {
    let names = names(hosts.len());
    for (name, host) in names.iter().zip(hosts) {
        net.start_in(host, name, &[]);
    }
    net.confirmed(&names.iter().map(String::as_str).collect::<Vec<_>>());
    names
}

fn expect_everywhere(net: &mut Net, names: &[String], texts: &[String]) {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for text in texts {
        net.expect(&names, text);
    }
}

#[test]
#[ignore = "needs root and network namespaces: just lab"]
fn sixty_four_who_know_one_address_are_one_room() {
    const MEMBERS: usize = 64;
    let mut lab = Lab::new("crowd");
    let host = lab.host("one");
    let mut net = Net::of(&[]);
    net.patience = Duration::from_secs(120);
    let names = names(MEMBERS);
    let home = ["--no-mdns", "--no-dht", "--listen", "/ip4/127.0.0.1/tcp/0"];
    let started = Instant::now();
    net.start_in(&host, &names[0], &home);
    let at = net.address(&names[0]);
    net.until(&names[0], |line| line["type"] == "room" && line["event"] == "joined");
    for name in &names[1..] {
        net.start_in(&host, name, &[&home[..], &["--bootstrap", &at]].concat());
    }
    figure("64 processes started one after the other", started);
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    net.confirmed(&all);
    figure("64 confirmed with 64 members, from the first start", started);
    for who in [0, 13, 31, 47, 63] {
        let said = Instant::now();
        let text = format!("one for all from {}", names[who]);
        net.say(&names[who], &text).expect(&all, &text);
        figure("one message read by 64", said);
    }
}

#[test]
#[ignore = "needs root and network namespaces: just lab"]
fn two_minutes_with_one_frame_in_ten_lost_lose_no_message() {
    let mut lab = Lab::new("rain");
    let (_, hosts) = lab.segment("sw", 1, 3);
    for host in &hosts {
        run(&format!(
            "ip netns exec {host} nft 'add table inet lab; add chain inet lab in {{ type filter hook input priority 0; }}; \
             add rule inet lab in iifname eth0 numgen random mod 100 < 10 drop'"
        ));
    }
    let mut net = Net::of(&[]);
    net.patience = HEALS;
    let names = settle(&mut net, &hosts);
    let mut texts = Vec::new();
    for n in 0..120 {
        let text = format!("second {n}");
        net.say(&names[n % names.len()], &text);
        texts.push(text);
        // One a second is what is tried.
        sleep(Duration::from_secs(1));
    }
    let said = Instant::now();
    expect_everywhere(&mut net, &names, &texts);
    figure("120 messages under 10 % loss, the last everywhere after", said);
}

#[test]
#[ignore = "needs root and network namespaces: just lab"]
fn one_of_eight_killed_while_messages_flow_takes_nothing_with_it() {
    let mut lab = Lab::new("kill");
    let (_, hosts) = lab.segment("sw", 1, 8);
    let mut net = Net::of(&[]);
    net.patience = HEALS;
    let mut names = settle(&mut net, &hosts);
    let victim = names.remove(3);
    let mut texts = Vec::new();
    for n in 0..80 {
        if n == 30 {
            net.kill(&victim);
        }
        let text = format!("message {n}");
        net.say(&names[n % names.len()], &text);
        texts.push(text);
        sleep(Duration::from_millis(250));
    }
    let said = Instant::now();
    expect_everywhere(&mut net, &names, &texts);
    figure("80 messages, one of eight killed, the last everywhere after", said);
}

#[test]
#[ignore = "needs root and network namespaces: just lab"]
fn two_halves_apart_for_a_minute_find_back_with_everything_said() {
    let mut lab = Lab::new("split");
    let (left, hosts) = lab.halves(4);
    let mut net = Net::of(&[]);
    net.patience = HEALS;
    let names = settle(&mut net, &hosts);
    run(&format!("ip -n {left} link set trunk down"));
    let mut texts = Vec::new();
    for n in 0..12 {
        let text = format!("apart {n}");
        net.say(&names[n % names.len()], &text);
        texts.push(text);
        // A minute apart is what is tried.
        sleep(Duration::from_secs(5));
    }
    run(&format!("ip -n {left} link set trunk up"));
    let healed = Instant::now();
    expect_everywhere(&mut net, &names, &texts);
    figure("4 + 4 apart for 60 s, all said apart is everywhere after", healed);
    net.confirmed(&names.iter().map(String::as_str).collect::<Vec<_>>());
    figure("and all 8 stand confirmed after", healed);
    net.say(&names[0], "together again");
    expect_everywhere(&mut net, &names, &["together again".to_owned()]);
}
