"""What a delivery must not hold: lines that were smuggled into its head, another endpoint's credentials, secrets of anybody.

Law: a place that a hostile value could reach is only called safe when the value was taken and its delivery arrived.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

from hookproof.model.transcript import Attempt, Emission
from hookproof.model.verdict import Judgement, Observations
from hookproof.rules.rule import Terms, rule
from hookproof.rules.view import View

HOSTILE = "hostile"
"""The purpose of emissions and subscriptions whose values hold line ends."""

SMUGGLED = "X-Hookproof-Smuggled"
"""The name of the header field that stands behind a line end in a hostile value; its value names the place."""

_SMUGGLED = re.compile(rb"[\r\n]x-hookproof-smuggled[ \t]*:[ \t]*([a-z]+)|hookproof-([a-z]+)\n\Z", re.IGNORECASE)
_TOKEN = re.compile(r"[0-9a-f]{32}")


def smuggled(place: str, line_end: str) -> str:
    """Make a value that becomes a header field of its own if it is copied into a head as it is."""
    return f"hookproof-{place}{line_end}{SMUGGLED}: {place}"


@rule("hostile", needs=("emit",))
def values_do_not_become_fields(view: View, _terms: Terms) -> Judgement:
    """No value of an event, a description or an address breaks out into a header field of its own."""
    seen = Observations(missing="neither an identifier nor a description nor a URL with line ends was taken and led to a delivery")
    told = {exchange.id for exchange in view.exchanges if exchange.purpose == HOSTILE}
    reached = {record.endpoint for record in view.subscriptions if record.exchange in told}
    for attempt in view.attempts:
        emission = view.named(attempt)
        if (found := _SMUGGLED.search(attempt.head)) is not None:
            place = (found[1] or found[2]).decode("ascii")
            start = max(0, found.start() - 60)
            seen.broke(f"what stood in {_told(place)} became a header field", attempt.id, excerpt=attempt.head[start:])
        elif emission is not None and (emission.purpose == HOSTILE or attempt.endpoint in reached):
            seen.saw(emission.id, attempt.id)
    refused = [exchange.status for exchange in view.exchanges if exchange.id in told and not exchange.accepted]
    for status in (*refused, *(emission.status for emission in view.emissions if _refused(emission))):
        seen.read_as(f"line ends are refused with {status}")
    return seen.conclude()


def _refused(emission: Emission) -> bool:
    return emission.purpose == HOSTILE and emission.event_id is None


def _told(place: str) -> str:
    return {"identifier": "an identifier of the event", "description": "an endpoint's description", "address": "an endpoint's URL"}.get(
        place, place
    )


@rule("credentials", needs=("emit",))
def credentials_stay_with_their_endpoint(view: View, _terms: Terms) -> Judgement:
    """No header field of a delivery holds what only another endpoint's address holds: its path or its token."""
    seen = Observations(missing="fewer than two endpoints with tokens of their own got deliveries")
    owner = _owners(view)
    for attempt in view.attempts:
        held = dict.fromkeys(_TOKEN.findall(attempt.head.decode("latin-1")))
        foreign = next((token for token in held if owner.get(token, attempt.endpoint) != attempt.endpoint), None)
        if foreign is not None:
            at = attempt.head.find(foreign.encode())
            message = f"a delivery to {attempt.endpoint} carries a token from the address of {owner[foreign]}"
            seen.broke(message, attempt.id, excerpt=attempt.head[max(0, at - 60) :])
        elif len(set(owner.values()) - {attempt.endpoint}) > 0:
            seen.saw(attempt.id)
    return seen.conclude()


def _owners(view: View) -> Mapping[str, str]:
    """Give the one endpoint in whose address each token stands; what several addresses share is nobody's."""
    found: dict[str, set[str]] = defaultdict(set)
    for note in view.notes:
        if note.name == "token":
            found[str(note.facts.get("token"))].add(str(note.facts.get("endpoint")))
    for attempt in view.attempts:
        for token in _TOKEN.findall(_path(attempt)):
            found[token].add(attempt.endpoint)
    return {token: endpoints.pop() for token, endpoints in found.items() if len(endpoints) == 1}


def _path(attempt: Attempt) -> str:
    return attempt.target.partition("?")[0]


@rule("catalog", "retries", "signatures", "subscriptions", "routing", "credentials")
def deliveries_hold_no_secrets(view: View, _terms: Terms) -> Judgement:
    """No delivery holds a signing secret or an API key, in its head or its body, in any usual encoding."""
    seen = Observations(missing="nothing was delivered to an endpoint whose secret is known")
    held = {str(note.facts.get("attempt")): note for note in view.notes if note.name == "hidden"}
    for attempt in view.attempts:
        note = held.get(attempt.id)
        if note is not None:
            names = ", ".join(map(repr, note.facts.get("names", ())))
            places = " and ".join(map(str, note.facts.get("places", ())))
            seen.broke(f"the delivery holds {names} in its {places}", attempt.id, note.id)
        elif view.secret_names(attempt):
            seen.saw(attempt.id)
    return seen.conclude()
