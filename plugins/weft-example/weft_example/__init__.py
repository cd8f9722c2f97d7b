"""An example plugin for Weft: one node, with a widget of its own."""
