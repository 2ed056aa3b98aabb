//! What a lobby key opens: the input is the body of a payload, its first byte the kind, the rest of the
//! payload is fixed. So the fuzzer need not find a head before it gets to a body.
#![no_main]

use ephem_node::wire::cbor::Writer;
use ephem_node::wire::payload::{Carriage, Kind, Payload, Refusal};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((first, body)) = data.split_first() else { return };
    let lobby = Kind::ALL.into_iter().filter(|kind| kind.carriage() == Carriage::Lobby);
    let Some(kind) = lobby.cycle().nth(usize::from(*first)) else { return };
    let mut w = Writer::with_capacity(256 + body.len());
    w.array(11).uint(1).bytes(&[0; 16]).uint(0).uint(29_000_000).bytes(&[1; 32]).uint(1).uint(kind as u64);
    w.uint(1_740_000_000_000).uint(0).bytes(&[0; 16]);
    let bytes = [&w.finish()[..], body].concat();
    if let Ok(payload) = Payload::decode(&bytes) {
        assert_eq!(payload.kind(), kind);
        assert_eq!(*payload.encode(), bytes);
    }
    if let Ok(refusal) = Refusal::decode(body) {
        assert_eq!(*refusal.encode(), body);
    }
});
