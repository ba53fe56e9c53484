"""Slack behind the platform port. What translates plain values to Slack and back is pure; what sends is apart."""
