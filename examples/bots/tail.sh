#!/bin/sh
# Sends what is added to a file, a message a line: tail.sh FILE ROOM [more for `ephem-node send`]
file=$1 room=$2
shift 2
tail -n 0 -F "$file" | ephem-node send "$room" --lines "$@"
