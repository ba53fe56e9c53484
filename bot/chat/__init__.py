"""What people see and say, the same on every platform: cards, forms, replies, commands, and the platform port."""
