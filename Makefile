# Two commands matter: `make demo` and `make test`. Both set up what is missing, can be run again and again,
# and resume after an interruption. See README.md.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/muster
export CARGO_TARGET_DIR ?= $(CACHE)/target
export RUST_BACKTRACE ?= 0
export MUSTER_CACHE := $(CACHE)
export MUSTER_TEST_DATA ?= $(abspath ../shared/data)

.PHONY: help setup build demo test test-rust test-ui test-window bench clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: ## Install what is missing: apt packages, npm packages, ONNX Runtime, models
	@scripts/setup.sh

build: setup ## Build the release binaries: muster, muster-ingest, muster-edge, the application
	@npm --prefix ui run --silent build
	cargo build --release --locked --bins
	@ls -l $(CARGO_TARGET_DIR)/release/muster{,-ingest,-edge,-edge-av,-desktop}

demo: setup ## Run the whole loop on real captures and open the window (CLEAN=1 starts from nothing)
	@CLEAN=$(CLEAN) python3 scripts/demo.py

test: setup ## Run every check
	@scripts/test.sh all

test-rust: setup ## Only formatting, tidy, clippy and the Rust tests
	@scripts/test.sh rust

test-ui: setup ## Only types, lint and tests of the user interface
	@scripts/test.sh ui

test-window: setup ## Only the end-to-end test of the real window
	@scripts/test.sh window

bench: setup ## Run the benchmarks (minutes; results go to benches/README.md by hand)
	@scripts/bench.sh

clean: ## Remove what the demo left under target/
	rm -rf target/demo
