"""A URL that tells how often events took effect.

Law: it is asked where leave was given, without redirects, proxies or a key of ours.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import httpx

from hookproof.adapters.bounded import HOME, Leave, bounded_client
from hookproof.adapters.effects_told import MOST_TOLD, Telling
from hookproof.model.errors import CapabilityError, IllFormedError, UnreachableError
from hookproof.ports import Asked, Seen

SUBJECT = "--effects-url"
ONE, POST = "{id}", "POST "
_OK = 200


@dataclass(frozen=True, kw_only=True)
class EffectsPlace:
    """Where effects are asked for: ``template`` with ``{id}``; ``many``: by POST of ``{"event_ids": […]}``."""

    template: str
    many: bool

    @property
    def origin(self) -> str:
        """The URL without what stands for an event."""
        parts = urlsplit(self.template)
        return f"{parts.scheme}://{parts.netloc}/"


def effects_place(text: str) -> EffectsPlace:
    """Read ``URL``, ``URL with {id}`` or ``POST URL``; raise ``IllFormedError`` for anything else. Where it leads is checked elsewhere."""
    many = text.startswith(POST)
    url = text.removeprefix(POST).strip()
    try:
        parts = urlsplit(url)
        legal = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and not parts.fragment
        legal = legal and ONE not in parts.netloc and not (many and ONE in url)
    except ValueError:  # a port that is no number, or half of an IPv6 address
        legal = False
    if not legal or not url.isascii() or not url.isprintable() or " " in url:
        remedy = "Give http://HOST:PORT/PATH, with {id} where the event's id belongs, or POST http://HOST:PORT/PATH."
        raise IllFormedError(SUBJECT, f"{text!r} is not an http or https URL", remedy=remedy)
    if parts.username is not None or parts.password is not None:
        raise IllFormedError(SUBJECT, "the URL holds credentials", remedy="Ask by --effects-command what needs them.")
    if not many and ONE not in url:
        url += f"{'&' if parts.query else '?'}event_id={ONE}"
    return EffectsPlace(template=url, many=many)


class UrlTeller:
    """Asks a URL. ``leave`` says which other hosts than loopback may be asked, at which address, and how fast."""

    def __init__(self, place: EffectsPlace, *, seconds: float = 30.0, leave: Leave = HOME) -> None:
        self._place = place
        self._client = bounded_client(seconds, leave)
        self._telling = Telling(SUBJECT, "url")

    def effect(self, event_id: str) -> Seen:
        """Ask of one event."""
        return self.effects([Asked(event_id=event_id)])[0]

    def effects(self, asked: Sequence[Asked]) -> list[Seen]:
        """Ask of many events: at once by POST, or one after the other."""
        if not asked:
            return []
        if self._place.many:
            ids = [each.event_id for each in asked]
            return self._telling.many(self._answer("POST", self._place.template, json.dumps({"event_ids": ids}).encode()), asked)
        urls = [self._place.template.replace(ONE, quote(each.event_id, safe="")) for each in asked]
        return [self._telling.one(self._answer("GET", url, None), each) for url, each in zip(urls, asked, strict=True)]

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def _answer(self, method: str, url: str, raw: bytes | None) -> bytes:
        headers = {"User-Agent": "hookproof", **({"Content-Type": "application/json"} if raw is not None else {})}
        body = bytearray()
        try:
            with self._client.stream(method, url, content=raw, headers=headers) as answer:
                status = answer.status_code
                for part in answer.iter_raw():  # undecoded: a small body may unpack to any size
                    body += part
                    if len(body) > MOST_TOLD:
                        raise CapabilityError(SUBJECT, f"it answers more than {MOST_TOLD:,} bytes", remedy="Let it answer one document.")
        except httpx.HTTPError as error:
            cause = f"{self._place.origin} does not answer HTTP ({str(error) or type(error).__name__})"
            raise UnreachableError(SUBJECT, cause, remedy="Start it, or mend the URL.") from None
        if status != _OK:
            raise CapabilityError(SUBJECT, f"{self._place.origin} answered {status}, not 200", remedy="See its log.")
        return bytes(body)
