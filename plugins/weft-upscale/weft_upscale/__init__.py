"""Upscaling for Weft: the architectures that spandrel knows, tiled, on pictures of any size."""
