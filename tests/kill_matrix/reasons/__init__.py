"""The expected cases, by topic; each module holds ``CASES``, keyed by the flaw's id."""
