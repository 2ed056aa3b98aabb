//! A frame as it comes from the network, and its header as if it had been unmasked.
#![no_main]

use ephem_node::wire::frame::{FrameView, Header, assemble};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(view) = FrameView::parse(data) else { return };
    let mut again = assemble(view.masked, &view.nonce, &view.com, view.body, &view.tag);
    assert_eq!(again, view.gated());
    again.extend_from_slice(&view.gate_tag);
    assert_eq!(again, data);
    if let Ok(header) = Header::from_bytes(view.masked) {
        assert_eq!(header.to_bytes(), view.masked);
        assert_eq!(view.associated(&header), data[..33]);
    }
});
