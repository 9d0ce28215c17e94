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
# All of the tests have to pass every line and branch of delivery, storage and domain; some need not.
[ $# -gt 0 ] || set -- --cov --cov-report=term-missing
pytest "$@"
