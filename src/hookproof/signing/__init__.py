"""Signature schemes as values, one per module: pure sign and check over bytes, never a clock, never a socket."""
