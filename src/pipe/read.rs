//! One JSON object of a line, read by hand: every text in it is decoded once, into a buffer that is wiped. A general parser
//! keeps its own scratch copies of what was escaped, and those nobody could wipe.
//!
//! Strict about JSON, easy about its content: fields nobody asked for are checked and passed over, whatever is in them.

use zeroize::Zeroizing;

use crate::chat::problem::Problem;

/// Objects and lists inside each other that are still passed over. Deeper is nothing a program writes by itself.
const NESTING: usize = 32;

/// The largest number that programs with floating numbers agree on.
const SAFE: f64 = 9_007_199_254_740_992.0;

/// A value of a field.
pub(super) enum Value {
    /// Nothing: as if the field were not there.
    Null,
    /// True or false.
    Flag(bool),
    /// A whole number from 0.
    Number(u64),
    /// A text.
    Text(Zeroizing<String>),
    /// Anything else.
    Other,
}

/// Reads the object in `line` and gives the fields that `known` has a name for.
pub(super) fn object(line: &str, known: &[&'static str]) -> Result<Vec<(&'static str, Value)>, Problem> {
    let mut reader = Reader { text: line, at: 0 };
    let mut fields: Vec<(&'static str, Value)> = Vec::new();
    reader.blank();
    reader.expect(b'{', "an object begins with {")?;
    reader.items(b'}', |reader| {
        let name = reader.key()?;
        let value = reader.value(1)?;
        if let Some(&known) = known.iter().find(|known| **known == name.as_str()) {
            if fields.iter().any(|(earlier, _)| *earlier == known) {
                // Two readers could take different ones.
                return Err(reader.wrong("the same field twice"));
            }
            fields.push((known, value));
        }
        Ok(())
    })?;
    reader.blank();
    if reader.at < line.len() {
        return Err(reader.wrong("something follows the object"));
    }
    Ok(fields)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn wrong(&self, why: &'static str) -> Problem {
        Problem::NotJson { why, at: self.at }
    }

    fn blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8, why: &'static str) -> Result<(), Problem> {
        if self.peek() != Some(byte) {
            return Err(self.wrong(why));
        }
        self.at += 1;
        Ok(())
    }

    /// What stands between an opening bracket and `close`, separated by commas.
    fn items(
        &mut self,
        close: u8,
        mut item: impl FnMut(&mut Self) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        self.blank();
        if self.peek() == Some(close) {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.blank();
            item(self)?;
            self.blank();
            match self.next() {
                Some(b',') => {}
                Some(byte) if byte == close => return Ok(()),
                _ => {
                    self.at = self.at.min(self.text.len());
                    return Err(self.wrong("a comma or a closing bracket is missing"));
                }
            }
        }
    }

    fn key(&mut self) -> Result<Zeroizing<String>, Problem> {
        self.expect(b'"', "a field's name is missing")?;
        let name = self.string()?;
        self.blank();
        self.expect(b':', "a colon is missing")?;
        Ok(name)
    }

    fn value(&mut self, depth: usize) -> Result<Value, Problem> {
        if depth > NESTING {
            return Err(self.wrong("too deep"));
        }
        self.blank();
        match self.peek() {
            Some(b'"') => {
                self.at += 1;
                self.string().map(Value::Text)
            }
            Some(b'{') => {
                self.at += 1;
                self.items(b'}', |reader| {
                    reader.key()?;
                    reader.value(depth + 1).map(drop)
                })?;
                Ok(Value::Other)
            }
            Some(b'[') => {
                self.at += 1;
                self.items(b']', |reader| reader.value(depth + 1).map(drop))?;
                Ok(Value::Other)
            }
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.word(),
        }
    }

    fn word(&mut self) -> Result<Value, Problem> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        for (word, value) in
            [("true", Value::Flag(true)), ("false", Value::Flag(false)), ("null", Value::Null)]
        {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.wrong("a value is missing"))
    }

    fn digits(&mut self) -> usize {
        let from = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - from
    }

    fn number(&mut self) -> Result<Value, Problem> {
        let from = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let zero = self.peek() == Some(b'0');
        let whole = self.digits();
        let mut right = whole == 1 || (whole > 1 && !zero);
        if self.peek() == Some(b'.') {
            self.at += 1;
            right &= self.digits() > 0;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            right &= self.digits() > 0;
        }
        if !right {
            return Err(self.wrong("not a number"));
        }
        let spelled = self.text.get(from..self.at).unwrap_or_default();
        if let Ok(number) = spelled.parse() {
            return Ok(Value::Number(number));
        }
        // Some languages write 60000.0 or 6e4 for a whole number.
        let number: f64 = spelled.parse().unwrap_or(f64::NAN);
        let whole = number.fract() == 0.0 && (0.0..=SAFE).contains(&number);
        Ok(if whole { Value::Number(number as u64) } else { Value::Other })
    }

    /// What stands between quotes, the first of which has been read.
    fn string(&mut self) -> Result<Zeroizing<String>, Problem> {
        // No escape is shorter than what it stands for, so this never grows.
        let length = self.length()?;
        let mut out = Zeroizing::new(String::with_capacity(length));
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let plain = rest.find(['"', '\\']).unwrap_or(rest.len());
            out.push_str(rest.get(..plain).unwrap_or_default());
            self.at += plain;
            match self.next() {
                Some(b'\\') => out.push(self.escaped()?),
                Some(_) => return Ok(out),
                None => return Err(self.wrong("a text has no end")),
            }
        }
    }

    /// Bytes to the closing quote; refuses what may not stand in a text.
    fn length(&self) -> Result<usize, Problem> {
        let mut escaped = false;
        for (length, &byte) in self.text.as_bytes().iter().skip(self.at).enumerate() {
            match byte {
                b'"' if !escaped => return Ok(length),
                0..0x20 => {
                    return Err(Problem::NotJson { why: "a raw control character", at: self.at + length });
                }
                _ => escaped = byte == b'\\' && !escaped,
            }
        }
        Err(self.wrong("a text has no end"))
    }

    fn escaped(&mut self) -> Result<char, Problem> {
        Ok(match self.next() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return Err(self.wrong("an unknown escape")),
        })
    }

    fn unicode(&mut self) -> Result<char, Problem> {
        let first = self.four()?;
        let half = "half of a surrogate pair";
        let code = match first {
            0xD800..0xDC00 => {
                if self.next() != Some(b'\\') || self.next() != Some(b'u') {
                    return Err(self.wrong(half));
                }
                match self.four()? {
                    second @ 0xDC00..0xE000 => 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00),
                    _ => return Err(self.wrong(half)),
                }
            }
            code => code,
        };
        char::from_u32(code).ok_or_else(|| self.wrong(half))
    }

    fn four(&mut self) -> Result<u32, Problem> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.next().and_then(|byte| char::from(byte).to_digit(16));
            code = code << 4 | digit.ok_or_else(|| self.wrong("four hex digits are missing"))?;
        }
        Ok(code)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;

    fn text_of(line: &str) -> String {
        let fields = object(line, &["t"]).unwrap_or_else(|why| panic!("{line}: {}", why.text()));
        match fields.into_iter().next() {
            Some((_, Value::Text(text))) => {
                assert!(text.capacity() <= line.len(), "it was measured");
                text.to_string()
            }
            _ => panic!("{line}"),
        }
    }

    fn why(line: &str) -> &'static str {
        match object(line, &["a"]) {
            Err(Problem::NotJson { why, at }) => {
                assert!(at <= line.len());
                why
            }
            _ => panic!("{line}"),
        }
    }

    #[test]
    fn every_escape_is_read() {
        assert_eq!(text_of(r#"{"t":"\"\\\/\b\f\n\r\té\ud83d\ude00x"}"#), "\"\\/\u{8}\u{c}\n\r\té😀x");
        assert_eq!(text_of(" { \"u\" : [ {} , -1.5e3, null ] , \"t\":\"\" } "), "");
    }

    #[test]
    fn numbers_are_whole_or_something_else() {
        let number = |spelled: &str| match object(&format!("{{\"a\":{spelled}}}"), &["a"]).unwrap().pop() {
            Some((_, Value::Number(n))) => Some(n),
            _ => None,
        };
        for (spelled, n) in [("0", 0), ("60000", 60_000), ("6e4", 60_000), ("60000.0", 60_000)] {
            assert_eq!(number(spelled), Some(n), "{spelled}");
        }
        assert_eq!(number("18446744073709551615"), Some(u64::MAX));
        for spelled in ["-1", "1.5", "1e400", "18446744073709551616", "-0.5"] {
            assert_eq!(number(spelled), None, "{spelled}");
        }
    }

    #[test]
    fn what_is_no_object_is_told_by_its_fault() {
        for (line, fault) in [
            ("", "an object begins with {"),
            ("[]", "an object begins with {"),
            ("{", "a field's name is missing"),
            ("{\"a\":}", "a value is missing"),
            ("{\"a\" 1}", "a colon is missing"),
            ("{\"a\":1", "a comma or a closing bracket is missing"),
            ("{\"a\":1,}", "a field's name is missing"),
            ("{\"a\":1} x", "something follows the object"),
            ("{\"a\":1,\"a\":2}", "the same field twice"),
            ("{\"a\":\"\u{1}\"}", "a raw control character"),
            ("{\"a\":\"x", "a text has no end"),
            ("{\"a\":\"x\\", "a text has no end"),
            ("{\"a\":\"\\q\"}", "an unknown escape"),
            ("{\"a\":\"\\u12\"}", "four hex digits are missing"),
            ("{\"a\":\"\\ud800\"}", "half of a surrogate pair"),
            ("{\"a\":\"\\ud800\\u0041\"}", "half of a surrogate pair"),
            ("{\"a\":\"\\udc00\"}", "half of a surrogate pair"),
            ("{\"a\":01}", "not a number"),
            ("{\"a\":-}", "not a number"),
            ("{\"a\":1.}", "not a number"),
        ] {
            assert_eq!(why(line), fault, "{line}");
        }
        assert_eq!(why(&format!("{{\"x\":{}", "[".repeat(60_000))), "too deep");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::with_cases(2_000) })]

        #[test]
        fn it_takes_what_a_known_parser_takes_and_nothing_else(line in "[\\[\\]{}:,\"\\\\abcdfu0-9.+ -]{0,24}") {
            let known = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&line);
            prop_assert_eq!(object(&line, &[]).is_ok(), known.is_ok(), "{}", line);
        }

        #[test]
        fn any_text_survives(text in any::<String>()) {
            let line = serde_json::json!({ "t": text }).to_string();
            prop_assert_eq!(text_of(&line), text);
        }
    }
}
