"""Somebody came into a room or left it."""
