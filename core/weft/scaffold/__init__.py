"""`weft plugin new`: a plugin's project, complete and working, made from templates."""
