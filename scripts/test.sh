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
pytest "$@"
