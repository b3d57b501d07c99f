"""Suites for the role platform: whoever sends webhooks."""
