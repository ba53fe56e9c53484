"""The Room: the web command center. One module per page; each lists its routes, and discovery finds them."""
