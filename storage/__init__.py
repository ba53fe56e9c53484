"""What Tocsin keeps: typed SQLAlchemy models, the engine, and the words of enumerated columns. The ground floor."""
