"""Why something stands where it stands: values with their numbers and names, never a sentence."""
