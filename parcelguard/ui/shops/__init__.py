"""The Channels screen: the shops, their consents, and the message to their buyers."""
