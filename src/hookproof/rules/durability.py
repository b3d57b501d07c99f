"""What survives a restart and a kill: accepted events, pending retries, and how often an event was already sent.

Law: an event counts as accepted when the target said so before it went down; a canary after the return makes silence mean loss.
"""

from __future__ import annotations

from hookproof.model.verdict import Judgement, Observations
from hookproof.rules.routing import last_canary
from hookproof.rules.rule import Terms, rule
from hookproof.rules.timing import answer_class, legal_policies, scheduled
from hookproof.rules.view import View


def _falls(view: View, action: str) -> list[int]:
    return [note.at for note in view.notes if note.name == action]


def _accepted_events_survive(view: View, action: str) -> Judgement:
    seen = Observations(missing=f"no accepted event was undelivered at a {action} with a canary afterwards")
    for fall in _falls(view, action):
        for endpoint, due in view.due.items():
            canary = last_canary(view, view.scope_of(endpoint))
            if canary is None or canary.attempts[0].accepted_at < fall:
                continue
            for emission in (e for e in due if e.done_at <= fall):
                attempts = [a for a in view.by_endpoint.get(endpoint, ()) if view.body(a).event_id == emission.event_id]
                if any(a.answer.succeeds and a.accepted_at < fall for a in attempts):
                    continue
                after = [a for a in attempts if a.accepted_at > fall]
                if after:
                    seen.saw(emission.id, after[0].id)
                else:
                    seen.broke(
                        f"event {emission.event_id!r} was accepted before the {action} and never came after it",
                        emission.id,
                        canary.ids[0],
                    )
    return seen.conclude()


@rule("restart", needs=("retry", "restart"))
def accepted_events_survive_a_restart(view: View, _terms: Terms) -> Judgement:
    """An event accepted before an orderly restart and not yet delivered is delivered after it."""
    return _accepted_events_survive(view, "restart")


@rule("kill", needs=("retry", "kill"))
def accepted_events_survive_a_kill(view: View, _terms: Terms) -> Judgement:
    """An event accepted before the process was killed and not yet delivered is delivered after it."""
    return _accepted_events_survive(view, "kill")


@rule("restart", "kill", needs=("retry", "time"))
def sends_are_counted_across_restarts(view: View, terms: Terms) -> Judgement:
    """The number of sends does not begin anew after a restart; a kill may repeat one send that was under way."""
    seen = Observations(missing="no event failed to its end across a restart or kill with a canary afterwards")
    for delivery in view.deliveries:
        legal = sorted({total for policy in legal_policies(terms, delivery) for total in policy.sends.values()})
        falls = [
            at
            for action in ("restart", "kill")
            for at in _falls(view, action)
            if delivery.attempts[0].accepted_at < at < delivery.attempts[-1].accepted_at
        ]
        canary = last_canary(view, view.scope_of(delivery.endpoint))
        if not legal or not falls or canary is None or answer_class(delivery.attempts[-1].answer) != "5xx":
            continue
        sends = len(scheduled(view, terms, delivery.attempts))
        if sends < legal[0] or sends > legal[-1] + len(falls):
            seen.broke(
                f"event {delivery.event_id!r} was sent {sends} times across {len(falls)} interruption(s), promised "
                f"{' or '.join(map(str, legal))}",
                delivery.ids[-1],
                canary.ids[0],
            )
        else:
            seen.saw(*delivery.ids, canary.ids[0])
    return seen.conclude(grade=terms.capabilities.grade)
