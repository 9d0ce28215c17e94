"""Looking after the shops: their settings, their consents, and what is said to their buyers."""
