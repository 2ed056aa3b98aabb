//! Who sees what of a node before anybody has said a word, and what keeps it from them.

/// What a node is about to do, as far as others can see it.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// It looks on the local network.
    pub lan: bool,
    /// It asks the table of rendezvous keys, where somebody leads it there.
    pub table: bool,
    /// The addresses that it asks first, as they were typed.
    pub asks: Vec<String>,
    /// One of them is a name, which the machine's resolver asks for.
    pub names: bool,
}

/// Somebody, what they see, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Who.
    pub who: String,
    /// What.
    pub what: &'static str,
    /// How not to be seen by them; empty where nothing helps but to stay away.
    pub instead: &'static str,
}

/// Everybody who sees something, the nearest first.
pub fn exposure(plan: &Plan) -> Vec<Seen> {
    let mut all = Vec::new();
    let mut seen = |who: &str, what, instead| all.push(Seen { who: who.to_owned(), what, instead });
    if plan.lan {
        seen(
            "everybody on the local network",
            "that a program of this kind runs here: its addresses and ports, and a name drawn anew at each start; no room, no nick",
            "--no-mdns",
        );
    }
    if plan.names {
        seen(
            "the resolver of this machine",
            "which names you ask for, and when",
            "give IP addresses with --bootstrap",
        );
    }
    if !plan.asks.is_empty() {
        seen(
            "your provider, and whoever is on the way",
            "the two IP addresses, when and how much is sent, and that it is libp2p; no room, no nick, no text",
            "a VPN or Tor beneath",
        );
    }
    for asked in &plan.asks {
        seen(
            asked,
            "your IP address, the name drawn at this start, when you come and go, and for each room a hash that is another \
             tomorrow; whoever knows a room's name and passphrase can tell its hash",
            "a VPN or Tor beneath, and a room with a passphrase or an invite",
        );
    }
    if plan.table && !plan.asks.is_empty() {
        seen(
            "a few servers of the table, picked by a hash",
            "that this address looks for a hash of the day, and that it can be reached for it",
            "--no-dht",
        );
    }
    seen(
        "members of the room, once you are in",
        "your IP addresses, those of your home network too, sealed from everybody else; your nick and what you say",
        "a VPN or Tor beneath",
    );
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_not_spoken_to_sees_nothing() {
        let all = |plan: &Plan| exposure(plan).into_iter().map(|seen| seen.who).collect::<Vec<_>>();
        let quiet = Plan::default();
        assert_eq!(all(&quiet), ["members of the room, once you are in"]);
        assert_eq!(all(&Plan { lan: true, ..quiet.clone() }).len(), 2);
        assert_eq!(all(&Plan { table: true, ..quiet }).len(), 1, "nobody leads to the table");
        let plan = Plan { lan: true, table: true, asks: vec!["a.example:1".to_owned()], names: true };
        assert_eq!(all(&plan).len(), 6);
        assert!(all(&plan).contains(&"a.example:1".to_owned()));
    }
}
