//! What a node is to libp2p: its protocols put together, and the swarm they run on.

use libp2p::connection_limits::ConnectionLimits;
use std::time::Duration;

use libp2p::gossipsub::{
    self, IdentityTransform, MessageAuthenticity, PeerScoreParams, PeerScoreThresholds, TopicScoreParams,
    ValidationMode, score_parameter_decay_with_base,
};
use libp2p::identity::Keypair;
use libp2p::kad::store::{MemoryStore, MemoryStoreConfig};
use libp2p::swarm::NetworkBehaviour;
use libp2p::swarm::behaviour::toggle::Toggle;
use libp2p::{
    PeerId, StreamProtocol, Swarm, SwarmBuilder, allow_block_list, autonat, connection_limits, dcutr,
    identify, kad, mdns, memory_connection_limits, noise, ping, relay, tcp, upnp, yamux,
};

use super::config::{self, Config, Limits};
use super::direct;
use super::filter::{self, Bounded};
use super::guarded::Guarded;
use super::house;
use super::knock;
use super::names;

/// Gossipsub with this house's filter.
pub(super) type Gossip = gossipsub::Behaviour<IdentityTransform, Bounded>;

/// All protocols of a node. The guards come first: what they refuse reaches no other.
#[derive(NetworkBehaviour)]
pub(super) struct Node {
    pub(super) shunned: allow_block_list::Behaviour<allow_block_list::BlockedPeers>,
    house: house::Behaviour,
    pub(super) limits: connection_limits::Behaviour,
    memory: memory_connection_limits::Behaviour,
    pub(super) gossip: Gossip,
    pub(super) direct: direct::Behaviour,
    pub(super) kad: Toggle<Guarded<kad::Behaviour<MemoryStore>>>,
    pub(super) mdns: Toggle<mdns::tokio::Behaviour>,
    /// Others reached through this node.
    pub(super) relay: Toggle<relay::Behaviour>,
    /// This node reached through others.
    relayed: Toggle<relay::client::Behaviour>,
    /// From a link through a relay to a straight one.
    pub(super) punch: Toggle<Guarded<dcutr::Behaviour>>,
    /// Whether others reach this node.
    pub(super) probe: Toggle<Guarded<autonat::v2::client::Behaviour>>,
    /// Whether this node reaches others, for them; there while others reach it.
    pub(super) prober: Toggle<Guarded<autonat::v2::server::Behaviour>>,
    upnp: Toggle<upnp::tokio::Behaviour>,
    identify: identify::Behaviour,
    ping: ping::Behaviour,
    pub(super) knock: knock::Behaviour,
}

/// Why the protocols could not be put together. Only mDNS can fail from outside; the rest are numbers of ours.
#[derive(Debug)]
pub(super) struct BuildError(pub(super) String);

