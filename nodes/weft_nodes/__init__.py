"""The built-in nodes: the first plugin of Weft, with no privilege."""
