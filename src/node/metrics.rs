//! How a node stands, in numbers, for whoever watches many: OpenMetrics over the smallest HTTP that answers one question.
//!
//! It is heard on this machine alone. One request a connection, its head bounded in bytes and time, and only so many
//! connections: one more ends the oldest, so that those who say nothing keep nobody out.

use std::collections::VecDeque;
use std::fmt::Write;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::timeout;

use super::{Asking, Measured};
use crate::net::Path;

/// Connections at once.
const CALLERS: usize = 16;
/// The longest head of a request.
const HEAD: usize = 4_096;
/// How long a caller may take to ask, and to take the answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// An open place where numbers are told; it closes when this is dropped.
#[derive(Debug)]
pub struct Metrics {
    /// Where it is.
    pub at: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Metrics {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Tells a node's numbers at an address of this machine's own.
pub async fn open(at: SocketAddr, asking: Asking) -> io::Result<Metrics> {
    if !at.ip().is_loopback() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "numbers are told on this machine alone"));
    }
    let listener = TcpListener::bind(at).await?;
    let at = listener.local_addr()?;
    Ok(Metrics { at, task: tokio::spawn(serve(listener, asking)) })
}

async fn serve(listener: TcpListener, asking: Asking) {
    let mut callers: Callers = Callers::default();
    loop {
        // Out of files, say: the next may do better, and this is no place to spin.
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(PATIENCE).await;
            continue;
        };
        callers.take(stream, &asking);
    }
}

/// Those who are being answered, the oldest first.
#[derive(Default)]
struct Callers(VecDeque<AbortHandle>);

impl Callers {
    fn take(&mut self, stream: TcpStream, asking: &Asking) {
        self.0.retain(|caller| !caller.is_finished());
        if self.0.len() >= CALLERS
            && let Some(oldest) = self.0.pop_front()
        {
            oldest.abort();
        }
        let asking = asking.clone();
        let answered = async move {
            // Whoever is too slow or hangs up is owed nothing.
            let _late = timeout(2 * PATIENCE, answer(stream, &asking)).await;
        };
        self.0.push_back(tokio::spawn(answered).abort_handle());
    }
}

impl Drop for Callers {
    fn drop(&mut self) {
        self.0.iter().for_each(AbortHandle::abort);
    }
}

