"""One signed HTTP client per marketplace. httpx is used here and nowhere else."""
