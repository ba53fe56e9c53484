"""Webhooks: one pure parser per source, and the door that they share."""
