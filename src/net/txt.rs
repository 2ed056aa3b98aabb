//! Text records of a name, asked for at the name servers of this machine: over UDP, and over TCP where the answer is too long.
//!
//! The system's resolver gives addresses alone. Every question has a number and a port of its own, both by chance, and whatever
//! answers another question is passed over: whoever sees no question cannot answer it first.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

use super::backoff::chance;
use super::io::Unreachable;

/// Name servers that are asked, as the system's own resolver has it.
const SERVERS: usize = 3;
/// How often each is asked.
const ROUNDS: usize = 2;
/// How long one may take.
const PATIENCE: Duration = Duration::from_millis(1500);
/// The longest answer over UDP; more is said over TCP.
const DATAGRAM: usize = 1232;
/// The port of name servers.
const PORT: u16 = 53;

/// The name servers of this machine, read anew each time, because a laptop changes networks.
pub(super) fn servers() -> Vec<SocketAddr> {
    listed(&std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default())
}

fn listed(settings: &str) -> Vec<SocketAddr> {
    let lines = settings.lines().filter_map(|line| line.trim_start().strip_prefix("nameserver"));
    let named = lines.filter_map(|rest| rest.split_whitespace().next()?.parse::<IpAddr>().ok());
    let all: Vec<_> = named.take(SERVERS).map(|ip| SocketAddr::new(ip, PORT)).collect();
    // Where none is named, one is on this machine.
    if all.is_empty() { vec![SocketAddr::new(Ipv4Addr::LOCALHOST.into(), PORT)] } else { all }
}

/// All text records of a name. Servers that fail or say nothing are asked again after the others.
pub(super) async fn texts(name: &str, servers: &[SocketAddr]) -> Result<Vec<String>, Unreachable> {
    let mut name = Name::from_ascii(name).map_err(|_| Unreachable::NoSuchName)?;
    name.set_fqdn(true);
    let mut why = Unreachable::Silent;
    for server in std::iter::repeat_n(servers, ROUNDS).flatten() {
        match timeout(PATIENCE, ask(&name, *server)).await {
            Ok(Some(answer)) if answer.metadata.response_code == ResponseCode::NoError => {
                return Ok(answer.answers.into_iter().filter_map(|record| text(record.data)).collect());
            }
            Ok(Some(answer)) if answer.metadata.response_code == ResponseCode::NXDomain => {
                return Err(Unreachable::NoSuchName);
            }
            Ok(_) => why = Unreachable::NoSuchName,
            Err(_) => {}
        }
    }
    Err(why)
}

/// A record holds its text in pieces of at most 255 bytes.
fn text(data: RData) -> Option<String> {
    let RData::TXT(text) = data else { return None };
    String::from_utf8(text.txt_data.concat()).ok()
}

async fn ask(name: &Name, server: SocketAddr) -> Option<Message> {
    let [a, b, ..] = chance().to_ne_bytes();
    let mut question = Message::new(u16::from_ne_bytes([a, b]), MessageType::Query, OpCode::Query);
    question.metadata.recursion_desired = true;
    question.add_query(Query::query(name.clone(), RecordType::TXT));
    let bytes = question.to_vec().ok()?;
    let here = if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(here).await.ok()?;
    socket.connect(server).await.ok()?;
    socket.send(&bytes).await.ok()?;
    let mut buffer = [0; DATAGRAM];
    loop {
        let len = socket.recv(&mut buffer).await.ok()?;
        match answer_to(&question, buffer.get(..len)?) {
            Some(answer) if answer.metadata.truncation => return at_length(&question, &bytes, server).await,
            Some(answer) => return Some(answer),
            None => {}
        }
    }
}

/// Over TCP, each message goes after its length.
async fn at_length(question: &Message, bytes: &[u8], server: SocketAddr) -> Option<Message> {
    let mut stream = TcpStream::connect(server).await.ok()?;
    let framed = [&u16::try_from(bytes.len()).ok()?.to_be_bytes()[..], bytes].concat();
    stream.write_all(&framed).await.ok()?;
    let mut answer = vec![0; stream.read_u16().await.ok()?.into()];
    stream.read_exact(&mut answer).await.ok()?;
    answer_to(question, &answer)
}

fn answer_to(question: &Message, bytes: &[u8]) -> Option<Message> {
    let answer = Message::from_vec(bytes).ok()?;
    let fits = answer.metadata.id == question.metadata.id
        && answer.metadata.message_type == MessageType::Response
        && answer.queries == question.queries;
    fits.then_some(answer)
}

