"""Correctly signed deliveries whose bytes hurt careless code: none may bring the receiver down or make it answer 5xx."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hookproof.generate.deliveries import Crafted
from hookproof.staging.delivering import Delivering
from hookproof.staging.situation import situation

LARGE = 16 << 20
"""Bytes; far beyond any event of any contract."""

IDS = ("/../../x", "'; DROP TABLE x; --", '"', "%00", "$(x)")
NEAR_MISSES = (b"a" * 50_000 + b"!", b"1" * 50_000 + b"@", b" " * 50_000 + b"x")

Spoil = Callable[[bytes], list[bytes]]

BODIES: dict[str, Spoil] = {
    "deep-nesting": lambda body: [_with(body, b"[" * depth + b"]" * depth) for depth in (500, 100_000)],
    "long-number": lambda body: [_with(body, b"9" * digits) for digits in (5_000, 1_000_000)],
    "repeated-member": lambda body: [body[:-1] + b',"type":"twice"}'],
    "byte-order-mark": lambda body: [b"\xef\xbb\xbf" + body],
    "trailing-text": lambda body: [body + b"{}", body + b"\x00"],
    "invalid-utf-8": lambda body: [_with(body, b'"\xff\xfe"'), _with(body, b'"\xed\xa0\x80"')],
    "not-a-number": lambda body: [_with(body, b"NaN"), _with(body, b"-Infinity")],
    "lone-surrogate": lambda body: [_with(body, b'"\\ud800"'), _with(body, b'"\\udc00\\ud800"')],
    "nul": lambda body: [_with(body, b'"a\\u0000b"')],
    "prototype": lambda body: [_with(body, b'1,"__proto__":{"x_polluted":1},"constructor":{"prototype":{"x_polluted":1}}')],
    "near-miss": lambda body: [_with(body, b'"' + text + b'"') for text in NEAR_MISSES],
    "empty-body": lambda _body: [b""],
    "not-an-object": lambda _body: [b"[]", b"null", b'"text"', b"1"],
}


def _with(body: bytes, value: bytes) -> bytes:
    return body[:-1] + b',"x_hostile":' + value + b"}"


@situation()
def hostile(stage: Delivering) -> None:
    """Send every kind of hostile body, hostile ids, many and large header fields, and bodies beyond any limit."""
    name = stage.kinds(1)[0].name
    for fault, spoil in BODIES.items():
        plain = stage.event()
        stage.tested_all(fault, [stage.crafted(stage.fresh_id(), name, body) for body in spoil(plain.body)])
    stage.tested_all(
        "hostile-id", [stage.event(event_id=f"{stage.fresh_id()}{odd}") for odd in ("/../../x", "'; DROP TABLE x; --", '"', "%00", "$(x)")]
    )
    stage.tested_all("many-fields", [stage.event().having(*((f"X-Field-{number}", "x") for number in range(90)))])
    stage.tested_all("long-field", [stage.event().having(("X-Field", "x" * 15_000))])
    stage.tested_all("too-large", [_large(stage), _endless(stage)], fresh=True)
    stage.tested_all("slow-body", [stage.event()], fresh=True, pieces=8, pause=0.05)


def _large(stage: Delivering) -> Crafted:
    plain = stage.event()
    return stage.crafted(plain.event_id, plain.event_type, _with(plain.body, b'"' + b"x" * LARGE + b'"'))


def _endless(stage: Delivering) -> Crafted:
    """Send the same in chunks, without saying how much will come."""
    large = _large(stage)
    size = 1 << 20
    parts = (large.body[at : at + size] for at in range(0, len(large.body), size))
    chunks = b"".join(b"%X\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    return replace(large.having(("Transfer-Encoding", "chunked")), body=chunks, length=-1)
