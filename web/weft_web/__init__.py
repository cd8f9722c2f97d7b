"""The server and the browser editor of Weft. The shipped workflows lie in this package."""
