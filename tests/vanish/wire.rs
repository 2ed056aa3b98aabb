//! A wire to a node, and somebody at it who keeps every byte that goes over it, either way.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// Bytes passed on at once.
const PIECE: usize = 16 * 1_024;

/// The near end of the wire.
pub(crate) struct Wire {
    port: u16,
    kept: Arc<Mutex<Vec<u8>>>,
}

impl Wire {
    /// Leads to the node that listens at this address.
    pub(crate) fn to(address: &str) -> Wire {
        let node: u16 = address.split('/').nth(4).expect("a port").parse().expect("a number");
        let near = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = near.local_addr().expect("an address").port();
        let kept = Arc::new(Mutex::new(Vec::new()));
        let keep = kept.clone();
        thread::spawn(move || {
            for here in near.incoming() {
                let (Ok(here), Ok(there)) = (here, TcpStream::connect(("127.0.0.1", node))) else { continue };
                for (from, to) in [(&here, &there), (&there, &here)] {
                    let (from, to) = (from.try_clone().expect("a socket"), to.try_clone().expect("a socket"));
                    let keep = keep.clone();
                    thread::spawn(move || pass(from, to, &keep));
                }
            }
        });
        Wire { port, kept }
    }

    /// The address to dial in place of the node's.
    pub(crate) fn address(&self) -> String {
        format!("/ip4/127.0.0.1/tcp/{}", self.port)
    }

    /// Every byte so far.
    pub(crate) fn kept(&self) -> Vec<u8> {
        self.kept.lock().expect("bytes").clone()
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, keep: &Mutex<Vec<u8>>) {
    let mut bytes = vec![0; PIECE];
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        keep.lock().expect("bytes").extend_from_slice(&bytes[..read]);
        if to.write_all(&bytes[..read]).is_err() {
            break;
        }
    }
    // Whoever is left has nobody at the other end any more.
    let _ = to.shutdown(Shutdown::Both);
}
