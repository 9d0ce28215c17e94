"""Chatwoot's application API, written from its documents alone."""