#[cfg(test)]
pub(super) mod tests {
    use hickory_proto::rr::{Record, rdata::TXT};
    use tokio::net::TcpListener;

    use super::*;

    /// A name server of the test's own: what it says of each name, cut short over UDP where that is more than one record.
    pub(in crate::net) async fn name_server(zone: &'static [(&'static str, &'static str)]) -> SocketAddr {
        let (udp, tcp) = loop {
            let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
            if let Ok(udp) = UdpSocket::bind(tcp.local_addr().unwrap()).await {
                break (udp, tcp);
            }
        };
        let at = udp.local_addr().unwrap();
        tokio::spawn(async move {
            let mut buffer = [0; 512];
            while let Ok((len, from)) = udp.recv_from(&mut buffer).await {
                let whole = answer(&buffer[..len], zone);
                let short = if whole.answers.len() > 1 { whole.truncate() } else { whole };
                let mut forged = short.clone();
                forged.metadata.id ^= 1;
                forged.metadata.response_code = ResponseCode::NXDomain;
                for message in [forged, short] {
                    udp.send_to(&message.to_vec().unwrap(), from).await.unwrap();
                }
            }
        });
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = tcp.accept().await {
                let mut asked = vec![0; stream.read_u16().await.unwrap().into()];
                stream.read_exact(&mut asked).await.unwrap();
                let said = answer(&asked, zone).to_vec().unwrap();
                stream.write_u16(said.len().try_into().unwrap()).await.unwrap();
                stream.write_all(&said).await.unwrap();
            }
        });
        at
    }

    fn answer(asked: &[u8], zone: &[(&str, &str)]) -> Message {
        let asked = Message::from_vec(asked).unwrap();
        let mut answer = Message::response(asked.metadata.id, OpCode::Query);
        let query = asked.queries[0].clone();
        for (name, text) in zone {
            let mut name = Name::from_ascii(name).unwrap();
            name.set_fqdn(true);
            if name == query.name {
                let pieces = text.as_bytes().chunks(255).collect();
                answer.add_answer(Record::from_rdata(name, 60, RData::TXT(TXT::from_bytes(pieces))));
            }
        }
        if answer.answers.is_empty() {
            answer.metadata.response_code = ResponseCode::NXDomain;
        }
        answer.add_query(query);
        answer
    }

    #[tokio::test]
    async fn texts_are_read_short_and_long_and_forged_answers_passed_over() {
        let long = "long ".repeat(100);
        let zone: &[_] = &[("a.test", "one"), ("b.test", "two"), ("b.test", "three")];
        let zone = [zone, &[("b.test", &*long.leak())]].concat().leak();
        let server = name_server(zone).await;
        assert_eq!(texts("a.test", &[server]).await.unwrap(), ["one"]);
        assert_eq!(texts("b.test", &[server]).await.unwrap(), ["two", "three", zone[3].1]);
        assert_eq!(texts("c.test", &[server]).await, Err(Unreachable::NoSuchName));
        assert_eq!(texts("a..test", &[server]).await, Err(Unreachable::NoSuchName), "no name at all");
    }

    #[tokio::test]
    async fn the_next_server_is_asked_where_one_is_dead_or_silent() {
        let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let dead = UdpSocket::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let server = name_server(&[("a.test", "one")]).await;
        let all = [dead, silent.local_addr().unwrap(), server];
        assert_eq!(texts("a.test", &all).await.unwrap(), ["one"]);
        assert_eq!(texts("a.test", &all[1..2]).await, Err(Unreachable::Silent));
        assert_eq!(texts("a.test", &all[..1]).await, Err(Unreachable::NoSuchName));
    }

    #[test]
    fn the_servers_are_those_of_the_system_and_three_at_most() {
        let ip = |text: &str| SocketAddr::new(text.parse().unwrap(), PORT);
        assert_eq!(listed(""), [ip("127.0.0.1")]);
        let text = "# nameserver 192.0.2.9\nsearch home\nnameserver 192.0.2.1 # here\n nameserver\t2001:db8::1\nnameserver what\n";
        assert_eq!(listed(text), [ip("192.0.2.1"), ip("2001:db8::1")]);
        assert_eq!(listed(&"nameserver 192.0.2.1\n".repeat(9)).len(), SERVERS);
    }
}
