"""Bodies: the bytes are signed, not what they mean. What is not JSON may be refused for that, but never because of its signature."""

from __future__ import annotations

from collections.abc import Iterator

from hookproof.generate.vectors.vector import FIRST, WIDE, Post, Result, Vector

_PLAIN: dict[str, bytes] = {
    "object": b"{}",
    "array": b"[]",
    "text": b'"text"',
    "number": b"0",
    "null": b"null",
    "spaces": b' { "a" :\t[ 1 , 2 ]\r\n}\n',
    "newline-last": b'{"a":1}\n',
    "carriage-returns": b'{\r\n  "a": 1\r\n}',
    "escapes": b'{"a":"\\u00e9\\ud83c\\udf89\\/\\"\\n"}',
    "escaped-nul": b'{"a":"\\u0000"}',
    "latin": '{"a":"é"}'.encode(),
    "composed": '{"a":"e\u0301"}'.encode(),
    "emoji": '{"a":"🎉👩‍👩‍👧"}'.encode(),
    "right-to-left": '{"a":"\u202eאב"}'.encode(),
    "line-separators": '{"a":"\u2028\u2029"}'.encode(),
    "replacement": '{"a":"\ufffd"}'.encode(),
    "unordered": b'{"b":1,"a":2}',
    "floats": b'{"a":1.0,"b":1e2,"c":-0.0,"d":0.10}',
    "beyond-doubles": b'{"a":9007199254740993}',
    "long-number": b'{"a":123456789012345678901234567890.5}',
    "dots": b'{"a":"x.y.z"}',
    "looks-signed": b'{"a":"v1,AAAA v1,BBBB"}',
    "prototype": b'{"__proto__":{"a":1}}',
    "long": b'{"a":"' + b"x" * 4096 + b'"}',
}
_OPEN: dict[str, tuple[bytes, str, str]] = {
    "empty": (b"", "BODY_EMPTY", "an empty body"),
    "not-a-number": (b'{"a":NaN}', "BODY_NAN", "NaN is no JSON, but some readers take it"),
    "twice-the-name": (b'{"a":1,"a":2}', "BODY_DUPLICATE_NAME", "a name twice: RFC 8259 says SHOULD be unique"),
    "mark": (b'\xef\xbb\xbf{"a":1}', "BODY_BYTE_ORDER_MARK", "a byte order mark before the object"),
    "text-after": (b'{"a":1} x', "BODY_NOT_JSON", "text after the object"),
    "bytes": (b'{"a":"\xff"}', "BODY_NOT_UTF8", "bytes that are not UTF-8, and they were signed"),
    "depth": (b"[" * 20_000 + b"]" * 20_000, "BODY_DEPTH", "20,000 levels: readers may have limits"),
    "digits": (b"[" + b"9" * 5000 + b"]", "BODY_DIGITS", "an integer of 5,000 digits: readers may have limits"),
}
_BROKEN = {
    "byte": b'{"a":"\xff"}',
    "continuation": b'{"a":"\x80"}',
    "cut": b'{"a":"\xc3("}',
    "surrogate": b'{"a":"\xed\xa0\x80"}',
    "overlong": b'{"a":"\xc0\xaf"}',
    "beyond": b'{"a":"\xf5\x80\x80\x80"}',
}


def bodies() -> Iterator[Vector]:
    """Give all vectors about bodies."""
    for name, body in _PLAIN.items():
        yield WIDE.about(body=body).vector(f"body/plain/{name}", Result.VALID, ("BODY_PLAIN",), f"the bytes as they are: {name}")
    for name, (body, flag, words) in _OPEN.items():
        comment = f"{words}; the signature is right, and no answer is 5xx"
        yield FIRST.about(body=body).vector(f"body/open/{name}", Result.ACCEPTABLE, (flag,), comment)
    for name, body in _BROKEN.items():
        yield from _decoded(FIRST, name, body)
    words = "the tag is right for the text without its byte order mark"
    marked = b"\xef\xbb\xbf" + FIRST.body
    yield FIRST.vector("body/decoded/mark", Result.INVALID, ("BODY_OTHER_BYTES", "BODY_MARK_DROPPED"), words, body=marked)


def _decoded(post: Post, name: str, body: bytes) -> Iterator[Vector]:
    for form, text in {"replaced": body.decode("utf-8", "replace").encode(), "dropped": body.decode("utf-8", "ignore").encode()}.items():
        tag = post.tag(content=post.about(body=text).content)
        words = f"not UTF-8; the tag is right for what careless decoding makes of it ({form}): other bytes, the same tag"
        flags = ("BODY_OTHER_BYTES", f"BODY_{form.upper()}")
        yield post.vector(f"body/decoded/{name}-{form}", Result.INVALID, flags, words, body=body, signature=f"v1,{tag}")
