//! The statement of a log entry, and a raw entry with its signature.
#![no_main]

use ephem_node::wire::handover::split_signed;
use ephem_node::wire::log::Entry;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    entry(data);
    if let Some((statement, _)) = split_signed(data) {
        entry(statement);
    }
});

fn entry(statement: &[u8]) {
    if let Ok(entry) = Entry::decode(statement) {
        assert!(entry.fits());
        assert_eq!(entry.encode(), statement);
    }
}
