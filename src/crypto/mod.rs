//! Floor 1: keys, sealing and words. Imports floor 0 and nothing else of ours; draws no randomness and reads
//! no clock.
//!
//! Three questions are answered apart: who may relay ([`gate`]), who may read ([`chain`], [`seal`], [`kem`]),
//! who wrote it ([`identity`]). What a person types becomes a [`root`]; everything is derived through
//! [`kdf`], under a label each.

pub mod chain;
pub mod direct;
pub mod gate;
pub mod identity;
pub mod kdf;
pub mod kem;
pub mod name;
pub mod root;
pub mod seal;
pub mod slow;
pub mod strength;
pub mod words;