async fn answer(mut stream: TcpStream, asking: &Asking) -> io::Result<()> {
    let mut head = Vec::with_capacity(HEAD);
    let asked = loop {
        let ended = head.windows(4).position(|end| end == b"\r\n\r\n");
        match ended {
            Some(at) => break understood(head.get(..at).unwrap_or_default()),
            None if head.len() >= HEAD => break Err((431, "Request Header Fields Too Large")),
            None => {}
        }
        let room = (HEAD - head.len()) as u64;
        let read = timeout(PATIENCE, (&mut stream).take(room).read_buf(&mut head)).await;
        match read {
            Ok(Ok(more)) if more > 0 => {}
            _ => return Ok(()),
        }
    };
    let (code, reason, body) = match asked {
        Ok(()) => match asking.measure().await {
            Some(measured) => (200, "OK", text(&measured)),
            None => (503, "Service Unavailable", String::new()),
        },
        Err((code, reason)) => (code, reason, String::new()),
    };
    let head = format!(
        "HTTP/1.1 {code} {reason}\r\nContent-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n\
         Content-Length: {}\r\nCache-Control: no-store\r\nConnection: close\r\n{}\r\n",
        body.len(),
        if code == 405 { "Allow: GET\r\n" } else { "" }
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}

/// Whether a request's head asks for what there is, else what is wrong with it.
fn understood(head: &[u8]) -> Result<(), (u16, &'static str)> {
    let bad = (400, "Bad Request");
    let mut lines = std::str::from_utf8(head).map_err(|_| bad)?.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (method, target, version) = (words.next(), words.next(), words.next());
    if words.next().is_some() || !version.is_some_and(|version| version.starts_with("HTTP/1.")) {
        return Err(bad);
    }
    if method != Some("GET") {
        return Err((405, "Method Not Allowed"));
    }
    if target.and_then(|target| target.split('?').next()) != Some("/metrics") {
        return Err((404, "Not Found"));
    }
    // A page in a browser of this machine may have been led here by a name of its own.
    let hosts =
        lines.filter_map(|line| line.split_once(':')).filter(|(name, _)| name.eq_ignore_ascii_case("host"));
    for (_, host) in hosts {
        if !is_here(host.trim()) {
            return Err((403, "Forbidden"));
        }
    }
    Ok(())
}

fn is_here(host: &str) -> bool {
    let name =
        host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(host, |(name, _)| name);
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    bare.eq_ignore_ascii_case("localhost")
        || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// The numbers, as OpenMetrics 1.0 spells them. None of them names anybody.
pub fn text(measured: &Measured) -> String {
    let Measured { net, rooms, listings, uptime_ms } = measured;
    let counters = &net.counters;
    let by_path = |path: Path| net.peers.iter().filter(|peer| peer.path == path).count() as u64;
    let mut out = Page::default();
    out.family("ephem_build", "info", "The program's version.");
    out.sample("ephem_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
    out.family("ephem_uptime_seconds", "gauge", "Seconds since the start.");
    out.sample("ephem_uptime_seconds", &[], uptime_ms / 1_000);
    out.family("ephem_rooms", "gauge", "Rooms this node is a member of.");
    out.sample("ephem_rooms", &[], *rooms as u64);
    out.family("ephem_listings", "gauge", "Rooms listed by others that this node holds.");
    out.sample("ephem_listings", &[], *listings as u64);
    out.family("ephem_peers", "gauge", "Peers linked, by the best way to each.");
    for (path, name) in [(Path::Lan, "lan"), (Path::Direct, "direct"), (Path::Relay, "relay")] {
        out.sample("ephem_peers", &[("path", name)], by_path(path));
    }
    out.family("ephem_links", "gauge", "Links, of which a peer may have several.");
    out.sample("ephem_links", &[], net.peers.iter().map(|peer| peer.links as u64).sum());
    out.family(
        "ephem_links_refused",
        "counter",
        "Links that others opened and were refused, being too many.",
    );
    out.sample("ephem_links_refused_total", &[], counters.links_refused);
    out.family("ephem_peers_shunned", "counter", "Peers cut off for what they sent.");
    out.sample("ephem_peers_shunned_total", &[], counters.shunned);
    out.family("ephem_relay_circuits", "gauge", "Circuits through this node.");
    out.sample("ephem_relay_circuits", &[], net.circuits as u64);
    out.family("ephem_relay_given", "counter", "Places and circuits that others were given.");
    for (what, count) in [("place", counters.places_given), ("circuit", counters.circuits_given)] {
        out.sample("ephem_relay_given_total", &[("what", what)], count);
    }
    out.family("ephem_relay_refused", "counter", "Places and circuits that others were refused.");
    out.sample("ephem_relay_refused_total", &[], counters.relaying_refused);
    out.family("ephem_table_servers", "gauge", "Servers of the table known.");
    out.sample("ephem_table_servers", &[], net.table.servers as u64);
    out.family(
        "ephem_frames",
        "counter",
        "Frames of the rooms this node is in, by what they were found worth.",
    );
    for (verdict, count) in
        [("accept", counters.accepted), ("ignore", counters.ignored), ("reject", counters.rejected)]
    {
        out.sample("ephem_frames_total", &[("verdict", verdict)], count);
    }
    out.family("ephem_frames_dropped", "counter", "Frames dropped unread, by why.");
    for (why, count) in
        [("busy", counters.frames_unread), ("flood", counters.flooded), ("size", counters.misshapen)]
    {
        out.sample("ephem_frames_dropped_total", &[("why", why)], count);
    }
    out.family("ephem_frame_bytes", "counter", "Bytes of frames that came, and of own ones that went.");
    for (way, count) in [("in", counters.bytes_in), ("out", counters.bytes_out)] {
        out.sample("ephem_frame_bytes_total", &[("way", way)], count);
    }
    out.end()
}

#[derive(Default)]
struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing into memory does not fail.
        let _ = writeln!(self.0, "# TYPE {name} {kind}\n# HELP {name} {help}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: u64) {
        let spelled: Vec<String> = labels.iter().map(|(label, word)| format!("{label}=\"{word}\"")).collect();
        let labels = if spelled.is_empty() { String::new() } else { format!("{{{}}}", spelled.join(",")) };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }

    fn end(mut self) -> String {
        self.0.push_str("# EOF\n");
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_question_is_answered_and_each_other_has_its_own_refusal() {
        for (head, code) in [
            ("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:9464", None),
            ("GET /metrics HTTP/1.0", None),
            ("GET /metrics?x=1 HTTP/1.1\r\nhost: [::1]:9", None),
            ("GET /metrics HTTP/1.1\r\nHost: localhost", None),
            ("GET /metrics HTTP/1.1\r\nHost: evil.example:9464", Some(403)),
            ("GET /metrics HTTP/1.1\r\nHost: 192.0.2.1", Some(403)),
            ("POST /metrics HTTP/1.1", Some(405)),
            ("GET / HTTP/1.1", Some(404)),
            ("GET /metrics/.. HTTP/1.1", Some(404)),
            ("GET /metrics HTTP/2", Some(400)),
            ("GET  /metrics HTTP/1.1", Some(400)),
            ("GET /metrics", Some(400)),
            ("", Some(400)),
        ] {
            assert_eq!(understood(head.as_bytes()).err().map(|(code, _)| code), code, "{head}");
        }
        assert_eq!(understood(b"\xff\xfe /metrics HTTP/1.1").err().map(|(code, _)| code), Some(400));
    }

    #[test]
    fn every_family_is_declared_once_and_the_page_ends_as_it_must() {
        let page = text(&Measured::default());
        let mut declared = std::collections::BTreeSet::new();
        let mut family = String::new();
        for line in page.lines() {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                family = rest.split(' ').next().unwrap_or_default().to_owned();
                assert!(declared.insert(family.clone()), "{family} twice");
            } else if !line.starts_with('#') {
                assert!(line.starts_with(&family), "{line} under {family}");
                let counter = page.contains(&format!("# TYPE {family} counter"));
                assert_eq!(line.contains("_total"), counter, "{line}");
            }
        }
        assert!(page.ends_with("# EOF\n"));
    }
}
