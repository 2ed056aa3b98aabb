//! What is kept beyond its time, among real processes.

use serde_json::{Value, json};

use crate::words::Net;

/// The first such line that somebody sees, or saw.
fn sees(net: &mut Net, who: &str, holds: impl Fn(&Value) -> bool) -> Value {
    net.eventually(who, |seen| seen.iter().any(&holds));
    net.find(who, holds)
}

fn about<'a>(kind: &'a str, id: &'a Value) -> impl Fn(&Value) -> bool + 'a {
    move |line| line["type"] == kind && line["id"] == *id
}

/// What somebody is shown as kept: the texts, as they came.
fn pins(net: &mut Net, who: &str) -> Vec<String> {
    let reply = net.ask(who, json!({"cmd": "line", "text": "/pins"}));
    let listed = reply["messages"].as_array().expect("messages").clone();
    let text =
        |one: &Value| net.find(who, |line| line["type"] == "message" && line["id"] == *one)["text"].clone();
    listed.iter().map(|one| text(one).as_str().expect("a text").to_owned()).collect()
}

#[test]
fn what_is_pinned_outlives_its_time_on_every_node_and_goes_when_it_is_unpinned_or_taken_back() {
    let mut net = Net::hosted_by("ana", &["--history", "unexpired"]);
    for name in ["bob", "cho"] {
        net.join(name, None);
    }
    net.confirmed(&["ana", "bob", "cho"]);
    let brief = |text: &str| json!({"cmd": "send", "text": text, "ttl_ms": 5_000});
    let [pinned, slip, plain] = ["gate two", "a slip", "soon gone"].map(|text| {
        let id = net.ask("bob", brief(text))["id"].clone();
        net.expect_all(text);
        id
    });
    for id in [&pinned, &slip] {
        assert_eq!(net.ask("ana", json!({"cmd": "pin", "id": id}))["ok"], true);
    }
    net.ask("ana", json!({"cmd": "keep", "text": "gate three"}));
    for who in ["ana", "bob", "cho"] {
        let kept = sees(&mut net, who, about("kept", &pinned));
        assert_eq!(
            (&kept["keep"], &kept["by"]["nick"], &kept["burns_ms"]),
            (&json!(true), &json!("ana"), &Value::Null)
        );
        sees(&mut net, who, about("burned", &plain));
    }
    // Their time was the same, and it is over.
    assert_eq!(pins(&mut net, "cho"), ["gate two", "a slip", "gate three"]);
    net.ask("bob", json!({"cmd": "burn", "id": slip}));
    for who in ["ana", "cho"] {
        let burned = sees(&mut net, who, about("burned", &slip));
        assert_eq!(burned["why"], "sender");
    }
    // Whoever comes now gets what is kept, and nothing else.
    net.join("dan", None);
    net.expect(&["dan"], "gate three");
    net.expect(&["dan"], "gate two");
    net.never("dan", "a slip");
    assert_eq!(net.ask("ana", json!({"cmd": "unpin", "id": pinned}))["ok"], true);
    for who in ["ana", "bob", "cho", "dan"] {
        let kept = sees(&mut net, who, |line| line["type"] == "kept" && line["keep"] == false);
        assert_eq!((&kept["id"], &kept["burns_ms"]), (&pinned, &json!(0)));
        sees(&mut net, who, about("burned", &pinned));
        assert_eq!(pins(&mut net, who), ["gate three"], "{who}");
    }
}
