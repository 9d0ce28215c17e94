"""What a person sends in the seller centre, made ready to be copied."""
