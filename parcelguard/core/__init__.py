"""Values and rules that every room agrees on. No screen, no disk, no network."""
