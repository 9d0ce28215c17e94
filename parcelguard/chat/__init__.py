"""One sender per channel; the protocol they keep stands in `delivery.ports`."""
