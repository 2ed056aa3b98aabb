"""Section 2 of docs/PROTOCOL.md: hashes, keys, signatures, canonical CBOR."""
import hashlib
import hmac

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

PREFIX = b"ephem/1/"


class Refused(Exception):
    """The input is refused; the one argument is the reason."""


def need(ok, reason):
    if not ok:
        raise Refused(reason)


# ---------------------------------------------------------------- hashes and keys

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


# ---------------------------------------------------------------- strict Ed25519

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
_ORDER_8 = int.from_bytes(h("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little")
SMALL_ORDER_Y = {0, 1, P - 1, _ORDER_8, P - _ORDER_8}       # with either sign these are all eight points


def verify(label, key, message, sig):
    y = int.from_bytes(key, "little") & (2**255 - 1)
    r = int.from_bytes(sig[:32], "little") & (2**255 - 1)
    s = int.from_bytes(sig[32:], "little")
    if len(key) != 32 or len(sig) != 64 or y >= P or r >= P or s >= L or y in SMALL_ORDER_Y or r in SMALL_ORDER_Y:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(sig, PREFIX + label.encode() + b"\0" + message)
        return True
    except (InvalidSignature, ValueError):
        return False


# ---------------------------------------------------------------- canonical CBOR

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
