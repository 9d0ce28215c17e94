"""Shops without an interface."""
