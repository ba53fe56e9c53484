"""Tocsin's own JSON API, `/api/v1`: one file per resource, each a list of operations.

`routes.py` serves them, `document.py` describes them as OpenAPI 3.1 from the same declarations and types, and `door.py`
checks key, scope and input before one of them runs.
"""
