"""What the outbox delivers: for each kind of row, how it is built from current state and handed to a platform."""
