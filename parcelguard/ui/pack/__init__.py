"""The screen a packer works at."""
