#!/bin/sh
# Installs what is missing, and only that: Debian packages, the virtual environment, the project.
# Usage: scripts/setup.sh sandbox|dev     ("dev" adds what the tests need)
set -eu
cd "$(dirname "$0")/.."
extra=${1:-sandbox}

# Qt's own needs on a screen and off it, and zbar for the second look at codes.
packages="libegl1 libgl1 libfontconfig1 libglib2.0-0 libxkbcommon0 libdbus-1-3 libxcb-cursor0
libxcb-icccm4 libxcb-keysyms1 libxcb-image0 libxcb-render-util0 libxcb-randr0 libxcb-shape0
libxcb-xkb1 libxkbcommon-x11-0 libx11-xcb1 libzbar0"
[ "$extra" = dev ] && packages="$packages ffmpeg xvfb xdotool strace e2fsprogs mount faketime chromium"

find_python() {
    for name in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if "$name" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    echo "ParcelGuard needs Python 3.11 or newer." >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else
        echo "Please install as root: $*" >&2
        exit 1
    fi
}

installed() { # newer Debian and Ubuntu add "t64" to some names
    status=$(dpkg-query -W -f '${Status}\n' "$1" "$1t64" 2>/dev/null || true)
    case $status in *"install ok installed"*) return 0 ;; *) return 1 ;; esac
}

python=$(find_python)
if command -v apt-get >/dev/null; then
    missing=
    for package in $packages; do installed "$package" || missing="$missing $package"; done
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then missing="$missing python3-venv"; fi
    if [ -n "$missing" ]; then
        echo "Installing:$missing"
        as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q
        # shellcheck disable=SC2086
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
    fi
else
    echo "Not a Debian system: Qt's libraries and zbar are expected to be there."
fi

stamp=.venv/.ready-$extra
if [ ! -e "$stamp" ] || [ pyproject.toml -nt "$stamp" ]; then
    [ -x .venv/bin/python ] || "$python" -m venv .venv
    echo "Installing ParcelGuard into .venv"
    .venv/bin/python -m pip install -q --disable-pip-version-check -e ".[$extra]"
    touch "$stamp"
fi
