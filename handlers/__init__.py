"""What arrives, other than commands: webhooks, the HTTP interfaces, messages, due timers, and requests for pages."""
