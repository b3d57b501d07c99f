"""Suites of a consumer's needs: pacts of the subscription API and of every event, and their verification against the target."""
