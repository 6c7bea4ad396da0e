#!/usr/bin/env bash
# Builds in release and runs every benchmark; the results go to benches/README.md by hand.
set -euo pipefail
cd "$(dirname "$0")/.."
npm --prefix ui run --silent build
cargo build --release --locked --quiet --workspace --bins
bin=$CARGO_TARGET_DIR/release
echo "== pre-labelling: the pipeline against the bare model"
"$bin/prelabel"
echo "== pictures of 20,000 × 20,000 pixels"
"$bin/tiles"
echo "== search on 100,000 synthetic captures"
"$bin/search"
echo "== commit and sync"
"$bin/sync"
library=target/demo-test/library
if [ -d "$library" ]; then
    echo "== cold start to the first pictures"
    xvfb-run -a -s "-screen 0 1920x1200x24" node benches/cold_start.mjs "$bin/muster-desktop" "$PWD/$library"
fi
echo "== libraries from ten thousand to a million (hours with the peers: benches/library.sh says how)"
if [ -n "${MUSTER_BENCH_FOLDER:-}" ]; then
    benches/library.sh "$MUSTER_BENCH_FOLDER" "${MUSTER_BENCH_PEERS:-}"
fi
