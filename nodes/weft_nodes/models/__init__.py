"""Reads checkpoints: from files that nobody vouches for to models that can be sampled."""
