#!/bin/sh
# Breaks the program in every way we know and counts what was lost, doubled or falsely called sent.
# Usage: scripts/torture.sh quick|long     (long takes an hour; its figures stay in docs/torture-figures.txt)
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
tier=${1:-quick}
export QT_QPA_PLATFORM=offscreen
if [ "$tier" = long ]; then
    export PARCELGUARD_KILLS=1000 PARCELGUARD_CUTS=100 PARCELGUARD_PARTS=10000 PARCELGUARD_ORDERS=500
    export PARCELGUARD_LONG=1
fi
PARCELGUARD_FIGURES=$(mktemp)
export PARCELGUARD_FIGURES
trap 'rm -f "$PARCELGUARD_FIGURES"' EXIT
outcome=0
pytest tests/harness -q -p no:randomly --timeout=3600 || outcome=$?
figures=$(python tests/harness/figures.py "$PARCELGUARD_FIGURES")
if [ "$tier" = long ]; then
    { date -u +%FT%TZ; git rev-parse --short HEAD; echo "$figures"; } > docs/torture-figures.txt
fi
echo "$figures"
exit "$outcome"
