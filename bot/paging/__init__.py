"""Reaching people: escalation policies and their steps, the escalations under way, and pages with their evidence."""
