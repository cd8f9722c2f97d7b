"""Video for Weft: clips, files of them, and the sampling of many frames."""
