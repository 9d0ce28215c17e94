"""Puts reasons into words: one table a topic, each kind with its headline and its advice."""
