"""What keeps the server closed: who may ask, from where, for what, and how much of it."""
