"""A Python client of the server."""
