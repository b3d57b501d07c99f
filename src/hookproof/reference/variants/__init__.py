"""Odd but legal ways of the reference platform, by topic; each module holds a tuple ``VARIANTS``."""
