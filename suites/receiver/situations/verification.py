"""Signatures: what must be refused, each between two correct twins, and what must be accepted although it looks odd."""

from __future__ import annotations

import json
from collections.abc import Mapping

from hookproof.generate.deliveries import Crafted
from hookproof.generate.forging import ACCEPTABLE, FAULTS, ODDITIES, Forge, Workshop
from hookproof.rules.received import UNMAKEABLE
from hookproof.staging.delivering import Delivering
from hookproof.staging.situation import situation

MARGIN = 5.0
"""Seconds kept from the edge of the window on both sides; three times the slowest answer if that is more."""


@situation(needs=("signing",))
def verification(stage: Delivering) -> None:
    """Send every fault and every oddity of a signature, and the edges of the window."""
    if stage.tools.scheme is None:
        return
    _faults(stage, {**FAULTS, **ACCEPTABLE})
    for purpose, forge in ODDITIES.items():
        if crafted := _forged(stage, forge):
            stage.odd_all(purpose, crafted)
        else:
            stage.note(UNMAKEABLE, kind=purpose)
    for body in _spellings(stage):
        stage.odd("spelling", stage.crafted(_identity(stage, body), stage.kinds(1)[0].name, body))
    _window(stage)


def _shop(stage: Delivering) -> Workshop:
    assert stage.tools.scheme is not None
    return Workshop(scheme=stage.tools.scheme, secret=stage.secret, made=stage.event())


def _faults(stage: Delivering, faults: Mapping[str, Forge]) -> None:
    for fault, forge in faults.items():
        if crafted := _forged(stage, forge):
            stage.tested_all(fault, crafted)
        else:
            stage.note(UNMAKEABLE, kind=fault)


def _forged(stage: Delivering, forge: Forge) -> list[Crafted]:
    """Make every form of a forgery, each from an event of its own: a repeat might be refused for being one."""
    forms = len(list(forge(_shop(stage))))
    return [list(forge(_shop(stage)))[form] for form in range(forms)]


def _identity(stage: Delivering, body: bytes) -> str:
    member = stage.contract.envelope.id_member
    return str(json.loads(body).get(member)) if member else stage.fresh_id()


def _spellings(stage: Delivering) -> list[bytes]:
    """Write one event in ways that mean the same: a receiver that verifies anything but the raw bytes refuses some."""

    def value() -> dict[str, object]:
        return {**json.loads(stage.event().body), "x_note": "Grüße 日本 😀 / \u2028 \x7f"}

    return [
        json.dumps(value(), indent=2).encode() + b"\n",
        json.dumps(value(), ensure_ascii=False).encode(),
        json.dumps(value(), ensure_ascii=True, separators=(",", ":")).encode(),
        json.dumps(dict(reversed(value().items())), ensure_ascii=False, separators=(",", ":")).encode(),
        json.dumps(value(), separators=(",", ":")).replace("/", "\\/").encode(),
        json.dumps({**value(), "x_numbers": "@"}, separators=(",", ":")).replace('"@"', "[1.0,1e0,10E-1,0.10,-0]").encode(),
    ]


def _window(stage: Delivering) -> None:
    """Stay clear of the edges of the window on either side, by a margin; never test the edge itself."""
    signing = stage.contract.policy.signing
    if signing is None or stage.tools.scheme is None or not stage.tools.scheme.timestamped:
        for kind in ("near-window", "beyond-window"):
            stage.note(UNMAKEABLE, kind=kind)
        return
    slowest = max((seen.done_at - seen.started_at for seen in stage.seen), default=0) / 1e9
    width, margin = signing.tolerance_seconds, max(MARGIN, 3 * slowest)
    for age in (width - margin, margin - width):
        stage.odd("near-window", _aged(stage, age))
    stage.tested_all("beyond-window", [_aged(stage, width + margin), _aged(stage, -width - margin)])


def _aged(stage: Delivering, age: float) -> Crafted:
    fresh = stage.event()
    return stage.crafted(fresh.event_id, fresh.event_type, fresh.body, age=age)
