"""Pictures, codes and durable photos, in a process of their own."""
