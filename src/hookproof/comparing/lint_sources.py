"""Checks that every promise says where it is made.

Law: published standards (``RFC 9110``) name themselves; every other document is listed in ``provider.yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hookproof.comparing.draft import Draft
from hookproof.comparing.finding import Finding, finding_at
from hookproof.contracts.document import did_you_mean

_STANDARD = re.compile(r"RFC [0-9]+", re.ASCII)


def missing_sources(draft: Draft) -> Iterator[Finding]:
    """Give the clauses and events whose source nobody can look up."""
    provider, clauses = draft.documents.get("provider.yaml"), draft.documents.get("clauses.yaml")
    listed = {source["document"] for source in provider.value["sources"]} if provider else set()
    if provider and clauses:
        for position, clause in enumerate(clauses.value["clauses"]):
            document = clause["source"]["document"]
            if document not in listed and not _STANDARD.fullmatch(document):
                cause = f"{document!r} is not listed under sources in provider.yaml"
                path = ("clauses", position, "source", "document")
                yield finding_at("missing-source", clauses, path, cause, f"List it there. {did_you_mean(document, listed)}")
    for event in draft.events.values():
        source = event.value["x-hookproof"].get("source")
        if source is None and event.value["x-hookproof"]["provenance"] in ("documented", "shared-shape"):
            cause = "the event is said to be documented, and not where"
            yield finding_at("missing-source", event, ("x-hookproof",), cause, "Add source: the heading of the section.")
        elif provider and isinstance(source, dict) and source["document"] not in listed:
            cause = f"{source['document']!r} is not listed under sources in provider.yaml"
            yield finding_at("missing-source", event, ("x-hookproof", "source", "document"), cause, "List it there.")
