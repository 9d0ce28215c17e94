"""Lazada Open Platform, written from its documents alone."""
