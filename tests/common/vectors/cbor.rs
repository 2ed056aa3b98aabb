//! Section 2: the CBOR that the protocol speaks, and each way of not speaking it.

use ephem_node::base::limits::NESTING;
use ephem_node::wire::cbor::{CborError, Item, Reader, Writer};
use serde_json::{Value, json};

use super::json::{bytes, h, unhex};
use super::{Group, Outcome};

pub fn group() -> Group {
    let mut g = Group::new("canonical CBOR", "section 2: one item, its one spelling, nothing after it");
    for (name, hex) in [
        ("Zero is one byte", "00"),
        ("23 is the last number in one byte", "17"),
        ("24 takes two bytes", "1818"),
        ("255 takes two bytes", "18ff"),
        ("256 takes three bytes", "190100"),
        ("65,536 takes five bytes", "1a00010000"),
        ("2^32 takes nine bytes", "1b0000000100000000"),
        ("The largest number is 2^64 - 1", "1bffffffffffffffff"),
        ("A byte string may be empty", "40"),
        ("A byte string of three bytes", "43010203"),
        ("A text is UTF-8", "66c3a4f09f9989"),
        ("An array may be empty", "80"),
        ("An array holds any items", "8601430102036161f4f5f6"),
        ("Arrays nest eight deep", "818181818181818101"),
        (
            "An array of 24 items spells its length in two bytes",
            "9818000102030405060708090a0b0c0d0e0f1011121314151617",
        ),
    ] {
        g.good(name, "cbor", json!({ "bytes": hex }));
    }
    for (name, hex, reason) in [
        ("23 in two bytes is not the shortest", "1817", "not-shortest"),
        ("255 in three bytes is not the shortest", "1900ff", "not-shortest"),
        ("65,535 in five bytes is not the shortest", "1a0000ffff", "not-shortest"),
        ("2^32 - 1 in nine bytes is not the shortest", "1b00000000ffffffff", "not-shortest"),
        ("A byte string's length in two bytes where one does", "5801aa", "not-shortest"),
        ("A text's length in two bytes where one does", "780161", "not-shortest"),
        ("An array's length in two bytes where one does", "980100", "not-shortest"),
        ("An array of indefinite length", "9f00ff", "indefinite"),
        ("A byte string of indefinite length", "5f4100ff", "indefinite"),
        ("A text of indefinite length", "7f6161ff", "indefinite"),
        ("A break outside of everything", "ff", "indefinite"),
        ("A negative number", "20", "unsupported"),
        ("A map", "a10000", "unsupported"),
        ("An empty map", "a0", "unsupported"),
        ("A tag", "c000", "unsupported"),
        ("A half-precision float", "f93c00", "unsupported"),
        ("A double float", "fb3ff0000000000000", "unsupported"),
        ("The simple value undefined", "f7", "unsupported"),
        ("Another simple value", "e0", "unsupported"),
        ("A reserved length", "1c", "unsupported"),
        ("A second item after the end", "0000", "trailing"),
        ("A byte after an array's end", "810000", "trailing"),
        ("Arrays nested nine deep", "81818181818181818101", "too-deep"),
        ("A text that is not UTF-8", "62c328", "bad-utf8"),
        ("A text that is a lone surrogate", "63eda080", "bad-utf8"),
        ("Nothing at all", "", "truncated"),
        ("A number cut short", "19ff", "truncated"),
        ("A byte string cut short", "430102", "truncated"),
        ("A byte string that claims 2^64 - 1 bytes", "5bffffffffffffffff", "truncated"),
        ("An array cut short", "820000"[..4].into(), "truncated"),
        ("An array that claims 2^32 items", "9b0000000100000000", "truncated"),
    ] {
        g.bad(name, "cbor", json!({ "bytes": hex }), reason);
    }
    g
}

/// One item and nothing after it; written again it must be the same bytes.
pub fn check(input: &Value) -> Outcome {
    let raw = bytes(input, "bytes");
    let item = read(&raw).map_err(|why| reason(why).to_owned())?;
    let mut w = Writer::with_capacity(raw.len());
    write(&mut w, &item);
    assert_eq!(*w.finish(), raw);
    Ok(json!({ "item": item }))
}

fn read(raw: &[u8]) -> Result<Value, CborError> {
    let mut r = Reader::new(raw);
    let item = value(&mut r)?;
    r.end()?;
    Ok(item)
}

fn value(r: &mut Reader<'_>) -> Result<Value, CborError> {
    Ok(match r.item()? {
        Item::Uint(n) => n.into(),
        Item::Bytes(raw) => json!({ "bytes": h(raw) }),
        Item::Text(text) => text.into(),
        Item::Array(len) => (0..len).map(|_| value(r)).collect::<Result<Vec<_>, _>>()?.into(),
        Item::Bool(value) => value.into(),
        Item::Null => Value::Null,
    })
}

fn write(w: &mut Writer, item: &Value) {
    match item {
        Value::Null => w.null(),
        Value::Bool(value) => w.bool(*value),
        Value::Number(n) => w.uint(n.as_u64().unwrap()),
        Value::String(text) => w.text(text),
        Value::Array(items) => {
            assert!(items.len() < 1 << NESTING);
            w.array(items.len());
            items.iter().for_each(|item| write(w, item));
            w
        }
        Value::Object(bytes) => w.bytes(&unhex(bytes["bytes"].as_str().unwrap())),
    };
}

fn reason(why: CborError) -> &'static str {
    match why {
        CborError::Truncated => "truncated",
        CborError::NotShortest => "not-shortest",
        CborError::Indefinite => "indefinite",
        CborError::TooDeep => "too-deep",
        CborError::BadUtf8 => "bad-utf8",
        CborError::Trailing => "trailing",
        CborError::Unsupported => "unsupported",
        other => panic!("{other:?} comes from reading a layout, not an item"),
    }
}
