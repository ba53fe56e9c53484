"""Learning: postmortems drafted from the record."""
