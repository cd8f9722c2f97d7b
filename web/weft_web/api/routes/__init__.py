"""The endpoints, by what they are about. Thin: they ask the store, the queue and the pool."""
