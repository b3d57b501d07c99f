"""The folder of a run's reports, and what stands in it beside results and transcript: the summary, and requests to be sent again.

Law: nothing gets its name here before it was searched for every secret of the run.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hookproof.model.errors import HookproofError, IllFormedError
from hookproof.model.transcript import Exchange
from hookproof.reporting.resending import resend, resend_text
from hookproof.reporting.secrets import LEAST, Redactor
from hookproof.reporting.text import printable

MOST_KEPT = 1 << 20
"""Bytes of a body that are recorded."""
SUMMARY_NAME = "summary.txt"
_RESEND = "resend"
_LONG = 12
"""Characters; a shorter secret may be a common word, which would end honest runs."""


class Artifacts:
    """Writes into ``folder`` (None: nowhere), keeping ``secrets`` out.

    ``stale_after``: seconds for which a signature holds, 0 for ever.
    """

    def __init__(self, folder: Path | None, secrets: Mapping[str, str], *, stale_after: float = 0.0) -> None:
        self._folder = folder
        named = {name.replace("'", ""): value for name, value in secrets.items() if len(value) >= LEAST}
        self._redactor = Redactor(named)
        self._long = Redactor({name: value for name, value in named.items() if len(value) >= _LONG})
        self._stale_after = stale_after
        self._resent: set[str] = set()

    def check(self, raw: bytes, name: str) -> None:
        """Raise ``HookproofError`` if a secret of the run stands in what is about to get a name; short ones are words of any report."""
        self._long.assert_clean(raw, name)

    def scrubbed(self, text: str) -> str:
        """Give text without any secret."""
        return self._redactor.scrub_text(text)

    def write_summary(self, text: str) -> Path | None:
        """Write the summary; None if there is no folder."""
        if self._folder is None:
            return None
        return self._written(self._folder / SUMMARY_NAME, self.scrubbed(text).encode("utf-8", "backslashreplace"))

    @property
    def resent(self) -> str:
        """Where requests to be sent again were written; empty if none was."""
        return f"{self._folder / _RESEND}/ ({len(self._resent)} requests to send again)" if self._folder and self._resent else ""

    def resend(self, exchange: Exchange, url: str, *, whole: bool) -> str:
        """Write what is needed to send a request again, and give the command."""
        if self._folder is None:
            return "resend: give --reports DIR to have a command that sends these bytes again"
        found = resend(exchange, url, whole=whole)
        at = {ending: self._folder / _RESEND / f"{exchange.id}.{ending}" for ending in found.files}
        try:
            for ending, raw in found.files.items():
                self._written(at[ending], raw)
        except HookproofError as error:
            if isinstance(error, IllFormedError):
                return f"resend: not by a file: {printable(str(error))}"
            return "resend: not by a file: the request holds a secret of the run"
        if at:
            self._resent.add(exchange.id)
        return self.scrubbed(resend_text(exchange, found, at, stale_after=self._stale_after))

    def _written(self, path: Path, raw: bytes) -> Path:
        self._redactor.assert_clean(raw, str(path))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(raw)
        except OSError as error:
            raise IllFormedError(str(path), f"cannot be written ({error.strerror})", remedy="Mend --reports.") from None
        return path
