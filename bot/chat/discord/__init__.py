"""Discord as a chat platform: what is told there, and what people do there, as plain values."""
