"""Opsgenie's API, so that what speaks to Opsgenie speaks to Tocsin when its URL is changed."""
