//! JSON lines as requests. Unknown fields are passed over; a field of the wrong type is answered, never guessed at.

use zeroize::Zeroizing;

use super::cmds::{CMDS, FIELDS, cmds};
use super::read::{Value, object};
use crate::base::limits::{NAME_BYTES, NICK_BYTES, WHY_BYTES};
use crate::base::secret::Text;
use crate::chat::command;
use crate::chat::lines::{LINE_BYTES, Line as Raw};
use crate::chat::name::Shut;
use crate::chat::problem::Problem;
use crate::chat::reply::{Cid, Reply};
use crate::chat::request::{Asked, Draft, ONCE_MS, Request, Which, Who, once_seconds, ttl_seconds};
use crate::chat::text::{Body, Line};

const PANIC: &[u8] = b"panic";

/// Reads one line: a request, or the reply that says why it is none. Exactly one of both.
///
/// It keeps nothing of the line; wiping that is with whoever holds it, which [`Lines`](crate::chat::lines::Lines) does.
pub fn decode(raw: &Raw<'_>) -> Result<Asked, Box<Reply>> {
    let refuse = |cid: Option<Cid>, why: Problem| Box::new(Reply::refused(cid, why));
    let mut fields = match raw {
        Raw::TooLong => Err(Problem::TooLong { what: "the line", most: LINE_BYTES }),
        Raw::Whole(bytes) => std::str::from_utf8(bytes)
            .map_err(|_| Problem::NotUtf8)
            .and_then(|line| object(line, FIELDS))
            .map(|fields| Fields { fields, cleaned: false }),
    }
    .map_err(|why| refuse(None, why))?;
    let cid = fields.cid().map_err(|why| refuse(None, why))?;
    match fields.request() {
        Ok(asked) => Ok(Asked { cid, ..asked }),
        Err(why) => Err(refuse(cid, why)),
    }
}

/// Whether a line wants everything burned at once. One that does not have the word in it is not read for that.
pub fn is_panic(line: &[u8]) -> bool {
    line.windows(PANIC.len()).any(|at| at.eq_ignore_ascii_case(PANIC))
        && decode(&Raw::Whole(line)).is_ok_and(|asked| matches!(asked.request, Request::Panic))
}

/// The fields of one line; taking one leaves the others.
pub(super) struct Fields {
    fields: Vec<(&'static str, Value)>,
    pub(super) cleaned: bool,
}

impl Fields {
    fn request(&mut self) -> Result<Asked, Problem> {
        let cmd = self.text("cmd")?.ok_or(Problem::Missing("cmd"))?;
        let Some((name, make)) = CMDS.iter().find(|(name, _)| *name == cmd.as_str()) else {
            let nearest = command::nearest(&cmd, cmds()).unwrap_or("status");
            return Err(Problem::UnknownCmd { typed: Line::within(&cmd, 24), nearest });
        };
        // `join` takes its room as what to join, not as where it happens.
        let room = if *name == "join" { None } else { self.line("room", NAME_BYTES)? };
        let request = make(self)?;
        Ok(Asked { cid: None, room, request, cleaned: self.cleaned })
    }

    /// A field that is there and not null.
    pub(super) fn take(&mut self, field: &'static str) -> Option<Value> {
        let at = self.fields.iter().position(|(name, _)| *name == field)?;
        Some(self.fields.swap_remove(at).1).filter(|value| !matches!(value, Value::Null))
    }

    pub(super) fn has(&self, field: &str) -> bool {
        self.fields.iter().any(|(name, value)| *name == field && !matches!(value, Value::Null))
    }

    fn cid(&mut self) -> Result<Option<Cid>, Problem> {
        match self.take("cid") {
            None => Ok(None),
            Some(Value::Number(number)) => Ok(Some(Cid::Number(number))),
            Some(Value::Text(text)) => {
                Cid::text(&text).map(Some).ok_or(Problem::TooLong { what: "`cid`", most: Cid::BYTES })
            }
            Some(_) => Err(Problem::Type { field: "cid", wanted: "a text or a whole number" }),
        }
    }

    pub(super) fn text(&mut self, field: &'static str) -> Result<Option<Zeroizing<String>>, Problem> {
        match self.take(field) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(_) => Err(Problem::Type { field, wanted: "a text" }),
        }
    }

    pub(super) fn number(&mut self, field: &'static str) -> Result<Option<u64>, Problem> {
        match self.take(field) {
            None => Ok(None),
            Some(Value::Number(number)) => Ok(Some(number)),
            Some(_) => Err(Problem::Type { field, wanted: "a whole number" }),
        }
    }

