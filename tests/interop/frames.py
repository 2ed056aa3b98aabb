"""Sections 4 and 5 of docs/PROTOCOL.md: the key schedule and frames."""
import hmac

from Crypto.Cipher import ChaCha20_Poly1305

from layouts import BODIES, FIELDS, LOBBY, ROOM, Payload
from notation import PREFIX, Refused, X, cbor_read, cbor_write, extract, h, hash_, mac, need, sha256, u64, verify, view


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
        return stepped(self.id, self.born, self.birth, epoch)


def stepped(id_, key, since, epoch):
    for e in range(since + 1, epoch + 1):
        key = X(key, "step", id_, u64(e))
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
        return n + 8192 > self.highest.get(who, 0) and (who, n) not in self.seen

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
