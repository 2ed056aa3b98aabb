//! Frames made and opened: the one place where bytes of the wire and keys of the chains meet.

use std::collections::BTreeMap;

use crate::base::id::{MsgId, SetTag};
use crate::base::secret::Secret;
use crate::base::time::Epoch;
use crate::crypto::gate::Gate;
use crate::crypto::identity::{self, Identity};
use crate::crypto::kdf::{self, Label};
use crate::crypto::seal::{self, Hedge, OpenError};
use crate::wire::frame::{self, FrameError, FrameType, FrameView, Header};
use crate::wire::payload::Payload;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// Why a frame went no further. Counted, never told to whoever sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dropped {
    /// Not one of the five lengths.
    Length,
    /// Another version.
    Version,
    /// The outer tag is wrong: not from anybody who knows the room.
    Gate,
    /// No such topic here, or a type that does not belong on it.
    Topic,
    /// A header that says what no header says.
    Header,
    /// Too old or too early.
    Epoch,
    /// Sealed under a set not known here; it waits.
    Unknown,
    /// The key commitment is wrong.
    Commitment,
    /// The cipher's tag is wrong.
    Aead,
    /// The inner is not padded as it must be, or the payload is not canonical.
    Payload,
    /// A kind that frames of this type do not carry.
    Kind,
    /// Payload and frame, or payload and room, disagree.
    OtherRoom,
    /// Seen before.
    Replay,
    /// Not signed by its sender.
    Signature,
    /// A direct message: for its receiver, who knows it by a tag of its own.
    Unsigned,
    /// Signed by somebody who was removed.
    Removed,
    /// Too fast, muted, or past another limit.
    Limit,
}

/// How often each happened.
pub type Counts = BTreeMap<Dropped, u64>;

/// Seals a payload into a frame.
#[allow(clippy::too_many_arguments, reason = "a frame is made of that many things, each used once")]
pub fn seal_frame<R: CryptoRng>(
    me: &Identity,
    hedge: &Hedge,
    rng: &mut R,
    gate: &Gate,
    frame_type: FrameType,
    set_tag: SetTag,
    key: &Secret<32>,
    payload: &Payload,
) -> Option<Vec<u8>> {
    let bytes = payload.encode();
    let sig = me.sign(Label::Signature, &[&bytes]);
    seal_inner(hedge, rng, gate, frame_type, set_tag, payload.epoch, key, &bytes, &sig)
}

/// Seals a payload that carries its proof already.
#[allow(clippy::too_many_arguments, reason = "a frame is made of that many things, each used once")]
pub fn seal_inner<R: CryptoRng>(
    hedge: &Hedge,
    rng: &mut R,
    gate: &Gate,
    frame_type: FrameType,
    set_tag: SetTag,
    epoch: Epoch,
    key: &Secret<32>,
    payload: &[u8],
    sig: &[u8; 64],
) -> Option<Vec<u8>> {
    let len = frame::frame_len_for(payload.len())?;
    let mut inner = frame::pad_inner(payload, sig, len);
    let nonce = hedge.nonce(rng, &inner);
    let header = Header { set_tag, epoch_low: epoch.low(), frame_type };
    let mut masked = gate.mask(&nonce);
    for (m, h) in masked.iter_mut().zip(header.to_bytes()) {
        *m ^= h;
    }
    let (com, tag) = seal::seal(key, &nonce, &frame::associated(&header, &nonce), &mut inner);
    let mut bytes = frame::assemble(masked, &nonce, &com, &inner, &tag);
    let outer = gate.tag(&bytes);
    bytes.extend_from_slice(&outer);
    Some(bytes)
}

/// A frame that passed the gate: its header is known to be a member's or a guest's, nothing else is.
pub struct Admitted<'a> {
    view: FrameView<'a>,
    /// What the header says.
    pub header: Header,
}

/// The cheap half: length, version, gate, header. An outsider's junk costs one HMAC and goes no further.
pub fn admit<'a>(gate: &Gate, bytes: &'a [u8]) -> Result<Admitted<'a>, Dropped> {
    let view = FrameView::parse(bytes).map_err(|e| match e {
        FrameError::Version => Dropped::Version,
        _ => Dropped::Length,
    })?;
    if !gate.admits(view.gated(), &view.gate_tag) {
        return Err(Dropped::Gate);
    }
    let mut header = gate.mask(&view.nonce);
    for (h, m) in header.iter_mut().zip(view.masked) {
        *h ^= m;
    }
    let header = Header::from_bytes(header).map_err(|_| Dropped::Header)?;
    Ok(Admitted { view, header })
}

/// A frame opened and read, its signature not yet looked at.
pub struct Opened {
    inner: Zeroizing<Vec<u8>>,
    split: usize,
    /// What it says.
    pub payload: Payload,
}

impl Admitted<'_> {
    /// Opens the frame under one key and reads the payload.
    pub fn open(&self, key: &Secret<32>) -> Result<Opened, Dropped> {
        let view = &self.view;
        let mut inner = Zeroizing::new(view.body.to_vec());
        let aad = view.associated(&self.header);
        seal::open(key, &view.nonce, &view.com, &aad, &mut inner, &view.tag).map_err(|e| match e {
            OpenError::Commitment => Dropped::Commitment,
            OpenError::Aead => Dropped::Aead,
        })?;
        Opened::read(inner)
    }
}

impl Opened {
    fn read(inner: Zeroizing<Vec<u8>>) -> Result<Opened, Dropped> {
        let (payload_bytes, _) = frame::split_inner(&inner).map_err(|_| Dropped::Payload)?;
        let split = payload_bytes.len();
        let payload = Payload::decode(payload_bytes).map_err(|_| Dropped::Payload)?;
        Ok(Opened { inner, split, payload })
    }

    /// The payload's bytes as they came.
    pub fn bytes(&self) -> &[u8] {
        self.inner.get(2..2 + self.split).unwrap_or_default()
    }

    /// The signature, or what stands in its place.
    pub fn sig(&self) -> [u8; 64] {
        let from = 2 + self.split;
        self.inner.get(from..from + 64).and_then(|s| s.try_into().ok()).unwrap_or([0; 64])
    }

    /// Whether the sender signed it.
    pub fn is_signed(&self) -> bool {
        identity::verify(&self.payload.sender, Label::Signature, &[self.bytes()], &self.sig()).is_ok()
    }
}

/// The name of a message: the same on every node.
pub fn message_id(payload: &[u8]) -> MsgId {
    let [a, b, c, d, e, f, g, h, ..] = kdf::hash(Label::Message, &[payload]);
    MsgId([a, b, c, d, e, f, g, h])
}
