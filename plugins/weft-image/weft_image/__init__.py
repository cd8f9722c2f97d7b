"""Image processing for Weft: nodes that people who make pictures reach for every day."""
