"""The questions asked of the tables, one file per concern. A `get_` raises LookupError, a `find_` may return None."""
