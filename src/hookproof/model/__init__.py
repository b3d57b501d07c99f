"""Frozen nouns that every other room speaks: contracts, transcripts, verdicts, capabilities, errors. Imports nothing of ours."""
