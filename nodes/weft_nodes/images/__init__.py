"""Pictures: reading, writing, resizing and laying them out. Behind the image nodes."""
