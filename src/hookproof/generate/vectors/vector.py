"""What a vector is, and the correct deliveries from which each is made by one change."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from hookproof.model.transcript import HeaderPairs

TOLERANCE = 300
"""Seconds, as in all official libraries."""


class Result(StrEnum):
    """What a receiver does: take it, refuse it, or either, because the text leaves it open or official libraries differ."""

    VALID = "valid"
    INVALID = "invalid"
    ACCEPTABLE = "acceptable"


@dataclass(frozen=True, kw_only=True)
class Vector:
    """One delivery as it arrives: ``headers`` as pairs of ISO 8859-1 text, ``secrets`` in force, the moment ``now`` in Unix seconds."""

    id: str
    result: Result
    flags: tuple[str, ...]
    comment: str
    scheme: str
    secrets: tuple[str, ...]
    headers: HeaderPairs
    body: bytes
    now: int
    tolerance: int
    source: str

    def record(self) -> dict[str, Any]:
        """Give the members of the published file."""
        return {**vars(self), "result": self.result.value, "body": base64.b64encode(self.body).decode()}


Draft = Callable[..., Vector]
Topic = Iterator[Vector]


def secret_of(key: bytes) -> str:
    """Write key bytes as a secret."""
    return "whsec_" + base64.b64encode(key).decode()


def made_key(name: str, size: int) -> bytes:
    """Make key bytes that everybody may know, from a name."""
    return hashlib.shake_256(f"Hookproof public test key {name}".encode()).digest(size)


def text_of(raw: bytes) -> str:
    """Give header bytes as ISO 8859-1 text."""
    return raw.decode("latin-1")


@dataclass(frozen=True, kw_only=True)
class Post:
    """A correct delivery signed with HMAC-SHA256. ``timestamp`` in Unix seconds; it arrives ``late`` seconds after that."""

    key: bytes
    message_id: str
    timestamp: int
    body: bytes
    late: int = 12
    source: str = ""
    secrets: tuple[str, ...] = field(default=())

    @property
    def content(self) -> bytes:
        """What is signed."""
        return f"{self.message_id}.{self.timestamp}.".encode("latin-1") + self.body

    def tag(self, *, key: bytes | None = None, content: bytes | None = None) -> str:
        """Make a tag in base64, by default the right one."""
        chosen = self.content if content is None else content
        return base64.b64encode(hmac.new(self.key if key is None else key, chosen, hashlib.sha256).digest()).decode()

    def about(self, **changes: Any) -> Post:  # noqa: ANN401 -- members of this value
        """Give another correct delivery."""
        return replace(self, **changes)

    def headers(self, *, message_id: str | None = None, timestamp: str | None = None, signature: str | None = None) -> HeaderPairs:
        """Write the three fields, by default those of the correct delivery."""
        return (
            ("webhook-id", self.message_id if message_id is None else message_id),
            ("webhook-timestamp", str(self.timestamp) if timestamp is None else timestamp),
            ("webhook-signature", f"v1,{self.tag()}" if signature is None else signature),
        )

    def vector(
        self,
        name: str,
        result: Result,
        flags: Sequence[str],
        comment: str,
        *,
        headers: HeaderPairs | None = None,
        body: bytes | None = None,
        **told: Any,  # noqa: ANN401 -- what of the three fields is changed
    ) -> Vector:
        """Write the delivery down, with what was changed after signing."""
        return Vector(
            id=name,
            result=result,
            flags=tuple(flags),
            comment=comment,
            scheme="standard-webhooks",
            secrets=self.secrets or (secret_of(self.key),),
            headers=self.headers(**told) if headers is None else headers,
            body=self.body if body is None else body,
            now=self.timestamp + self.late,
            tolerance=TOLERANCE,
            source=self.source,
        )


SPECIFICATION = "Standard Webhooks 1.0.0"
PUBLISHED = (
    Post(
        key=base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
        source="Standard Webhooks, examples of the libraries",
    ),
    Post(
        key=base64.b64decode("C2FVsBQIhrscChlQIMV+b5sSYspob7oD"),
        message_id="msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
        timestamp=1649367553,
        body=b'{"email":"test@example.com","username":"test_user"}',
        source="Standard Webhooks, examples of the libraries",
    ),
)
FIRST, SECOND = (post.about(source=SPECIFICATION) for post in PUBLISHED)
WIDE = Post(
    key=made_key("wide", 64),
    message_id="msg_2KWPBgLlAfxdpx2AI54pPJ85f4W",
    timestamp=1674087231,
    body='{"type":"contact.created","timestamp":"2023-01-19T00:13:51Z","data":{"name":"Zoë Łódź 🎉","id":"1f81eb52"}}'.encode(),
    source=SPECIFICATION,
)
