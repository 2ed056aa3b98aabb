//! What a liar gets a node to send to a third machine that asked for nothing: less than the lie costs, or so little that nobody notices.

use std::process::Command;
use std::time::Duration;

use ephem_node::base::id::Topic;
use ephem_node::net::{Addr, Config, Event, Events, Handle, Place, start};
use ephem_node::node::clock::instant;
use ephem_node::node::random;
use libp2p::autonat::v2::client as asking;
use libp2p::futures::StreamExt;
use libp2p::kad::store::{MemoryStore, RecordStore};
use libp2p::swarm::{FromSwarm, NetworkBehaviour, NewExternalAddrCandidate, SwarmEvent};
use libp2p::{Multiaddr, PeerId, StreamProtocol, Swarm, SwarmBuilder, identify, kad, noise, tcp, yamux};

use super::hosts::{Lab, run};
use super::trials::figure;

const NODE: &str = "198.51.100.1";
const LIAR: &str = "198.51.100.2";
const VICTIM: &str = "198.51.100.3";
/// Addresses of the victim that the liar names: half TCP, half QUIC.
const NAMED: u16 = 200;
/// Says that this process is inside the host made for it.
const INSIDE: &str = "EPHEM_LAB_INSIDE";

/// Runs the test of that name again, inside a host that has three addresses of the internet. What goes to the victim is counted and
/// swallowed: who answers nothing is sent the most.
fn inside(test: &str) {
    let mut lab = Lab::new("aimed");
    let host = lab.host("h");
    for address in [NODE, LIAR, VICTIM] {
        run(&format!("ip -n {host} addr add {address}/32 dev lo"));
    }
    let rules = format!(
        "table ip c {{ counter victim {{ }}; counter liar {{ }}; chain i {{ type filter hook input priority 0; \
         ip daddr {VICTIM} counter name victim drop; }}; }}"
    );
    run(&format!("ip netns exec {host} nft '{rules}'"));
    let this = std::env::current_exe().expect("a path");
    let done = Command::new("ip")
        .args(["netns", "exec", &host])
        .arg(this)
        .args(["--exact", test, "--include-ignored", "--nocapture", "--test-threads=1"])
        .env(INSIDE, "1")
        .status()
        .expect("ip runs");
    assert!(done.success(), "{test}, inside");
}

fn is_inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

fn block_on(what: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(what);
}

/// From now on what comes over that way is what the liar pays.
fn count_liar(way: &str, at: &str) {
    let port = at.rsplit('/').next().expect("a port");
    run(&format!("nft add rule ip c i tcp {way} {port} counter name liar"));
}

/// Packets and bytes, headers and all.
fn counted(name: &str) -> (u64, u64) {
    let said = Command::new("nft").args(["list", "counter", "ip", "c", name]).output().expect("nft runs");
    let said = String::from_utf8(said.stdout).expect("words");
    let after = |word: &str| {
        let mut words = said.split_whitespace().skip_while(|w| *w != word).skip(1);
        words.next().and_then(|n| n.parse().ok()).unwrap_or_else(|| panic!("no {word}: {said}"))
    };
    (after("packets"), after("bytes"))
}

/// Says what it came to, and gives what the liar paid and what the victim got, in bytes.
fn sums(what: &str) -> (u64, u64) {
    let ((_, paid), (packets, got)) = (counted("liar"), counted("victim"));
    figure(what, &format!("the liar sent {paid} bytes, the victim got {got} in {packets} packets"));
    assert!(paid > 0, "nobody lied");
    (paid, got)
}

fn named() -> Vec<Multiaddr> {
    let address = |n: u16| match n % 2 {
        0 => format!("/ip4/{VICTIM}/tcp/{}", 2_000 + n),
        _ => format!("/ip4/{VICTIM}/udp/{}/quic-v1", 2_000 + n),
    };
    (0..NAMED).map(|n| address(n).parse().expect("an address")).collect()
}

async fn node(config: Config) -> (Handle, Events, Addr) {
    let listen =
        ["tcp/0", "udp/0/quic-v1"].map(|way| Addr::parse_listen(&format!("/ip4/{NODE}/{way}")).expect("one"));
    let config = Config { listen: listen.to_vec(), mdns: false, ..config };
    let (handle, mut events) = start(config).expect("it starts");
    loop {
        if let Event::Listening(addr) = events.next().await.expect("it runs")
            && addr.to_string().contains("/tcp/")
        {
            return (handle, events, addr);
        }
    }
}

