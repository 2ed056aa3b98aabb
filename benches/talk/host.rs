//! What the system tells of the processes it runs: bytes on the wire, memory, processor time. And a network of their own for
//! them, where nothing else speaks, so that its bytes are theirs.

use std::fs;
use std::process::{Command, Stdio};

/// The word by which a run knows that it has a network of its own.
const INSIDE: &str = "--inside";

/// Runs this program again in a network namespace that has nothing but a loopback, and gives its exit code. `None` where that
/// is so already, or cannot be had.
pub(crate) fn alone(args: &[String]) -> Option<i32> {
    if args.iter().any(|arg| arg == INSIDE) {
        return None;
    }
    // As root, or as root of a user namespace, where the system lets anybody have one.
    let flags = ["-n", "-rn"].into_iter().find(|flags| {
        let mut probe = Command::new("unshare");
        probe.args([flags, "ip", "link", "set", "lo", "up"]).stdout(Stdio::null()).stderr(Stdio::null());
        probe.status().is_ok_and(|status| status.success())
    })?;
    let status = Command::new("unshare")
        .args([flags, "sh", "-c", "ip link set lo up && exec \"$@\"", "sh", &own_path()])
        .args(args)
        .arg(INSIDE)
        .status()
        .ok()?;
    Some(status.code().unwrap_or(1))
}

/// Says on what it is measured.
pub(crate) fn introduce() {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("{cores} cores; load before: {}", load.split(' ').take(3).collect::<Vec<_>>().join(" "));
    if !std::env::args().any(|arg| arg == INSIDE) {
        println!("no network namespace to be had: bytes on the wire are not counted");
    }
}

/// Bytes that went over the loopback of this run's own network; none where it has to share it.
pub(crate) fn wire_bytes() -> Option<f64> {
    if !std::env::args().any(|arg| arg == INSIDE) {
        return None;
    }
    let table = fs::read_to_string("/proc/net/dev").ok()?;
    let row = table.lines().find_map(|line| line.trim().strip_prefix("lo:"))?;
    row.split_whitespace().next()?.parse().ok()
}

/// What a process holds in memory, in MiB: all of it, and what is not a file's.
pub(crate) fn memory(pid: u32) -> Option<(f64, f64)> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let field = |name: &str| -> Option<f64> {
        let row = status.lines().find_map(|line| line.strip_prefix(name))?;
        row.split_whitespace().next()?.parse::<f64>().ok().map(|kib| kib / 1_024.0)
    };
    Some((field("VmRSS:")?, field("RssAnon:")?))
}

/// Processor time of all threads that a process has, in milliseconds; finer than the ticks told of the process as a whole.
pub(crate) fn processor_ms(pid: u32) -> Option<f64> {
    let mut all = 0.0;
    for thread in fs::read_dir(format!("/proc/{pid}/task")).ok()? {
        let times = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        all += times.split(' ').next()?.parse::<f64>().ok()? / 1e6;
    }
    Some(all)
}

/// Whether hosts with networks of their own can be made.
pub(crate) fn can_make_hosts() -> bool {
    let name = format!("eph-probe-{}", std::process::id());
    let ip = |what: &str| {
        let mut command = Command::new("ip");
        command.args(["netns", what, &name]).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    cfg!(target_os = "linux") && ip("add") && ip("del")
}

/// This program, to be started as something else.
pub(crate) fn own_path() -> String {
    std::env::current_exe().expect("the path of this program").display().to_string()
}
