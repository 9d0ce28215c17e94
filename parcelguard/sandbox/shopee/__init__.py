"""Shopee Open Platform v2, written from its documents alone."""
