//! Whatever a person can type a program can send: each slash command has a line of JSON that asks for the very same.

use std::collections::BTreeSet;

use ephem_node::chat::command::{TABLE, parse};
use ephem_node::chat::lines::Line;
use ephem_node::chat::request::{Request, View};
use ephem_node::pipe::{cmds, decode};

/// What a person types, and what a program sends for it.
const TWINS: &[(&str, &str)] = &[
    ("/join lobby", r#"{"cmd":"join","room":"lobby"}"#),
    ("/new plans", r#"{"cmd":"new","name":"plans"}"#),
    ("/leave", r#"{"cmd":"leave"}"#),
    ("/rooms", r#"{"cmd":"rooms"}"#),
    ("/rooms all", r#"{"cmd":"rooms","all":true}"#),
    ("/rooms region:eu", r#"{"cmd":"rooms","tag":"region:eu"}"#),
    ("/list", r#"{"cmd":"list"}"#),
    ("/list near", r#"{"cmd":"list","list":"near"}"#),
    ("/tag region:eu special:chess", r#"{"cmd":"tag","tag":"region:eu special:chess"}"#),
    ("/tag", r#"{"cmd":"tag"}"#),
    ("/persist on", r#"{"cmd":"policy","persist":true}"#),
    ("/keep north gate", r#"{"cmd":"keep","text":"north gate"}"#),
    ("/invite uses 3 valid 1h", r#"{"cmd":"invite","uses":3,"valid_ms":3600000}"#),
    ("/invite list", r#"{"cmd":"invites"}"#),
    ("/invite show 1a2b", r#"{"cmd":"invite","id":"1a2b"}"#),
    ("/invite revoke 1a2b", r#"{"cmd":"revoke","id":"1a2b"}"#),
    ("/token", r#"{"cmd":"token"}"#),
    ("/quit", r#"{"cmd":"quit"}"#),
    ("hello", r#"{"cmd":"send","text":"hello"}"#),
    ("/msg ana hello", r#"{"cmd":"dm","to":"ana","text":"hello"}"#),
    ("/reply hello", r#"{"cmd":"reply","text":"hello"}"#),
    ("/me waves", r#"{"cmd":"send","text":"waves","action":true}"#),
    ("/announce closing", r#"{"cmd":"announce","text":"closing"}"#),
    ("/announce all: closing", r#"{"cmd":"announce","text":"closing","all":true}"#),
    ("/once 20s 9920", r#"{"cmd":"send","text":"9920","once":true,"once_ms":20000}"#),
    ("/shown 2m hello", r#"{"cmd":"send","text":"hello","ttl_ms":120000,"from_read":true}"#),
    ("/ttl room 10m", r#"{"cmd":"policy","ttl_ms":600000}"#),
    ("/open 7", r#"{"cmd":"open","id":7}"#),
    ("/burn last", r#"{"cmd":"burn","id":"last"}"#),
    ("/burn mine", r#"{"cmd":"burn","id":"mine"}"#),
    ("/pin 7", r#"{"cmd":"pin","id":7}"#),
    ("/unpin 7", r#"{"cmd":"unpin","id":7}"#),
    ("/pins", r#"{"cmd":"pins"}"#),
    ("/who", r#"{"cmd":"who"}"#),
    ("/whois ana", r#"{"cmd":"whois","who":"ana"}"#),
    ("/verify ana", r#"{"cmd":"verify","who":"ana"}"#),
    ("/friends", r#"{"cmd":"friends"}"#),
    ("/friend add ana", r#"{"cmd":"friend","who":"ana"}"#),
    ("/friend remove ana", r#"{"cmd":"unfriend","who":"ana"}"#),
    ("/friend invite ana", r#"{"cmd":"invite","who":"ana"}"#),
    ("/block eve", r#"{"cmd":"block","who":"eve"}"#),
    ("/unblock eve", r#"{"cmd":"unblock","who":"eve"}"#),
    ("/report eve floods", r#"{"cmd":"report","who":"eve","text":"floods"}"#),
    ("/report 0011223344556677", r#"{"cmd":"report","id":"0011223344556677"}"#),
    ("/reports", r#"{"cmd":"reports"}"#),
    ("/reports close 7", r#"{"cmd":"burn","id":7}"#),
    ("/kick eve noise", r#"{"cmd":"kick","who":"eve","why":"noise"}"#),
    ("/ban eve 2h lock noise", r#"{"cmd":"ban","who":"eve","for_ms":7200000,"then":"lock","why":"noise"}"#),
    ("/unban eve", r#"{"cmd":"unban","who":"eve"}"#),
    ("/bans", r#"{"cmd":"bans"}"#),
    ("/mute eve 10m noise", r#"{"cmd":"mute","who":"eve","for_ms":600000,"why":"noise"}"#),
    ("/unmute eve", r#"{"cmd":"unmute","who":"eve"}"#),
    ("/admin bob", r#"{"cmd":"admin","who":"bob"}"#),
    ("/unadmin bob", r#"{"cmd":"unadmin","who":"bob"}"#),
    ("/transfer ana", r#"{"cmd":"transfer","who":"ana"}"#),
    ("/accept", r#"{"cmd":"accept"}"#),
    ("/yield", r#"{"cmd":"yield"}"#),
    ("/admit dan", r#"{"cmd":"admit","who":"dan"}"#),
    ("/deny dan", r#"{"cmd":"deny","who":"dan"}"#),
    ("/close", r#"{"cmd":"close"}"#),
    ("/audit", r#"{"cmd":"audit"}"#),
    ("/max 8", r#"{"cmd":"policy","max":8}"#),
    ("/topic floor plan", r#"{"cmd":"policy","topic":"floor plan"}"#),
    ("/lock", r#"{"cmd":"policy","lock":true}"#),
    ("/unlock", r#"{"cmd":"policy","lock":false}"#),
    ("/knock on", r#"{"cmd":"policy","knock":true}"#),
    ("/slow off", r#"{"cmd":"policy","slow_ms":0}"#),
    ("/quiet 10m", r#"{"cmd":"policy","quiet_ms":600000}"#),
    ("/expires 2h", r#"{"cmd":"policy","expires_ms":7200000}"#),
    ("/nick otter", r#"{"cmd":"nick","nick":"otter"}"#),
    ("/away", r#"{"cmd":"away"}"#),
    ("/back", r#"{"cmd":"back"}"#),
    ("/status gone", r#"{"cmd":"profile","status":"gone"}"#),
    ("/status", r#"{"cmd":"profile","status":""}"#),
    ("/profile", r#"{"cmd":"profile"}"#),
    ("/profile colour sand", r#"{"cmd":"profile","colour":"sand"}"#),
    ("/avatar club", r#"{"cmd":"profile","avatar":"club"}"#),
    ("/avatar auto", r#"{"cmd":"profile","avatar":"auto"}"#),
    ("/avatar", r#"{"cmd":"avatars"}"#),
    ("/anon on", r#"{"cmd":"profile","anon":true}"#),
    ("/net", r#"{"cmd":"net"}"#),
    ("/ping ana", r#"{"cmd":"ping","who":"ana"}"#),
    ("/doctor", r#"{"cmd":"doctor"}"#),
    ("/bug", r#"{"cmd":"bug"}"#),
    ("/bug a file", r#"{"cmd":"bug","path":"a file"}"#),
    ("/crypto", r#"{"cmd":"crypto"}"#),
    ("/privacy", r#"{"cmd":"privacy"}"#),
    ("/log", r#"{"cmd":"log"}"#),
    ("/help", r#"{"cmd":"help"}"#),
    ("/search gate", r#"{"cmd":"search","text":"gate"}"#),
    ("/mentions", r#"{"cmd":"mentions"}"#),
    ("/panic", r#"{"cmd":"panic"}"#),
];

/// The names of the commands that are about what one face shows: a program is shown every line, and picks by itself.
const OF_A_FACE: &str = "ignore focus hold read notify seen typing clear theme motion keys curtain";

fn typed(line: &str) -> Request {
    parse(line).unwrap_or_else(|why| panic!("{line}: {why:?}")).request
}

fn sent(line: &str) -> Request {
    decode(&Line::Whole(line.as_bytes())).unwrap_or_else(|why| panic!("{line}: {why:?}")).request
}

#[test]
fn whatever_a_person_can_type_a_program_can_send() {
    let mut named = BTreeSet::new();
    for (slash, json) in TWINS {
        assert_eq!(format!("{:?}", typed(slash)), format!("{:?}", sent(json)), "{slash}");
        named.extend(slash.strip_prefix('/').and_then(|rest| rest.split_whitespace().next()));
    }
    // A person is asked for the token, without echo; a program brings it along.
    assert!(matches!(typed("/reclaim"), Request::Reclaim(None)));
    assert!(matches!(sent(r#"{"cmd":"reclaim","token":"c0ffee"}"#), Request::Reclaim(Some(_))));
    named.insert("reclaim");
    for spec in TABLE {
        let of_a_face = OF_A_FACE.split(' ').any(|name| name == spec.name);
        match typed(spec.example) {
            Request::Later(_) => {}
            Request::View(
                View::Ignore(_)
                | View::Focus(_)
                | View::Hold(_)
                | View::Read(_)
                | View::Screen(_)
                | View::Theme(_)
                | View::Motion(_)
                | View::Notify(..)
                | View::Seen(_)
                | View::Typing(_),
            ) => assert!(of_a_face, "{}: say that it is of a face", spec.slashed),
            _ => assert!(
                named.contains(spec.name) && !of_a_face,
                "{}: programs cannot ask for it",
                spec.slashed
            ),
        }
    }
}

#[test]
fn every_command_for_programs_is_what_a_person_can_type_or_stands_for_a_typed_line() {
    let sent: BTreeSet<&str> = TWINS
        .iter()
        .filter_map(|(_, json)| json.strip_prefix(r#"{"cmd":""#).and_then(|rest| rest.split('"').next()))
        .collect();
    // `status` is what `ephem-node status` asks; files have no engine yet.
    let others = ["line", "reclaim", "status", "file", "refuse", "seen", "typing"];
    let unnamed: Vec<&str> = cmds().filter(|cmd| !sent.contains(cmd) && !others.contains(cmd)).collect();
    assert!(unnamed.is_empty(), "no twin: {unnamed:?}");
}

#[test]
fn the_page_for_programs_names_what_only_a_face_can_do() {
    let page = include_str!("../../docs/PIPE.md");
    for name in OF_A_FACE.split(' ') {
        assert!(page.contains(&format!("`/{name}`")), "{name}");
    }
}
