"""One signed HTTP client a marketplace. httpx is used here and nowhere else."""
