"""Lists of signatures: where the good one stands, and what stands beside it. The text says: try each until one matches."""

from __future__ import annotations

from collections.abc import Iterator

from hookproof.generate.vectors.vector import FIRST, SECOND, WIDE, Post, Result, Vector, made_key, secret_of, text_of

_FOREIGN = {
    "v1a": f"v1a,{'Q' * 85}A==",
    "v2": "v2,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=",
    "v10": "v10,x",
    "v0": "v0,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=",
    "v1b": "v1b,AAAA",
}
_GARBAGE = {
    "version-alone": ("v1", "LIST_NO_COMMA"),
    "letter": ("x", "LIST_NO_COMMA"),
    "tag-alone": ("Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=", "LIST_NO_COMMA"),
    "equals": ("v1=AAAA", "LIST_NO_COMMA"),
    "two-commas": ("v1,a,b", "LIST_TWO_COMMAS"),
    "commas": (",,,", "LIST_TWO_COMMAS"),
    "empty-tag": ("v1,", "LIST_EMPTY_TAG"),
    "bad-padding": ("v1,abc", "LIST_BAD_BASE64"),
    "one-letter-tag": ("v1,A", "LIST_BAD_BASE64"),
    "punctuation": ("v1,!!!", "LIST_PUNCTUATION"),
    "latin-1": (text_of(b"v1,\xe9"), "LIST_NON_ASCII"),
    "utf-8": (text_of("v1,ü".encode()), "LIST_NON_ASCII"),
    "quotes": ('v1,"AAAA"', "LIST_PUNCTUATION"),
    "comma-alone": (",", "LIST_EMPTY_VERSION"),
}
_WRONG = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="


def lists() -> Iterator[Vector]:
    """Give all vectors about lists."""
    yield from _places(FIRST)
    for post in (FIRST, WIDE):
        yield from _company(post)
    yield from _rotation(SECOND)
    yield from _separators(FIRST)


def _places(post: Post) -> Iterator[Vector]:
    good = f"v1,{post.tag()}"
    for size in (2, 3, 10, 50):
        for place in sorted({0, size // 2, size - 1}):
            entries = [_WRONG] * place + [good] + [_WRONG] * (size - place - 1)
            words = f"the good signature is number {place + 1} of {size}"
            yield post.vector(f"list/place/{place + 1}-of-{size}", Result.VALID, ("LIST",), words, signature=" ".join(entries))
    for size in (2, 3, 10, 50):
        words = f"none of {size} signatures is right"
        yield post.vector(f"list/none/{size}", Result.INVALID, ("LIST_NONE_RIGHT",), words, signature=" ".join([_WRONG] * size))


def _company(post: Post) -> Iterator[Vector]:
    place, good = post.message_id[4:8], f"v1,{post.tag()}"
    for name, entry in _FOREIGN.items():
        for side, text in {"first": f"{entry} {good}", "last": f"{good} {entry}"}.items():
            words = f"a version that this receiver does not know stands {side}"
            yield post.vector(f"list/foreign/{place}/{name}-{side}", Result.VALID, ("LIST_UNKNOWN_VERSION",), words, signature=text)
        words = "only a version that this receiver does not know"
        yield post.vector(f"list/foreign/{place}/{name}-alone", Result.INVALID, ("LIST_UNKNOWN_VERSION",), words, signature=entry)
    for name, (entry, flag) in _GARBAGE.items():
        for side, text in {"first": f"{entry} {good}", "last": f"{good} {entry}"}.items():
            words = f"a malformed entry stands {side}, a right one beside it"
            yield post.vector(
                f"list/garbage/{place}/{name}-{side}", Result.VALID, (flag, f"LIST_GARBAGE_{side.upper()}"), words, signature=text
            )
        words = "a malformed entry alone"
        yield post.vector(f"list/garbage/{place}/{name}-alone", Result.INVALID, (flag, "LIST_GARBAGE_ALONE"), words, signature=entry)


def _rotation(post: Post) -> Iterator[Vector]:
    fresh, foreign = made_key("fresh", 32), made_key("foreign", 32)
    both = post.about(secrets=(secret_of(fresh), secret_of(post.key)))
    tags = {"old": f"v1,{post.tag()}", "new": f"v1,{post.tag(key=fresh)}", "other": f"v1,{post.tag(key=foreign)}"}
    for signers in (("new",), ("old",), ("new", "old"), ("old", "new"), ("other", "new"), ("other", "old"), ("other", "new", "old")):
        text = " ".join(tags[name] for name in signers)
        words = f"two secrets are in force, signed with: {', '.join(signers)}"
        yield both.vector(f"rotation/both/{'-'.join(signers)}", Result.VALID, ("ROTATION",), words, signature=text)
    after = post.about(secrets=(secret_of(fresh),))
    for signers in (("new",), ("new", "old"), ("old", "new")):
        text = " ".join(tags[name] for name in signers)
        words = f"only the new secret is in force, signed with: {', '.join(signers)}"
        yield after.vector(f"rotation/after/{'-'.join(signers)}", Result.VALID, ("ROTATION",), words, signature=text)
    for signers in (("old",), ("other",), ("old", "other")):
        text = " ".join(tags[name] for name in signers)
        words = f"only the new secret is in force, signed with: {', '.join(signers)}"
        yield after.vector(f"rotation/after/{'-'.join(signers)}", Result.INVALID, ("ROTATION_ENDED",), words, signature=text)


def _separators(post: Post) -> Iterator[Vector]:
    good = f"v1,{post.tag()}"
    for name, text in {"double-space-after": f"{good}  {_WRONG}", "double-space-before": f"{_WRONG}  {good}"}.items():
        yield post.vector(f"list/separator/{name}", Result.ACCEPTABLE, ("LIST_DOUBLE_SPACE",), "two spaces between entries", signature=text)
    words = "a comma after the tag"
    yield post.vector("list/separator/comma-after", Result.ACCEPTABLE, ("LIST_COMMA_AFTER",), words, signature=f"{good},")
    for name, text in {
        "comma": f"{_WRONG},{good}",
        "semicolon": f"{_WRONG};{good}",
        "bar": f"{_WRONG}|{good}",
        "none": _WRONG + good,
    }.items():
        words = "what separates the entries is no space, so there is one entry, and it is malformed"
        yield post.vector(f"list/separator/{name}", Result.INVALID, ("LIST_SEPARATOR",), words, signature=text)
