"""Situations that a platform is put through; each module is scanned for them."""
