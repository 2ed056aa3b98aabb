#!/usr/bin/env python3
"""A second reader of the ephem protocol, written from docs/PROTOCOL.md and tests/vectors/README.md alone.

usage: python reader.py tests/vectors/v1.json
       python reader.py --capture RECORDING.json

Checks every case of every group: one module a part of the page (notation, layouts, rooms, frames, handing, fold, directory). Or reads a
recording of what went over a room's topics, and prints what of it opens (capture).
"""
import json
import sys
from pathlib import Path

import capture
import directory
import fold
import frames
import handing
import rooms
from layouts import ENTRY_BODIES, STATEMENT, read
from notation import Refused, h, hash_, need, sha256, verify, view


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
    view = None
    if "under" in i:
        view = {"under": [h(f) for f in i["under"]], "now": i["now_ms"],
                "about": [(h(p["id"]), [h(f) for f in p["foundings"]]) for p in i["about"]]}
    out = log.show(view)
    out["log_head"] = log_head([h(x) for x in out["heads"]]).hex()
    return out


# ---------------------------------------------------------------- the cases

KINDS = {
    "room-name": rooms.k_room_name, "root": rooms.k_root, "invite": rooms.k_invite, "tag": rooms.k_tag,
    "safety-words": rooms.k_safety_words, "room-words": rooms.k_room_words,
    "spell": lambda i: {"words": rooms.spell(h(i["bytes"]))}, "unspell": lambda i: {"bytes": rooms.unspell(i["text"]).hex()},
    "day-keys": frames.k_day_keys, "gate": frames.k_gate, "chain": frames.k_chain, "joint": frames.k_joint,
    "cbor": frames.k_cbor, "payload": frames.k_payload, "frame": frames.k_frame, "listing": directory.k_listing, "frames": frames.k_frames,
    "collision": frames.k_collision, "kem-seed": handing.k_kem_seed, "kem": handing.k_kem, "hello": handing.k_hello,
    "welcome": handing.k_welcome, "part": handing.k_part, "missed": handing.k_missed, "dm": handing.k_dm, "report": handing.k_report, "note": handing.k_note,
    "entry": k_entry, "heads": lambda i: {"log_head": log_head([h(x) for x in i["heads"]]).hex()}, "log": k_log,
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
    if len(sys.argv) == 3 and sys.argv[1] == "--capture":
        print(json.dumps(capture.read_capture(sys.argv[2])))
        sys.exit()
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