    pub(super) fn maybe_flag(&mut self, field: &'static str) -> Result<Option<bool>, Problem> {
        match self.take(field) {
            None => Ok(None),
            Some(Value::Flag(flag)) => Ok(Some(flag)),
            Some(_) => Err(Problem::Type { field, wanted: "true or false" }),
        }
    }

    pub(super) fn flag(&mut self, field: &'static str) -> Result<bool, Problem> {
        self.maybe_flag(field).map(Option::unwrap_or_default)
    }

    pub(super) fn line(&mut self, field: &'static str, most: usize) -> Result<Option<Line>, Problem> {
        let Some(raw) = self.text(field)? else { return Ok(None) };
        if raw.len() > most {
            return Err(Problem::TooLong { what: field, most });
        }
        let line = Line::clean(&raw);
        self.cleaned |= line.as_str() != raw.as_str();
        Ok(Some(line))
    }

    pub(super) fn secret(&mut self, field: &'static str) -> Result<Option<Text>, Problem> {
        Ok(self.text(field)?.map(|text| Text::new(&text)))
    }

    pub(super) fn who(&mut self) -> Result<Who, Problem> {
        let named = match self.line("who", NICK_BYTES)? {
            None => self.line("to", NICK_BYTES)?,
            named => named,
        };
        named.map(Who).ok_or(Problem::Missing("who"))
    }

    pub(super) fn why(&mut self) -> Result<Line, Problem> {
        Ok(self.line("why", WHY_BYTES)?.unwrap_or_else(|| Line::clean("")))
    }

    pub(super) fn shut(&mut self) -> Result<Option<Shut>, Problem> {
        let Some(word) = self.text("then")? else { return Ok(None) };
        let wanted = "\"lock\" or \"knock\"";
        Shut::parse(&word).map(Some).ok_or(Problem::Value { field: "then", wanted })
    }

    pub(super) fn which(&mut self) -> Result<Which, Problem> {
        let typed = match self.take("id") {
            None => return Err(Problem::Missing("id")),
            Some(Value::Number(number)) => return Ok(Which::Named(Line::clean(&number.to_string()))),
            Some(Value::Text(typed)) => typed,
            Some(_) => return Err(Problem::Type { field: "id", wanted: "a text" }),
        };
        Ok(if *typed == "last" { Which::Last } else { Which::Named(Line::within(&typed, 64)) })
    }

    pub(super) fn body(&mut self) -> Result<Body, Problem> {
        let raw = self.text("text")?.ok_or(Problem::Missing("text"))?;
        let (text, cleaned) = Body::typed(&raw)?;
        self.cleaned |= cleaned;
        Ok(text)
    }

