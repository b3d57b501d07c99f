"""Reads ``provider.yaml`` and the OpenAPI document of the subscription API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hookproof.contracts.document import Document
from hookproof.contracts.schema_check import check_schema
from hookproof.model.contract import Envelope, Source


def read_sources(document: Document) -> tuple[Source, ...]:
    """Give the documents that were read."""
    return tuple(Source(document=item["document"], section=item.get("section", "")) for item in document.value["sources"])


def read_envelope(document: Document) -> Envelope:
    """Give the envelope, whose schemas are checked like those of events."""
    envelope = document.value["envelope"]
    for key in ("schema", "truncated_schema"):
        if envelope[key] is not None:
            check_schema(document, ("envelope", key), envelope[key])
    return Envelope(**envelope)


def read_subscription_api(document: Document) -> Mapping[str, Any]:
    """Give the OpenAPI document; only its version and the presence of paths are checked here."""
    api = document.value
    if not isinstance(api, dict):
        raise document.fault((), "it is not an OpenAPI document", "Write an OpenAPI 3.1 document or remove the file.")
    version = api.get("openapi")
    if not isinstance(version, str) or not version.startswith("3.1."):
        raise document.fault(("openapi",), f"{version!r} is not a version 3.1.x", "Write openapi: 3.1.0.")
    if not isinstance(api.get("paths"), dict):
        raise document.fault(("paths",), "it has no paths", "Write the routes of the subscription API under paths.")
    return api
