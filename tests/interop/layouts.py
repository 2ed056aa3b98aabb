"""Sections 6 and 6.2 of docs/PROTOCOL.md: what each array may hold, as predicates over decoded items."""
from notation import Refused, cbor_read, hash_, need, view


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
REFUSAL, REMOVAL = seq(num(8)), seq(num(9, 9), ENTRIES)
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
    23: (ROOM, seq(num(3), HEADS, opt(KEM), HAVE)),
    24: (ROOM, seq(b(24), B32, b(), b())),
    25: (ROOM, seq(B32, u, u)),
    26: (ROOM, seq(B32, u, b())),
    27: (ROOM, seq(arr(B8, 256), u)),
    28: (ROOM, seq(arr(B8, 256))),
    29: (ROOM, seq(flags(1))),
}
PAYLOAD = seq(num(1, 1), B16, u, u, B32, num(2**64, 1), u, u, num(86400), B16, lambda x: type(x) is list)
FIELDS = ("genesis", "gen", "epoch", "sender", "counter", "kind", "sent_ms", "ttl_s", "log_head", "body")

SETTINGS = seq(opt(u), opt(u), opt(u), opt(num(1)), opt(boolean), opt(boolean), opt(u), opt(u), opt(t(0, 256)), opt(u),
               opt(boolean), opt(boolean), opt(u))
WHY = t(0, 200)
ENTRY_BODIES = {
    0: seq(t(1, 32), B32, SETTINGS, B16), 1: seq(B32, SETTINGS, B16), 2: seq(B32), 3: seq(B32), 4: seq(B32, u, WHY),
    5: seq(B32, u, WHY, u, num(2), B16), 6: seq(B32), 7: seq(B32, u, WHY), 8: seq(B32), 9: seq(B32), 10: seq(B32),
    11: seq(B16, B32, u, u), 12: seq(B16), 13: seq(SETTINGS), 14: seq(B32, boolean), 15: seq(B32), 16: seq(B32, b(64)),
    17: seq(B32), 18: seq(), 19: seq(), 20: seq(B8, B32, u), 21: seq(B8),
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
