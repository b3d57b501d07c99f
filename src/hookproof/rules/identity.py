"""Who is who: one id for an event wherever it goes, and secrets that nobody else has and nobody guesses.

Law: a secret is judged by what was noted of it, never by its value; a form that Standard Webhooks does not know is not measured.
"""

from __future__ import annotations

from hookproof.model.verdict import Judgement, Observations
from hookproof.rules.rule import Terms, rule
from hookproof.rules.view import View

KEY_BYTES = range(24, 65)
"""How many bytes a secret holds (Standard Webhooks 1.0.0, Signature scheme)."""
_LEAST_BITS = 172.0
"""What can vary in a secret at the least: 24 bytes, less what a sample of a few dozen may fail to show."""


@rule("retries", "http", "signatures", needs=("retry",))
def one_id_at_every_endpoint(view: View, _terms: Terms) -> Judgement:
    """An event carries the id under which it was accepted, at every endpoint alike."""
    seen = Observations(missing="no event was sent to an endpoint twice under one id")
    for delivery in view.sole:
        told = [(attempt, found) for attempt in delivery.attempts if (found := view.body(attempt).event_id) is not None]
        emission = delivery.emission
        if emission is None or len(told) < 2 or len({found for _, found in told}) > 1:  # noqa: PLR2004 -- else another promise tells of it
            continue
        attempt, found = told[0]
        if found == emission.event_id:
            seen.saw(emission.id, attempt.id)
        else:
            message = f"the event that was accepted as {emission.event_id!r} carries id {found!r} at {attempt.endpoint}"
            seen.broke(message, attempt.id, emission.id, excerpt=attempt.body)
    return seen.conclude()


@rule("issued")
def issued_secrets_are_strong(view: View, terms: Terms) -> Judgement:
    """Secrets that the platform makes are random, long enough, and never made twice."""
    seen = Observations(missing="the target made no secret for an endpoint that was created without one")
    standard = terms.capabilities.signing in (None, "standard-webhooks")
    for note in view.notes:
        if note.name == "issued-secret":
            size, twin, endpoint = note.facts.get("bytes"), note.facts.get("same_as"), note.facts.get("endpoint")
            if twin:
                seen.broke(f"the secret made for {endpoint} is the one made for {twin}", note.id)
            elif standard and size is not None and size not in KEY_BYTES:
                seen.broke(f"the secret made for {endpoint} holds {size} bytes, promised {KEY_BYTES[0]} to {KEY_BYTES[-1]}", note.id)
            else:
                seen.saw(note.id)
                seen.read_as(f"form: {note.facts.get('form')}")
        elif note.name == "issued-secrets":
            bits, count = note.facts.get("bits_at_most"), note.facts.get("count")
            if standard and not seen.findings and bits is not None and bits < _LEAST_BITS:
                seen.broke(f"in {count} secrets no more than {bits:.0f} bits vary, promised 24 random bytes", note.id)
    return seen.conclude()
