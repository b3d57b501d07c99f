"""Secrets never leave: they are replaced in text on its way out, and searched for in every artifact before it gets its name.

Law: after ``scrub`` no known form of a secret is left; no message, repr or exception of this module holds one.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import quote, quote_plus

from hookproof.model.errors import HookproofError, IllFormedError

LEAST = 4
"""The least length in characters: a shorter secret would be found everywhere."""

_NAME = re.compile(r"[\w.:/@ -]+")
_PLAIN = re.compile(r"[A-Za-z0-9_.-]+")
"""Text that no escape changes, but one that escapes everything."""
_HEX_DIGITS = re.compile(rb"(%|\\u)((?<=%)[0-9A-Fa-f]{2}|(?<=u)[0-9A-Fa-f]{4})")


class Redactor:
    """Knows secrets by name (``secrets``: name → value) and all forms in which they may stand in bytes.

    Forms: raw, JSON-escaped, URL-encoded, HTML-escaped, hex, base64 and base64url at all three alignments. Of a ``whsec_``
    secret also the part after the prefix and the decoded key. Raises ``IllFormedError`` for a secret too short to be searched.
    """

    def __init__(self, secrets: Mapping[str, str]) -> None:
        """See the class."""
        found: dict[bytes, str] = {}
        for name, value in secrets.items():
            if not _NAME.fullmatch(name):
                raise IllFormedError("secret", "its name may hold letters, digits, spaces and . : / @ _ - only", place=repr(name))
            if len(value) < LEAST:
                raise IllFormedError("secret", f"it is shorter than {LEAST} characters", place=name, remedy="Use a longer test secret.")
            for form in _forms(value):
                found.setdefault(form, name)
        # Longest first, so that a whole is replaced before a part of it is.
        self._forms = sorted(found.items(), key=lambda item: (-len(item[0]), item[0]))
        self._names = tuple(secrets)
        for name in self._names:
            self._refuse_telling_name(name)

    def __repr__(self) -> str:
        """Name the secrets only."""
        return f"Redactor({', '.join(self._names)})"

    @property
    def forms(self) -> tuple[bytes, ...]:
        """Every form that is looked for, the longest first. They are as secret as the secrets."""
        return tuple(form for form, _ in self._forms)

    def scrub(self, raw: bytes) -> bytes:
        """Replace every occurrence of every secret, in any form, by ``{{name}}``."""
        for form, name in self._forms:
            if form in raw:
                raw = raw.replace(form, _mark(name))
        return raw

    def scrub_text(self, text: str) -> str:
        """Do the same to text."""
        return self.scrub(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")

    def assert_clean(self, raw: bytes, name: str) -> None:
        """Raise ``HookproofError`` naming the artifact if a secret stands in it in any form, also one broken over lines."""
        joined = raw.translate(None, b"\r\n")
        for form, secret in self._forms:
            if form in raw or form in joined:
                remedy = "The artifact was not written. Report it as a bug of ours, without the artifact."
                raise HookproofError(name, f"it would disclose the secret named {secret}", remedy=remedy)

    def _refuse_telling_name(self, name: str) -> None:
        if any(form in _mark(name) for form, _ in self._forms):
            raise IllFormedError("secret", "the name of a secret holds a secret", remedy="Name secrets by what they are for.")


def _mark(name: str) -> bytes:
    return b"{{" + name.encode() + b"}}"


def _forms(value: str) -> Iterator[bytes]:
    yield from _text_forms(value)
    cores = [_utf8(value)]
    if value.startswith("whsec_"):
        bare = value.removeprefix("whsec_")
        if len(bare) >= LEAST:
            yield from _text_forms(bare)
            cores.append(_utf8(bare))
        cores.extend(_decoded(bare))
    for core in cores:
        if len(core) >= LEAST:
            yield core
            yield from _byte_forms(core)


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text_forms(text: str) -> Iterator[bytes]:
    url: tuple[Callable[..., str], ...] = (quote, quote_plus)
    raw, marked = _utf8(text), html.escape(text)
    percent = "".join(f"%{byte:02X}" for byte in raw)
    if _PLAIN.fullmatch(text):
        yield from (raw, percent.encode(), percent.lower().encode())
        return
    forms = [raw, _utf8(marked), _utf8(marked.replace("&#x27;", "&#39;"))]
    for ascii_only in (True, False):
        escaped = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
        forms += [_utf8(escaped), _utf8(escaped.replace("/", "\\/"))]
    forms += [encode(raw, safe=safe).encode() for encode in url for safe in ("", "/")]
    forms.append(percent.encode())
    for form in forms:
        yield form
        yield _HEX_DIGITS.sub(lambda match: match[1] + match[2].lower(), form)
        yield _HEX_DIGITS.sub(lambda match: match[1] + match[2].upper(), form)


def _byte_forms(raw: bytes) -> Iterator[bytes]:
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    for offset in range(3):
        # Only characters that are made of the secret's bits alone: the neighbours decide the others.
        padded = base64.b64encode(b"\x00" * offset + raw)
        core = padded[-(-8 * offset // 6) : 8 * (offset + len(raw)) // 6]
        for form in (core, core.translate(bytes.maketrans(b"+/", b"-_"))):
            yield form
            yield form.replace(b"/", b"\\/")
            yield quote(form, safe="").encode()


def _decoded(text: str) -> Iterator[bytes]:
    try:
        yield base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return
