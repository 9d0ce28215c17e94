"""The media log: every proof, how it got to its buyer, and what can be done about it."""
