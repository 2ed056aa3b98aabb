"""A recording of a room's topics, read by somebody who has the room's name and passphrase: what opens, and what stays shut.

A recording is `{"room", "passphrase", "frames": [{"at_ms", "topic", "frame"}]}`. With `"hello_seed"`, the seed of the key in
one of its hellos, the welcomes to that hello are opened as well, and everything that follows from them.
"""
import hmac
import json
from collections import Counter
from pathlib import Path

from frames import Gate, committed, stepped
from handing import XWing, read_note
from layouts import HANDOVER, LOBBY, ROOM, Payload, read
from notation import PREFIX, Refused, X, extract, h, hash_, need, sha256, u64, verify
from rooms import k_root

TEXT, HELLO, WELCOME = 0, 19, 20


class Frame:
    """A frame that passes the gate of the topic it came on."""
    def __init__(self, raw, gate, day, epoch):
        need(raw[0] == 1 and hmac.compare_digest(gate.tag(raw[:-32]), raw[-32:]), "gate")
        self.day, self.nonce, self.com, self.sealed = day, raw[9:33], raw[33:65], raw[65:-32]
        header = bytes(a ^ m for a, m in zip(raw[1:9], gate.mask(self.nonce)))
        self.aad, self.set_tag, self.type = raw[:1] + header + raw[9:65], header[:4], header[6]
        need(self.type in (ROOM, LOBBY), "header")
        self.epoch = epoch + ((int.from_bytes(header[4:6], "big") - epoch + 2**15) % 2**16 - 2**15)

    def open(self, key):
        inner = committed(key, self.nonce, self.com, self.aad, self.sealed)
        n = int.from_bytes(inner[:2], "big")
        p = Payload(inner[2:2 + n])
        need(p.kind == 12 or verify("sig", p.sender, p.raw, inner[2 + n:66 + n]), "signature")
        return p

    def opened_by(self, keys):
        """The payload, where one of these keys opens it."""
        for key in keys:
            try:
                return self.open(key)
            except Refused:
                pass
        return None


class Handed:
    """The keys of a handover, and those that follow from them."""
    def __init__(self, plain):
        self.gen, self.epoch, chains = read(plain, HANDOVER, "handover")[:3]
        self.chains = [(read_note(note)[1], key) for note, key in chains]
        self.set = hash_("set", u64(self.gen), *(id_ for id_, _ in self.chains))

    def frame_key(self, epoch):
        return X(extract(self.set, b"".join(stepped(id_, key, self.epoch, epoch) for id_, key in self.chains)), "frame")


def from_secret(root, psk, days):
    """Every key of 32 bytes that the page derives from name and passphrase."""
    keys = [root, psk]
    for day in days:
        gate = Gate(root, day, [])
        keys += [X(root, "lobby", u64(day)), X(root, "rdv", u64(day)), gate.gate, gate.topic, gate.gate_k, gate.hdr_k]
    return list(dict.fromkeys(keys))


def welcomes(lobby, seed, psk):
    """What the welcomes hand over that answer the hellos made with this key."""
    me = XWing(seed)
    mine = {sha256(p.raw) for p in lobby if p.kind == HELLO and p.body[0] == me.public}
    for p in lobby:
        if p.kind == WELCOME and p.body[0] in mine:
            yield Handed(me.open(p.body[1], PREFIX + b"welcome" + p.body[0] + p.sender + p.genesis, psk))


def read_capture(path):
    it = json.loads(Path(path).read_text("utf-8"))
    secret = k_root({"room_kind": 1, "room": it["room"], "passphrase": it["passphrase"]})
    root, psk = h(secret["root"]), h(secret["psk"])
    days = sorted({f["at_ms"] // 86_400_000 + d for f in it["frames"] for d in (-1, 0, 1)})
    gates = {gate.topic.hex(): (gate, day) for day in days for gate in [Gate(root, day, [])]}
    frames, strange = [], 0
    for f in it["frames"]:
        try:
            need(f["topic"] in gates, "topic")
            frames.append(Frame(h(f["frame"]), *gates[f["topic"]], f["at_ms"] // 60_000))
        except Refused:
            strange += 1
    lobby = [f.opened_by([X(root, "lobby", u64(f.day))]) for f in frames if f.type == LOBBY]
    shut, lobby = lobby.count(None), [p for p in lobby if p]
    derived = from_secret(root, psk, days)
    # A key for one hello that followed from the passphrase would give the welcome away.
    seeds = derived + ([h(it["hello_seed"])] if "hello_seed" in it else [])
    handed = [keys for seed in seeds for keys in welcomes(lobby, seed, psk)]
    room = [f for f in frames if f.type == ROOM]
    opened = [p for f in room if (p := f.opened_by(
        derived + [k.frame_key(f.epoch) for k in handed if k.set[:4] == f.set_tag and k.epoch <= f.epoch]))]
    return {"frames": len(it["frames"]), "strange": strange, "lobby": dict(Counter(p.kind for p in lobby)), "lobby_shut": shut,
            "room": len(room), "room_opened": len(opened), "derived": len(derived), "handed": len(handed),
            "texts": list({p.id: p.body[2] for p in opened if p.kind == TEXT}.values())}
