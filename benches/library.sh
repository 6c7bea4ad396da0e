#!/usr/bin/env bash
# Makes libraries of 10,000, 100,000 and 1,000,000 captures, measures each, draws the plot, and asks the peers the same.
# Usage: benches/library.sh FOLDER [PEERS], with about 15 GB of room in FOLDER. PEERS is a folder with the virtual environments
# `fiftyone` and `lightly`, made with benches/peers/requirements-*.txt; without it the peers are left out.
# What is made stays and is used again. Needs the release binary `million`.
set -euo pipefail
folder=$1
peers=${2:-}
cd "$(dirname "$0")/.."
million=$CARGO_TARGET_DIR/release/million
export MUSTER_TEST_DATA=${MUSTER_TEST_DATA:-$PWD/../shared/data}
mkdir -p "$folder"
results=()
for captures in 10000 100000 1000000; do
    echo "== $captures captures"
    "$million" make "$folder/library-$captures" "$captures"
    "$million" measure "$folder/library-$captures" "$folder/result-$captures.json"
    # What the maker measured belongs to the same size.
    python3 - "$folder/result-$captures.json" "$folder/library-$captures.made.json" "$folder/point-$captures.json" <<'PYTHON'
import json, sys
result, made = (json.load(open(path)) for path in sys.argv[1:3])
json.dump({**made, **result}, open(sys.argv[3], "w"), indent=2)
PYTHON
    results+=("$folder/point-$captures.json")
done
"$million" plot benches/plots/sizes.svg "${results[@]}"

[ -n "$peers" ] || exit 0
export FIFTYONE_DATABASE_DIR=$folder/fiftyone
cd benches/peers
for captures in 10000 100000; do
    set=$folder/set-$captures.jsonl
    [ -f "$set" ] || "$million" export "$set" "$captures"
    # A library of its own: measuring has added captures and tags to the others.
    "$million" make "$folder/compared-$captures" "$captures"
    "$million" ask "$folder/compared-$captures" queries.json > "$folder/muster-$captures.json"
    "$peers/fiftyone/bin/python" fiftyone_peer.py build "$set"
    "$peers/fiftyone/bin/python" fiftyone_peer.py ask queries.json > "$folder/fiftyone-$captures.json"
    "$peers/lightly/bin/python" lightly_peer.py build "$set" "$folder/lightly-$captures.duckdb"
    "$peers/lightly/bin/python" lightly_peer.py ask queries.json "$folder/lightly-$captures.duckdb" > "$folder/lightly-$captures.json"
    python3 report.py "$folder"/{muster,fiftyone,lightly}-"$captures".json
done
