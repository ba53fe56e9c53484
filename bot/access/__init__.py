"""Who may come in and what they may do: people, roles, API keys, one-time sign-in links, sessions, the audit log."""
