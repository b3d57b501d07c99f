"""Situations that a receiver is put through; each module is scanned for them."""
