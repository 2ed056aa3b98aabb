//! A frame as bytes: where its parts lie, how the inner is padded. Keys, masks and checks are the crypto
//! floor's.
//!
//! ```text
//! 0        1               9            33         65              len - 32      len
//! | version | masked header | nonce (24) | com (32) | body | tag 16 | gate tag 32 |
//! ```

use std::fmt;

use zeroize::Zeroizing;

use crate::base::id::SetTag;
use crate::base::limits::{FRAME_BYTES, FRAME_OVERHEAD, SIGNATURE_BYTES};

/// The lengths a frame can have. Few, so that a length tells little.
pub const SIZES: [usize; 5] = [640, 1_792, 4_096, 16_384, FRAME_BYTES];

const VERSION: u8 = 1;
const HEADER: usize = 8;
const NONCE: usize = 24;
const COM: usize = 32;
const TAG: usize = 16;
const GATE: usize = 32;
/// What the AEAD authenticates besides the inner: version, header, nonce, commitment.
const ASSOCIATED: usize = 1 + HEADER + NONCE;
const HEAD: usize = ASSOCIATED + COM;
/// The length of the payload, ahead of it.
const PREFIX: usize = 2;

const _: () = assert!(FRAME_OVERHEAD == HEAD + PREFIX + SIGNATURE_BYTES + TAG + GATE);

/// What keys a frame, apart from the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum FrameType {
    /// The joint key of a set of chains.
    Room = 0,
    /// The lobby key of a day.
    Lobby = 1,
}

/// What the masked header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Names the set; zeros in lobby frames.
    pub set_tag: SetTag,
    /// The low bits of the epoch.
    pub epoch_low: u16,
    /// Room or lobby.
    pub frame_type: FrameType,
}

impl Header {
    /// The header, unmasked.
    pub fn to_bytes(&self) -> [u8; HEADER] {
        let [a, b, c, d] = self.set_tag.0;
        let [high, low] = self.epoch_low.to_be_bytes();
        [a, b, c, d, high, low, self.frame_type as u8, 0]
    }

    /// The other direction of [`Header::to_bytes`].
    pub fn from_bytes(bytes: [u8; HEADER]) -> Result<Header, FrameError> {
        let [a, b, c, d, high, low, frame_type, last] = bytes;
        let frame_type = match frame_type {
            0 => FrameType::Room,
            1 => FrameType::Lobby,
            other => return Err(FrameError::Type(other)),
        };
        if last != 0 {
            return Err(FrameError::LastByte);
        }
        Ok(Header { set_tag: SetTag([a, b, c, d]), epoch_low: u16::from_be_bytes([high, low]), frame_type })
    }
}

/// A frame taken apart, nothing opened.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FrameView<'a> {
    /// The header under its mask.
    pub masked: [u8; HEADER],
    /// The nonce.
    pub nonce: [u8; NONCE],
    /// The commitment to the frame's key.
    pub com: [u8; COM],
    /// The sealed inner, without its tag.
    pub body: &'a [u8],
    /// The tag of the sealed inner.
    pub tag: [u8; TAG],
    /// What the gate key makes of everything before.
    pub gate_tag: [u8; GATE],
    raw: &'a [u8],
}

impl<'a> FrameView<'a> {
    /// Takes a frame apart. Nothing is known about it but its length and version.
    pub fn parse(bytes: &'a [u8]) -> Result<FrameView<'a>, FrameError> {
        if !SIZES.contains(&bytes.len()) {
            return Err(FrameError::Length);
        }
        let (version, view) = FrameView::split(bytes).ok_or(FrameError::Length)?;
        if version == VERSION { Ok(view) } else { Err(FrameError::Version) }
    }

    /// Everything that the gate tag is made over.
    pub fn gated(&self) -> &'a [u8] {
        self.raw.get(..self.raw.len().saturating_sub(GATE)).unwrap_or_default()
    }

