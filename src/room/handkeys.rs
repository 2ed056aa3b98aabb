//! Keys that open handovers, each used for one purpose and wiped soon: a recorded handover and a laptop seized later must
//! not meet.

use rand_core::CryptoRng;

use super::hub::Hub;
use super::inside::Inside;
use crate::base::limits::{EPOCH_MS, HAND_KEY_MS, HELLO_KEY_MS, HELLO_KEY_OPENS, KEY_SPREAD_MS};
use crate::base::time::Mono;
use crate::crypto::kem::{KemPublic, KemSecret};
use crate::wire::payload::{Body, KeyAnnounce, KeyUse};

/// The key a hello carries. It opens a few welcomes in a short time and is gone.
pub(crate) struct HelloKey {
    secret: KemSecret,
    public: KemPublic,
    opened: usize,
    first: Option<Mono>,
}

impl HelloKey {
    pub(crate) fn new<R: CryptoRng>(rng: &mut R) -> HelloKey {
        let (secret, public) = KemSecret::generate(rng);
        HelloKey { secret, public, opened: 0, first: None }
    }

    pub(crate) fn public(&self) -> &KemPublic {
        &self.public
    }

    /// The secret, while it may still open something. What asks must report back with [`HelloKey::used`].
    pub(crate) fn secret(&self, now: Mono) -> Option<&KemSecret> {
        (!self.spent(now)).then_some(&self.secret)
    }

    pub(crate) fn used(&mut self, now: Mono) {
        self.opened += 1;
        self.first.get_or_insert(now);
    }

    /// Whether it is time to wipe it.
    pub(crate) fn spent(&self, now: Mono) -> bool {
        self.opened >= HELLO_KEY_OPENS || self.first.is_some_and(|at| now.since(at) >= HELLO_KEY_MS)
    }
}

struct HandKey {
    secret: KemSecret,
    public: KemPublic,
    made: Mono,
    wipe_at: Option<Mono>,
}

/// The keys to which others seal rekeys and shares: the announced one, and those that were used and live out their time.
pub(crate) struct HandKeys {
    keys: Vec<HandKey>,
}

impl HandKeys {
    pub(crate) fn new<R: CryptoRng>(rng: &mut R, now: Mono) -> HandKeys {
        let mut keys = HandKeys { keys: Vec::new() };
        keys.renew(rng, now);
        keys
    }

    /// The key to announce.
    pub(crate) fn public(&self) -> Option<&KemPublic> {
        self.keys.last().map(|k| &k.public)
    }

    /// Makes a fresh key; the one before lives on for as long as frames sealed to it may be under way.
    pub(crate) fn renew<R: CryptoRng>(&mut self, rng: &mut R, now: Mono) {
        for key in &mut self.keys {
            key.wipe_at.get_or_insert(now + 2 * EPOCH_MS);
        }
        let (secret, public) = KemSecret::generate(rng);
        self.keys.push(HandKey { secret, public, made: now, wipe_at: None });
    }

    /// The secret behind a tag.
    pub(crate) fn find(&self, tag: &[u8; 8]) -> Option<&KemSecret> {
        self.keys.iter().find(|k| k.public.tag() == *tag).map(|k| &k.secret)
    }

    /// Notes that a key opened something: from now on its time is counted. True if it is the announced one.
    pub(crate) fn used(&mut self, tag: &[u8; 8], now: Mono) -> bool {
        let last = self.keys.len();
        for (i, key) in self.keys.iter_mut().enumerate() {
            if key.public.tag() == *tag {
                key.wipe_at.get_or_insert(now + 2 * EPOCH_MS);
                return i + 1 == last;
            }
        }
        false
    }

    /// The keys changed, so parts sealed to the announced key went over the network, whether they came or not: its time is
    /// counted too.
    pub(crate) fn count_down(&mut self, now: Mono) {
        for key in &mut self.keys {
            key.wipe_at.get_or_insert(now + 2 * EPOCH_MS);
        }
    }

    /// Wipes what is over. True when the announced key is close to its end and a fresh one is due.
    pub(crate) fn advance(&mut self, now: Mono) -> bool {
        self.keys.retain(|k| k.wipe_at.is_none_or(|at| now < at) && now.since(k.made) < HAND_KEY_MS);
        self.keys.last().is_none_or(|k| now.since(k.made) >= HAND_KEY_MS - 2 * KEY_SPREAD_MS)
    }

    /// When each key was made, for showing that none outlives its time.
    pub(crate) fn ages(&self, now: Mono) -> impl Iterator<Item = u64> + '_ {
        self.keys.iter().map(move |k| now.since(k.made))
    }
}

impl Inside {
    /// Announces a fresh handover key.
    pub(crate) fn fresh_key<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        self.hand.renew(&mut hub.rng, hub.now);
        self.announce_key(hub);
    }

    pub(crate) fn announce_key<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        let Some(kem) = self.hand.public().map(|k| Box::new(*k.as_bytes())) else { return };
        self.publish(hub, Body::Key(KeyAnnounce { used_for: KeyUse::Handover, kem, x25519: None }));
    }
}
