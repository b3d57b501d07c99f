"""What was changed after signing, and what of the three header fields is missing, empty, doubled or spelled in another case."""

from __future__ import annotations

from collections.abc import Iterator

from hookproof.generate.vectors.vector import FIRST, SECOND, WIDE, Post, Result, Vector

_FIELDS = ("webhook-id", "webhook-timestamp", "webhook-signature")


def changes() -> Iterator[Vector]:
    """Give all vectors about changed, missing and doubled parts."""
    for place in range(len(FIRST.body)):
        yield _flipped(FIRST, place)
    for place in range(0, len(SECOND.body), 5):
        yield _flipped(SECOND, place)
    for post in (FIRST, WIDE):
        yield from _rewritten(post)
        yield from _renamed(post)
    yield from _fields(SECOND)


def _flipped(post: Post, place: int) -> Vector:
    body = bytearray(post.body)
    body[place] ^= 1
    name = f"changed/{post.message_id[4:8]}/byte-{place}"
    return post.vector(name, Result.INVALID, ("BODY_CHANGED",), f"one bit of byte {place} of the body is another one", body=bytes(body))


def _rewritten(post: Post) -> Iterator[Vector]:
    body = post.body
    forms = {
        "newline-after": body + b"\n",
        "carriage-return": body + b"\r\n",
        "space-after": body + b" ",
        "space-before": b" " + body,
        "nul-after": body + b"\0",
        "cut": body[:-1],
        "twice": body + body,
        "none": b"",
        "upper-case": body.upper(),
        "more-spaces": body.replace(b":", b" : "),
        "member-before": b'{"x":1,' + body[1:],
        "member-after": body[:-1] + b',"x":1}',
        "array": b"[" + body + b"]",
        "escaped": body.replace(b"t", b"\\u0074"),
    }
    for form, changed in forms.items():
        name = f"changed/{post.message_id[4:8]}/body-{form}"
        yield post.vector(name, Result.INVALID, ("BODY_CHANGED",), f"the body was rewritten after signing: {form}", body=changed)


def _renamed(post: Post) -> Iterator[Vector]:
    own, place = post.message_id, post.message_id[4:8]
    names = {"last-letter": own[:-1] + "_", "longer": own + "0", "shorter": own[:-1], "case": own.swapcase(), "other": "msg_other"}
    for form, text in names.items():
        yield post.vector(f"changed/{place}/id-{form}", Result.INVALID, ("ID_CHANGED",), f"another id: {form}", message_id=text)
    for step in (1, -1, 12, 60):
        text = str(post.timestamp + step)
        yield post.vector(
            f"changed/{place}/timestamp{step:+d}", Result.INVALID, ("TS_CHANGED",), f"another time: {step:+d} s", timestamp=text
        )


def _fields(post: Post) -> Iterator[Vector]:
    fields = post.headers()
    yield post.vector("fields/none", Result.INVALID, ("FIELD_MISSING",), "none of the three fields", headers=())
    for name in _FIELDS:
        without = tuple(pair for pair in fields if pair[0] != name)
        yield post.vector(f"fields/missing/{name}", Result.INVALID, ("FIELD_MISSING",), f"{name} is missing", headers=without)
        empty = tuple((key, "" if key == name else value) for key, value in fields)
        yield post.vector(f"fields/empty/{name}", Result.INVALID, ("FIELD_EMPTY",), f"{name} is empty", headers=empty)
    for name in _FIELDS[:2]:
        content = post.content.replace((post.message_id if name == _FIELDS[0] else str(post.timestamp)).encode(), b"", 1)
        empty = tuple(
            (key, "" if key == name else f"v1,{post.tag(content=content)}" if key == _FIELDS[2] else value) for key, value in fields
        )
        words = f"{name} is empty, and that was signed"
        yield post.vector(f"fields/empty-signed/{name}", Result.INVALID, ("FIELD_EMPTY",), words, headers=empty)
    for form, pairs in {
        "upper": tuple((name.upper(), value) for name, value in fields),
        "title": tuple((name.title(), value) for name, value in fields),
        "camel": tuple((name.title().replace("W", "w", 1), value) for name, value in fields),
    }.items():
        yield post.vector(f"fields/case/{form}", Result.VALID, ("FIELD_CASE",), "names of fields have no case", headers=pairs)
    yield post.vector("fields/order", Result.VALID, ("FIELD_ORDER",), "fields of different names have no order", headers=fields[::-1])
    foreign = tuple((name.replace("webhook", "svix"), value) for name, value in fields)
    yield post.vector("fields/svix-alone", Result.INVALID, ("FIELD_MISSING",), "the fields of another scheme", headers=foreign)
    words = "the same id twice: to refuse is as right as to take it"
    yield post.vector("fields/twice/same-id", Result.ACCEPTABLE, ("FIELD_REPEATED",), words, headers=(*fields, fields[0]))
    for place, pairs in {"last": (*fields, (_FIELDS[0], "msg_other")), "first": ((_FIELDS[0], "msg_other"), *fields)}.items():
        words = f"two ids, of which the {place} was not signed: taken or refused, but never used"
        yield post.vector(f"fields/twice/other-id-{place}", Result.ACCEPTABLE, ("FIELD_REPEATED",), words, headers=pairs)