    /// What the seal authenticates besides the inner, given the header without its mask.
    pub fn associated(&self, header: &Header) -> [u8; ASSOCIATED] {
        associated(header, &self.nonce)
    }

    fn split(raw: &'a [u8]) -> Option<(u8, FrameView<'a>)> {
        let (gated, gate_tag) = raw.split_last_chunk()?;
        let (version, rest) = gated.split_first()?;
        let (masked, rest) = rest.split_first_chunk()?;
        let (nonce, rest) = rest.split_first_chunk()?;
        let (com, rest) = rest.split_first_chunk()?;
        let (body, tag) = rest.split_last_chunk()?;
        let view = FrameView {
            masked: *masked,
            nonce: *nonce,
            com: *com,
            body,
            tag: *tag,
            gate_tag: *gate_tag,
            raw,
        };
        Some((*version, view))
    }
}

/// What the seal authenticates besides the inner: `1 || header || nonce`. The commitment follows, which the seal adds itself.
pub fn associated(header: &Header, nonce: &[u8; NONCE]) -> [u8; ASSOCIATED] {
    let parts = [VERSION].into_iter().chain(header.to_bytes()).chain(*nonce);
    let mut out = [0; ASSOCIATED];
    out.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
    out
}

/// The smallest frame that a payload of this length fits in.
pub fn frame_len_for(payload_len: usize) -> Option<usize> {
    let needed = payload_len.checked_add(FRAME_OVERHEAD)?;
    SIZES.into_iter().find(|size| *size >= needed)
}

/// `u16be(len) || payload || sig || zeros`, as long as a frame of `frame_len` wants it before sealing: the
/// AEAD's tag is not in it, but there is capacity to append one without moving.
pub fn pad_inner(payload: &[u8], sig: &[u8; SIGNATURE_BYTES], frame_len: usize) -> Zeroizing<Vec<u8>> {
    debug_assert!(
        frame_len_for(payload.len()).is_some_and(|least| least <= frame_len && frame_len <= FRAME_BYTES)
    );
    let len = frame_len.saturating_sub(HEAD + TAG + GATE);
    let mut inner = Zeroizing::new(Vec::with_capacity(len + TAG));
    inner.extend_from_slice(&(payload.len() as u16).to_be_bytes());
    inner.extend_from_slice(payload);
    inner.extend_from_slice(sig);
    inner.resize(len, 0);
    inner
}

/// The payload and the signature of an opened inner.
pub fn split_inner(inner: &[u8]) -> Result<(&[u8], &[u8; SIGNATURE_BYTES]), FrameError> {
    let (len, rest) = inner.split_first_chunk().ok_or(FrameError::Inner)?;
    let len = usize::from(u16::from_be_bytes(*len));
    let (payload, rest) = rest.split_at_checked(len).ok_or(FrameError::Inner)?;
    let (sig, padding) = rest.split_first_chunk().ok_or(FrameError::Inner)?;
    if padding.iter().any(|byte| *byte != 0) {
        return Err(FrameError::Padding);
    }
    Ok((payload, sig))
}

/// A frame up to its gate tag, which the caller appends; there is capacity for it.
pub fn assemble(
    masked: [u8; HEADER],
    nonce: &[u8; NONCE],
    com: &[u8; COM],
    ciphertext: &[u8],
    tag: &[u8; TAG],
) -> Vec<u8> {
    debug_assert!(SIZES.contains(&(HEAD + ciphertext.len() + TAG + GATE)));
    let mut frame = Vec::with_capacity(HEAD + ciphertext.len() + TAG + GATE);
    frame.push(VERSION);
    frame.extend_from_slice(&masked);
    frame.extend_from_slice(nonce);
    frame.extend_from_slice(com);
    frame.extend_from_slice(ciphertext);
    frame.extend_from_slice(tag);
    frame
}

