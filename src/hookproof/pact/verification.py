"""A pact verified against a provider: one call of Pact's verifier for all interactions, its results told one by one.

Law: every interaction of the file has a result, or the verification is an error; Pact itself passes what it did not look at.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pact import Verifier

from hookproof.model.errors import HookproofError, IllFormedError
from hookproof.pact.pactfile import MESSAGE, Entry, PactFile
from hookproof.pact.prompter import Prompter, Prompts, question

_PATIENCE = 30_000  # milliseconds for one answer
_LONGEST = 300
_WITHHELD = re.compile(r"(?i)secret|token|password|api[-_]?key")
_BEARING = re.compile(r"""(?i)("[^"]*(?:secret|token|password|api[-_]?key)[^"]*"\s*:\s*")[^"]*""")
"""Members of a JSON text whose values nobody may see."""
_SILENT = "Pact's verifier looked at {looked} of {promised} interactions"


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What came of one interaction: its ``id``, and what was promised and seen, one line each; ``unobserved`` says why it was not tried."""

    id: str
    faults: tuple[str, ...] = ()
    unobserved: str = ""

    @property
    def kept(self) -> bool:
        """Whether it was tried and nothing was wrong."""
        return not self.faults and not self.unobserved


def verified(pact: PactFile, url: str, prompts: Prompts) -> tuple[Checked, ...]:
    """Verify every interaction against the provider at ``url``; ``prompts`` set its states up and give its messages."""
    if not pact.entries:
        return ()
    with Prompter(prompts) as prompter, tempfile.TemporaryDirectory(prefix="hookproof-pact-") as folder:
        path = Path(folder) / "pact.json"
        path.write_bytes(pact.text())
        results = _results(pact, path, url, prompter.port)
    if prompter.error is not None:
        raise prompter.error
    if len(results) != len(pact.entries):
        cause = _SILENT.format(looked=len(results), promised=len(pact.entries))
        raise IllFormedError(pact.subject, cause, remedy="It cannot read the others; compare them with the Pact specification.")
    return tuple(_checked(entry, results, prompter.unmet) for entry in pact.entries)


def _results(pact: PactFile, path: Path, url: str, port: int) -> list[Mapping[str, Any]]:
    host = url.partition("://")[2].partition("/")[0].rpartition(":")[0]
    verifier = Verifier(pact.provider, host=host.strip("[]") if not host.startswith("[") else host)
    verifier.add_transport(url=url)
    verifier.add_transport(protocol="message", port=port, path="/message")
    verifier.add_source(path)
    verifier.state_handler(f"http://127.0.0.1:{port}/state", teardown=False, body=True)
    verifier.set_request_timeout(_PATIENCE)
    verifier.set_coloured_output(enabled=False)
    with _quiet(), suppress(RuntimeError):  # it says no more than that something failed
        verifier.verify()
    found: list[Mapping[str, Any]] = verifier.results["interactionResults"]
    return found


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the verifier's core writes past Python off the terminal: it shows bodies, with whatever secrets are in them."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept, nowhere = {number: os.dup(number) for number in (1, 2)}, os.open(os.devnull, os.O_WRONLY)
    try:
        for number in kept:
            os.dup2(nowhere, number)
        yield
    finally:
        for number, copy in kept.items():
            os.dup2(copy, number)
            os.close(copy)
        os.close(nowhere)


def _checked(entry: Entry, results: list[Mapping[str, Any]], unmet: Mapping[str, str]) -> Checked:
    found = [r for r in results if r["description"] == entry.description and tuple(r.get("providerStates", ())) == entry.states]
    if len(found) != 1:
        raise HookproofError(entry.id, f"Pact's verifier gave {len(found)} results for it", remedy="Please report it with the file.")
    if found[0]["result"] == "OK":
        return Checked(id=entry.id)
    asked = [question(state["name"], state.get("params")) for state in entry.document.get("providerStates") or ()]
    told = [unmet[name] for name in (*asked, *([entry.description] if entry.kind == MESSAGE else ())) if name in unmet]
    return Checked(id=entry.id, faults=tuple(told[:1]) or tuple(sorted(_faults(found[0].get("mismatch") or {}))))


def _faults(mismatch: Mapping[str, Any]) -> list[str]:
    """Word what was promised and seen."""
    if mismatch.get("type") != "mismatches":
        return [_shortened(str(mismatch.get("message", "it failed without a word")))]
    return [_fault(each) for each in mismatch["mismatches"]]


def _fault(each: Mapping[str, Any]) -> str:
    place = each.get("path") or each.get("key") or {"StatusMismatch": "status", "BodyTypeMismatch": "media type"}.get(each["type"], "")
    if _WITHHELD.search(str(place)):
        return f"{place}: what was seen is not what was promised; neither is shown"
    promised, seen = _shortened(str(each.get("expected", ""))), _shortened(str(each.get("actual", "")))
    return f"{place}: promised {promised}, seen {seen}: {_shortened(str(each.get('mismatch', '')))}"


def _shortened(text: str) -> str:
    text = _BEARING.sub(r"\1…", " ".join(text.split()))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
