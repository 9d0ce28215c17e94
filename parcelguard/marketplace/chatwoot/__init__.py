"""Chatwoot's application API."""
