"""What stands around every screen: bars, notices, keys, help."""
