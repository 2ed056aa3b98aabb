//! JSON in and out: byte strings are lower-case hex, everything else is itself.

use ephem_node::base::id::hex;
use serde_json::Value;

/// Bytes as they stand in the file.
pub fn h(bytes: impl AsRef<[u8]>) -> Value {
    Value::String(hex(bytes.as_ref()))
}

/// Many byte strings.
pub fn hs<T: AsRef<[u8]>>(items: impl IntoIterator<Item = T>) -> Value {
    items.into_iter().map(h).collect()
}

/// `null`, or bytes.
pub fn opt<T: AsRef<[u8]>>(bytes: Option<T>) -> Value {
    bytes.map_or(Value::Null, h)
}

/// The bytes of a hex string.
pub fn unhex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "half a byte of hex");
    let pair = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(pair).collect()
}

/// A field that must be there.
pub fn get<'a>(from: &'a Value, key: &str) -> &'a Value {
    from.get(key).unwrap_or_else(|| panic!("no `{key}`"))
}

pub fn text<'a>(from: &'a Value, key: &str) -> &'a str {
    get(from, key).as_str().unwrap_or_else(|| panic!("`{key}` is no text"))
}

pub fn num(from: &Value, key: &str) -> u64 {
    get(from, key).as_u64().unwrap_or_else(|| panic!("`{key}` is no number"))
}

pub fn flag(from: &Value, key: &str) -> bool {
    get(from, key).as_bool().unwrap_or_else(|| panic!("`{key}` is no bool"))
}

pub fn bytes(from: &Value, key: &str) -> Vec<u8> {
    unhex(text(from, key))
}

pub fn fixed<const N: usize>(from: &Value, key: &str) -> [u8; N] {
    bytes(from, key).try_into().unwrap_or_else(|_| panic!("`{key}` is not {N} bytes"))
}

pub fn list<'a>(from: &'a Value, key: &str) -> &'a [Value] {
    get(from, key).as_array().unwrap_or_else(|| panic!("`{key}` is no list"))
}

/// A list of byte strings.
pub fn many(from: &Value, key: &str) -> Vec<Vec<u8>> {
    list(from, key).iter().map(|item| unhex(item.as_str().unwrap())).collect()
}

/// A list of byte strings of one length.
pub fn many_fixed<const N: usize>(from: &Value, key: &str) -> Vec<[u8; N]> {
    many(from, key).into_iter().map(|item| item.try_into().unwrap()).collect()
}
