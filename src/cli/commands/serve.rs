//! `serve`: a meeting point for others. It holds no room's key unless it was told to be a member of one.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use super::run_beside;
use crate::base::secret::Secret;
use crate::cli::args::{self, All};
use crate::cli::config::Settings;
use crate::cli::face::Served;
use crate::cli::plan::Plan;
use crate::cli::reload::Again;
use crate::cli::report::Failure;
use crate::cli::session;
use crate::cli::values;
use crate::node::harden::Hardening;
use crate::node::{metrics, random};

/// Where it listens unless told otherwise.
const USUAL: [&str; 4] = [
    "/ip4/0.0.0.0/tcp/4077",
    "/ip4/0.0.0.0/udp/4077/quic-v1",
    "/ip6/::/tcp/4077",
    "/ip6/::/udp/4077/quic-v1",
];

pub(super) fn run(
    options: args::Serve,
    all: All,
    settings: &Settings,
    hardening: Hardening,
) -> Result<u8, Failure> {
    let args::Serve { rooms, metrics: told_at, key_file, come } = options;
    let typed = come.network.clone();
    let mut plan = Plan::new(come, all, settings, hardening);
    plan.all.no_input |= rooms.is_empty();
    plan.serve = true;
    plan.stay = true;
    // It waits for others as long as it runs, whatever other commands are told.
    plan.network.timeout = None;
    if plan.network.listen.is_empty() {
        plan.network.listen = USUAL.iter().filter_map(|addr| values::listen(addr).ok()).collect();
    }
    plan.limits = Some(settings.limits());
    plan.again = Some(Again { named: plan.all.config.clone(), typed, verbose: plan.all.verbose });
    plan.key = key_file.as_deref().map(kept_key).transpose()?;
    plan.unlock()?;
    let doors = plan.doors(&rooms, None)?;
    run_beside(async move {
        let (asking, telling) = plan.start()?;
        let numbers = match told_at {
            Some(at) => Some(
                metrics::open(at, asking.clone())
                    .await
                    .map_err(|err| Failure::Usage(format!("numbers cannot be told at {at}: {err}")))?,
            ),
            None => None,
        };
        session::enter(&asking, doors).await;
        let face = Served::new(&asking, plan.all.json, numbers.as_ref().map(|numbers| numbers.at))?;
        session::run(asking, telling, face, None, &plan).await
    })
}

/// The seed in a file that only its owner can read; made if it is not there. A damaged file is never overwritten.
fn kept_key(path: &Path) -> Result<Secret<32>, Failure> {
    let told = |why: &dyn std::fmt::Display| Failure::Config(format!("{}: {why}", path.display()));
    match fs::File::open(path) {
        Ok(mut file) => {
            only_mine(&file).map_err(|why| told(&why))?;
            let mut bytes = zeroize::Zeroizing::new([0_u8; 33]);
            let mut read = 0;
            while let Some(rest) = bytes.get_mut(read..).filter(|rest| !rest.is_empty()) {
                match file.read(rest).map_err(|err| told(&err))? {
                    0 => break,
                    more => read += more,
                }
            }
            let seed = bytes.get(..read).and_then(Secret::from_slice);
            seed.ok_or_else(|| told(&"this is not a key of ephem-node: it has to be 32 bytes"))
        }
        Err(err) if err.kind() == io::ErrorKind::NotFound => {
            let seed = Secret::<32>::random(&mut random::os());
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(path).map_err(|err| told(&err))?;
            file.write_all(seed.expose()).and_then(|()| file.sync_all()).map_err(|err| told(&err))?;
            Ok(seed)
        }
        Err(err) => Err(told(&err)),
    }
}

#[cfg(unix)]
fn only_mine(file: &fs::File) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt;
    let mode = file.metadata().map_err(|err| err.to_string())?.mode();
    if mode & 0o077 == 0 { Ok(()) } else { Err("others can read this key; `chmod 600` it".to_owned()) }
}

#[cfg(not(unix))]
fn only_mine(_file: &fs::File) -> Result<(), String> {
    Ok(())
}
