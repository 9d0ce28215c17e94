"""The supervisor's side: what was saved and sent, what waits for a person, and sending again."""
