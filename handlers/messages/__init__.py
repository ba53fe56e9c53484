"""Messages that people write, and the message actions and reactions on them."""
