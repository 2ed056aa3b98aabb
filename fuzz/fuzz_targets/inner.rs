//! An opened inner: length, payload, signature, padding; then the payload, of whatever kind.
#![no_main]

use ephem_node::wire::frame::{frame_len_for, pad_inner, split_inner};
use ephem_node::wire::payload::{Payload, decode_missed, encode_missed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok((payload, sig)) = split_inner(data) else { return };
    if let Some(frame_len) = frame_len_for(payload.len()) {
        // The input may have more or less padding than a frame has; up to there the two are the same.
        let inner = pad_inner(payload, sig, frame_len);
        assert!(inner.iter().zip(data).all(|(a, b)| a == b));
        assert_eq!(split_inner(&inner), Ok((payload, sig)));
    }
    if let Ok(read) = Payload::decode(payload) {
        assert_eq!(*read.encode(), payload);
    }
    if let Ok(items) = decode_missed(payload) {
        let items: Vec<_> = items.into_iter().map(|(inner, left)| (inner.to_vec(), left)).collect();
        assert_eq!(*encode_missed(&items), payload);
    }
});
