"""The Channels screen: the shops, their consents, and what their buyers are told."""
