"""The `/alert` commands."""
