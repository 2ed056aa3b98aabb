#!/usr/bin/env python3
"""Mutes who floods or repeats, kicks who goes on: moderator.py ROOM [more for `ephem-node pipe`].

Make it an admin (/admin NICK). Those in office turn it off and on: !mod off, !mod on.
"""

import collections
import hashlib
import json
import os
import subprocess
import sys

FLOOD, FLOOD_MS = 8, 10_000  # so many messages in so long
REPEATS, REPEATS_MS = 3, 60_000  # the same text so often in so long
MUTES_MS = [60_000, 600_000]  # the first time, the second; then the door
REPORTS = 2  # so many different people

OFFICE = ("owner", "admin")

node = subprocess.Popen(
    ["ephem-node", "pipe", *sys.argv[1:]],
    stdin=subprocess.PIPE,
    stdout=subprocess.PIPE,
    encoding="utf-8",
)
me, role, on = None, {}, True
salt = os.urandom(16)
said = collections.defaultdict(collections.deque)  # by whom: when, and a hash that means nothing elsewhere
warned = collections.Counter()
reported = collections.defaultdict(set)


def tell(**command):
    node.stdin.write(json.dumps(command) + "\n")
    node.stdin.flush()


def act(room, who, why):
    """One step further with somebody. Those in office are not a bot's business."""
    if not on or who["role"] in OFFICE or role.get(room) not in OFFICE:
        return
    said.pop(who["id"], None)
    step = warned[who["id"]]
    warned[who["id"]] += 1
    cid = f"{who['tag']} {why}"
    if step < len(MUTES_MS):
        why = f"{why}; warning {step + 1} of {len(MUTES_MS)}"
        tell(cmd="mute", cid=cid, room=room, who=who["id"], for_ms=MUTES_MS[step], why=why)
    else:
        tell(cmd="kick", cid=cid, room=room, who=who["id"], why=f"{why} after warnings")


def message(line):
    global on
    room, who, text = line["room"], line["from"], line["text"] or ""
    if line["mine"] or line["caught_up"]:
        return
    if line["kind"] == "report":
        # `role` is what they are in the room now: an officer of yesterday is obeyed no more.
        about = line["about"]
        reported[about["id"]].add(who["id"])
        if len(reported[about["id"]]) >= REPORTS:
            del reported[about["id"]]
            act(room, about, "reported by several")
        tell(cmd="burn", room=room, id=line["id"])  # closed here
    elif text in ("!mod on", "!mod off") and who["role"] in OFFICE:
        on = text == "!mod on"
        tell(cmd="send", room=room, text=f"moderation is {'on' if on else 'off'}")
    elif line["kind"] in ("text", "action"):
        now, hashed = line["ts"], hashlib.blake2b(text.encode(), key=salt, digest_size=16).digest()
        lately = said[who["id"]]
        lately.append((now, hashed))
        while lately[0][0] < now - REPEATS_MS:
            lately.popleft()
        if sum(at > now - FLOOD_MS for at, _ in lately) >= FLOOD:
            act(room, who, "too many messages")
        elif sum(same == hashed for _, same in lately) >= REPEATS:
            act(room, who, "the same again and again")


def heard(line):
    global me
    kind = line["type"]
    if kind == "hello":
        me = line["me"]["id"]
    elif kind == "room":
        role[line["room"]] = line["role"]
    elif kind == "member" and line["id"] == me:
        role[line["room"]] = line["role"]
    elif kind == "member" and line["event"] == "leave":
        said.pop(line["id"], None)
    elif kind == "message":
        message(line)
    elif kind == "reply" and not line["ok"]:
        print(line["cid"], line["error"]["code"], file=sys.stderr)


try:
    for line in node.stdout:
        heard(json.loads(line))
except KeyboardInterrupt:
    pass  # the node had it too, and says goodbye
sys.exit(node.wait())
