"""Nodes that misbehave in every way a node can, for the tests of what the server promises."""
