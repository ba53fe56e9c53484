"""The `/incident` commands."""
