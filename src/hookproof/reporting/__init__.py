"""Verdicts and records turned into what people and machines read: NDJSON (the truth), terminal, failure texts."""
