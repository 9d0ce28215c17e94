# Two commands for newcomers: `make demo` to see it work, `make test` to see that it holds.

.PHONY: setup demo test torture-quick torture mutation screenshots words rooms

setup:
	@scripts/setup.sh sandbox

demo: setup
	@.venv/bin/parcelguard demo

test:
	@scripts/setup.sh dev
	@scripts/test.sh
	@scripts/torture.sh quick

torture-quick:
	@scripts/setup.sh dev
	@scripts/torture.sh quick

torture:
	@scripts/setup.sh dev
	@scripts/torture.sh long

mutation:
	@scripts/setup.sh dev
	@.venv/bin/pip install -q "mutmut>=3.8"
	@.venv/bin/mutmut run

screenshots: setup
	@.venv/bin/python scripts/screenshots.py

words:
	@scripts/setup.sh dev
	@.venv/bin/python scripts/words.py

rooms: setup
	@.venv/bin/python scripts/rooms.py
