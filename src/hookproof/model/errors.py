"""Errors that are not verdicts: ill-formed input, an unreachable target, a capability that does not hold, a bug of ours.

Law: an error carries facts (subject, place, cause, remedy) as attributes and speaks them as one line of advice.
"""

from __future__ import annotations

from typing import ClassVar


class HookproofError(Exception):
    """Something other than a promise went wrong.

    ``subject`` is the file, flag or URL concerned; ``place`` the key, line or step inside it (may be empty); ``cause`` what is
    wrong; ``remedy`` what to do. ``exit_code`` is the process status of the CLI and of pytest (see ``interfaces``).
    """

    exit_code: ClassVar[int] = 3

    def __init__(self, subject: str, cause: str, *, place: str = "", remedy: str = "") -> None:
        """Keep the four facts; see the class."""
        super().__init__(subject, cause)
        self.subject = subject
        self.place = place
        self.cause = cause
        self.remedy = remedy

    def __str__(self) -> str:
        """Give one line: ``subject: place: cause. Remedy.``."""
        where = f"{self.subject}: {self.place}" if self.place else self.subject
        advice = f" {self.remedy}" if self.remedy else ""
        return f"{where}: {self.cause.rstrip('.')}.{advice}"


class IllFormedError(HookproofError):
    """A contract, profile, transcript, results file or flag cannot be understood (exit code 4)."""

    exit_code = 4


class CapabilityError(HookproofError):
    """The target declares a capability whose operation then fails, so its own configuration is wrong (exit code 4)."""

    exit_code = 4


class UnreachableError(HookproofError):
    """The target or our listener cannot be reached, or stopped answering (exit code 6)."""

    exit_code = 6
