"""A Pact broker, where the environment names one: pacts of a provider are fetched, results of their verification told.

Law: credentials come from the environment, go to the named broker alone, and are in no message; plain HTTP is for this machine only.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import httpx

from hookproof.adapters.bounded import bounded_client
from hookproof.adapters.http import checked_url
from hookproof.model.errors import IllFormedError, UnreachableError
from hookproof.pact.pactfile import PactFile, parsed_pact

URL, TOKEN, USERNAME, PASSWORD = "PACT_BROKER_BASE_URL", "PACT_BROKER_TOKEN", "PACT_BROKER_USERNAME", "PACT_BROKER_PASSWORD"
_PATIENCE = 20.0
_OK = 200
_RESULTS = "pb:publish-verification-results"


class Broker:
    """One broker. Raises ``UnreachableError`` when it does not answer, ``IllFormedError`` when it answers anything else than pacts."""

    def __init__(self, url: str, client: httpx.Client) -> None:
        self._url = url
        self._client = client

    def pacts(self, provider: str) -> tuple[PactFile, ...]:
        """Fetch the latest pact of every consumer of a provider."""
        index = self._asked("GET", f"{self._url}/pacts/provider/{quote(provider, safe='')}/latest")
        links = index.get("_links", {})
        listed = links.get("pb:pacts") or links.get("pacts") or [] if isinstance(links, dict) else None
        if not isinstance(listed, list) or not all(isinstance(link, dict) and isinstance(link.get("href"), str) for link in listed):
            raise IllFormedError(URL, "the broker lists pacts without links to them", place="_links.pb:pacts")
        return tuple(self._pact(self._near(link["href"])) for link in listed)

    def _pact(self, url: str) -> PactFile:
        return parsed_pact(json.dumps(self._asked("GET", url)).encode(), url)

    def tell(self, pact: PactFile, version: str, *, success: bool) -> None:
        """Tell what came of a verification of this version of the provider."""
        links = pact.document.get("_links", {})
        if _RESULTS not in links:
            raise IllFormedError(pact.subject, "the broker names no place for results", place=f"_links.{_RESULTS}")
        self._asked("POST", self._near(links[_RESULTS]["href"]), {"success": success, "providerApplicationVersion": version})

    def _near(self, href: str) -> str:
        """Give a link of the broker; refuse one that leads elsewhere, where its credentials must not go."""
        url = urljoin(f"{self._url}/", href)
        if urlsplit(url)[:2] != urlsplit(self._url)[:2]:
            raise IllFormedError(URL, "the broker links to another host", remedy=f"Set {URL} to the address that the broker itself uses.")
        return url

    def _asked(self, method: str, url: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        try:
            answer = self._client.request(method, url, json=body)
        except httpx.HTTPError as error:
            raise UnreachableError(URL, f"the broker does not answer ({type(error).__name__})") from None
        if not _OK <= answer.status_code < 300:  # noqa: PLR2004 -- RFC 9110 section 15.3
            remedy = f"Look at {TOKEN}, or {USERNAME} and {PASSWORD}." if answer.status_code in (401, 403) else ""
            raise IllFormedError(URL, f"the broker answered {answer.status_code}", place=urlsplit(url).path, remedy=remedy)
        try:
            document = answer.json()
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise IllFormedError(URL, "the broker answered something else than a JSON object", place=urlsplit(url).path)
        return document


@contextmanager
def broker() -> Iterator[Broker | None]:
    """Open the broker that the environment names, None if it names none."""
    named = os.environ.get(URL, "")
    if not named:
        yield None
        return
    token, username, password = (os.environ.get(name, "") for name in (TOKEN, USERNAME, PASSWORD))
    if token and (username or password):
        raise IllFormedError(TOKEN, f"{USERNAME} or {PASSWORD} is set too", remedy="Set one kind of credentials.")
    client = bounded_client(_PATIENCE)
    with client:
        if token:
            client.headers["Authorization"] = f"Bearer {token}"
        elif username:
            client.auth = httpx.BasicAuth(username, password)
        yield Broker(_address(named), client)


def _address(url: str) -> str:
    """Give the broker's address: https anywhere, http on this machine; credentials are not part of it."""
    try:
        parts = urlsplit(url)
        if parts.username is not None or parts.password is not None:
            raise IllFormedError(URL, "the URL holds credentials", remedy=f"Put them into {USERNAME} and {PASSWORD}, or {TOKEN}.")
        return checked_url(url, URL, [parts.hostname or ""] if parts.scheme == "https" else [])
    except ValueError:
        raise IllFormedError(URL, "it is no URL", remedy="Give it as https://HOST.") from None
