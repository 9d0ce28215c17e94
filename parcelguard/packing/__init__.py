"""The packing desk: scan, photograph, save; and what stands on it."""
