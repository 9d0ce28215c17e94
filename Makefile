# Two commands for newcomers: `make demo` to see it work, `make test` to see that it holds.

.PHONY: setup demo test screenshots

setup:
	@scripts/setup.sh sandbox

demo: setup
	@.venv/bin/parcelguard demo

test:
	@scripts/setup.sh dev
	@scripts/test.sh

screenshots: setup
	@.venv/bin/python scripts/screenshots.py
