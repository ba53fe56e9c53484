"""Mail that comes in: what a message says, and the server that takes it."""
