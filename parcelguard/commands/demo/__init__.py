"""Trying the program out: a sandbox marketplace, a demo camera, and a driver that packs by itself."""
