"""One packing station without its window: everything built and plugged together."""
