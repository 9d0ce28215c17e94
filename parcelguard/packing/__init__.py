"""The packing desk: scan, photograph, save."""
