"""Where pictures come from: webcams, network streams, a folder, a stand-in for a demo."""
