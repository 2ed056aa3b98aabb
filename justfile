# Short names for the commands of the house. Everything here can be typed out by hand; CI does not need `just`.

# list what there is
default:
    @just --list --unsorted

# what must be clean before a change is handed in
check:
    cargo fmt --check
    cargo clippy --all-targets -- -D warnings
    cargo check --no-default-features

# every test that needs no network and no second language
test *args:
    cargo test {{args}}

# a hundred thousand hostile strings through every place of the screen, read back by a terminal
hostile:
    cargo test --release --test screen -- --ignored --nocapture hostile

# the screen's pictures, for the tests and for the documents: look at each difference
pictures:
    PICTURES=write cargo test --test screen

# hosts in network namespaces: LANs, subnets, pulled cables, lost frames, 64 members; prints times (root, Linux, `ip` and `nft`; `faketime` for one)
lab *args:
    cargo test --release --test lab -- --ignored --test-threads=1 {{args}}

# eight processes that talk: how soon whoever is kicked reads nothing more, and what one that sends without measure costs the others (Linux)
rights *args:
    cargo test --release --test it removed:: -- --ignored --nocapture --test-threads=1 {{args}}

# what real processes hold of what has burned, and of passphrases and keys that were used: their memory is searched. What a recording of a room
# gives to whoever has its passphrase (Linux; root or `unshare`; python3 and its package index)
vanish *args: python
    #!/usr/bin/env bash
    set -euo pipefail
    as=()
    [ "$(id -u)" = 0 ] || as=(unshare -r)
    "${as[@]}" cargo test --release --test vanish -- --include-ignored --skip that_is_searched --test-threads=1 --nocapture {{args}}

# floors 0 to 2 alone: they build with no runtime, no network and no screen
core:
    cargo check --no-default-features

# many rooms in virtual time; `just sim --seed 7` replays one run
sim *args:
    cargo run --release --example sim --no-default-features -- {{args}}

# a day of a room of eight in virtual time: what the process holds in memory after each tenth (Linux)
soak *args:
    cargo run --release --example soak --no-default-features -- {{args}}

# throw random input at one target until stopped: `just fuzz frame_parse -max_total_time=60`; the first run writes seeds
fuzz target *args:
    #!/usr/bin/env bash
    set -euo pipefail
    if ! cargo +nightly fuzz --version >/dev/null 2>&1; then
        echo "fuzzing needs a nightly toolchain and cargo-fuzz:" >&2
        echo "    rustup toolchain install nightly && cargo install cargo-fuzz --locked" >&2
        exit 1
    fi
    [ -d fuzz/corpus/{{target}} ] || just fuzz-seeds
    cargo +nightly fuzz run {{target}} -- -max_len=4096 {{args}}

# write what the fuzzer starts from into fuzz/corpus/: the same files each time
fuzz-seeds:
    cargo run --quiet --manifest-path fuzz/Cargo.toml --example seeds

# write tests/vectors/v1.json anew; a difference means the protocol changed
vectors:
    cargo run --release --example vectors

# the second implementation, in Python, reads the vectors with nothing but the specification's rules
interop: python
    target/interop-venv/bin/python tests/interop/reader.py tests/vectors/v1.json

# what the second implementation runs on
[private]
python:
    #!/usr/bin/env bash
    set -euo pipefail
    venv=target/interop-venv
    [ -x "$venv/bin/python" ] || python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r tests/interop/requirements.txt

# the second implementation folds as many random logs as one likes, and must come to the same rights
interop-logs count: interop
    cargo run --release --example vectors -- --logs {{count}} > target/logs.json
    target/interop-venv/bin/python tests/interop/reader.py target/logs.json

# what things cost; each benchmark says what it is compared with. `just bench --bench talk -- flood --quick` is one of them, short
bench *args:
    cargo bench {{args}}

# licences, sources and duplicates of the dependencies (advisories need the open internet: `cargo deny check advisories`)
deny:
    cargo deny check bans licenses sources

# a simulated room on the screen, no network
demo:
    cargo run --release -- demo
