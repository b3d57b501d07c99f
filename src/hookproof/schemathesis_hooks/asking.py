"""Calls that the checks make beside those of Schemathesis: the same operations, by the owner or by somebody else.

Law: they go to the host under test alone, directly, once, without redirects; what comes back is bounded.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias
from urllib.parse import quote

import requests
import urllib3
from schemathesis import Case, Response

from hookproof.schemathesis_hooks.description import LIST, key_header, places

Asked: TypeAlias = "Case[Any]"
"""A request that Schemathesis made up."""
_PATIENCE = 30.0
_MOST = 8 << 20
"""Bytes of an answer that are read."""
_PAGES = 100


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came back; ``status`` 0 if nothing did."""

    status: int
    body: bytes = b""

    @property
    def accepted(self) -> bool:
        """Whether it is a success."""
        return 200 <= self.status <= 299  # noqa: PLR2004 -- RFC 9110 section 15.3

    @cached_property
    def document(self) -> Mapping[str, Any]:
        """The body as a JSON object; an empty one if it is none."""
        return as_object(self.body)


def as_object(raw: bytes | None) -> Mapping[str, Any]:
    """Read JSON; give an empty object for anything but an object."""
    try:
        value = json.loads(raw or b"")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def sent_body(response: Response) -> bytes:
    """Give the body of the request that was answered."""
    body = response.request.body
    return body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else b""


def resource(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the endpoint that an answer tells of: what stands under ``data``, or the answer itself."""
    found = document.get("data", document)
    return found if isinstance(found, dict) else {}


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Where the operations of one description are called."""

    base_url: str
    description: Mapping[str, Any]
    http: requests.Session

    @classmethod
    def of(cls, case: Asked, http: requests.Session) -> Desk:
        """Give the one that a generated request went to."""
        schema: Any = case.operation.schema
        return cls(base_url=str(schema.get_base_url()).rstrip("/"), description=schema.raw_schema, http=http)

    def offers(self, operation: str) -> bool:
        """Whether the description has an operation."""
        return operation in places(self.description)

    def call(self, operation: str, key: str, *, endpoint: str = "", body: Any = None, query: str = "") -> Reply:  # noqa: ANN401 -- any JSON value
        """Call an operation once; give status 0 where it is not described or nothing answers."""
        place = places(self.description).get(operation)
        if place is None:
            return Reply(status=0)
        url = self.base_url + place.path.replace("{id}", quote(endpoint, safe="")) + query
        fields = {key_header(self.description): key, "Accept-Encoding": "identity"}
        how: dict[str, Any] = {"timeout": _PATIENCE, "allow_redirects": False, "stream": True}
        try:
            with self.http.request(place.method.upper(), url, headers=fields, json=body, **how) as answer:
                return Reply(status=answer.status_code, body=answer.raw.read(_MOST))
        except (requests.RequestException, urllib3.exceptions.HTTPError):
            return Reply(status=0)

    def listing(self, key: str) -> Mapping[str, Any] | None:
        """Give the addresses of a tenant's endpoints by id, over all pages; None if they cannot be had."""
        found: dict[str, Any] = {}
        query = ""
        for _ in range(_PAGES):
            page = self.call(LIST, key, query=query)
            entries = page.document.get("data")
            if not page.accepted or not isinstance(entries, list):
                return None
            found |= {str(each.get("id")): each.get("url") for each in entries if isinstance(each, dict)}
            meta = page.document.get("meta")
            cursor = meta.get("next_cursor") if isinstance(meta, dict) else None
            if not isinstance(cursor, str) or not cursor:
                return found
            query = f"?cursor={quote(cursor, safe='')}"
        return None
