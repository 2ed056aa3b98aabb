#!/usr/bin/env python3
"""Says again what somebody asks it to: echo.py ROOM [more for `ephem-node pipe`]."""

import json
import subprocess
import sys

ASKED = "!echo "

node = subprocess.Popen(
    ["ephem-node", "pipe", *sys.argv[1:]],
    stdin=subprocess.PIPE,
    stdout=subprocess.PIPE,
    encoding="utf-8",
)


def tell(**command):
    node.stdin.write(json.dumps(command) + "\n")
    node.stdin.flush()


def heard(line):
    if line["type"] == "reply" and not line["ok"]:
        print(line["cid"], line["error"]["code"], file=sys.stderr)
    # `text` is null where a message opens once: it is not for bots.
    if line["type"] == "message" and not line["mine"] and (line["text"] or "").startswith(ASKED):
        tell(cmd="send", cid=line["id"], room=line["room"], text=line["text"][len(ASKED):])


try:
    for line in node.stdout:
        heard(json.loads(line))
except KeyboardInterrupt:
    pass  # the node had it too, and says goodbye
sys.exit(node.wait())
