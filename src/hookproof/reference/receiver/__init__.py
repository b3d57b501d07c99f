"""The receiver that we ship: verifies, applies each event once, answers; durable, and honest unless told otherwise."""
