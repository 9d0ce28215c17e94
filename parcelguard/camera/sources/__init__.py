"""Where pictures come from: webcams, network streams, a folder's stand-in for a demo."""
