//! A frame put together byte by byte, so that it can be wrong in one place and right in all others.

use std::collections::BTreeSet;

use ephem_node::base::secret::Secret;
use ephem_node::base::time::Day;
use ephem_node::crypto::gate::Gate;
use ephem_node::crypto::kdf::Label;
use ephem_node::crypto::seal;
use ephem_node::wire::frame::{frame_len_for, pad_inner};
use ephem_node::wire::payload::Payload;
use serde_json::Value;

use super::frames::{own_tag, receiver};
use super::json::{many_fixed, num};
use super::keys::{DAY, kind_of, root_of, set_at};
use super::{actor, some};

/// A frame in the making, with a place for each mistake.
pub struct Draft {
    pub receiver: Value,
    pub payload: Vec<u8>,
    pub epoch: u64,
    pub lobby: bool,
    pub by: &'static str,
    pub raw: Option<Vec<u8>>,
    pub sig: Option<[u8; 64]>,
    pub key: Option<[u8; 32]>,
    pub key_epoch: Option<u64>,
    pub salts: Option<Vec<[u8; 16]>>,
    pub set_tag: Option<[u8; 4]>,
    pub day: u64,
    pub lobby_day: u64,
    pub header_epoch: u64,
    pub version: u8,
    pub header_type: u8,
    pub header_last: u8,
    pub inner_len: Option<u16>,
    pub pad_last: u8,
    pub com_flip: u8,
    pub tag_flip: u8,
    pub text_flip: u8,
    pub aad_flip: u8,
}

impl Draft {
    fn new(payload: &Payload, lobby: bool) -> Draft {
        Draft {
            receiver: receiver(),
            payload: payload.encode().to_vec(),
            epoch: payload.epoch.0,
            lobby,
            by: "ana",
            raw: None,
            sig: None,
            key: None,
            key_epoch: None,
            salts: None,
            set_tag: None,
            day: DAY,
            lobby_day: DAY,
            header_epoch: payload.epoch.0,
            version: 1,
            header_type: u8::from(lobby),
            header_last: 0,
            inner_len: None,
            pad_last: 0,
            com_flip: 0,
            tag_flip: 0,
            text_flip: 0,
            aad_flip: 0,
        }
    }

    pub fn room(payload: &Payload) -> Draft {
        Draft::new(payload, false)
    }

    pub fn lobby(payload: &Payload) -> Draft {
        Draft::new(payload, true)
    }

    pub fn frame(self, purpose: &str) -> Vec<u8> {
        let nonce = some::<24>(&format!("nonce of {purpose}"));
        let payload = self.raw.unwrap_or(self.payload);
        let sig = self.sig.unwrap_or_else(|| actor(self.by).sign(Label::Signature, &[&payload]));
        let mut inner = pad_inner(&payload, &sig, frame_len_for(payload.len()).unwrap());
        if let Some(len) = self.inner_len {
            inner[..2].copy_from_slice(&len.to_be_bytes());
        }
        *inner.last_mut().unwrap() ^= self.pad_last;
        let root = root_of(&self.receiver, kind_of(num(&self.receiver, "room_kind")));
        let key = match self.key {
            Some(key) => Secret::new(key),
            None if self.lobby => root.lobby(Day(self.lobby_day)),
            None => set_at(&self.receiver, self.key_epoch.unwrap_or(self.epoch)).1.frame,
        };
        let set_tag = match self.set_tag {
            Some(tag) => tag,
            None if self.lobby => [0; 4],
            None => own_tag(&self.receiver),
        };
        let [.., high, low] = self.header_epoch.to_be_bytes();
        let header = [&set_tag[..], &[high, low, self.header_type, self.header_last]].concat();
        let salts: BTreeSet<[u8; 16]> = match self.salts {
            Some(salts) => salts.into_iter().collect(),
            None if self.lobby => BTreeSet::new(),
            None => many_fixed(&self.receiver, "salts").into_iter().collect(),
        };
        let gate = Gate::new(&root, &salts, Day(self.day));
        let mut aad = [&[self.version], &header[..], &nonce].concat();
        aad[5] ^= self.aad_flip;
        let (com, tag) = seal::seal(&key, &nonce, &aad, &mut inner);
        let masked = gate.mask(&nonce).into_iter().zip(header).map(|(mask, byte)| mask ^ byte);
        let mut frame: Vec<u8> = [self.version].into_iter().chain(masked).chain(nonce).chain(com).collect();
        frame[33] ^= self.com_flip;
        inner[100] ^= self.text_flip;
        frame.extend_from_slice(&inner);
        frame.extend(tag);
        *frame.last_mut().unwrap() ^= self.tag_flip;
        let outer = gate.tag(&frame);
        frame.extend(outer);
        frame
    }
}
