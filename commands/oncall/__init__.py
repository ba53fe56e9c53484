"""The `/oncall` commands."""
