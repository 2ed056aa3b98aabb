"""Section 3 of docs/PROTOCOL.md: names, roots, invites, bytes as words. The lists are read from src/crypto/words."""
import base64
import re
import unicodedata
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from layouts import B16, arr, b, read, seq, t, u
from notation import X, extract, h, hash_, lp, need, sha256, view

WORDS = Path(__file__).resolve().parents[2] / "src" / "crypto" / "words"
ADJECTIVES, ANIMALS, LARGE = ((WORDS / f"{n}.txt").read_text("utf-8").split() for n in ("adjectives", "animals", "large"))
SMALL = [LARGE[i * 243 // 64] for i in range(2048)]
SMALL_INDEX = {w: i for i, w in enumerate(SMALL)}


WHITE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
INVISIBLE = [tuple(int(p, 16) for p in (r.split("-") * 2)[:2]) for r in (
    "00AD 034F 061C 115F-1160 17B4-17B5 180B-180F 200B-200F 2028-202E 2060-206F 2800 3164 FE00-FE0F FEFF FFA0 FFF0-FFFF "
    "1BCA0-1BCA3 1D173-1D17A E000-F8FF FDD0-FDEF E0000-10FFFF").split()]


def nfkc(s):
    return unicodedata.normalize("NFKC", s)


def room_name(typed):
    need(len(typed.encode()) <= 2048, "too-long")
    name = nfkc(nfkc(typed).strip(WHITE).lower()).strip(WHITE)
    need(name, "empty")
    for c in name:
        o = ord(c)
        need(c == " " or not (c in WHITE or unicodedata.category(c) == "Cc" or o & 0xFFFE == 0xFFFE
                              or any(lo <= o <= hi for lo, hi in INVISIBLE)), "invisible")
    need("  " not in name, "invisible")
    need(len(name.encode()) <= 32, "too-long")
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


# ---------------------------------------------------------------- 3.1 invites

BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def step(sum_):
    terms = (0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3)
    out = (sum_ & 0x1ffffff) << 5
    for bit, term in enumerate(terms):
        out ^= term if sum_ >> (25 + bit) & 1 else 0
    return out


def checked(text):
    """The digits without the six that check them."""
    sum_ = 1
    for letter in text:
        sum_ = step(sum_) ^ BASE32.index(letter)
    off = sum_ ^ 0x2bc830a3
    for change in range(1, 32) if off else ():
        alone = change
        for place in range(len(text), 0, -1):
            need(alone != off, f"letter {place}")
            alone = step(alone)
    need(off == 0 and len(text) >= 6, "damaged")
    return text[:-6]


def k_invite(i):
    link = i["link"].strip(" \t\n\f\r")
    need(re.fullmatch("(?i:EPHEM:)", link[:6], re.ASCII), "not-an-invite")
    text = link[6:]
    need(len(text.encode()) <= 762, "too-long")            # the longest invite is 472 bytes
    foreign = re.search("[^A-Za-z2-7]", text)
    need(not foreign, f"letter {foreign and foreign.start() + 1}")
    text = checked(text.upper())
    need(len(text) % 8 in (0, 2, 4, 5, 7), "damaged")
    raw = base64.b32decode(text + "=" * (-len(text) % 8))
    need(base64.b32encode(raw).decode().rstrip("=") == text, "damaged")
    need(len(raw) < 2 or raw[0] >> 5 != 4 or raw[1] > 23 or raw[1] == 2, "version")
    x = read(raw, seq(u, t(0, 2**64), B16, b(10), B16, arr(b(), 3)), "cbor")
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
    words = re.sub("[A-Z]", lambda c: c[0].lower(), text)
    words = re.sub(f"[{WHITE}]+", " ", words).strip(" ").split(" ") if words.strip(WHITE) else []
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
