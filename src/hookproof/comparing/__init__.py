"""Checks contracts beyond what loading demands, and compares two revisions of one.

Law: nothing is fetched and nothing is run; what cannot be decided is called undecided, never fine.
"""

from hookproof.comparing.diff import Difference, difference
from hookproof.comparing.lint import lint_folder

__all__ = ["Difference", "difference", "lint_folder"]
