"""The `/tocsin` commands."""
