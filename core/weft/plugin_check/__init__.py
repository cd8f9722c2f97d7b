"""`weft plugin check`: what a reviewer would say of a plugin before it is published.

Whatever runs code of the plugin runs in a child process with a time limit, so that a plugin which
hangs, exits or crashes is a finding and nothing else.
"""
