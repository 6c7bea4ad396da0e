#!/usr/bin/env bash
# Installs what is missing and says what it does. Idempotent; a second run takes a second or two.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${MUSTER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/muster}
mkdir -p "$cache"
say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

packages=(
    # the window, and the tests that drive it
    libwebkit2gtk-4.1-dev webkit2gtk-driver librsvg2-dev libayatana-appindicator3-dev libxdo-dev libssl-dev
    xvfb xauth dbus-x11 xdotool fonts-dejavu-core libgl1-mesa-dri desktop-file-utils
    # pictures and video: Muster links the system's FFmpeg dynamically
    ffmpeg libavcodec-dev libavformat-dev libavutil-dev libavfilter-dev libavdevice-dev libswscale-dev libswresample-dev
    clang libclang-dev cmake nasm
    # building and checking
    build-essential pkg-config file dpkg-dev strace sqlite3 git curl ca-certificates python3-venv
)

missing_packages() {
    local package
    for package in "${packages[@]}"; do
        # A stand-in from elsewhere (a Python from pyenv, say) brings its own venv module.
        if [ "$package" = python3-venv ] && python3 -c 'import venv, ensurepip' 2>/dev/null; then continue; fi
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s\n' "$package"
    done
}

install_packages() {
    command -v apt-get >/dev/null || fail "this script installs with apt-get; on another system install the counterparts of: ${packages[*]}"
    mapfile -t missing < <(missing_packages)
    [ ${#missing[@]} -gt 0 ] || return 0
    local sudo=() line="sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing[*]}"
    if [ "$(id -u)" -ne 0 ]; then
        printf 'setup: %d packages are missing. This line installs them:\n  %s\n' "${#missing[@]}" "$line"
        [ -t 0 ] || fail "run that line, then make again"
        read -r -p 'Run it now? [y/N] ' answer
        [[ $answer =~ ^[Yy] ]] || fail "run that line, then make again"
        sudo=(sudo)
    fi
    say "installing ${#missing[@]} packages with apt-get: ${missing[*]}"
    "${sudo[@]}" apt-get update -qq
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >"$cache/apt.log" 2>&1 ||
        fail "apt-get failed; the last lines of $cache/apt.log: $(tail -n 3 "$cache/apt.log")"
}

check_toolchains() {
    command -v cargo >/dev/null || fail "Rust is missing: install it with rustup (rust 1.95 or newer), then make again"
    command -v node >/dev/null || fail "Node.js 20 or newer is missing: install nodejs and npm, then make again"
    command -v python3 >/dev/null || fail "Python 3.10 or newer is missing: install python3, then make again"
    [ "$(node -p 'Number(process.versions.node.split(".")[0]) >= 20')" = true ] || fail "Node.js $(node --version) is too old: 20 or newer is needed"
}

# A stamp holds the hash of what an installation was made from.
stamped() { [ "$(cat "$1" 2>/dev/null)" = "$2" ]; }

install_npm() {
    local hash
    hash=$(cat ui/package.json ui/package-lock.json | sha256sum | cut -d' ' -f1)
    stamped ui/node_modules/.muster-stamp "$hash" && return 0
    say "installing the npm packages of ui/"
    npm --prefix ui ci --no-audit --no-fund --loglevel=error
    printf '%s' "$hash" >ui/node_modules/.muster-stamp
}

install_readers() {
    local hash venv="$cache/readers"
    hash=$(sha256sum tests/readers/requirements.txt | cut -d' ' -f1)
    stamped "$venv/.muster-stamp" "$hash" && return 0
    say "installing the Python readers that prove the exports into $venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r tests/readers/requirements.txt
    printf '%s' "$hash" >"$venv/.muster-stamp"
}

check_toolchains
install_packages
install_npm
python3 scripts/install_onnxruntime.py
python3 scripts/install_models.py
install_readers
say "everything is there"