async fn liar<B: NetworkBehaviour>(
    behaviour: impl FnOnce(identify::Behaviour, PeerId) -> B,
) -> (Swarm<B>, Multiaddr) {
    let mut swarm = SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
        .expect("a transport")
        .with_behaviour(|key| {
            let identify = identify::Config::new("/ephem/1".to_owned(), key.public());
            behaviour(identify::Behaviour::new(identify), key.public().to_peer_id())
        })
        .expect("a behaviour")
        .build();
    swarm.listen_on(format!("/ip4/{LIAR}/tcp/0").parse().expect("an address")).expect("it listens");
    loop {
        if let SwarmEvent::NewListenAddr { address, .. } = swarm.select_next_some().await {
            return (swarm, address);
        }
    }
}

#[derive(NetworkBehaviour)]
struct Asker {
    identify: identify::Behaviour,
    asking: asking::Behaviour<random::Os>,
}

/// A liar who wants so many addresses tried pays for each with more than the try costs, and most are not tried at all.
#[test]
#[ignore = "needs root and network namespaces: just lab"]
fn who_asks_a_node_to_try_somebody_elses_addresses_sends_more_than_they_get() {
    if !is_inside() {
        return inside("aimed::who_asks_a_node_to_try_somebody_elses_addresses_sends_more_than_they_get");
    }
    block_on(async {
        let (_handle, _events, at) = node(Config { serve: true, ..Config::default() }).await;
        count_liar("dport", &at.to_string());
        let (mut liar, _) = liar(|identify, _| {
            let eager = asking::Config::default()
                .with_max_candidates(usize::from(NAMED))
                .with_probe_interval(Duration::from_millis(200));
            Asker { identify, asking: asking::Behaviour::new(random::os(), eager) }
        })
        .await;
        for addr in named() {
            let lie = FromSwarm::NewExternalAddrCandidate(NewExternalAddrCandidate { addr: &addr });
            liar.behaviour_mut().asking.on_swarm_event(lie);
        }
        liar.dial(at.to_string().parse::<Multiaddr>().expect("an address")).expect("it dials");
        let end = instant() + Duration::from_secs(100);
        let mut answered = 0;
        while let Ok(event) = tokio::time::timeout_at(end, liar.select_next_some()).await {
            if let SwarmEvent::Behaviour(AskerEvent::Asking(_)) = event {
                answered += 1;
                if answered == NAMED {
                    break;
                }
            }
        }
        assert!(answered > 0, "it was never asked");
        let (paid, got) = sums(&format!("{answered} of {NAMED} addresses tried at a stranger's wish"));
        assert!(got < paid);
    });
}

#[derive(NetworkBehaviour)]
struct Table {
    identify: identify::Behaviour,
    kad: kad::Behaviour<MemoryStore>,
}

/// A server of the table that names a victim for everything it is asked.
#[test]
#[ignore = "needs root and network namespaces: just lab"]
fn a_table_of_lies_sends_next_to_nothing_to_whom_it_names() {
    if !is_inside() {
        return inside("aimed::a_table_of_lies_sends_next_to_nothing_to_whom_it_names");
    }
    block_on(async {
        let (topic, key) = (Topic([1; 32]), [7; 32]);
        let (mut liar, at) = liar(|identify, me| {
            let settings = kad::Config::new(StreamProtocol::new("/ephem/kad/1.0.0"));
            let mut kad = kad::Behaviour::with_config(me, MemoryStore::new(me), settings);
            kad.set_mode(Some(kad::Mode::Server));
            for addr in named() {
                let made_up = PeerId::random();
                kad.add_address(&made_up, addr.clone());
                let lie = kad::ProviderRecord::new(kad::RecordKey::new(&key), made_up, vec![addr]);
                let _ = kad.store_mut().add_provider(lie);
            }
            Table { identify, kad }
        })
        .await;
        count_liar("sport", &at.to_string());
        let bootstrap = vec![Place::parse(&format!("{at}/p2p/{}", liar.local_peer_id())).expect("a place")];
        let (handle, mut events, _) = node(Config { bootstrap, ..Config::default() }).await;
        handle.join(topic).await.expect("it runs");
        handle.provide(key, topic).await.expect("it runs");
        // The look-ups of a room that finds nobody: at once, then later and later, then each minute.
        let end = instant() + Duration::from_secs(130);
        let lying = async {
            loop {
                liar.select_next_some().await;
            }
        };
        let living = async { while events.next().await.is_some() {} };
        let _ = tokio::time::timeout_at(end, async { tokio::join!(lying, living) }).await;
        let (_, got) = sums("two minutes of look-ups in a table of lies");
        // Nobody notices two kilobytes a second, and few liars serve the same node.
        assert!(got < 2_000 * 130, "{got}");
    });
}
