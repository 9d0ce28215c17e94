"""The camera side: one process of its own for capture, code reading and durable photos."""
