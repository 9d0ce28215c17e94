"""Orders from the marketplaces into the local index, so that a scan finds them without a network."""
