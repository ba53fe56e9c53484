"""What a person asks for by name: one file per command, the same words in every chat, in the Room and in the API."""
