"""What a platform that follows redirects must not do in addition: go round for ever, or carry secrets to strangers.

Law: whoever follows no redirect keeps both promises, which a canary after the redirect witnesses.
"""

from __future__ import annotations

from collections.abc import Iterator

from hookproof.model.transcript import Attempt, Note
from hookproof.model.verdict import Judgement, Observations
from hookproof.rules.rule import Terms, rule
from hookproof.rules.timing import legal_policies, too_early, wait_between, witness
from hookproof.rules.view import Delivery, View

MOST_ROUNDS = 50
"""Redirects that clients in wide use follow at most; a loop that goes on longer is not bounded."""

ONE_ATTEMPT = 1.0
"""Seconds in which what comes again is certainly no retry, where the provider promises no schedule."""
CREDENTIALS = ("authorization", "cookie")


def _redirected(view: View, note_name: str) -> Iterator[tuple[Note, Delivery]]:
    """Give the deliveries whose endpoint redirects as a note of that name says."""
    of = {str(note.facts.get("endpoint")): note for note in view.notes if note.name == note_name}
    for delivery in view.sole:
        if delivery.attempts and delivery.endpoint in of:
            yield of[delivery.endpoint], delivery


@rule("http", needs=("emit",))
def redirect_loops_end(view: View, terms: Terms) -> Judgement:
    """A redirect back to the endpoint itself does not send a client round without bound."""
    seen = Observations(missing="no endpoint redirected to itself with a canary afterwards")
    for _, delivery in _redirected(view, "turning"):
        first, *later = view.by_endpoint[delivery.endpoint]
        delays = [policy.delays[0] for policy in legal_policies(terms, delivery) if policy.delays]
        rounds = [attempt for attempt in later if _at_once(view, terms, first, attempt, min(delays, default=ONE_ATTEMPT))]
        if len(rounds) > MOST_ROUNDS:
            what = f"a {first.answer.status} to itself sent the client round {len(rounds)} times in one attempt"
            seen.broke(what, first.id, *(attempt.id for attempt in (*rounds[:2], rounds[-1])))
        elif canary := witness(view, terms, first, 0.0):
            seen.saw(first.id, canary)
    return seen.conclude()


def _at_once(view: View, terms: Terms, first: Attempt, later: Attempt, delay: float) -> bool:
    """Whether a request certainly came before the first retry was due."""
    wait = wait_between(view, terms, first, later)
    return wait is not None and too_early(wait, delay, terms.capabilities)


@rule("http", needs=("emit",))
def redirects_take_no_secrets_abroad(view: View, terms: Terms) -> Judgement:
    """No signature and no credential reaches another origin because a redirect names it."""
    seen = Observations(missing="no delivery was redirected to another origin with a canary afterwards")
    for note, delivery in _redirected(view, "trap"):
        first = delivery.attempts[0]
        if not note.facts.get("abroad"):
            continue
        caught = view.by_endpoint.get(str(note.facts.get("trap")), ())
        carried = [(attempt, names) for attempt in caught if (names := _secret_fields(view, attempt))]
        for attempt, names in carried:
            what = f"{first.answer.status} was followed to another origin, and {', '.join(names)} went along"
            seen.broke(what, first.id, attempt.id, excerpt=attempt.head)
        if not carried and (canary := witness(view, terms, first, 0.0)):
            seen.saw(first.id, *(attempt.id for attempt in caught), canary)
    return seen.conclude()


def _secret_fields(view: View, attempt: Attempt) -> list[str]:
    return sorted(name for name in view.fields(attempt) if name.endswith("signature") or name in CREDENTIALS)
