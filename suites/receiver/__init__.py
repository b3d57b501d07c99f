"""Suites for the role receiver: whoever takes webhooks."""
