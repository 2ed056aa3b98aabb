//! One frame straight to a peer: `/ephem/direct/1`.
//!
//! Request: `u32be length || frame`. Answer: no bytes at all; that the stream ends well says that the frame was taken in.

use std::collections::HashMap;
use std::io;

use libp2p::futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use libp2p::request_response::{self, OutboundRequestId, ProtocolSupport};
use libp2p::{PeerId, StreamProtocol};

use crate::base::limits::FRAME_BYTES;

use super::config::{DIRECT_A_PEER, DIRECT_INFLIGHT, DIRECT_PROTOCOL, DIRECT_STREAMS, DIRECT_TIMEOUT};

pub(super) type Behaviour = request_response::Behaviour<Frames>;
pub(super) type Event = request_response::Event<Vec<u8>, ()>;

pub(super) fn behaviour() -> Behaviour {
    let config = request_response::Config::default()
        .with_request_timeout(DIRECT_TIMEOUT)
        .with_max_concurrent_streams(DIRECT_STREAMS);
    let protocols = [(StreamProtocol::new(DIRECT_PROTOCOL), ProtocolSupport::Full)];
    request_response::Behaviour::with_codec(Frames, protocols, config)
}

/// Frames on a stream. No buffer is larger than a frame may be, whatever length is claimed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frames;

impl request_response::Codec for Frames {
    type Protocol = StreamProtocol;
    type Request = Vec<u8>;
    type Response = ();

    async fn read_request<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Vec<u8>>
    where
        T: AsyncRead + Unpin + Send,
    {
        let mut length = [0; 4];
        io.read_exact(&mut length).await?;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if length == 0 || length > FRAME_BYTES {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut frame = vec![0; length];
        io.read_exact(&mut frame).await?;
        Ok(frame)
    }

    async fn read_response<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<()>
    where
        T: AsyncRead + Unpin + Send,
    {
        match io.read(&mut [0; 1]).await? {
            0 => Ok(()),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    async fn write_request<T>(&mut self, _: &StreamProtocol, io: &mut T, frame: Vec<u8>) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        let length = u32::try_from(frame.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
        io.write_all(&length.to_be_bytes()).await?;
        io.write_all(&frame).await
    }

    async fn write_response<T>(&mut self, _: &StreamProtocol, _: &mut T, (): ()) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        Ok(())
    }
}

/// Requests on their way, so that a room that sends faster than its peers answer is stopped here and not in memory.
#[derive(Debug, Default)]
pub(super) struct Inflight {
    requests: HashMap<OutboundRequestId, PeerId>,
}

impl Inflight {
    pub(super) fn has_room_for(&self, peer: &PeerId) -> bool {
        self.requests.len() < DIRECT_INFLIGHT
            && self.requests.values().filter(|p| *p == peer).count() < DIRECT_A_PEER
    }

    pub(super) fn sent(&mut self, request: OutboundRequestId, to: PeerId) {
        self.requests.insert(request, to);
    }

    /// An answer or a failure came.
    pub(super) fn done(&mut self, request: &OutboundRequestId) {
        self.requests.remove(request);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use libp2p::futures::io::Cursor;
    use libp2p::request_response::Codec;

    fn protocol() -> StreamProtocol {
        StreamProtocol::new(DIRECT_PROTOCOL)
    }

    #[tokio::test]
    async fn a_frame_is_read_back_as_it_was_written() {
        for size in [1, 640, FRAME_BYTES] {
            let mut stream = Cursor::new(Vec::new());
            Frames.write_request(&protocol(), &mut stream, vec![7; size]).await.unwrap();
            assert_eq!(stream.get_ref().len(), 4 + size);
            stream.set_position(0);
            assert_eq!(Frames.read_request(&protocol(), &mut stream).await.unwrap(), vec![7; size]);
        }
    }

    #[tokio::test]
    async fn a_length_no_frame_has_is_refused_before_anything_is_read() {
        let over = u32::try_from(FRAME_BYTES + 1).unwrap();
        for length in [0, over, u32::MAX] {
            let mut stream = Cursor::new([length.to_be_bytes().as_slice(), &[0; 8]].concat());
            assert!(Frames.read_request(&protocol(), &mut stream).await.is_err(), "{length}");
            assert_eq!(stream.position(), 4);
        }
        for short in [&[][..], &[0, 0], &[0, 0, 0, 9, 1]] {
            assert!(Frames.read_request(&protocol(), &mut Cursor::new(short)).await.is_err());
        }
        assert!(Frames.read_response(&protocol(), &mut Cursor::new(b"")).await.is_ok());
        assert!(Frames.read_response(&protocol(), &mut Cursor::new(b"x")).await.is_err());
    }

    #[test]
    fn requests_under_way_are_bounded_for_each_peer_and_for_all() {
        let mut behaviour = behaviour();
        let mut inflight = Inflight::default();
        let mut first = None;
        for _ in 0..DIRECT_INFLIGHT / DIRECT_A_PEER {
            let peer = PeerId::random();
            while inflight.has_room_for(&peer) {
                let request = behaviour.send_request(&peer, vec![1]);
                first.get_or_insert(request);
                inflight.sent(request, peer);
            }
        }
        assert_eq!(inflight.requests.len(), DIRECT_INFLIGHT);
        assert!(!inflight.has_room_for(&PeerId::random()));
        inflight.done(&first.unwrap());
        assert!(inflight.has_room_for(&PeerId::random()));
    }
}
