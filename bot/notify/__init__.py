"""Reaching one person outside chat: the notifier port, and one file per channel."""
