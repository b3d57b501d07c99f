"""What the checks must know beside the request and its answer: keys, contract, where endpoints may lie; and what a run has seen.

Law: our suites say it in so many words; under Schemathesis' own command line it comes from environment variables, never from arguments.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache

import requests

from hookproof.contracts import find_contract, load_contract
from hookproof.model.contract import Contract
from hookproof.schemathesis_hooks.asking import Desk

KEY, OTHER_KEY, CONTRACT, ENDPOINT = "HOOKPROOF_API_KEY", "HOOKPROOF_OTHER_API_KEY", "HOOKPROOF_CONTRACT", "HOOKPROOF_ENDPOINT_URL"
_NOWHERE = "http://127.0.0.1:9/hookproof"
"""The discard port, at which hardly anybody listens."""
_WEIGHTY = 8
"""Characters; a shorter text that a platform took for a secret is found in any answer."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """``api_key`` is the key of the tenant that requests are made for, ``other_key`` that of another one (empty: there is none).

    ``contract`` None means that nothing is known of names. ``endpoint``: the address that all generated ones are exchanged for; nothing
    should listen there.
    """

    api_key: str = field(repr=False)
    other_key: str = field(default="", repr=False)
    contract: Contract | None = None
    endpoint: str = _NOWHERE


@dataclass(kw_only=True)
class Session:
    """One run of Schemathesis: its settings and what was seen so far."""

    settings: Settings
    secrets: set[str] = field(default_factory=set, repr=False)
    created: dict[str, Desk] = field(default_factory=dict)
    """Endpoints that were made and may still be there, by id, and where they are removed."""
    listed: set[str] = field(default_factory=set)
    """Ids of endpoints that are accounted for."""
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    http: requests.Session = field(default_factory=requests.Session, repr=False)

    def __post_init__(self) -> None:
        """Let no proxy and no netrc file come between us and the platform."""
        self.http.trust_env = False

    def address(self) -> str:
        """Give an address that no other request has."""
        return f"{self.settings.endpoint}?n={next(self.numbers)}"

    def learn(self, *values: object) -> None:
        """Remember secrets that the platform took or gave."""
        self.secrets.update(value for value in values if isinstance(value, str) and len(value) >= _WEIGHTY)

    def masked(self, text: str) -> str:
        """Give text without keys and secrets."""
        named = {self.settings.api_key: "{{api key}}", self.settings.other_key: "{{other key}}"}
        named |= dict.fromkeys(self.secrets, "{{secret}}")
        for value in sorted(filter(None, named), key=len, reverse=True):
            text = text.replace(value, named[value])
        return text


_told: list[Session] = []


@contextmanager
def told(settings: Settings) -> Iterator[Session]:
    """Use these settings until the block ends, in every thread."""
    session = Session(settings=settings)
    _told.append(session)
    try:
        with session.http:
            yield session
    finally:
        _told.remove(session)


def current() -> Session:
    """Give the run that is under way; outside of our suites, the one that the environment describes."""
    return _told[-1] if _told else _of_environment()


@cache
def _of_environment() -> Session:
    name = os.environ.get(CONTRACT, "")
    return Session(
        settings=Settings(
            api_key=os.environ.get(KEY, ""),
            other_key=os.environ.get(OTHER_KEY, ""),
            contract=load_contract(find_contract(name)) if name else None,
            endpoint=os.environ.get(ENDPOINT) or _NOWHERE,
        )
    )
