//! Which subscriptions of others are remembered: all that are spelled like topics, up to a bound.
//!
//! It would be tempting to remember only the topics this node has joined itself. But a peer announces its topics once, when
//! the link comes up: a node that forgot those it has not joined *yet* would join a topic beside a peer that is on it and
//! find nobody, and gossipsub drops a graft from a peer it does not know to be on the topic.

use libp2p::gossipsub::{MaxCountSubscriptionFilter, TopicHash, TopicSubscriptionFilter};

use super::config::TOPICS;
use super::names;

/// The filter with its bounds. A peer that goes over them is not listened to in that packet at all.
pub(super) type Bounded = MaxCountSubscriptionFilter<Spelled>;

/// Topics are spelled one way.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spelled;

impl TopicSubscriptionFilter for Spelled {
    fn can_subscribe(&mut self, topic: &TopicHash) -> bool {
        names::topic(topic).is_some()
    }
}

/// As many topics as this node would join itself, in one packet or in several.
pub(super) fn filter() -> Bounded {
    MaxCountSubscriptionFilter {
        filter: Spelled,
        max_subscribed_topics: TOPICS,
        max_subscriptions_per_request: TOPICS,
    }
}
