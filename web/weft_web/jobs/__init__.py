"""The queue: from a submission to its end, and telling clients about it."""
