"""What every screen is made of: colours and sizes, painted pieces, pictures, work behind the window."""
