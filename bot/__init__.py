"""What Tocsin is: its concerns, the chat and notification ports, and how things move between them."""
