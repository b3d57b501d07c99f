"""What a receiver makes of an event: the data as they were sent, of the event that was signed, and of no other."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

from hookproof.generate.deliveries import Crafted
from hookproof.generate.forging import FAULTS, Workshop
from hookproof.rules.received import UNMAKEABLE
from hookproof.signing.scheme import throwaway_secret
from hookproof.staging.delivering import Delivering
from hookproof.staging.situation import situation

NUMBERS = {"x_large": 9_007_199_254_740_993, "x_negative": -9_007_199_254_740_993, "x_nested": {"y": [2**63, 1, 0]}}
LABELS = ("X-Event-Id", "X-Webhook-Id", "X-Delivery-Id", "X-Devotel-Event-Id", "X-GitHub-Delivery", "Idempotency-Key")


@situation(needs=("effects",))
def applying(stage: Delivering) -> None:
    """Send numbers that careless readers change, special members before a plain event, and events under another's labels."""
    kind = stage.kinds(1)[0]
    spoiled = stage.event(kind.name, {**kind.examples[0], "__proto__": {"x_polluted": 1}, "constructor": {"prototype": {"x_polluted": 1}}})
    exact = stage.event(kind.name, {**kind.examples[0], **NUMBERS})
    plain = stage.event(kind.name, kind.examples[0])
    stage.send(spoiled, fault="prototype")
    for each in (exact, plain):
        stage.send(each, purpose="applied")
    labelled = [*_under_another_label(stage), *_beside_another_copy(stage), *_repeated_id(stage)]
    stage.effects([each.event_id for each in (exact, plain, *labelled)])


def _under_another_label(stage: Delivering) -> list[Crafted]:
    """Send an event under header fields that nobody signed and that name a second event, then the second one."""
    first, second = stage.event(), stage.event()
    labels = tuple((name, second.event_id) for name in LABELS)
    stage.send(first.having(*labels), purpose="mislabelled")
    stage.send(second, purpose="mislabelled")
    return [first, second]


def _beside_another_copy(stage: Delivering) -> list[Crafted]:
    """Send an event beside an unsigned copy of another one in the query."""
    genuine, copy = stage.event(), stage.event()
    query = "&".join(f"{name}={quote(copy.body.decode())}" for name in ("payload", "event", "body"))
    stage.send(replace(genuine, target=f"/?{query}"), purpose="beside-a-copy")
    return [genuine]


def _repeated_id(stage: Delivering) -> list[Crafted]:
    """Send an event whose id field comes twice, once with the id of a second event, then the second event."""
    if stage.tools.scheme is None:
        return []
    asked = []
    for first in (True, False):
        one, other = stage.event(), stage.event()
        shop = Workshop(scheme=stage.tools.scheme, secret=stage.secret, made=one)
        name = shop.field_of(one.event_id)
        if name is None:
            return []
        pair = ((name, other.event_id),)
        stage.send(replace(one, fields=(*pair, *one.fields) if first else (*one.fields, *pair)), fault="repeated-id")
        stage.send(other, purpose="genuine-after-forged")
        asked.append(other)
    return asked


@situation(needs=("signing",))
def forging(stage: Delivering) -> None:
    """Forge an event that the receiver knows and one that it does not: the answers must not tell which is which."""
    if stage.tools.scheme is None:
        return
    known = stage.event()
    stage.send(known, purpose="control")
    unknown = stage.event()
    for _ in range(3):
        for fault, made in (("forged-known", known), ("forged-unknown", unknown)):
            shop = Workshop(scheme=stage.tools.scheme, secret=stage.secret, made=stage.resigned(made))
            stage.send(next(FAULTS["wrong-key"](shop)), fault=fault)


@situation(needs=("configuration",))
def configured(stage: Delivering) -> None:
    """Take the receiver's secret away, replace it, and switch its tolerance to nothing; then put everything back."""
    scheme = stage.tools.scheme
    if scheme is None or not scheme.mac.symmetric:  # of a key pair the suite has no second one to give
        return
    other = throwaway_secret(stage.tools.recorder.header.salt, "second secret")
    stage.send(stage.event(), purpose="control")
    stage.configure("no secret", secrets=[])
    stage.send(stage.event(), fault="no-secret-configured")
    stage.send(stage.resigned(stage.event(), secrets=[""]), fault="no-secret-configured")
    stage.configure("rotated", secrets=[other])
    stage.send(stage.resigned(stage.event(), secrets=[other]), purpose="new-secret")
    stage.send(stage.event(), fault="revoked-secret")
    stage.configure("restored", secrets=[stage.secret], tolerance_seconds=0)
    if scheme.stamp is not None and scheme.stamp.signed:
        old = stage.event()
        stage.send(stage.crafted(old.event_id, old.event_type, old.body, age=3600), fault="stale-without-tolerance")
    else:
        stage.note(UNMAKEABLE, kind="stale-without-tolerance")
    stage.configure("restored", secrets=[stage.secret])
    stage.send(stage.event(), purpose="control")
