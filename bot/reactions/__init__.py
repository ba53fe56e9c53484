"""Event -> what follows: THE table (table.py), and the reactions that it names, by concern."""
