"""Bytes on the wire: the capture listener with scripted answers. It records what crossed the wire and has no opinion about it."""
