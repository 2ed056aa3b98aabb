"""Sections 2 and 6.1 of docs/PROTOCOL.md: HPKE with X-Wing, and what is handed over."""
import hashlib
import hmac

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from frames import chain_id, committed, xchacha
from layouts import HANDOVER, NOTE, REFUSAL, REMOVAL, Payload, arr, b, num, opt, read, seq, t, u
from notation import PREFIX, Refused, expand, extract, h, need, sha256, verify, view


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
        return self.open_exporting(sealed, info, psk)[0]

    def open_exporting(self, sealed, info, psk=None):
        """HPKE, one message a context: base mode, or PSK mode with a psk; and what both ends export."""
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
            plain = xchacha(lexpand(secret, b"key", context, 32), lexpand(secret, b"base_nonce", context, 12), b"", sealed[1120:])
            return plain, lexpand(lexpand(secret, b"exp", context, 32), b"sec", PREFIX + b"dm", 32)
        except (Refused, ValueError):
            raise Refused("sealed")


def k_kem_seed(i):
    key = XWing(h(i["seed"]))
    return {"public": key.public.hex(), "tag": key.tag.hex()}


def k_kem(i):
    public = h(i["public"])
    need(len(public) == 1216, "kem")
    for a, b_, c in zip(public[:1152:3], public[1:1152:3], public[2:1152:3]):       # two coefficients in three bytes
        need((a | (b_ & 15) << 8) < 3329 and (b_ >> 4 | c << 4) < 3329, "kem")
    return {"tag": sha256(public)[:8].hex()}


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
        why, *entries = read(plain, lambda x: REFUSAL(x) or REMOVAL(x), "reason")
        return {"plain": plain.hex(), "reason": why} | {"entries": [e.hex() for e in own] for own in entries}
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


WORDS = {16: "had", 32: "opened", 64: "taken-back", 128: "all-taken-back"}


def k_dm(i):
    """Section 12. Whoever reads it could have made it: the key is of both."""
    p, me, proof = Payload(h(i["payload"])), XWing(h(i["receiver_seed"])), h(i["proof"])
    tag, sealed = p.body
    need(tag == me.tag, "not-for-me")
    plain, export = me.open_exporting(sealed, PREFIX + b"dm" + tag + p.genesis)
    secret, theirs = X25519PrivateKey.from_private_bytes(h(i["receiver_x25519_seed"])), h(i["sender_x25519"])
    try:
        shared = secret.exchange(X25519PublicKey.from_public_bytes(theirs))
    except ValueError:                                      # all zeros
        raise Refused("mac")
    low, high = sorted([secret.public_key().public_bytes_raw(), theirs])
    key = extract(sha256(PREFIX + b"dm" + low + high), shared + export)
    need(hmac.compare_digest(hmac.digest(key, p.raw, "sha256"), proof[:32]), "mac")
    n, flags, text, reply, once = read(plain, seq(u, u, t(0, 4000), opt(b(8)), u), "dm")
    if flags in WORDS:
        need(text == "" and reply is None and once == 0, "dm")
        return {"n": n, "word": WORDS[flags]}
    need(flags & ~5 == 0 and text != "", "dm")
    return {"n": n, "text": text, "once_s": once}


def k_report(i):
    p, me = Payload(h(i["payload"])), XWing(h(i["receiver_seed"]))
    wraps, nonce, com, box = p.body
    mine = [sealed for tag, sealed in wraps if tag == me.tag]
    need(mine, "not-for-me")
    plain = committed(unwrap(me, mine[0], p.genesis), nonce, com, PREFIX + b"report" + p.sender + com, box)
    about, text = read(plain, seq(b(32), t(1, 4000)), "report")
    return {"about": about.hex(), "text": text}


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
