//! What is inside a welcome, a share and a rekey, and the notes in it.
#![no_main]

use ephem_node::wire::handover::{Handover, Note, split_signed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    note(data);
    let Ok(handover) = Handover::decode(data) else { return };
    assert_eq!(*handover.encode(), data);
    for (raw, _) in &handover.chains {
        if let Some((statement, _)) = split_signed(raw) {
            note(statement);
        }
    }
});

fn note(statement: &[u8]) {
    if let Ok(note) = Note::decode(statement) {
        assert_eq!(note.encode(), statement);
    }
}
