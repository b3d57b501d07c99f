"""Flaws of size: where the limit lies, how a body is cut, what a cut event says of itself, and events that are too large to be sent."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from hookproof.model.contract import Contract, Truncation
from hookproof.reference import jsontext
from hookproof.reference.conduct import Conduct, HeaderPairs
from hookproof.reference.departures import Flaw
from hookproof.reference.engine import Engine
from hookproof.reference.jsontext import compact
from hookproof.reference.records import Delivery, Endpoint, Happening, Scope

Data = dict[str, Any]
Change = Callable[[Conduct], Conduct]

_ESCAPE = re.compile(rb"\\(?:u[0-9a-f]{4}|.)")
_COLUMN = 64  # bytes that an identifier may have in the flawed platform's tables


def _limited(contract: Contract, limit: int) -> Contract:
    """Give a contract with another limit; what has no truncation keeps none."""
    policy = contract.policy
    cut = None if policy.truncation is None else replace(policy.truncation, limits=(limit,))
    return replace(contract, policy=replace(policy, truncation=cut))


def _limit(contract: Contract) -> int:
    return max(contract.policy.truncation.limits) if contract.policy.truncation else 1 << 60


# --- where the limit lies -----------------------------------------------------------------------------------------------------------


def _cutting_if(over: Callable[[Data, int], bool]) -> Change:
    """Cut exactly what is ``over`` the limit by a measure of its own."""

    def change(conduct: Conduct) -> Conduct:
        def render(contract: Contract, event_id: str, event_type: str, created_at: int, content: Data) -> bytes:
            limit = 0 if over(content, _limit(contract)) else 1 << 60
            return conduct.render(_limited(contract, limit), event_id, event_type, created_at, content)

        return replace(conduct, render=render)

    return change


# --- how a body is cut --------------------------------------------------------------------------------------------------------------


def _slicing(conduct: Conduct) -> Conduct:
    """Cut the text of the whole body, wherever that may be."""

    def render(contract: Contract, event_id: str, event_type: str, created_at: int, content: Data) -> bytes:
        return conduct.render(_limited(contract, 1 << 60), event_id, event_type, created_at, content)[: _limit(contract)]

    return replace(conduct, render=render)


def _signing_before_cutting(conduct: Conduct) -> Conduct:
    """Sign the whole body and cut it on its way out."""
    short: dict[bytes, bytes] = {}

    def render(contract: Contract, event_id: str, event_type: str, created_at: int, content: Data) -> bytes:
        whole = conduct.render(_limited(contract, 1 << 60), event_id, event_type, created_at, content)
        short[whole] = conduct.render(contract, event_id, event_type, created_at, content)
        return whole

    def request(url: str, headers: HeaderPairs, body: bytes) -> bytes:
        return conduct.request(url, headers, short.get(body, body))

    return replace(conduct, render=render, request=request)


def _recutting(change: Callable[[Data, Data, Truncation], Data], write: Callable[[Data], bytes] = compact) -> Change:
    """Change the bodies of cut events, given the body, the original content and what is promised."""

    def changed(conduct: Conduct) -> Conduct:
        def render(contract: Contract, event_id: str, event_type: str, created_at: int, content: Data) -> bytes:
            raw = conduct.render(contract, event_id, event_type, created_at, content)
            promise = contract.policy.truncation
            if promise is None or len(compact(content)) <= max(promise.limits):
                return raw
            return write(change(jsontext.read(raw, exact=True), content, promise))

        return replace(conduct, render=render)

    return changed


def _with_data(change: Callable[[Data, Data, Truncation], Data]) -> Change:
    return _recutting(lambda body, content, promise: {**body, "data": change(body["data"], content, promise)})


def _in_columns(body: Data, _content: Data, _promise: Truncation) -> Data:
    data = {name: _sliced(value) if isinstance(value, str) else value for name, value in body["data"].items()}
    return {**body, "data": data}


def _sliced(text: str) -> str:
    return text.encode("utf-8", "surrogatepass")[:_COLUMN].decode("utf-8", "surrogateescape")


def _with_broken_bytes(body: Data) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogateescape")


def _up_to_the_limit(data: Data, content: Data, promise: Truncation) -> Data:
    """Shorten the longest text until the payload fits, then add the marks."""
    longest = max((name for name in content if isinstance(content[name], str)), key=lambda name: len(content[name]))
    excess = len(compact(content)) - max(promise.limits)
    return {**content, longest: content[longest][: max(0, len(content[longest]) - excess)], **data}


def _all_identifiers(data: Data, content: Data, promise: Truncation) -> Data:
    return {**data, **{name: content[name] for name in promise.identifiers if name in content}}


def _only_the_marks(data: Data, _content: Data, promise: Truncation) -> Data:
    return {name: data[name] for name in (promise.flag_member, promise.size_member)}


def _with_a_preview(data: Data, content: Data, promise: Truncation) -> Data:
    shown = {name: value for name, value in content.items() if isinstance(value, str) and len(value) <= _COLUMN}
    return {**shown, **data, promise.flag_member: True}


# --- what a cut event says of itself ------------------------------------------------------------------------------------------------


def _unflagged(body: Data, _content: Data, _promise: Truncation) -> Data:
    return {name: value for name, value in body.items() if name != "truncated"}


def _unmarked(data: Data, _content: Data, promise: Truncation) -> Data:
    return {name: value for name, value in data.items() if name != promise.flag_member}


def _sized(size: Callable[[Data, Data], int]) -> Change:
    return _with_data(lambda data, content, promise: {**data, promise.size_member: size(data, content)})


def _flagging_for_ever(conduct: Conduct) -> Conduct:
    cut: list[str] = []

    def render(contract: Contract, event_id: str, event_type: str, created_at: int, content: Data) -> bytes:
        raw = conduct.render(contract, event_id, event_type, created_at, content)
        if len(compact(content)) > _limit(contract):
            cut.append(event_id)
        return raw if not cut else compact({**jsontext.read(raw, exact=True), "truncated": True})

    return replace(conduct, render=render)


class _Dropping(Engine):
    def _accept(self, scope: Scope, event_type: str, content: Data, audience: Sequence[Endpoint]) -> tuple[Happening, list[Delivery]]:
        fits = len(compact(content)) <= _limit(self.contract)
        return super()._accept(scope, event_type, content, audience if fits else ())


LIMIT = ("truncation/limit",)
SHAPE = ("truncation/shape",)
SIZE = ("truncation/original-bytes",)

FLAWS = (
    Flaw(
        id="limit-counts-characters",
        row="P041",
        title="Characters are counted and called bytes.",
        conduct=_cutting_if(lambda content, limit: len(compact(content).decode()) > limit),
        breaks=LIMIT,
    ),
    Flaw(
        id="limit-counts-utf-16-units",
        row="P041",
        title="The length of a text is taken as many languages give it, in units of UTF-16.",
        conduct=_cutting_if(lambda content, limit: len(compact(content).decode().encode("utf-16-le")) // 2 > limit),
        breaks=LIMIT,
    ),
    Flaw(
        id="limit-itself-is-cut",
        row="P042",
        title="What is exactly as large as the limit is cut.",
        conduct=_cutting_if(lambda content, limit: len(compact(content)) >= limit),
        breaks=LIMIT,
    ),
    Flaw(
        id="one-byte-over-the-limit-is-whole",
        row="P042",
        title="One byte more than the limit passes.",
        conduct=_cutting_if(lambda content, limit: len(compact(content)) > limit + 1),
        breaks=LIMIT,
    ),
    Flaw(
        id="half-the-limit-is-cut",
        row="P042",
        title="Another limit is in force than the one that is promised.",
        conduct=_cutting_if(lambda content, limit: 2 * len(compact(content)) > limit),
        breaks=LIMIT,
    ),
    Flaw(
        id="nothing-is-cut",
        row="P042",
        title="There is no limit.",
        conduct=_cutting_if(lambda _content, _limit: False),
        breaks=LIMIT,
    ),
    Flaw(
        id="identifiers-cut-inside-characters",
        row="P043",
        title="Identifiers of a cut event are cut to the width of a column, in bytes.",
        conduct=_recutting(_in_columns, _with_broken_bytes),
        breaks=("envelope/strict-json", "truncation/identifiers-only"),
    ),
    Flaw(
        id="bodies-are-sliced-at-the-limit",
        row="P043",
        title="The text of a body that is too large ends at the limit.",
        conduct=_slicing,
        breaks=("envelope/strict-json",),
    ),
    Flaw(
        id="marks-push-over-the-limit",
        row="P044",
        title="A payload is shortened until it fits, then the marks are added.",
        conduct=_with_data(_up_to_the_limit),
        breaks=("truncation/result-fits", "truncation/identifiers-only"),
    ),
    Flaw(
        id="identifiers-of-any-size-are-kept",
        row="P044",
        title="What is called an identifier is kept, however large it is.",
        conduct=_with_data(_all_identifiers),
        breaks=("truncation/result-fits",),
    ),
    Flaw(
        id="signed-before-cut",
        row="P045",
        title="The signature is made of the whole body, which is cut on its way out.",
        conduct=_signing_before_cutting,
        breaks=("signature/valid", "signature/companion-header"),
    ),
    Flaw(
        id="cut-events-lack-the-flag",
        row="P046",
        title="A cut event does not say so in its envelope.",
        conduct=_recutting(_unflagged),
        breaks=SHAPE,
    ),
    Flaw(
        id="cut-data-lacks-the-flag",
        row="P046",
        title="A cut event does not say so in its payload.",
        conduct=_with_data(_unmarked),
        breaks=SHAPE,
    ),
    Flaw(
        id="flag-of-cut-events-is-text",
        row="P046",
        title="A cut event says so in a text.",
        conduct=_recutting(lambda body, _content, _promise: {**body, "truncated": "true"}),
        breaks=SHAPE,
    ),
    Flaw(
        id="flag-stays-raised",
        row="P046",
        title="Once an event was cut, all that follow say that they are.",
        conduct=_flagging_for_ever,
        breaks=("envelope/truncated-only-when-cut",),
        implies=("envelope/shape",),
    ),
    Flaw(
        id="original-size-in-kilobytes",
        row="P046",
        title="The size that was over the limit is given in kilobytes.",
        conduct=_sized(lambda _data, content: len(compact(content)) // 1024),
        breaks=SIZE,
    ),
    Flaw(
        id="original-size-of-what-is-left",
        row="P046",
        title="The size that is given is the one of the cut payload.",
        conduct=_sized(lambda data, _content: len(compact(data))),
        breaks=SIZE,
    ),
    Flaw(
        id="original-size-in-characters",
        row="P046",
        title="The size that was over the limit is given in characters.",
        conduct=_sized(lambda _data, content: len(compact(content).decode())),
        breaks=SIZE,
    ),
    Flaw(
        id="cut-data-keeps-short-texts",
        row="P044",
        title="A cut event keeps what is short, personal or not.",
        conduct=_with_data(_with_a_preview),
        breaks=("truncation/identifiers-only",),
    ),
    Flaw(
        id="cut-data-has-no-identifiers",
        row="P044",
        title="A cut event does not say what it is about.",
        conduct=_with_data(_only_the_marks),
        breaks=("truncation/identifiers-kept",),
    ),
    Flaw(
        id="limit-before-escaping",
        row="P047",
        title="The size is taken before JSON escapes are written.",
        conduct=_cutting_if(lambda content, limit: len(_ESCAPE.sub(b"x", compact(content))) > limit),
        breaks=LIMIT,
    ),
    Flaw(
        id="oversized-events-are-dropped",
        row="P048",
        title="An event that is too large is accepted and forgotten.",
        conduct=lambda conduct: replace(conduct, parts=(_Dropping, *conduct.parts)),
        breaks=("truncation/delivered",),
    ),
)
