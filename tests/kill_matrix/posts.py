"""What predicates look at where receivers are judged: deliveries as they were sent, the tags that they should have had, and effects.

Law: tags are made again by hand from the recorded bytes; what is right is never asked of the judge or of the reference.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from typing import Any

from hookproof.model.transcript import Effect, Exchange, Note
from hookproof.rules.view import View
from hookproof.staging.delivering import SECRET
from tests.kill_matrix.reason import Case, Reason, Shown
from tests.kill_matrix.tags import SIGNATURE, decoded, mac

Told = Callable[[View, Exchange], bool]


def case(says: Shown, /, **clauses: str) -> Case:
    """Make a case of one predicate: words by clause, ``__`` for a slash and ``_`` for a dash."""
    return Case(reasons=reasons(says, **clauses))


def reasons(says: Shown, /, **clauses: str) -> tuple[Reason, ...]:
    """Make the reasons alone."""
    named = {name.replace("__", "/").replace("_", "-"): words for name, words in clauses.items()}
    return tuple(Reason(clause=name, words=words, shown=says) for name, words in named.items())


def sent(says: Told) -> Shown:
    """Look at what was sent and answered."""
    return lambda view, record: isinstance(record, Exchange) and says(view, record)


def taken(says: Told) -> Shown:
    """Look at what was answered 2xx."""
    return sent(lambda view, x: x.accepted and says(view, x))


def answered(status: int, says: Told) -> Shown:
    """Look at what was answered with one status."""
    return sent(lambda view, x: x.status == status and says(view, x))


def values(x: Exchange, name: str) -> list[str]:
    """Give every value of a header field that was sent."""
    return [value for key, value in x.request_headers if key.lower() == name]


def value(x: Exchange, name: str) -> str:
    """Give the first value, empty if there is none."""
    return next(iter(values(x, name)), "")


def entries(x: Exchange) -> list[str]:
    """Give the space-separated entries of the signature."""
    return value(x, SIGNATURE).split(" ")


def offered(x: Exchange) -> list[str]:
    """Give the tags under ``v1``."""
    return [entry.removeprefix("v1,") for entry in entries(x) if entry.startswith("v1,")]


def tag(view: View, content: bytes, *, key: bytes | None = None) -> str:
    """Make the tag of a content, by default with the receiver's secret."""
    return base64.b64encode(mac(decoded(view.readings.secrets[SECRET]) if key is None else key, content)).decode()


def covered(x: Exchange, body: bytes | None = None) -> bytes:
    """Give what Standard Webhooks signs of a request, or would sign of another body."""
    named = f"{value(x, 'webhook-id')}.{value(x, 'webhook-timestamp')}."
    return named.encode("latin-1") + (x.request_body if body is None else body)


def right(view: View, x: Exchange) -> str:
    """Give the tag that a request should have."""
    return tag(view, covered(x))


def signed(view: View, x: Exchange) -> bool:
    """Whether a request is signed as it should be."""
    return right(view, x) in offered(x)


def age(view: View, x: Exchange) -> float:
    """Give how old the signed timestamp was on the receiver's clock when it was sent, in seconds; infinite for what is no number."""
    ahead = sum(advance.seconds for advance in view.advances if advance.done_at <= x.started_at)
    text = value(x, "webhook-timestamp")
    return x.wall / 1e9 + ahead - int(text) if text.lstrip("-").isdigit() else float("inf")


def document(x: Exchange) -> dict[str, Any]:
    """Read what was sent as a JSON object, as leniently as the standard library does; empty for anything else."""
    try:
        found = json.loads(x.request_body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def data(x: Exchange) -> dict[str, Any]:
    """Give the event's data, empty if it has none."""
    found = document(x).get("data")
    return found if isinstance(found, dict) else {}


def told(count: Callable[[int], bool], says: Callable[[View, Effect], bool]) -> Shown:
    """Look at what was told of effects."""
    return lambda view, record: isinstance(record, Effect) and record.count is not None and count(record.count) and says(view, record)


def lost(says: Callable[[View, Effect], bool]) -> Shown:
    """Look at events without effect."""
    return told(lambda count: count == 0, says)


def doubled(says: Callable[[View, Effect], bool]) -> Shown:
    """Look at events with more than one effect."""
    return told(lambda count: count > 1, says)


def of(view: View, effect: Effect) -> list[Exchange]:
    """Give the correct deliveries of the event that an effect is of."""
    return [x for x in view.exchanges if x.event_id == effect.event_id and not x.fault]


def noted(view: View, names: Iterable[str], after: int, before: int) -> bool:
    """Whether one of these notes was made between two instants."""
    chosen = set(names)
    return any(note.name in chosen and after <= note.at <= before for note in view.notes)


def configured(view: View, x: Exchange) -> Note | None:
    """Give the configuration under which a request was sent, None for the first one."""
    return next((note for note in reversed(view.notes) if note.name == "configured" and note.at <= x.started_at), None)


def shown_by(note: str, says: Callable[[View, Note], bool]) -> Shown:
    """Look at notes of one name."""
    return lambda view, record: isinstance(record, Note) and record.name == note and says(view, record)
