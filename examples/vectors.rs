//! Writes `tests/vectors/v1.json` anew, byte for byte the same each time. With `--check` it writes nothing and fails where
//! the file differs. With `--logs COUNT` it prints as many random logs as vectors, for a second implementation to be held
//! against: the file has only the first few.

#[path = "../tests/common/vectors/mod.rs"]
mod vectors;

use std::process::ExitCode;

#[allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line tells what it did")]
fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    if args.next().as_deref() == Some("--logs") {
        let count = args.next().and_then(|count| count.parse().ok());
        let Some(count) = count else {
            eprintln!("--logs takes how many");
            return ExitCode::FAILURE;
        };
        println!("{}", vectors::file(&[vectors::chance::group(count)]));
        return ExitCode::SUCCESS;
    }
    let made = vectors::generate();
    if std::env::args().any(|arg| arg == "--check") {
        let kept = std::fs::read_to_string(vectors::PATH).unwrap_or_default();
        if kept == made {
            println!("{}: up to date", vectors::PATH);
            return ExitCode::SUCCESS;
        }
        eprintln!(
            "{} differs from what the crate makes: the protocol changed, or the file did",
            vectors::PATH
        );
        return ExitCode::FAILURE;
    }
    match std::fs::write(vectors::PATH, &made) {
        Ok(()) => {
            println!("{}: {} bytes", vectors::PATH, made.len());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{}: {error}", vectors::PATH);
            ExitCode::FAILURE
        }
    }
}
