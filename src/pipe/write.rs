//! JSON written by hand, because a line may carry a message's text: it goes from the text's own handle into one buffer
//! that was measured first and never grows, so that wiping the buffer wipes the only copy.

/// Where bytes go: counted, or kept.
pub(super) trait Sink {
    /// Takes these bytes.
    fn put(&mut self, bytes: &[u8]);
}

/// Counts.
pub(super) struct Count(pub(super) usize);

/// Keeps, in a buffer that is large enough.
pub(super) struct Fill<'a>(pub(super) &'a mut Vec<u8>);

impl Sink for Count {
    fn put(&mut self, bytes: &[u8]) {
        self.0 += bytes.len();
    }
}

impl Sink for Fill<'_> {
    fn put(&mut self, bytes: &[u8]) {
        debug_assert!(
            self.0.len() + bytes.len() <= self.0.capacity(),
            "a line has to be measured before it is written"
        );
        self.0.extend_from_slice(bytes);
    }
}

/// A value about to be written.
pub(super) struct Slot<'s>(&'s mut dyn Sink);

/// An object being written.
pub(super) struct Object<'s> {
    sink: &'s mut dyn Sink,
    empty: bool,
}

/// Writes one object.
pub(super) fn object(sink: &mut dyn Sink, fill: impl FnOnce(&mut Object<'_>)) {
    Slot(sink).object(fill);
}

impl Slot<'_> {
    /// A text.
    pub(super) fn text(self, text: &str) {
        self.0.put(b"\"");
        escape(self.0, text);
        self.0.put(b"\"");
    }

    /// Bytes as lower-case hex.
    pub(super) fn hex(self, bytes: &[u8]) {
        self.0.put(b"\"");
        for &byte in bytes {
            self.0.put(&[digit(byte >> 4), digit(byte & 15)]);
        }
        self.0.put(b"\"");
    }

    /// A whole number.
    pub(super) fn number(self, number: u64) {
        let mut digits = [0u8; 20];
        let mut left = number;
        let mut used = 0;
        for place in digits.iter_mut().rev() {
            *place = b'0' + u8::try_from(left % 10).unwrap_or_default();
            used += 1;
            left /= 10;
            if left == 0 {
                break;
            }
        }
        self.0.put(digits.get(digits.len() - used..).unwrap_or_default());
    }

    /// True or false.
    pub(super) fn flag(self, flag: bool) {
        self.0.put(if flag { b"true" } else { b"false" });
    }

    /// Nothing.
    pub(super) fn null(self) {
        self.0.put(b"null");
    }

    /// An object.
    pub(super) fn object(self, fill: impl FnOnce(&mut Object<'_>)) {
        self.0.put(b"{");
        fill(&mut Object { sink: self.0, empty: true });
        self.0.put(b"}");
    }

    /// A list.
    pub(super) fn list<T>(self, items: impl IntoIterator<Item = T>, mut each: impl FnMut(Slot<'_>, T)) {
        self.0.put(b"[");
        for (at, item) in items.into_iter().enumerate() {
            if at > 0 {
                self.0.put(b",");
            }
            each(Slot(self.0), item);
        }
        self.0.put(b"]");
    }
}

impl Object<'_> {
    /// A field; its value is written into what is returned.
    pub(super) fn field(&mut self, key: &'static str) -> Slot<'_> {
        if !std::mem::take(&mut self.empty) {
            self.sink.put(b",");
        }
        self.sink.put(b"\"");
        self.sink.put(key.as_bytes());
        self.sink.put(b"\":");
        Slot(self.sink)
    }

    /// A field with a text.
    pub(super) fn text(&mut self, key: &'static str, text: &str) {
        self.field(key).text(text);
    }

    /// A field with a number.
    pub(super) fn number(&mut self, key: &'static str, number: u64) {
        self.field(key).number(number);
    }

    /// A field with true or false.
    pub(super) fn flag(&mut self, key: &'static str, flag: bool) {
        self.field(key).flag(flag);
    }

    /// A field that is null where there is nothing.
    pub(super) fn maybe<T>(&mut self, key: &'static str, value: Option<T>, write: impl FnOnce(Slot<'_>, T)) {
        match value {
            Some(value) => write(self.field(key), value),
            None => self.field(key).null(),
        }
    }
}

/// Text as it stands between quotes. Beside what JSON asks for, whatever could steer a terminal or end a line in some
/// reader is spelled out: a person may well look at these lines.
fn escape(sink: &mut dyn Sink, text: &str) {
    let mut plain = 0;
    for (at, c) in text.char_indices() {
        if !needs_escape(c) {
            continue;
        }
        sink.put(text.as_bytes().get(plain..at).unwrap_or_default());
        plain = at + c.len_utf8();
        match c {
            '"' => sink.put(b"\\\""),
            '\\' => sink.put(b"\\\\"),
            '\n' => sink.put(b"\\n"),
            '\r' => sink.put(b"\\r"),
            '\t' => sink.put(b"\\t"),
            // All others are of the first plane: four digits spell them.
            c => {
                let [.., a, b] = u32::from(c).to_be_bytes();
                sink.put(&[b'\\', b'u', digit(a >> 4), digit(a & 15), digit(b >> 4), digit(b & 15)]);
            }
        }
    }
    sink.put(text.as_bytes().get(plain..).unwrap_or_default());
}

fn needs_escape(c: char) -> bool {
    c.is_control() || matches!(c, '"' | '\\' | '\u{2028}' | '\u{2029}')
}

fn digit(nibble: u8) -> u8 {
    char::from_digit(u32::from(nibble), 16).map_or(b'0', |c| c as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Vec<u8> {
        let mut count = Count(0);
        Slot(&mut count).text(text);
        let mut out = Vec::with_capacity(count.0);
        let before = out.as_ptr();
        Slot(&mut Fill(&mut out)).text(text);
        assert_eq!((out.len(), out.as_ptr()), (count.0, before), "measured, and never moved");
        out
    }

    #[test]
    fn every_code_point_reads_back() {
        for c in (0..=u32::from(char::MAX)).filter_map(char::from_u32) {
            let text = String::from_iter(['a', c, 'z']);
            let out = written(&text);
            assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text, "U+{:04X}", u32::from(c));
            assert!(!out.iter().any(|&b| b < 0x20 || b == 0x7f), "U+{:04X}", u32::from(c));
        }
    }

    #[test]
    fn numbers_lists_and_objects_are_json() {
        let fill = |sink: &mut dyn Sink| {
            object(sink, |o| {
                o.number("most", u64::MAX);
                o.number("none", 0);
                o.field("list").list([1, 20], |slot, n| slot.number(n));
                o.field("empty").list([0; 0], |slot, n| slot.number(n));
                o.field("deep").object(|o| o.flag("yes", true));
                o.maybe("missing", None::<u64>, |slot, n| slot.number(n));
                o.field("id").hex(&[0, 0xaf]);
            });
        };
        let mut count = Count(0);
        fill(&mut count);
        let mut out = Vec::with_capacity(count.0);
        fill(&mut Fill(&mut out));
        let want = serde_json::json!({"most": u64::MAX, "none": 0, "list": [1, 20], "empty": [], "deep": {"yes": true},
            "missing": null, "id": "00af"});
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&out).unwrap(), want);
    }
}
