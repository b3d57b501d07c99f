"""Deliberate bugs of the reference platform, by topic; each module holds a tuple ``FLAWS``."""
