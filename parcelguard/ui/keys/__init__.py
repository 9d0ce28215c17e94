"""The keyboard: a scanner's bursts, and the packer's own keys."""
