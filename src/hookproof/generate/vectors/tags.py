"""Tags: each of their characters counts, all of them, in one encoding, under one version, over all of the content."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from hookproof.generate.vectors.vector import FIRST, SECOND, WIDE, Post, Result, Vector

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_VERSIONS = (
    "v0,",
    "v2,",
    "v11,",
    "v01,",
    "V1,",
    "1,",
    "v,",
    ",",
    "",
    "v1",
    "v1:",
    "v1=",
    "v1;",
    "v1.",
    "v1,v1,",
    "sha256=",
    "t=1,v1=",
)


def tags() -> Iterator[Vector]:
    """Give all vectors about tags."""
    yield WIDE.vector("plain", Result.VALID, ("PLAIN",), "one signature, and it is right")
    yield from _characters(FIRST)
    yield from _cut(SECOND)
    yield from _encodings(FIRST)
    for version in _VERSIONS:
        words = f"the right tag after {version!r} instead of 'v1,'"
        yield FIRST.vector(f"version/{version or 'none'}", Result.INVALID, ("VERSION",), words, signature=version + FIRST.tag())
    for post in (FIRST, WIDE):
        yield from _contents(post)


def _characters(post: Post) -> Iterator[Vector]:
    tag = post.tag()
    for place in range(43):
        step = 32 if place < 42 else 4  # noqa: PLR2004 -- the last of 43 characters holds four bits of the tag
        other = _ALPHABET[_ALPHABET.index(tag[place]) ^ step]
        words = f"character {place + 1} of the tag is another one"
        changed = f"v1,{tag[:place]}{other}{tag[place + 1 :]}"
        yield post.vector(f"tag/character/{place + 1}", Result.INVALID, ("TAG_CHANGED",), words, signature=changed)


def _cut(post: Post) -> Iterator[Vector]:
    tag = post.tag()
    for length in (0, 1, 2, 3, 4, 8, 12, 16, 20, 22, 24, 28, 32, 36, 40, 42):
        yield post.vector(
            f"tag/cut/{length}", Result.INVALID, ("TAG_CUT",), f"the first {length} characters of the tag", signature=f"v1,{tag[:length]}"
        )
    raw = base64.b64decode(tag)
    for name, longer in {"zero": raw + b"\0", "copy": raw + raw}.items():
        text = base64.b64encode(longer).decode()
        yield post.vector(f"tag/longer/{name}", Result.INVALID, ("TAG_LONGER",), "more bytes follow the tag", signature=f"v1,{text}")


def _encodings(post: Post) -> Iterator[Vector]:
    tag = post.tag()
    raw = base64.b64decode(tag)
    wrong = {
        "hex": raw.hex(),
        "upper-hex": raw.hex().upper(),
        "base64-of-hex": base64.b64encode(raw.hex().encode()).decode(),
        "base64-twice": base64.b64encode(tag.encode()).decode(),
        "base32": base64.b32encode(raw).decode(),
        "swapped-case": tag.swapcase(),
        "lower-case": tag.lower(),
        "reversed": base64.b64encode(raw[::-1]).decode(),
        "url-safe": base64.urlsafe_b64encode(raw).decode(),
        "percent": tag.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D"),
    }
    for name, text in wrong.items():
        assert text != tag
        words = f"the right tag in another encoding: {name}"
        yield post.vector(f"tag/encoding/{name}", Result.INVALID, ("TAG_ENCODING",), words, signature=f"v1,{text}")
    tail = _ALPHABET[_ALPHABET.index(tag[42]) | 1]
    odd = {"no-padding": tag.rstrip("="), "tail-bits": f"{tag[:42]}{tail}=", "junk-inside": f"{tag[:10]}*{tag[10:]}", "twice": tag + tag}
    for name, text in odd.items():
        words = f"the right tag in base64 that is not plainly written: {name}"
        yield post.vector(f"tag/odd/{name}", Result.ACCEPTABLE, ("TAG_NON_CANONICAL",), words, signature=f"v1,{text}")


def _contents(post: Post) -> Iterator[Vector]:
    place, name, time, body = post.message_id[4:8], post.message_id.encode(), str(post.timestamp).encode(), post.body
    contents = {
        "body": body,
        "timestamp-body": time + b"." + body,
        "id-body": name + b"." + body,
        "id-timestamp": name + b"." + time,
        "id-timestamp-dot": name + b"." + time + b".",
        "timestamp-id-body": time + b"." + name + b"." + body,
        "no-dots": name + time + body,
        "commas": name + b"," + time + b"," + body,
        "colons": name + b":" + time + b":" + body,
        "newline-after": name + b"." + time + b"." + body + b"\n",
        "lines": name + b"\n" + time + b"\n" + body,
        "dot-after": name + b"." + time + b"." + body + b".",
        "empty": b"",
        "milliseconds": name + b"." + time + b"000." + body,
    }
    for form, content in contents.items():
        words = f"the tag is right for other content: {form}"
        text = f"v1,{post.tag(content=content)}"
        yield post.vector(f"content/{place}/{form}", Result.INVALID, ("CONTENT",), words, signature=text)
