"""A plugin that extends diffusion in every way there is: the tests' stand-in for a third party."""
