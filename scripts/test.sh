#!/bin/sh
# Everything that must hold before a change is merged. Arguments go to pytest.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
export QT_QPA_PLATFORM=offscreen
ruff check .
ruff format --check .
mypy
lint-imports
# All of the tests have to pass every line and branch of what sends and keeps; some need not.
# Two at a time share nothing: each has its own folders, ports and processes.
[ $# -gt 0 ] || set -- --cov --cov-report=term-missing --numprocesses=logical --dist=worksteal
pytest "$@"
