//! Any canonical item, arrays and all.
#![no_main]

use ephem_node::wire::cbor::{CborError, Item, Reader, Writer};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(again) = rewrite(data) {
        assert_eq!(again, data);
    }
});

fn rewrite(data: &[u8]) -> Result<Vec<u8>, CborError> {
    let mut r = Reader::new(data);
    let mut w = Writer::with_capacity(data.len());
    while !r.is_empty() {
        match r.item()? {
            Item::Uint(n) => w.uint(n),
            Item::Bytes(bytes) => w.bytes(bytes),
            Item::Text(text) => w.text(text),
            Item::Array(len) => w.array(len),
            Item::Bool(value) => w.bool(value),
            Item::Null => w.null(),
        };
    }
    r.end().map(|()| w.finish().to_vec())
}
