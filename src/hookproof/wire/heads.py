"""The head of a request that we send, as exact bytes."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit


def request_head(
    url: str, fields: Sequence[tuple[str, str]], length: int | None, *, method: str = "POST", target: str | None = None
) -> bytes:
    """Write a head: request line, Host, the fields as given (Latin-1), Content-Length unless ``length`` is None.

    ``target`` replaces the path and query of ``url``.
    """
    parts = urlsplit(url)
    place = target if target is not None else (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"{method} {place} HTTP/1.1", f"Host: {parts.netloc.rpartition('@')[2]}", *(f"{name}: {value}" for name, value in fields)]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return ("\r\n".join([*lines, "", ""])).encode("latin-1")
