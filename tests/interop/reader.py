#!/usr/bin/env python3
"""A second reader of the ephem protocol, written from docs/PROTOCOL.md and tests/vectors/README.md alone.

usage: python reader.py tests/vectors/v1.json

Checks every case of every group; the word lists are read from src/crypto/words. The fold of the log is in fold.py.
"""
import base64
import hashlib
import hmac
import json
import re
import sys
import unicodedata
from pathlib import Path

from Crypto.Cipher import ChaCha20_Poly1305
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

import fold

PREFIX = b"ephem/1/"
WORDS = Path(__file__).resolve().parents[2] / "src" / "crypto" / "words"
ADJECTIVES, ANIMALS, LARGE = ((WORDS / f"{n}.txt").read_text("utf-8").split() for n in ("adjectives", "animals", "large"))
SMALL = [LARGE[i * 243 // 64] for i in range(2048)]
SMALL_INDEX = {w: i for i, w in enumerate(SMALL)}


class Refused(Exception):
    """The input is refused; the one argument is the reason."""


def need(ok, reason):
    if not ok:
        raise Refused(reason)


# ---------------------------------------------------------------- 2. notation

def u64(n):
    return n.to_bytes(8, "big")


def lp(b):
    return len(b).to_bytes(2, "big") + b


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def mac(key, *parts):
    return hmac.digest(key, b"".join(parts), "sha256")


def hash_(label, *parts):
    return sha256(PREFIX, label.encode(), *parts)


def extract(salt, key):
    return mac(salt or bytes(32), key)


def expand(key, info, n):
    out, block = b"", b""
    for i in range(1, -(-n // 32) + 1):
        block = mac(key, block, info, bytes([i]))
        out += block
    return out[:n]


def X(key, label, *ctx, n=32):
    return expand(key, PREFIX + label.encode() + b"".join(lp(c) for c in ctx), n)


def h(x):
    return bytes.fromhex(x)


# ---------------------------------------------------------------- 2. strict Ed25519

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
_ORDER_8 = int.from_bytes(h("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little")
SMALL_ORDER_Y = {0, 1, P - 1, _ORDER_8, P - _ORDER_8}       # with either sign these are all eight points


def verify(label, key, message, sig):
    y = int.from_bytes(key, "little") & (2**255 - 1)
    r = int.from_bytes(sig[:32], "little") & (2**255 - 1)
    s = int.from_bytes(sig[32:], "little")
    if len(key) != 32 or len(sig) != 64 or y >= P or y in SMALL_ORDER_Y or r >= P or s >= L:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(sig, PREFIX + label.encode() + b"\0" + message)
        return True
    except (InvalidSignature, ValueError):
        return False


# ---------------------------------------------------------------- 2. canonical CBOR

def cbor_read(data):
    """One item and the end: int, bytes, str, list, False, True, None."""
    item, at = _cbor_item(data, 0, 0)
    need(at == len(data), "trailing")
    return item


def _cbor_item(data, at, depth):
    def take(n):
        nonlocal at
        need(len(data) - at >= n, "truncated")
        at += n
        return data[at - n:at]

    first = take(1)[0]
    major, info = first >> 5, first & 31
    if info == 31 and major in (2, 3, 4, 7):
        raise Refused("indefinite")
    if major == 7 and info in (20, 21, 22):
        return {20: False, 21: True, 22: None}[info], at
    need(major in (0, 2, 3, 4) and info <= 27, "unsupported")
    n = info
    if info >= 24:
        size = 1 << (info - 24)
        n = int.from_bytes(take(size), "big")
        need(n >= (24 if size == 1 else 1 << (4 * size)), "not-shortest")
    if major == 0:
        return n, at
    if major == 2:
        return take(n), at
    if major == 3:
        try:
            return take(n).decode("utf-8"), at
        except UnicodeDecodeError:
            raise Refused("bad-utf8")
    need(depth < 8, "too-deep")
    out = []
    for _ in range(n):
        item, at = _cbor_item(data, at, depth + 1)
        out.append(item)
    return out, at


def cbor_write(x):
    def head(major, n):
        if n < 24:
            return bytes([major << 5 | n])
        size = 1 if n < 2**8 else 2 if n < 2**16 else 4 if n < 2**32 else 8
        return bytes([major << 5 | 23 + size.bit_length()]) + n.to_bytes(size, "big")

    if x is None or isinstance(x, bool):
        return {False: b"\xf4", True: b"\xf5", None: b"\xf6"}[x]
    if isinstance(x, int):
        return head(0, x)
    if isinstance(x, bytes):
        return head(2, len(x)) + x
    if isinstance(x, str):
        return head(3, len(x.encode())) + x.encode()
    return head(4, len(x)) + b"".join(map(cbor_write, x))


def view(x):
    """A statement as the vectors show it: byte strings as hex."""
    return x.hex() if isinstance(x, bytes) else [view(i) for i in x] if isinstance(x, list) else x


# ---------------------------------------------------------------- layouts: predicates over decoded items

def u(x):
    return type(x) is int


def num(most, least=0):
    return lambda x: u(x) and least <= x <= most


def flags(known):
    return lambda x: u(x) and not x & ~known


def b(n=None, most=None):
    return lambda x: type(x) is bytes and (n is None or len(x) == n) and (most is None or len(x) <= most)


def t(least, most):
    return lambda x: type(x) is str and least <= len(x.encode()) <= most


def boolean(x):
    return type(x) is bool


def opt(f):
    return lambda x: x is None or f(x)


def arr(f, most=2**64, least=0):
    return lambda x: type(x) is list and least <= len(x) <= most and all(map(f, x))


def seq(*fs):
    return lambda x: type(x) is list and len(x) == len(fs) and all(f(i) for f, i in zip(fs, x))


def asc(f):
    return lambda x: f(x) and all(a < c for a, c in zip(x, x[1:]))


B8, B16, B32 = b(8), b(16), b(32)
KEM, NICK, NAME = b(1216), t(1, 96), t(1, 256)
ADDRS, PEER, FOUNDINGS = arr(b(most=128), 8), b(most=64), arr(B8, 4)
ENTRIES, HEADS = arr(b(most=1024), 512), arr(B32, 32)
PROOF = seq(B16, B32, b(64))
ROW = seq(B32, NICK, u, flags(3), opt(KEM), FOUNDINGS, PEER, ADDRS)
RANGE = seq(u, u)
HAVE = arr(seq(B32, lambda x: arr(RANGE, 64)(x) and all(f <= l for f, l in x)
               and all(p[1] + 1 < q[0] for p, q in zip(x, x[1:]))), 512)
SEALED_TO = seq(arr(seq(B8, b()), 24), b(24), B32, b())

ROOM, LOBBY = 0, 1                       # frame types; "direct" payloads travel in room frames
BODIES = {
    0: (ROOM, seq(u, flags(15), t(1, 4000), opt(B8), u)),
    1: (ROOM, seq(HAVE)),
    2: (ROOM, seq(B8)),
    3: (ROOM, seq(arr(B8, 256), u)),
    4: (ROOM, seq(NICK, flags(1), opt(PROOF), KEM, FOUNDINGS, PEER, ADDRS)),
    5: (ROOM, seq(num(1))),
    6: (ROOM, seq(num(1), KEM, opt(B32))),
    7: (ROOM, seq(flags(7), B32, B16, B16, u, PEER, ADDRS)),
    8: (LOBBY, SEALED_TO),
    9: (LOBBY, SEALED_TO),
    10: (ROOM, seq(ENTRIES)),
    11: (ROOM, seq(NICK, t(0, 256), u, u)),
    12: (ROOM, seq(B8, b())),
    13: (ROOM, seq(u, t(0, 256), u, B32, B32)),
    14: (ROOM, SEALED_TO),
    15: (LOBBY, seq(t(0, 256), t(0, 256), t(0, 256), u, u, u)),
    16: (ROOM, seq(u, u, arr(ROW, 512))),
    17: (ROOM, seq(ENTRIES, HEADS)),
    18: (LOBBY, seq(b(4), b(4), u, flags(1), B16)),
    19: (LOBBY, seq(KEM, B16, opt(PROOF), opt(seq(b(4), b(4))))),
    20: (LOBBY, seq(B32, b())),
    21: (LOBBY, seq(B32, b())),
    23: (ROOM, seq(num(2), HEADS, opt(KEM), HAVE)),
    24: (ROOM, seq(b(24), B32, b(), b())),
    25: (ROOM, seq(B32, u, u)),
    26: (ROOM, seq(B32, u, b())),
}
PAYLOAD = seq(num(1, 1), B16, u, u, B32, num(2**64, 1), u, u, num(86400), B16, lambda x: type(x) is list)
FIELDS = ("genesis", "gen", "epoch", "sender", "counter", "kind", "sent_ms", "ttl_s", "log_head", "body")

SETTINGS = seq(opt(u), opt(u), opt(u), opt(num(1)), opt(boolean), opt(boolean), opt(u), opt(u), opt(t(0, 256)), opt(u),
               opt(boolean), opt(boolean))
WHY = t(0, 200)
ENTRY_BODIES = {
    0: seq(t(1, 32), B32, SETTINGS, B16), 1: seq(B32, SETTINGS, B16), 2: seq(B32), 3: seq(B32), 4: seq(B32, u, WHY),
    5: seq(B32, u, WHY, u, num(2), B16), 6: seq(B32), 7: seq(B32, u, WHY), 8: seq(B32), 9: seq(B32), 10: seq(B32),
    11: seq(B16, B32, u, u), 12: seq(B16), 13: seq(SETTINGS), 14: seq(B32, boolean), 15: seq(B32), 16: seq(B32, b(64)),
    17: seq(B32), 18: seq(), 19: seq(),
}
STATEMENT = seq(num(1, 1), B16, B32, u, u, asc(arr(B32, 32)), u, lambda x: type(x) is list)
NOTE = seq(num(1, 1), B16, u, B32, u, B32, num(7), asc(arr(B32, 32)), asc(arr(B32, 32)))
HANDOVER = seq(u, u, arr(seq(b(), B32), 64, 1), asc(arr(B16, 256)), u, u, flags(7), ENTRIES, arr(ROW, 512))


def read(raw, layout, reason):
    try:
        x = cbor_read(raw)
    except Refused:
        raise Refused(reason)
    need(layout(x), reason)
    return x


class Payload:
    def __init__(self, raw, reason="payload"):
        x = read(raw, PAYLOAD, reason)
        self.raw = raw
        (self.genesis, self.gen, self.epoch, self.sender, self.counter, self.kind, self.sent_ms, self.ttl_s, self.log_head,
         self.body) = x[1:]
        need(self.kind in BODIES and BODIES[self.kind][1](self.body), reason)
        self.id = hash_("msg", raw)[:8]

    def view(self):
        return {k: view(getattr(self, k)) for k in FIELDS}


# ---------------------------------------------------------------- 3. room secrets

WHITE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
INVISIBLE = [tuple(int(p, 16) for p in (r.split("-") * 2)[:2]) for r in (
    "00AD 034F 061C 115F-1160 17B4-17B5 180B-180F 200B-200F 2028-202E 2060-206F 2800 3164 FE00-FE0F FEFF FFA0 FFF0-FFFF "
    "1BCA0-1BCA3 1D173-1D17A E000-F8FF FDD0-FDEF E0000-10FFFF").split()]


def nfkc(s):
    return unicodedata.normalize("NFKC", s)


def room_name(typed):
    name = nfkc(nfkc(typed).strip(WHITE).lower()).strip(WHITE)
    need(name, "empty")
    need(len(name.encode()) <= 32, "too-long")
    for c in name:
        o = ord(c)
        need(c == " " or not (c in WHITE or unicodedata.category(c) == "Cc" or o & 0xFFFE == 0xFFFE
                              or any(lo <= o <= hi for lo, hi in INVISIBLE)), "invisible")
    need("  " not in name, "invisible")
    return name


def k_room_name(i):
    name = room_name(i["typed"])
    return {"name": name, "lp": lp(name.encode()).hex()}


def k_root(i):
    kind = i["room_kind"]
    salt = hash_("salt", bytes([kind]), lp(i["room"].encode()))
    if kind == 1:
        key = nfkc(i["passphrase"]).encode()
        root = Argon2id(salt=salt, length=32, iterations=3, lanes=1, memory_cost=262144).derive(key)
    else:
        root = extract(salt, h(i["secret"]) if kind == 2 else b"open")
    m = X(root, "mark", n=4)
    mark = f"{ADJECTIVES[m[0]]}-{ANIMALS[m[1]]}-{int.from_bytes(m[2:], 'big') % 10}"
    return {"salt": salt.hex(), "root": root.hex(), "psk": X(root, "psk").hex(), "mark": mark,
            "genesis": None if kind == 2 else X(root, "genesis", n=16).hex()}


def k_invite(i):
    link = i["link"].strip(WHITE)
    need(link[:6].upper() == "EPHEM:", "not-an-invite")
    text = link[6:].upper()
    need(len(text) <= 756, "too-long")                     # the longest invite is 472 bytes
    need(re.fullmatch("[A-Z2-7]*", text), "damaged")
    need(len(text) % 8 in (0, 2, 4, 5, 7), "damaged")
    raw = base64.b32decode(text + "=" * (-len(text) % 8))
    need(base64.b32encode(raw).decode().rstrip("=") == text, "damaged")
    x = read(raw, seq(u, t(0, 2**64), B16, b(10), B16, arr(b(), 3)), "cbor")
    need(x[0] == 1, "version")
    need(1 <= len(x[1].encode()) <= 32 and all(len(a) <= 128 for a in x[5]), "field")
    key = Ed25519PrivateKey.from_private_bytes(X(extract(b"", x[4]), "invite")).public_key().public_bytes_raw()
    return {"room": x[1], "secret": x[2].hex(), "owner_fp": x[3].hex(), "seed": x[4].hex(), "addrs": view(x[5]),
            "key": key.hex(), "invite_id": sha256(key)[:16].hex()}


# ---------------------------------------------------------------- 3.2 words

def bits(x, i):
    """The i-th run of 11 bits, zeros after the end."""
    n = int.from_bytes(x + bytes(2), "big")
    shift = 8 * (len(x) + 2) - 11 * (i + 1)
    return (n >> shift if shift >= 0 else n << -shift) & 0x7FF


def eight(x):
    return " ".join(SMALL[bits(x, i)] for i in range(8))


def spell(x):
    runs = [bits(x, i) for i in range(-(-8 * len(x) // 11))]
    return " ".join(SMALL[n] for n in [len(x) % 2048, *runs, bits(hash_("check", x), 0)])


def unspell(text):
    words = text.lower().split()
    need(all(w in SMALL_INDEX for w in words), "unknown")
    need(len(words) >= 2, "length")
    first, *runs = (SMALL_INDEX[w] for w in words[:-1])
    sizes = [n for n in range(11 * len(runs) // 8 + 1) if -(-8 * n // 11) == len(runs) and n % 2048 == first]
    need(sizes, "length")
    n, value = sizes[0], 0
    for r in runs:
        value = value << 11 | r
    spare = 11 * len(runs) - 8 * n
    need(value & ((1 << spare) - 1) == 0, "length")
    x = (value >> spare).to_bytes(n, "big")
    need(SMALL[bits(hash_("check", x), 0)] == words[-1], "check")
    return x


def k_tag(i):
    x = hash_("tag", h(i["id"]))
    return {"tag": f"{ANIMALS[x[0]]}-{SMALL[bits(x[1:], 0)]}"}


def k_safety_words(i):
    return {"words": eight(hash_("words", h(i["genesis"]), *sorted((h(i["a"]), h(i["b"])))))}


def k_room_words(i):
    return {"words": eight(hash_("room-words", h(i["genesis"]), h(i["log_head"])))}


# ---------------------------------------------------------------- 4. key schedule

class Gate:
    def __init__(self, root, day, salts):
        self.gate = extract(sha256(PREFIX, b"bans", *sorted(set(salts))), root)
        self.topic, self.gate_k, self.hdr_k = (X(self.gate, label, u64(day)) for label in ("topic", "gate", "hdr"))

    def mask(self, nonce):
        return mac(self.hdr_k, nonce)[:8]

    def tag(self, before):
        return mac(self.gate_k, before)


def k_day_keys(i):
    return {label: X(h(i["root"]), label, u64(i["day"])).hex() for label in ("lobby", "rdv")}


def k_gate(i):
    g = Gate(h(i["root"]), i["day"], map(h, i["salts"]))
    out = {"gate": g.gate, "gate_k": g.gate_k, "hdr_k": g.hdr_k, "topic": g.topic, "topic_tag": sha256(g.topic)[:4],
           "mask": g.mask(h(i["nonce"])), "tag": g.tag(h(i["before"]))}
    return {k: v.hex() for k, v in out.items()}


class Chain:
    def __init__(self, genesis, gen, author, birth, key):
        self.commit, self.birth, self.born = sha256(key), birth, key
        self.id = chain_id(genesis, gen, author, birth, self.commit)

    def at(self, epoch):
        key = self.born
        for e in range(self.birth + 1, epoch + 1):
            key = X(key, "step", self.id, u64(e))
        return key


def chain_id(genesis, gen, author, birth, commit):
    return hash_("chain", genesis, u64(gen), author, u64(birth), commit)


class Joint:
    """A set of chains."""
    def __init__(self, genesis, gen, chains):
        self.genesis, self.gen = genesis, gen
        self.chains = sorted((Chain(genesis, gen, h(c["author"]), c["birth"], h(c["key"])) for c in chains),
                             key=lambda c: c.id)
        self.set = hash_("set", u64(gen), *(c.id for c in self.chains))

    def a(self, epoch):
        return extract(self.set, b"".join(c.at(epoch) for c in self.chains))


def k_chain(i):
    c = Chain(h(i["genesis"]), i["gen"], h(i["author"]), i["birth"], h(i["key"]))
    return {"commit": c.commit.hex(), "id": c.id.hex(), "keys": [[e, c.at(e).hex()] for e in range(i["birth"], i["to"] + 1)]}


def k_joint(i):
    j = Joint(h(i["genesis"]), i["gen"], i["chains"])
    a, ids = j.a(i["epoch"]), [c.id for c in j.chains]
    conf_k = X(a, "conf")
    conf = mac(conf_k, j.genesis, u64(j.gen), *ids, u64(i["epoch"]), h(i["log_head"]))
    return {"ids": view(ids), "set": j.set.hex(), "set_tag": j.set[:4].hex(), "frame_k": X(a, "frame").hex(),
            "conf_k": conf_k.hex(), "conf": conf.hex()}


# ---------------------------------------------------------------- 5. frames

def xchacha(key, nonce, aad, sealed):
    """XChaCha20-Poly1305, or with a nonce of 12 bytes ChaCha20-Poly1305."""
    need(len(sealed) >= 16, "aead")
    cipher = ChaCha20_Poly1305.new(key=key, nonce=nonce)
    cipher.update(aad)
    try:
        return cipher.decrypt_and_verify(sealed[:-16], sealed[-16:])
    except ValueError:
        raise Refused("aead")


def committed(key, nonce, com, aad, sealed):
    """Compare the commitment, then open."""
    keys = X(key, "fk", nonce, n=64)
    need(hmac.compare_digest(keys[32:], com), "commitment")
    return xchacha(keys[:32], nonce, aad, sealed)


class Replay:
    def __init__(self):
        self.highest, self.seen = {}, set()

    def fresh(self, who, n):
        return n + 2048 > self.highest.get(who, 0) and (who, n) not in self.seen

    def mark(self, who, n):
        self.highest[who] = max(n, self.highest.get(who, 0))
        self.seen.add((who, n))


class Receiver:
    def __init__(self, r, topic):
        self.root, self.genesis, self.me = h(r["root"]), h(r["genesis"]), h(r["me"])
        self.epoch, self.day = r["now_ms"] // 60_000, r["now_ms"] // 86_400_000
        self.joint = Joint(self.genesis, r["gen"], r["chains"])
        room, lobby = Gate(self.root, self.day, map(h, r["salts"])), Gate(self.root, self.day, [])
        self.same = room.topic == lobby.topic
        self.gates = {"room": [(ROOM, room)], "lobby": [(LOBBY, lobby)], "any": [(ROOM, room), (LOBBY, lobby)]}[topic]
        self.replay = Replay()

    def receive(self, frame):
        need(len(frame) in (640, 1792, 4096, 16384, 32768), "length")
        need(frame[0] == 1, "version")
        nonce, com = frame[9:33], frame[33:65]
        on = [(k, g) for k, g in self.gates if hmac.compare_digest(g.tag(frame[:-32]), frame[-32:])]
        need(on, "gate")
        where, gate = on[0]
        header = bytes(a ^ m for a, m in zip(frame[1:9], gate.mask(nonce)))
        set_tag, low, kind = header[:4], int.from_bytes(header[4:6], "big"), header[6]
        need(kind in (ROOM, LOBBY) and header[7] == 0, "header")
        need(self.same or kind == where, "topic")
        need(kind == ROOM or set_tag == bytes(4), "header")
        epoch = self.epoch + ((low - self.epoch + 2**15) % 2**16 - 2**15)
        need(-2 <= epoch - self.epoch <= 1 if kind == ROOM else abs(epoch - self.epoch) <= 6, "epoch")
        if kind == LOBBY:
            key = X(self.root, "lobby", u64(self.day))
        else:
            need(set_tag == self.joint.set[:4] and all(c.birth <= epoch for c in self.joint.chains), "unknown-set")
            key = X(self.joint.a(epoch), "frame")
        inner = committed(key, nonce, com, frame[:1] + header + frame[9:65], frame[65:-32])
        n = int.from_bytes(inner[:2], "big")
        raw, sig, padding = inner[2:2 + n], inner[2 + n:66 + n], inner[66 + n:]
        need(len(sig) == 64 and not any(padding), "payload")
        p = Payload(raw)
        need(BODIES[p.kind][0] == kind, "kind")
        need(p.genesis == self.genesis or kind == LOBBY and p.genesis == bytes(16), "other-room")
        need(p.epoch == epoch and p.sender != self.me and (kind == LOBBY or p.gen == self.joint.gen), "other-room")
        need(self.replay.fresh((p.sender, kind), p.counter), "replay")
        if p.kind != 12:                                   # a direct message ends here: its MAC is for its receiver
            need(verify("sig", p.sender, raw, sig), "signature")
            self.replay.mark((p.sender, kind), p.counter)
        return header, p, sig


def k_frame(i):
    header, p, sig = Receiver(i["receiver"], i["topic"]).receive(h(i["frame"]))
    return {"header": header.hex(), "payload": p.raw.hex(), "sig": sig.hex(), "id": p.id.hex()}


def k_frames(i):
    receiver, results = Receiver(i["receiver"], i["topic"]), []
    for frame in i["frames"]:
        try:
            results.append(receiver.receive(h(frame))[1].id.hex())
        except Refused as e:
            results.append({"refused": str(e)})
    return {"results": results}


def k_collision(i):
    nonce, sealed, keys = h(i["nonce"]), h(i["ciphertext"]) + h(i["tag"]), [h(k) for k in i["keys"]]

    def outcome(f, *args):
        try:
            f(*args)
            return True
        except Refused as e:
            return str(e)

    commitments = [X(k, "fk", nonce, n=64)[32:] for k in keys]
    return {"bare_cipher_opens": [outcome(xchacha, k, nonce, b"", sealed) is True for k in keys],
            "commitments": view(commitments),
            "frame_layer": [[outcome(committed, k, nonce, c, b"", sealed) for k in keys] for c in commitments]}


def k_payload(i):
    p = Payload(h(i["bytes"]))
    assert cbor_write([1, *(getattr(p, f) for f in FIELDS)]) == p.raw
    return {"payload": p.view(), "id": p.id.hex()}


def k_cbor(i):
    def show(x):
        return {"bytes": x.hex()} if isinstance(x, bytes) else [show(y) for y in x] if isinstance(x, list) else x

    item = cbor_read(h(i["bytes"]))
    assert cbor_write(item) == h(i["bytes"])
    return {"item": show(item)}


# ---------------------------------------------------------------- 2. HPKE with X-Wing; 6.1 handing over

class XWing:
    def __init__(self, seed):
        keys = hashlib.shake_256(seed).digest(96)
        self.m, self.x = MLKEM768PrivateKey.from_seed_bytes(keys[:64]), X25519PrivateKey.from_private_bytes(keys[64:])
        self.pk_x = self.x.public_key().public_bytes_raw()
        self.public = self.m.public_key().public_bytes_raw() + self.pk_x
        self.tag = sha256(self.public)[:8]

    def decapsulate(self, enc):
        ct_m, ct_x = enc[:1088], enc[1088:]
        ss_m, ss_x = self.m.decapsulate(ct_m), self.x.exchange(X25519PublicKey.from_public_bytes(ct_x))
        return hashlib.sha3_256(ss_m + ss_x + ct_x + self.pk_x + b"\\.//^\\").digest()

    def open(self, sealed, info, psk=None):
        """HPKE, one message a context: base mode, or PSK mode with a psk."""
        need(len(sealed) >= 1120 + 16, "sealed")
        suite = b"HPKE" + bytes.fromhex("647a00010003")

        def lextract(salt, label, ikm):
            return extract(salt, b"HPKE-v1" + suite + label + ikm)

        def lexpand(prk, label, context, n):
            return expand(prk, n.to_bytes(2, "big") + b"HPKE-v1" + suite + label + context, n)

        try:
            shared = self.decapsulate(sealed[:1120])
            psk_id = b"ephem/1/psk" if psk else b""
            context = bytes([1 if psk else 0]) + lextract(b"", b"psk_id_hash", psk_id) + lextract(b"", b"info_hash", info)
            secret = lextract(shared, b"secret", psk or b"")
            return xchacha(lexpand(secret, b"key", context, 32), lexpand(secret, b"base_nonce", context, 12), b"", sealed[1120:])
        except (Refused, ValueError):
            raise Refused("sealed")


def read_note(raw, reason="malformed"):
    need(len(raw) >= 64, reason)
    x = read(raw[:-64], NOTE, reason)
    return x, chain_id(x[1], x[2], x[3], x[4], x[5])


def read_handover(plain):
    x = read(plain, HANDOVER, "handover")
    ids = [read_note(note, "handover")[1] for note, _ in x[2]]
    need(all(a < c for a, c in zip(ids, ids[1:])), "handover")
    return view(x)


def k_hello(i):
    p = Payload(h(i["payload"]))
    need(verify("sig", p.sender, p.raw, h(i["sig"])), "signature")
    kem, _, proof, _ = p.body
    if proof:
        need(proof[0] == sha256(proof[1])[:16] and verify("invite", proof[1], p.sender + kem, proof[2]), "proof")
    return {"hash": sha256(p.raw).hex(), "sender": p.sender.hex(), "invite_id": proof[0].hex() if proof else None}


def k_welcome(i):
    info = PREFIX + i["label"].encode() + sha256(h(i["hello"])) + h(i["welcomer"]) + h(i["genesis"])
    plain = XWing(h(i["receiver_seed"])).open(h(i["sealed"]), info, h(i["psk"]))
    if i["label"] == "refusal":
        return {"plain": plain.hex(), "reason": read(plain, seq(num(8)), "reason")[0]}
    return {"plain": plain.hex(), "handover": read_handover(plain)}


def unwrap(me, sealed, genesis):
    w = me.open(sealed, PREFIX + b"wrap" + me.tag + genesis)
    need(len(w) == 32, "sealed")
    return w


def k_part(i):
    p, me = Payload(h(i["payload"])), XWing(h(i["receiver_seed"]))
    wraps, nonce, com, box = p.body
    mine = [sealed for tag, sealed in wraps if tag == me.tag]
    need(mine, "not-for-me")
    label = {8: b"share", 9: b"rekey"}[p.kind]
    plain = committed(unwrap(me, mine[0], p.genesis), nonce, com, PREFIX + label + p.sender + com, box)
    return {"plain": plain.hex(), "handover": read_handover(plain)}


def k_missed(i):
    p, me = Payload(h(i["payload"])), XWing(h(i["receiver_seed"]))
    nonce, com, sealed, box = p.body
    plain = committed(unwrap(me, sealed, p.genesis), nonce, com, PREFIX + b"missed" + p.sender + com, box)
    items = []
    for inner, left in read(plain, arr(seq(b(), u), 512), "page"):
        need(len(inner) >= 64, "page")
        m = Payload(inner[:-64], "page")
        need(verify("sig", m.sender, m.raw, inner[-64:]), "signature")
        items.append({"id": m.id.hex(), "sender": m.sender.hex(), "left_ms": left})
    return {"plain": plain.hex(), "items": items}


def k_note(i):
    raw = h(i["raw"])
    x, id_ = read_note(raw)
    need(x[1] == h(i["genesis"]), "other-room")
    need(verify("note", x[3], raw[:-64], raw[-64:]), "signature")
    return {"statement": view(x), "chain_id": id_.hex()}


# ---------------------------------------------------------------- 6.2 and 6.3 the log

def read_entry(raw):
    """The statement of an entry that is well formed and signed by its author."""
    need(64 <= len(raw) <= 1024, "malformed")
    x = read(raw[:-64], STATEMENT, "malformed")
    kind, parents = x[6], x[5]
    need(kind in ENTRY_BODIES and ENTRY_BODIES[kind](x[7]), "malformed")
    need((kind <= 1) == (not parents) and (kind != 0 or x[1] == bytes(16)), "malformed")
    need(verify("entry", x[2], raw[:-64], raw[-64:]), "signature")
    return x


def k_entry(i):
    raw = h(i["raw"])
    x = read_entry(raw)
    id_ = sha256(raw[:-64])
    out = {"id": id_.hex(), "statement": view(x)}
    if x[6] == 0:
        out["genesis"] = id_[:16].hex()
    if x[6] == 16:
        out["token_signed"] = token_signed(x, h(i["token"]))
    return out


def token_signed(x, key):
    return verify("reclaim", key, x[1] + x[2] + x[7][0], x[7][1])


def log_head(heads):
    return hash_("heads", *sorted(heads))[:16] if heads else bytes(16)


def k_log(i):
    log = fold.Log(i["room_kind"], h(i["genesis"]), token_signed)
    for raw in map(h, i["entries"]):
        try:
            log.offer(sha256(raw[:-64]), read_entry(raw))
        except Refused:
            pass
    out = log.show()
    out["log_head"] = log_head([h(x) for x in out["heads"]]).hex()
    return out


# ---------------------------------------------------------------- the cases

KINDS = {
    "room-name": k_room_name, "root": k_root, "day-keys": k_day_keys, "gate": k_gate, "chain": k_chain, "joint": k_joint,
    "cbor": k_cbor, "payload": k_payload, "frame": k_frame, "frames": k_frames, "collision": k_collision, "hello": k_hello,
    "welcome": k_welcome, "part": k_part, "missed": k_missed, "note": k_note, "entry": k_entry,
    "heads": lambda i: {"log_head": log_head([h(x) for x in i["heads"]]).hex()},
    "log": k_log, "invite": k_invite, "tag": k_tag, "safety-words": k_safety_words, "room-words": k_room_words,
    "spell": lambda i: {"words": spell(h(i["bytes"]))}, "unspell": lambda i: {"bytes": unspell(i["text"]).hex()},
}


def check(case):
    """None where the case holds, else what differs."""
    if case["kind"] not in KINDS:
        return f"a kind this reader does not know: {case['kind']}"
    try:
        got = {"out": KINDS[case["kind"]](case["in"])}
    except Refused as e:
        got = {"refused": str(e)}
    except Exception as e:                                  # a crash is a failure of this case, not of the run
        got = {"crashed": repr(e)}
    want = {k: case[k] for k in ("out", "refused") if k in case}
    if got == want:
        return None
    if "out" in got and "out" in want:
        keys = [k for k in {**got["out"], **want["out"]} if got["out"].get(k, "-") != want["out"].get(k, "-")]
        return "; ".join(f"{k}: {got['out'].get(k)} instead of {want['out'].get(k)}" for k in keys)[:2000]
    return f"{got} instead of {want}"[:2000]


def main(path):
    vectors = json.loads(Path(path).read_text("utf-8"))
    assert vectors["protocol"] == 1
    passed = failed = 0
    for group in vectors["groups"]:
        bad = [(c["name"], why) for c in group["cases"] if (why := check(c)) is not None]
        print(f"{group['name']}: {len(group['cases']) - len(bad)} of {len(group['cases'])}")
        for name, why in bad:
            print(f"  FAILED {name}: {why}")
        passed, failed = passed + len(group["cases"]) - len(bad), failed + len(bad)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
