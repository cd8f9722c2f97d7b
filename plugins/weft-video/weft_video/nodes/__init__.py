"""The nodes of the plugin."""
