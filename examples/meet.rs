//! Two of these on one local network meet by mDNS: `cargo run --example meet -- NAME`.
//!
//! Each says hello on one topic to whoever comes, prints how many milliseconds after its start it had an address, a link, a
//! subscriber and a first frame, and stops at the first frame. `meet NAME stay` goes on.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "an example that prints and reads a clock"
)]

use std::time::Instant;

use ephem_node::base::id::Topic;
use ephem_node::net::{Config, Event, Verdict, start};

const TOPIC: Topic = Topic([42; 32]);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let name = args.next().unwrap_or_else(|| "somebody".to_owned());
    let stay = args.next().is_some();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(meet(&name, stay))
}

async fn meet(name: &str, stay: bool) -> Result<(), Box<dyn std::error::Error>> {
    let started = Instant::now();
    let (net, mut events) = start(Config::default())?;
    net.join(TOPIC).await?;
    while let Some(event) = events.next().await {
        let ms = started.elapsed().as_millis();
        match event {
            Event::Listening(addr) => println!("{name} {ms} listening {addr}"),
            Event::LinkUp { path, addr, .. } => println!("{name} {ms} link {path:?} {addr}"),
            Event::Subscribed { .. } => {
                println!("{name} {ms} subscriber");
                net.publish(TOPIC, format!("hello from {name} at {ms}").into_bytes()).await?;
            }
            Event::Gossip { bytes, id, .. } => {
                println!("{name} {ms} frame of {} bytes", bytes.len());
                net.verdict(id, Verdict::Accept).await?;
                if !stay {
                    break;
                }
            }
            Event::LinkDown { .. } => println!("{name} {ms} lost a link"),
            Event::Trouble(trouble) => println!("{name} {ms} {trouble:?}"),
            _ => {}
        }
    }
    net.shutdown().await;
    Ok(())
}
