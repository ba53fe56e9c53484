"""The Room as a chat platform: channels and messages kept in our own database, shown by the Room's pages."""
