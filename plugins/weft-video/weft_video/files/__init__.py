"""Files that hold clips: what is in them, and what is put into them."""