/// The swarm, not yet listening, and what keeps mDNS from working if something does.
pub(super) fn build(
    key: Keypair,
    config: &Config,
) -> Result<(Swarm<Node>, Option<std::io::Error>), BuildError> {
    let wrong = |what: &dyn std::fmt::Display| BuildError(what.to_string());
    let (mdns, mdns_trouble) = match (config.mdns && config.ways.straight()).then(|| local_search(&key)) {
        None => (None, None),
        Some(Ok(mdns)) => (Some(mdns), None),
        Some(Err(why)) => (None, Some(why)),
    };
    let gossip = gossip().map_err(|e| wrong(&e))?;
    let (public, me) = (key.public(), key.public().to_peer_id());
    // Whoever wants relays alone is reached by nobody else, and meets nobody halfway.
    let straight = config.ways.straight();
    let limits = config.limits.unwrap_or(Limits::usual(config.serve));
    let node = |relayed| Node {
        shunned: allow_block_list::Behaviour::default(),
        house: house::Behaviour::default(),
        limits: connection_limits::Behaviour::new(link_limits(limits)),
        memory: memory_connection_limits::Behaviour::with_max_bytes(config::MEMORY_BYTES),
        gossip,
        direct: direct::behaviour(),
        kad: Toggle::from(config.dht.then(|| Guarded::doubted(table(me, config.serve)))),
        mdns: Toggle::from(mdns),
        relay: Toggle::from(straight.then(|| relaying(me, config.serve, limits))),
        relayed: Toggle::from(config.ways.relayed().then_some(relayed)),
        punch: Toggle::from(both_ways(config).then(|| Guarded::paced(dcutr::Behaviour::new(me)))),
        probe: Toggle::from(straight.then(|| Guarded::new(autonat::v2::client::Behaviour::default()))),
        prober: Toggle::from(
            (straight && config.serve).then(|| Guarded::paced(autonat::v2::server::Behaviour::default())),
        ),
        upnp: Toggle::from((straight && config.upnp).then(upnp::tokio::Behaviour::default)),
        identify: identify::Behaviour::new(
            identify::Config::new(config::FAMILY.to_owned(), public.clone())
                .with_agent_version(config::AGENT.to_owned())
                .with_push_listen_addr_updates(true)
                // Private addresses are nobody's business; members get them sealed, the local network by mDNS.
                .with_hide_listen_addrs(true)
                // Its cache would offer for dialling what peers say of themselves, unchecked.
                .with_cache_size(0),
        ),
        ping: ping::Behaviour::new(
            ping::Config::new().with_interval(config::PING).with_timeout(config::PING_TIMEOUT),
        ),
        knock: knock::Behaviour::default(),
    };
    let swarm = SwarmBuilder::with_existing_identity(key)
        .with_tokio()
        .with_tcp(tcp::Config::default().nodelay(true), noise::Config::new, yamux::Config::default)
        .map_err(|e| wrong(&e))?
        .with_quic_config(|mut quic| {
            quic.max_idle_timeout = config::QUIC_IDLE_MS;
            quic.keep_alive_interval = config::QUIC_ALIVE;
            quic
        })
        .with_relay_client(noise::Config::new, yamux::Config::default)
        .map_err(|e| wrong(&e))?
        .with_behaviour(|_, relayed| node(relayed))
        .map_err(|e| wrong(&e))?
        .with_swarm_config(|swarm| swarm.with_idle_connection_timeout(config::IDLE).with_smart_dial())
        .with_connection_timeout(config::HANDSHAKE)
        .build();
    Ok((swarm, mdns_trouble))
}

fn gossip() -> Result<Gossip, String> {
    let config = gossipsub::ConfigBuilder::default()
        .validation_mode(ValidationMode::Anonymous)
        .validate_messages()
        .message_id_fn(names::message_id)
        .heartbeat_interval(config::HEARTBEAT)
        .heartbeat_initial_delay(config::HEARTBEAT_FIRST)
        .mesh_n(config::MESH)
        .mesh_n_low(config::MESH_LOW)
        .mesh_n_high(config::MESH_HIGH)
        .mesh_outbound_min(config::MESH_OUTBOUND)
        .gossip_lazy(config::GOSSIP_LAZY)
        .history_length(config::HISTORY)
        .history_gossip(config::HISTORY_GOSSIP)
        .duplicate_cache_time(config::DUPLICATES)
        // To the mesh, not to all who listen: docs/decisions/0032.
        .flood_publish(false)
        .max_transmit_size(config::TRANSMIT_BYTES)
        .max_control_messages_sent(config::CONTROL_IDS)
        .max_control_message_size(config::CONTROL_BYTES)
        .max_publish_messages(config::MESSAGES_A_PACKET)
        .connection_handler_queue_len(config::QUEUE)
        .publish_queue_duration(config::QUEUED)
        .forward_queue_duration(config::QUEUED)
        .unsubscribe_backoff(config::UNSUBSCRIBE_BACKOFF)
        .prune_backoff(config::PRUNE_BACKOFF)
        .build()
        .map_err(|e| e.to_string())?;
    let mut gossip =
        Gossip::new_with_subscription_filter(MessageAuthenticity::Anonymous, config, filter::filter())?;
    gossip.with_peer_score(scores(), thresholds())?;
    Ok(gossip)
}

/// Only what an honest peer never does counts: rejected frames, broken promises. Quiet, slow and crowded are no faults.
fn scores() -> PeerScoreParams {
    PeerScoreParams {
        topic_score_cap: 0.0,
        app_specific_weight: 0.0,
        // A household, a relay and a test share one address.
        ip_colocation_factor_weight: 0.0,
        behaviour_penalty_weight: config::PENALTY_WEIGHT,
        behaviour_penalty_threshold: config::PENALTY_FREE,
        behaviour_penalty_decay: fading(config::PENALTY_MEMORY),
        decay_interval: config::FADE,
        retain_score: config::SCORE_MEMORY,
        // A telephone on a train is slow.
        slow_peer_weight: 0.0,
        ..PeerScoreParams::default()
    }
}

