//! What talking costs: real processes of ours, driven through `pipe`, beside a bare gossipsub chat that is driven and timed in
//! the same way, in turns, in the same run. `cargo bench --bench talk -- FIGURE ..` measures some, `--quick` one short pass, a
//! number rooms of that many members alone.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark prints, reads the wall clock, and may stop where a thing it made itself is broken"
)]

mod bare;
mod figures;
mod host;
#[cfg(target_os = "linux")]
#[path = "../../tests/lab/hosts.rs"]
#[allow(dead_code, reason = "the lab uses the rest")]
mod hosts;
mod process;
mod table;

use figures::{FIGURES, Scale};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test` runs benchmarks too, to see that they still build.
    if args.iter().any(|arg| arg == "--test") {
        return;
    }
    if let Some((first, rest)) = args.split_first()
        && first == "bare"
    {
        return bare::run(rest);
    }
    let members: Option<usize> = args.iter().find_map(|arg| arg.parse().ok());
    let is_name = |arg: &&String| !arg.starts_with("--") && arg.parse::<usize>().is_err();
    let named: Vec<&str> = args.iter().filter(is_name).map(String::as_str).collect();
    if let Some(unknown) = named.iter().find(|name| FIGURES.iter().all(|figure| figure.name != **name)) {
        let known: Vec<&str> = FIGURES.iter().map(|figure| figure.name).collect();
        eprintln!("no figure is called {unknown}; there are: {}", known.join(" "));
        std::process::exit(2);
    }
    if let Some(code) = host::alone(&args) {
        std::process::exit(code);
    }
    let scale = Scale { quick: args.iter().any(|arg| arg == "--quick"), members };
    host::introduce();
    for figure in FIGURES {
        if named.is_empty() || named.contains(&figure.name) {
            (figure.measure)(scale);
        }
    }
}