    pub(super) fn draft(&mut self) -> Result<Box<Draft>, Problem> {
        let text = self.body()?;
        let ttl_s = self.number("ttl_ms")?.map(ttl_seconds).transpose()?;
        let once_ms = self.number("once_ms")?.unwrap_or(ONCE_MS);
        let once_s = if self.flag("once")? { Some(once_seconds(once_ms)?) } else { None };
        let (from_read, keep, action) = (self.flag("from_read")?, self.flag("keep")?, self.flag("action")?);
        Ok(Box::new(Draft { ttl_s, once_s, from_read, keep, action, ..Draft::plain(text) }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;
    use crate::chat::request::{Act, Burn, Join, Reach, View};

    #[test]
    fn only_a_line_that_is_panic_is_taken_for_it() {
        for line in [
            r#"{"cmd":"line","text":"/panic"}"#,
            r#"{"text":"/PANIC","room":"ops","cmd":"line","cid":7}"#,
            r#"{"cmd":"panic"}"#,
        ] {
            assert!(is_panic(line.as_bytes()), "{line}");
        }
        for line in [
            r#"{"cmd":"send","text":"/panic"}"#,
            r#"{"cmd":"line","text":"do not panic"}"#,
            r#"{"cmd":"line","text":"//panic"}"#,
            r#"{"cmd":"line","text":"/panic now"}"#,
            r#"{"cmd":"line","text":"/panic""#,
            "/panic",
            "",
        ] {
            assert!(!is_panic(line.as_bytes()), "{line}");
        }
    }

    fn ask(line: &str) -> Asked {
        decode(&Raw::Whole(line.as_bytes())).unwrap_or_else(|reply| panic!("{line}: {reply:?}"))
    }

    fn refused(line: &[u8]) -> (Option<Cid>, Problem) {
        let reply = decode(&Raw::Whole(line)).expect_err("a refusal");
        (reply.cid, reply.outcome.expect_err("a problem"))
    }

    fn code(line: &str) -> &'static str {
        refused(line.as_bytes()).1.code()
    }

    /// The commands promised to programs, written out.
    const PROMISED: &str = "send dm line join leave who rooms burn open kick ban unban mute unmute admin unadmin transfer \
        reclaim policy announce invite file accept refuse report status quit whois verify";

    #[test]
    fn every_promised_cmd_exists_once() {
        for name in PROMISED.split_whitespace() {
            assert_eq!(CMDS.iter().filter(|(cmd, _)| *cmd == name).count(), 1, "{name}");
        }
    }

    #[test]
    fn a_message_is_read_with_all_that_belongs_to_it() {
        let asked = ask(
            r#"{"cmd":"send","cid":"1","room":"lobby","text":"hi\n","ttl_ms":60001,"keep":true,"x":{"y":[1]}}"#,
        );
        assert_eq!(asked.cid, Cid::text("1"));
        assert_eq!(asked.room, Some(Line::clean("lobby")));
        let Request::Send(draft) = asked.request else { panic!() };
        assert_eq!(
            (draft.text.as_str(), draft.ttl_s, draft.keep, draft.once_s),
            ("hi\n", Some(61), true, None)
        );
        let Request::Send(draft) = ask(r#"{"cmd":"send","text":"x","once":true}"#).request else { panic!() };
        assert_eq!(draft.once_s, Some(15));
        let Request::Direct(who, _) = ask(r#"{"cmd":"dm","to":"ana","text":"x"}"#).request else { panic!() };
        assert_eq!(who.0.as_str(), "ana");
        assert!(ask(r#"{"cmd":"send","text":"a\u200bb"}"#).cleaned);
        let Request::Send(draft) = ask(r#"{"cmd":"announce","text":"x","all":true}"#).request else {
            panic!()
        };
        assert_eq!(draft.announce, Some(Reach::Owned));
    }

    #[test]
    fn a_line_is_what_a_person_would_type() {
        assert!(matches!(ask(r#"{"cmd":"line","text":"/help"}"#).request, Request::View(View::Help(None))));
        assert!(matches!(ask(r#"{"cmd":"line","room":"ops","text":"hello"}"#).request, Request::Send(_)));
        assert_eq!(code(r#"{"cmd":"line","text":"/jion x"}"#), "unknown_command");
        assert_eq!(code(r#"{"cmd":"line","text":"/reclaim"}"#), "missing_field");
        assert!(matches!(ask(r#"{"cmd":"line","text":"/file a"}"#).request, Request::Later("/file")));
    }

    #[test]
    fn people_and_messages_are_named_as_promised() {
        let Request::Act(Act::Ban { who, for_ms, then, why }) =
            ask(r#"{"cmd":"ban","who":"eve","for_ms":60000,"then":"lock","why":"loud"}"#).request
        else {
            panic!()
        };
        assert_eq!(
            (who.0.as_str(), for_ms, then, why.as_str()),
            ("eve", Some(60_000), Some(Shut::Lock), "loud")
        );
        assert!(matches!(ask(r#"{"cmd":"whois","to":"eve"}"#).request, Request::Whois(_)));
        assert!(matches!(ask(r#"{"cmd":"burn","id":"mine"}"#).request, Request::Burn(Burn::Mine)));
        assert!(matches!(
            ask(r#"{"cmd":"burn","id":"last"}"#).request,
            Request::Burn(Burn::One(Which::Last))
        ));
        assert!(matches!(ask(r#"{"cmd":"accept"}"#).request, Request::Act(Act::Accept)));
        assert!(matches!(ask(r#"{"cmd":"accept","id":"3"}"#).request, Request::Later("accept")));
        let Request::Join(join) = ask(r#"{"cmd":"join","room":"lobby","passphrase":"six words"}"#).request
        else {
            panic!()
        };
        assert!(matches!(*join, Join::Named { passphrase: Some(p), .. } if p.as_str() == "six words"));
        let Request::Join(join) = ask(r#"{"cmd":"join","room":"EPHEM:ABC"}"#).request else { panic!() };
        assert!(matches!(*join, Join::Invite(_)));
        assert!(matches!(ask(r#"{"cmd":"policy","max":8}"#).request, Request::Policy(p) if p.max == Some(8)));
    }

    #[test]
    fn what_is_wrong_is_answered_with_a_code_and_the_cid() {
        for (line, want) in [
            ("", "not_json"),
            ("hello", "not_json"),
            ("{}", "missing_field"),
            (r#"{"cmd":7}"#, "wrong_type"),
            (r#"{"cmd":"sned"}"#, "unknown_cmd"),
            (r#"{"cmd":"send"}"#, "missing_field"),
            (r#"{"cmd":"send","text":null}"#, "missing_field"),
            (r#"{"cmd":"send","text":["x"]}"#, "wrong_type"),
            (r#"{"cmd":"send","text":""}"#, "empty"),
            (r#"{"cmd":"send","text":"x","ttl_ms":"60000"}"#, "wrong_type"),
            (r#"{"cmd":"send","text":"x","ttl_ms":1.5}"#, "wrong_type"),
            (r#"{"cmd":"send","text":"x","ttl_ms":4999}"#, "ttl_range"),
            (r#"{"cmd":"send","text":"x","ttl_ms":86400001}"#, "ttl_range"),
            (r#"{"cmd":"send","text":"x","keep":1}"#, "wrong_type"),
            (r#"{"cmd":"send","text":"x","once":true,"once_ms":0}"#, "wrong_value"),
            (r#"{"cmd":"send","text":"x","room":1}"#, "wrong_type"),
            (r#"{"cmd":"kick"}"#, "missing_field"),
            (r#"{"cmd":"ban","who":"eve","then":"shut"}"#, "wrong_value"),
            (r#"{"cmd":"ban","who":"eve","then":true}"#, "wrong_type"),
            (r#"{"cmd":"open"}"#, "missing_field"),
            (r#"{"cmd":"policy"}"#, "missing_field"),
            (r#"{"cmd":"policy","history":"all"}"#, "wrong_value"),
            (r#"{"cmd":"policy","max":1}"#, "wrong_value"),
            (r#"{"cmd":"invite","uses":0}"#, "wrong_value"),
            (r#"{"cmd":"invite","valid_ms":99999999999999}"#, "wrong_value"),
            (r#"{"cmd":"reclaim"}"#, "missing_field"),
            (r#"{"cid":[],"cmd":"status"}"#, "wrong_type"),
        ] {
            assert_eq!(code(line), want, "{line}");
        }
        assert_eq!(refused(b"\xff{}").1.code(), "not_utf8");
        assert_eq!(refused(br#"{"cid":7,"cmd":"nope"}"#).0, Some(Cid::Number(7)));
        let long = format!(r#"{{"cmd":"send","text":"{}"}}"#, "x".repeat(4_001));
        assert_eq!(code(&long), "too_long");
        let long = format!(r#"{{"cid":"{}","cmd":"status"}}"#, "x".repeat(Cid::BYTES + 1));
        assert_eq!(code(&long), "too_long");
        assert!(matches!(decode(&Raw::TooLong), Err(reply) if reply.cid.is_none() && reply.outcome.is_err()));
    }

    #[test]
    fn the_longest_text_fits_a_line_however_it_is_spelled() {
        let spelled: String = "é".encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        let line = format!(r#"{{"cmd":"send","text":"{}"}}"#, spelled.repeat(2_000));
        assert!(line.len() <= LINE_BYTES);
        assert!(matches!(ask(&line).request, Request::Send(draft) if draft.text.as_str().len() == 4_000));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::with_cases(3_000) })]

        #[test]
        fn any_bytes_get_one_answer(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&Raw::Whole(&bytes));
        }

        #[test]
        fn any_values_in_any_fields_get_one_answer(
            cmd in 0..CMDS.len(),
            fields in proptest::collection::vec((0..FIELDS.len(), 0..9usize, "\\PC{0,8}"), 0..6),
        ) {
            let mut map = serde_json::Map::new();
            for (field, kind, text) in fields {
                let value = match kind {
                    0 => serde_json::Value::Null,
                    1 => true.into(),
                    2 => 60_000.into(),
                    3 => (-1).into(),
                    4 => 1.5.into(),
                    5 => serde_json::json!([text]),
                    6 => serde_json::json!({ "text": text }),
                    7 => serde_json::json!(format!("/{text}")),
                    _ => text.into(),
                };
                map.insert(FIELDS[field].to_owned(), value);
            }
            map.insert("cmd".to_owned(), CMDS[cmd].0.into());
            map.insert("cid".to_owned(), 9.into());
            let line = serde_json::Value::Object(map).to_string();
            match decode(&Raw::Whole(line.as_bytes())) {
                Ok(asked) => prop_assert_eq!(asked.cid, Some(Cid::Number(9))),
                Err(reply) => prop_assert_eq!(&reply.cid, &Some(Cid::Number(9))),
            }
        }
    }
}
