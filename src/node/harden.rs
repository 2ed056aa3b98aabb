//! What the process does at its start so that others on the machine cannot read it: no core dumps, no tracing by strangers,
//! no swapping where the system allows that much. What it could not get is told, never passed over.

use std::fmt;
use std::sync::Mutex;

use crate::base::vault;

/// How many keys are kept from ever being swapped, in some 52 KiB: many systems let a user lock 64 KiB and no more.
const KEYS: usize = 640;
/// Of locked memory, as it is handed out everywhere.
const PAGE: usize = 4_096;

/// What was locked stays locked until the process ends.
static LOCKED: Mutex<Vec<region::LockGuard>> = Mutex::new(Vec::new());

/// One measure and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    /// What it is.
    pub what: &'static str,
    /// What became of it.
    pub state: State,
}

/// What became of a measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// In force.
    On,
    /// Not in force, and why.
    Off(String),
}

/// What stands between this process and others of the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hardening {
    /// Every measure.
    pub measures: Vec<Measure>,
}

impl Hardening {
    /// What is not in force.
    pub fn missing(&self) -> impl Iterator<Item = &Measure> {
        self.measures.iter().filter(|measure| measure.state != State::On)
    }
}

/// Takes every measure. Must come before any secret is in memory and before any thread is started.
pub fn harden() -> Hardening {
    let mut hardening = Hardening::default();
    let mut note = |what, done: Result<(), String>| {
        let state = done.map_or_else(State::Off, |()| State::On);
        hardening.measures.push(Measure { what, state });
    };
    note("no core dumps", no_core_dumps());
    note("no tracing by other programs of this user", no_tracing());
    note("keys never swapped to disk", keys_locked());
    note("memory never swapped to disk", no_swapping());
    hardening
}

/// A core dump would write every key and every living message to disk.
#[cfg(unix)]
fn no_core_dumps() -> Result<(), String> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }).map_err(|err| err.to_string())
}

#[cfg(not(unix))]
fn no_core_dumps() -> Result<(), String> {
    Err("this system decides about crash reports itself".to_owned())
}

/// Makes `/proc/PID/mem` and `ptrace` the administrator's alone.
fn no_tracing() -> Result<(), String> {
    secmem_proc::harden_process().map_err(|err| err.to_string())
}

/// Pages that lie side by side are locked together. They are locked while they hold nothing yet.
fn keys_locked() -> Result<(), String> {
    let mut places: Vec<Box<[u8]>> = (0..KEYS).map(|_| Box::from([0; vault::PLACE])).collect();
    places.sort_unstable_by_key(|place| place.as_ptr().addr());
    let mut guards = Vec::new();
    for run in places.chunk_by(|a, b| b.as_ptr().addr() - a.as_ptr().addr() <= PAGE) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
        let bytes = last.as_ptr().addr() - first.as_ptr().addr() + vault::PLACE;
        guards.push(region::lock(first.as_ptr(), bytes).map_err(|err| err.to_string())?);
    }
    LOCKED.lock().map_err(|err| err.to_string())?.append(&mut guards);
    vault::furnish(places);
    Ok(())
}

/// All memory can be locked only where the limit is no limit: with a smaller one an allocation would fail in the middle
/// of the slow hash.
#[cfg(target_os = "linux")]
fn no_swapping() -> Result<(), String> {
    use rustix::mm::{MlockAllFlags, mlockall};
    use rustix::process::{Resource, getrlimit};
    match getrlimit(Resource::Memlock).current {
        None => mlockall(MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT)
            .map_err(|err| err.to_string()),
        Some(limit) => Err(format!(
            "this user may lock {} KiB; `ulimit -l unlimited` or an encrypted swap closes the gap",
            limit / 1_024
        )),
    }
}

#[cfg(not(target_os = "linux"))]
fn no_swapping() -> Result<(), String> {
    Err("not tried on this system; an encrypted swap closes the gap".to_owned())
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.state {
            State::On => write!(f, "{}: on", self.what),
            State::Off(why) => write!(f, "{}: OFF, {why}", self.what),
        }
    }
}
