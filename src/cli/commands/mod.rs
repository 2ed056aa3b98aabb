//! The commands, a file each.

mod config;
mod demo;
mod doctor;
mod friends;
mod id;
mod invite;
mod join;
mod listen;
mod new;
mod ping;
mod pipe;
mod rooms;
mod send;
mod serve;
mod shell;
mod status;
mod stream;
mod wipe;

use std::future::Future;
use std::io::{self, Write};

use zeroize::Zeroizing;

use super::args::{Args, Command};
use super::config::Settings;
use super::report::Failure;
use crate::chat::event::Event;
use crate::chat::reply::{Answer, Reply};
use crate::node::clock::Clock;
use crate::node::harden::Hardening;
use crate::pipe as pipe_lines;

/// Threads of the runtime besides the main one. More of them are no help to a node, whose parts work one after the other on
/// each frame, and each frame that goes from one thread to another wakes it (docs/FIGURES.md).
const THREADS: usize = 1;

/// Carries out a command; gives the exit code.
pub fn run(args: Args, hardening: Hardening) -> Result<u8, Failure> {
    let Args { command, mut all } = args;
    let command = match command {
        Command::Completions { shell } => return shell::completions(shell).map(|()| 0),
        Command::Man => return shell::man().map(|()| 0),
        Command::Demo(options) => return demo::run(&options, all, hardening),
        other => other,
    };
    let settings = Settings::read(all.config.as_deref())?;
    settings.fill_all(&mut all);
    super::log::start(&all, settings.log_level)?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "begins");
    match command {
        Command::Join(options) => join::run(options, all, &settings, hardening),
        Command::New(options) => new::run(options, all, &settings, hardening),
        Command::Invite(options) => invite::run(&options, &all),
        Command::Send(options) => send::run(options, all, &settings, hardening),
        Command::Listen(options) => listen::run(options, all, &settings, hardening),
        Command::Pipe(options) => pipe::run(options, all, &settings, hardening),
        Command::Serve(options) => serve::run(options, all, &settings, hardening),
        Command::Status(options) => status::run(&options, &all),
        Command::Ping(options) => ping::run(&options, &all),
        Command::Doctor(options) => doctor::run(options, &all, &settings),
        Command::Id(options) => id::run(options, &all, &settings),
        Command::Friends(options) => friends::run(options, &all, &settings),
        Command::Rooms(options) => rooms::run(options, all, &settings, hardening),
        Command::Wipe(options) => wipe::run(&options, &all),
        Command::Config => config::run(&settings),
        // Carried out above.
        Command::Completions { .. } | Command::Man | Command::Demo(_) => Ok(0),
    }
}

/// Prints an answer as one line of JSON, with no node behind it.
fn told(answer: Answer) -> Result<u8, Failure> {
    let clock = Clock::new();
    let stamp = pipe_lines::Stamp { seq: 1, ts: clock.wall(), now: clock.now() };
    let mut out = Zeroizing::new(Vec::new());
    pipe_lines::encode(&Event::Reply(Box::new(Reply::done(None, answer))), &stamp, &mut out);
    io::stdout().write_all(&out)?;
    Ok(0)
}

/// Runs to its end on the node's own thread: what goes from the network to the node and on to a face without a screen wakes
/// no other thread. Whoever has to wait there for a reader says so, and is moved out of the way (`raw.rs`).
fn run_beside<T: Send + 'static>(
    work: impl Future<Output = Result<T, Failure>> + Send + 'static,
) -> Result<T, Failure> {
    block_on(async {
        match tokio::spawn(work).await {
            Ok(done) => done,
            Err(ended) if ended.is_panic() => std::panic::resume_unwind(ended.into_panic()),
            Err(ended) => Err(Failure::Output(ended.into())),
        }
    })
}

/// Runs to its end on this thread, with a node on another.
fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(THREADS).enable_all().build()?;
    let done = runtime.block_on(work);
    // A thread may still stand before a terminal that nobody types at.
    runtime.shutdown_background();
    done
}