/// The score of one topic. It must be set for each topic joined, or rejected frames on it count for nothing.
pub(super) fn topic_score() -> TopicScoreParams {
    TopicScoreParams {
        topic_weight: 1.0,
        // Time and first deliveries earn nothing: credit would let a liar save up for junk.
        time_in_mesh_weight: 0.0,
        first_message_deliveries_weight: 0.0,
        // A quiet peer is a peer with nothing to say.
        mesh_message_deliveries_weight: 0.0,
        mesh_failure_penalty_weight: 0.0,
        invalid_message_deliveries_weight: config::REJECT_WEIGHT,
        invalid_message_deliveries_decay: fading(config::REJECT_MEMORY),
        ..TopicScoreParams::default()
    }
}

/// By how much something fades each time, so that a tenth of it is left after so long.
fn fading(memory: Duration) -> f64 {
    score_parameter_decay_with_base(memory, config::FADE, 0.1)
}

fn thresholds() -> PeerScoreThresholds {
    PeerScoreThresholds {
        gossip_threshold: config::NO_GOSSIP,
        publish_threshold: config::NO_PUBLISH,
        graylist_threshold: config::GRAYLIST,
        // Scores are never above zero here, so neither of these two is used.
        accept_px_threshold: 0.0,
        opportunistic_graft_threshold: 0.0,
    }
}

/// How many links there may be.
pub(super) fn link_limits(limits: Limits) -> ConnectionLimits {
    ConnectionLimits::default()
        .with_max_pending_incoming(Some(config::LINKS_PENDING))
        .with_max_pending_outgoing(Some(config::LINKS_PENDING))
        .with_max_established_incoming(Some(limits.peers))
        .with_max_established_outgoing(Some(config::LINKS_OUT))
        .with_max_established_per_peer(Some(config::LINKS_A_PEER))
}

fn both_ways(config: &Config) -> bool {
    config.ways.straight() && config.ways.relayed()
}

/// What others may ask of this node as a relay. Whether they may ask at all is said outright once it is known that they reach
/// it: left alone it would begin at the first external address, and a relayed one is such.
fn relaying(me: PeerId, serve: bool, limits: Limits) -> relay::Behaviour {
    let (at_once, again) = (config::ASKED_AT_ONCE, config::ASKED_AGAIN);
    let settings = relay::Config {
        max_reservations: limits.places,
        reservation_duration: config::RELAYED_FOR,
        reservation_rate_limiters: Vec::new(),
        max_circuits: limits.circuits,
        max_circuits_per_peer: config::CIRCUITS_A_PEER,
        max_circuit_duration: config::RELAYED_FOR,
        max_circuit_bytes: limits.circuit_bytes,
        circuit_src_rate_limiters: Vec::new(),
        ..relay::Config::default()
    };
    let settings = settings
        .reservation_rate_per_peer(at_once, again * 2)
        .reservation_rate_per_ip(at_once, again)
        .circuit_src_per_peer(at_once, again * 2)
        .circuit_src_per_ip(at_once, again);
    let mut relay = relay::Behaviour::new(me, settings);
    relay.set_status(Some(if serve { relay::Status::Enable } else { relay::Status::Disable }));
    relay
}

fn local_search(key: &Keypair) -> std::io::Result<mdns::tokio::Behaviour> {
    let config =
        mdns::Config { ttl: config::MDNS_TTL, query_interval: config::MDNS_QUERY, enable_ipv6: false };
    mdns::tokio::Behaviour::new(config, key.public().to_peer_id())
}

fn table(me: PeerId, serve: bool) -> kad::Behaviour<MemoryStore> {
    // Values are no part of this protocol; none is stored for anybody.
    let keys = if serve { config::KEYS_SERVED } else { config::KEYS };
    let store = MemoryStoreConfig {
        max_records: 0,
        max_value_bytes: 0,
        max_provided_keys: keys,
        ..Default::default()
    };
    let mut settings = kad::Config::new(StreamProtocol::new(config::KAD_PROTOCOL));
    settings
        .set_query_timeout(config::LOOKUP_TIMEOUT)
        .set_provider_record_ttl(Some(config::PROVIDER_TTL))
        .set_provider_publication_interval(Some(config::PROVIDE_AGAIN))
        .set_record_ttl(None)
        .set_replication_interval(None)
        .set_publication_interval(None)
        .set_caching(kad::Caching::Disabled);
    let mut table = kad::Behaviour::with_config(me, MemoryStore::with_config(me, store), settings);
    // Said outright: left alone it would turn into a server at the first external address, and a relayed address is one.
    table.set_mode(Some(if serve { kad::Mode::Server } else { kad::Mode::Client }));
    table
}
