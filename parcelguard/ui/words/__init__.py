"""What a person reads, made from states and reasons. No widgets."""
