"""How much a peer may send before anything about it was verified.

Law: every bound is finite, and exceeding one ends in a recorded reason or a closed connection, never in a crash.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounds:
    """Limits of a listener.

    ``head``: bytes of request line and header fields with the empty line (also of chunked trailers); ``fields``: header fields of a
    request; ``body``: bytes of content; ``idle``: seconds between two bytes of one request; ``total``: seconds from the first to the
    last byte of one request; ``connections``: open at once; ``attempts``: recorded in the life of the listener.
    """

    head: int = 32_768
    fields: int = 100
    body: int = 8 * 1024 * 1024
    idle: float = 10.0
    total: float = 60.0
    connections: int = 512
    attempts: int = 200_000
