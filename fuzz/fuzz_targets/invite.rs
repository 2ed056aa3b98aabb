//! A link that someone pasted.
#![no_main]

use ephem_node::wire::invite::Invite;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|link: &str| {
    if let Ok(invite) = Invite::parse(link) {
        assert_eq!(**invite.to_link(), link.trim_ascii().to_ascii_uppercase());
    }
});
