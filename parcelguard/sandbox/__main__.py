"""`python -m parcelguard.sandbox`: the local marketplace until it is told to stop."""

from parcelguard.sandbox.server import main

if __name__ == "__main__":
    raise SystemExit(main())
