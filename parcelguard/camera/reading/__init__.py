"""From a picture to the codes that stand in it."""
