"""Times: near and far, in other units, and written in ways that some readers take for a number and others do not."""

from __future__ import annotations

from collections.abc import Iterator

from hookproof.generate.vectors.vector import FIRST, SECOND, WIDE, Post, Result, Vector

DAY = 86_400
_NEAR = (0, 1, 59, 60, 150, 298, 299)
_FAR = (301, 302, 360, 600, 3600, DAY, 30 * DAY, 366 * DAY)
_NONSENSE = {
    "letters": "abc",
    "nan": "nan",
    "infinity": "inf",
    "infinity-word": "Infinity",
    "minus-infinity": "-inf",
    "huge-exponent": "1e309",
    "blank": " ",
    "plus-alone": "+",
    "minus-alone": "-",
    "dot": ".",
    "true": "true",
    "null": "null",
    "zero": "0",
    "minus-one": "-1",
    "twenty-digits": "99999999999999999999",
    "four-hundred-digits": "9" * 400,
}
_ODD = {
    "leading-plus": ("+{}", "a sign"),
    "leading-zero": ("0{}", "a leading zero"),
    "fraction": ("{}.5", "a fraction, as one known sender writes"),
    "letters-after": ("{}abc", "letters after the digits"),
    "list": ("{}, 0", "a list, as proxies make of two fields"),
}


def timestamps() -> Iterator[Vector]:
    """Give all vectors about time."""
    for post in (FIRST, WIDE):
        yield from _windows(post)
    yield from _units(SECOND)
    for name, text in _NONSENSE.items():
        yield _signed(
            SECOND, f"timestamp/no-time/{name}", Result.INVALID, ("TS_NOT_A_TIME",), f"no time near the present: {text[:30]!r}", text
        )
    yield from _spellings(FIRST)


def _windows(post: Post) -> Iterator[Vector]:
    place = post.message_id[4:8]
    for late in (sign * seconds for seconds in _NEAR for sign in (1, -1) if seconds or sign > 0):
        words = f"{abs(late)} s {'old' if late >= 0 else 'ahead'}: inside the window"
        yield post.about(late=late).vector(f"timestamp/inside/{place}/{late:+d}", Result.VALID, ("TS_INSIDE",), words)
    for seconds in _FAR:
        yield post.about(late=seconds).vector(f"timestamp/stale/{place}/{seconds}", Result.INVALID, ("TS_STALE",), f"{seconds} s old")
        yield post.about(late=-seconds).vector(f"timestamp/future/{place}/{seconds}", Result.INVALID, ("TS_FUTURE",), f"{seconds} s ahead")
    if post is FIRST:
        for late in (300, -300):
            words = "exactly at the edge of the window: the text does not say on which side it lies"
            yield post.about(late=late).vector(f"timestamp/edge/{late:+d}", Result.ACCEPTABLE, ("TS_EDGE",), words)


def _units(post: Post) -> Iterator[Vector]:
    units = {"milliseconds": 10**3, "microseconds": 10**6, "nanoseconds": 10**9}
    for name, factor in units.items():
        words = f"the present in {name}: as seconds it lies in the far future"
        yield _signed(post, f"timestamp/unit/{name}", Result.INVALID, ("TS_UNIT",), words, str(post.timestamp * factor))
    for name, text in {"minutes": str(post.timestamp // 60), "days": str(post.timestamp // DAY)}.items():
        yield _signed(post, f"timestamp/unit/{name}", Result.INVALID, ("TS_UNIT",), f"the present in {name}", text)
    for name, text in {
        "date-time": "2022-04-07T21:39:13Z",
        "http-date": "Thu, 07 Apr 2022 21:39:13 GMT",
        "hex": hex(post.timestamp),
    }.items():
        yield _signed(
            post, f"timestamp/unit/{name}", Result.INVALID, ("TS_NOT_SECONDS",), "the right moment, but not in Unix seconds", text
        )


def _spellings(post: Post) -> Iterator[Vector]:
    for name, (form, words) in _ODD.items():
        text = form.format(post.timestamp)
        why = f"{words}; signed over the plain number"
        yield post.vector(f"timestamp/spelling/{name}", Result.ACCEPTABLE, ("TS_NON_CANONICAL",), why, timestamp=text)
    for name in ("leading-plus", "fraction"):
        text = _ODD[name][0].format(post.timestamp)
        why = f"{_ODD[name][1]}; signed as it is written"
        yield _signed(post, f"timestamp/spelling/{name}-signed", Result.ACCEPTABLE, ("TS_NON_CANONICAL",), why, text)


def _signed(post: Post, name: str, result: Result, flags: tuple[str, ...], comment: str, text: str) -> Vector:
    """Sign over the timestamp as it is written."""
    tag = post.tag(content=f"{post.message_id}.{text}.".encode("latin-1") + post.body)
    return post.vector(name, result, flags, comment, timestamp=text, signature=f"v1,{tag}")
