#!/usr/bin/env bash
# Every check, in the order in which a mistake shows soonest. Usage: scripts/test.sh all|rust|ui|window
set -euo pipefail
cd "$(dirname "$0")/.."
step() { printf '\n== %s (%s)\n' "$*" "$(date +%T)"; }

if [ ! -d "$MUSTER_TEST_DATA" ]; then
    printf '\n!! SKIPPED: no folder %s: tests on the shared photos, videos and format files will skip, each saying so.\n' "$MUSTER_TEST_DATA"
fi

ui() {
    step "user interface: types, lint, tests, build"
    npm --prefix ui run --silent typecheck
    npm --prefix ui run --silent lint
    npm --prefix ui run --silent test
    npm --prefix ui run --silent build
}

rust() {
    [ -d ui/dist ] || npm --prefix ui run --silent build
    step "formatting"
    cargo fmt --all --check
    step "tidy: layering, vocabulary, documentation"
    cargo xtask tidy
    step "clippy"
    cargo clippy --workspace --all-targets --locked --quiet -- -D warnings
    if command -v cargo-deny >/dev/null; then
        step "licences, bans, sources"
        cargo deny --log-level error check licenses bans sources
    else
        printf 'SKIPPED: cargo-deny is not installed (cargo install cargo-deny): licences are not checked here\n'
    fi
    step "Rust: build"
    cargo build --workspace --bins --locked --quiet
    step "Rust: tests"
    cargo test --workspace --locked --quiet
}

window() {
    step "the real window, driven end to end"
    [ -d ui/dist ] || npm --prefix ui run --silent build
    cargo build --locked --quiet --bins
    python3 scripts/demo.py --test
}

case "${1:-all}" in
    all) ui; rust; window ;;
    ui | rust | window) "$1" ;;
    *) echo "usage: scripts/test.sh all|rust|ui|window" >&2; exit 2 ;;
esac
step "all checks passed"
