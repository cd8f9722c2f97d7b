"""Trains `starter-unet`, the small Stable-Diffusion-shaped model that Weft ships with."""
