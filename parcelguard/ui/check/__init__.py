"""What waits for a supervisor's answer, with what is known about it."""
