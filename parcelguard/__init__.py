"""ParcelGuard: packing photos that reach the buyer's chat and stand up in a dispute."""

__version__ = "0.1.0"
