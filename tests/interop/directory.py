"""Section 15 of docs/PROTOCOL.md: listings, and what whoever listens makes of them."""
import hmac
import re

from frames import Gate, committed
from layouts import BODIES, LOBBY, Payload
from notation import Refused, X, extract, h, hash_, lp, need, u64, verify
from rooms import room_name


def tags_of(text):
    tags = text.split(" ") if text else []
    need(len(tags) <= 3 and len(set(tags)) == len(tags), "tags")
    for tag in tags:
        need(len(tag) <= 24 and re.fullmatch("[a-z0-9-]+(:[a-z0-9-]+)?", tag, re.ASCII), "tags")
    return tags


class Ignored(Exception):
    pass


def listed(i):
    root = extract(hash_("salt", bytes([0]), lp(b"")), b"open")
    now, frame = i["now_ms"], h(i["frame"])
    epoch_now, day = now // 60_000, now // 86_400_000
    gate = Gate(root, day, [])
    need(len(frame) == 640 and frame[0] == 1 and hmac.compare_digest(gate.tag(frame[:-32]), frame[-32:]), "gate")
    nonce, com = frame[9:33], frame[33:65]
    header = bytes(a ^ m for a, m in zip(frame[1:9], gate.mask(nonce)))
    need(header[:4] == bytes(4) and header[6] == LOBBY and header[7] == 0, "header")
    epoch = epoch_now + ((int.from_bytes(header[4:6], "big") - epoch_now + 2**15) % 2**16 - 2**15)
    if abs(epoch - epoch_now) > 6:
        raise Ignored
    inner = committed(X(root, "lobby", u64(day)), nonce, com, frame[:1] + header + frame[9:65], frame[65:-32])
    n = int.from_bytes(inner[:2], "big")
    raw, sig, padding = inner[2:2 + n], inner[2 + n:66 + n], inner[66 + n:]
    need(len(sig) == 64 and not any(padding), "payload")
    p = Payload(raw)
    need(p.kind in (15, 18) and BODIES[p.kind][0] == LOBBY, "kind")
    need(p.genesis == bytes(16) and p.gen == 0 and p.ttl_s == 0, "payload")
    need(p.epoch == epoch == p.sent_ms // 60_000, "payload")
    if p.kind == 18:
        need(p.body == [bytes(4), bytes(4), 0, 0, bytes(16)], "bounds")
        need(verify("sig", p.sender, raw, sig), "signature")
        return {"verdict": "accept"}
    name, title, tag, mode, members, until = p.body
    holds = max(0, until - p.sent_ms)
    need(holds <= 600_000 and mode >> 4 == 0 and mode & 3 <= 2 and 1 <= members <= 256, "bounds")
    need(len(title.encode()) <= 128, "bounds")
    tags = tags_of(tag)
    try:
        known = room_name(name) == name
    except Refused:
        known = False
    if not known or p.sender == h(i["me"]):
        raise Ignored
    need(verify("sig", p.sender, raw, sig), "signature")
    if holds == 0:
        return {"verdict": "accept"}
    return {"verdict": "accept", "topic": gate.topic.hex(), "by": p.sender.hex(), "name": name, "title": title, "tags": tags,
            "kind": mode & 3, "knock": bool(mode & 4), "locked": bool(mode & 8), "members": members, "holds_ms": holds}


def k_listing(i):
    try:
        return listed(i)
    except Ignored:
        return {"verdict": "ignore"}
    except Refused:
        return {"verdict": "reject"}
