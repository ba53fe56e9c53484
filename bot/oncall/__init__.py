"""Who is on call: rotations (pure), and one resolver for display, commands and paging."""
