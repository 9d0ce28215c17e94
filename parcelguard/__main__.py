"""`python -m parcelguard` is the same as the `parcelguard` command."""

from parcelguard.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
