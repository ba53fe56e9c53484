"""Alertmanager's API, version 2: Prometheus sends its alerts here, and amtool asks and silences."""
