"""Alerts: from signals to alerts, the stages they pass, the incident they join, and what people do with them."""
