"""What the organisation looks like: teams, services, integrations; and where that comes from (first start or file)."""
