"""The shops' keys and tokens, locked with one key."""
