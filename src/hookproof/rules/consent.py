"""Consent of receivers as CloudEvents asks for it (HTTP Web Hooks, section 4): asked first, found in header fields, kept to its rate.

Law: a handshake may come at registration or before the first delivery; to who did not consent a very low rate is still legal.
"""

from __future__ import annotations

from collections.abc import Iterator

from hookproof.model.transcript import Attempt, Note
from hookproof.model.verdict import Judgement, Observations
from hookproof.rules.routing import later_canary
from hookproof.rules.rule import Terms, rule
from hookproof.rules.timing import NANO
from hookproof.rules.view import View

MINUTE = 60.0
VERY_LOW = 3
"""Requests a minute that may still go to who did not consent."""
_ASKING, _ORIGIN = "OPTIONS", "webhook-request-origin"


def _asked(view: View) -> Iterator[tuple[Note, tuple[Attempt, ...]]]:
    for note in view.notes:
        if note.name == "consent":
            yield note, view.by_endpoint.get(str(note.facts.get("endpoint")), ())


def _most_in_a_minute(view: View, terms: Terms, attempts: list[Attempt]) -> list[Attempt]:
    """Give the largest number of requests that were certainly made within one minute of the target's clock."""
    if terms.capabilities.time == "scaled":
        return []  # whether a granted rate is scaled too is not said
    spans = []
    for attempt in attempts:
        window = view.virtual_window(attempt) if terms.capabilities.time == "virtual" else (attempt.accepted_at / NANO,) * 2
        emission = view.named(attempt)
        if window is not None:
            spans.append((window[0], window[1], attempt))
        elif emission is not None:  # the clock was never moved
            spans.append((0.0, 0.0, attempt))
    within = [[each for low, high, each in spans if low >= start and high < start + MINUTE] for start, _, _ in spans]
    return max(within, key=len, default=[])


def _witness(view: View, endpoint: str) -> str | None:
    due = view.due.get(endpoint, ())
    return later_canary(view, due[-1]) if due else None


@rule("consent", needs=("emit",))
def consent_is_asked(view: View, terms: Terms) -> Judgement:
    """Nothing is delivered to an address that was not asked, or whose answer does not allow this sender's origin."""
    seen = Observations(missing="no address was asked for consent with a canary afterwards")
    for note, attempts in _asked(view):
        questions = [attempt for attempt in attempts if attempt.method == _ASKING]
        sent = [attempt for attempt in attempts if attempt.method != _ASKING]
        origins = {view.fields(attempt).get(_ORIGIN) for attempt in questions}
        first = min((attempt.accepted_at for attempt in questions), default=None)
        early = [attempt for attempt in sent if first is None or attempt.accepted_at < first]
        crowd = _most_in_a_minute(view, terms, sent)
        if early:
            seen.broke("a delivery was sent before consent was asked for", early[0].id, note.id, excerpt=early[0].head)
        elif None in origins:
            seen.broke("the question for consent names no WebHook-Request-Origin", questions[0].id, excerpt=questions[0].head)
        elif note.facts.get("kind") in ("bare", "foreign") and len(crowd) > VERY_LOW:
            answer = "names another origin" if note.facts.get("kind") == "foreign" else "allows no origin"
            message = f"{len(crowd)} deliveries within a minute went to an address whose answer {answer}"
            seen.broke(message, crowd[0].id, questions[0].id, note.id, excerpt=questions[0].head)
        elif questions and note.facts.get("kind") in ("bare", "foreign"):
            if (canary := _witness(view, str(note.facts.get("endpoint")))) is not None:
                seen.saw(questions[0].id, canary)
        else:
            _judge_consenting(view, seen, questions, sent, origins)
    return seen.conclude(grade=terms.capabilities.grade)


def _judge_consenting(view: View, seen: Observations, questions: list[Attempt], sent: list[Attempt], origins: set[str | None]) -> None:
    """Deliveries to who consented name the origin that was consented to."""
    for attempt in sent:
        if view.fields(attempt).get(_ORIGIN) not in origins:
            seen.broke("a delivery does not name the origin that was asked for", attempt.id, questions[0].id, excerpt=attempt.head)
            return
    if sent:
        seen.saw(questions[0].id, sent[0].id)


@rule("consent", needs=("emit",))
def granted_rate_is_kept(view: View, terms: Terms) -> Judgement:
    """No more requests are sent than the granted number a minute, however its minutes are counted."""
    seen = Observations(missing="no address granted a rate and was due more than it, with a canary afterwards")
    for note, attempts in _asked(view):
        rate, endpoint = note.facts.get("rate") or 0, str(note.facts.get("endpoint"))
        sent = [attempt for attempt in attempts if attempt.method != _ASKING]
        if not rate or not sent or terms.capabilities.time == "scaled":
            continue
        crowd, canary = _most_in_a_minute(view, terms, sent), _witness(view, endpoint)
        if len(crowd) > 2 * rate:  # the end of one minute and the beginning of the next may come together
            message = f"{len(crowd)} deliveries came within a minute, {rate} a minute were granted"
            seen.broke(message, *(attempt.id for attempt in crowd[: 2 * rate + 1]), note.id)
        elif len(view.due.get(endpoint, ())) > 2 * rate and canary is not None:
            seen.saw(sent[0].id, sent[-1].id, canary)
    return seen.conclude(grade=terms.capabilities.grade)