/// Why bytes are not a frame, or an opened inner is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// A length that no frame has.
    Length,
    /// Another version of the protocol.
    Version,
    /// A frame type that version 1 does not have.
    Type(u8),
    /// The header's last byte is not zero.
    LastByte,
    /// The inner's length says more than there is.
    Inner,
    /// A padding byte is not zero.
    Padding,
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FrameError::Length => f.write_str("no frame has this length"),
            FrameError::Version => f.write_str("another version of the protocol"),
            FrameError::Type(other) => write!(f, "frame type {other} is not known"),
            FrameError::LastByte => f.write_str("the header's last byte is not zero"),
            FrameError::Inner => f.write_str("the inner ends too early"),
            FrameError::Padding => f.write_str("the padding is not zero"),
        }
    }
}

impl std::error::Error for FrameError {}

impl fmt::Debug for FrameView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FrameView({} bytes)", self.raw.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_the_smallest_that_fits_to_the_byte() {
        for size in SIZES {
            assert_eq!(frame_len_for(size - FRAME_OVERHEAD), Some(size));
            assert_eq!(pad_inner(&vec![7; size - FRAME_OVERHEAD], &[8; 64], size).len(), size - 113);
        }
        assert_eq!(frame_len_for(0), Some(640));
        assert_eq!(frame_len_for(640 - FRAME_OVERHEAD + 1), Some(1_792));
        assert_eq!(frame_len_for(FRAME_BYTES - FRAME_OVERHEAD + 1), None);
        assert_eq!(frame_len_for(usize::MAX), None);
    }

    #[test]
    fn the_parts_of_a_frame_lie_where_the_protocol_says() {
        let header =
            Header { set_tag: SetTag([1, 2, 3, 4]), epoch_low: 0x0506, frame_type: FrameType::Lobby };
        let mut frame = assemble(header.to_bytes(), &[7; 24], &[8; 32], &[9; 640 - 113], &[10; 16]);
        let gated = frame.clone();
        frame.extend_from_slice(&[11; 32]);
        let view = FrameView::parse(&frame).unwrap();
        assert_eq!(view.gated(), gated);
        assert_eq!(frame[..33], view.associated(&header));
        assert_eq!((view.masked, view.nonce, view.com), ([1, 2, 3, 4, 5, 6, 1, 0], [7; 24], [8; 32]));
        assert_eq!((view.body, view.tag, view.gate_tag), (&[9; 527][..], [10; 16], [11; 32]));
    }

    #[test]
    fn another_length_or_version_is_no_frame() {
        for len in (0..700).chain([1_791, 1_793, 32_767, 32_769, 40_000]) {
            let expected = if len == 640 { Err(FrameError::Version) } else { Err(FrameError::Length) };
            assert_eq!(FrameView::parse(&vec![2; len]), expected);
        }
    }

    #[test]
    fn a_header_has_two_types_and_a_zero_at_its_end() {
        for first in 0..=255u8 {
            for last in 0..=255u8 {
                let bytes = [9, 8, 7, 6, 5, 4, first, last];
                let read = Header::from_bytes(bytes);
                match (first, last) {
                    (0 | 1, 0) => assert_eq!(read.unwrap().to_bytes(), bytes),
                    (0 | 1, _) => assert_eq!(read, Err(FrameError::LastByte)),
                    _ => assert_eq!(read, Err(FrameError::Type(first))),
                }
            }
        }
    }

    #[test]
    fn an_inner_with_anything_in_its_padding_is_refused() {
        let good = pad_inner(b"payload", &[3; 64], 640);
        assert_eq!(split_inner(&good), Ok((&b"payload"[..], &[3; 64])));
        for at in 2 + 7 + 64..good.len() {
            let mut bad = good.to_vec();
            bad[at] = 1;
            assert_eq!(split_inner(&bad), Err(FrameError::Padding));
        }
        for len in 0..2 + 7 + 64 {
            assert_eq!(split_inner(&good[..len]), Err(FrameError::Inner));
        }
        assert_eq!(split_inner(&[0xff; 600]), Err(FrameError::Inner));
    }
}
