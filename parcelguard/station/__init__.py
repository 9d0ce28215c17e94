"""One packing station without its window."""
