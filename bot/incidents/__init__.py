"""Incidents: their life, people, timeline, tasks and rooms."""
