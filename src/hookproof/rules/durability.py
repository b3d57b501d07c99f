"""What survives a restart and a kill: accepted events, pending retries, and how often an event was already sent.

Law: an event counts as accepted when the target said so before it went down; a canary after the return makes silence mean loss.
"""

from __future__ import annotations

from hookproof.model.transcript import Emission
from hookproof.model.verdict import Judgement, Observations
from hookproof.rules.routing import last_canary
from hookproof.rules.rule import Terms, rule
from hookproof.rules.timing import answer_class, legal_policies, passed, scheduled, settle_seconds, too_early, wait_between, witness
from hookproof.rules.view import Delivery, View


def _falls(view: View, action: str) -> list[int]:
    return [note.at for note in view.notes if note.name == action]


def _accepted_events_survive(view: View, terms: Terms, action: str) -> Judgement:
    seen = Observations(missing=f"no accepted event was undelivered at a {action} with a canary afterwards")
    for fall in _falls(view, action):
        for endpoint, due in view.due.items():
            canary = last_canary(view, view.scope_of(endpoint))
            if canary is None or canary.emission is None or canary.emission.started_at < fall:
                continue
            lived = passed(view, terms, view.scope_of(endpoint), fall, canary.attempts[0])
            for emission in (e for e in due if e.done_at <= fall):
                attempts = [a for a in view.by_endpoint.get(endpoint, ()) if view.body(a).event_id == emission.event_id]
                if any(a.answer.succeeds and a.accepted_at < fall for a in attempts):
                    continue
                after = [a for a in attempts if a.accepted_at > fall]
                if after:
                    seen.saw(emission.id, after[0].id)
                elif (due_in := _next_wait(terms, emission, len(attempts))) is not None and lived >= due_in:
                    seen.broke(
                        f"event {emission.event_id!r} was accepted before the {action} and never came after it",
                        emission.id,
                        canary.ids[0],
                    )
    return seen.conclude()


def _next_wait(terms: Terms, emission: Emission, sends: int) -> float | None:
    """Give within which time an event is sent after so many sends, None if its sends may be used up."""
    policies = terms.contract.policy.policies_for(emission.type)
    if not policies or sends >= min(total for policy in policies for total in policy.sends.values()):
        return None
    waits = [delay for policy in policies for delay in policy.delays[: max(sends, 1)]]
    return settle_seconds(terms.capabilities, max(waits, default=0.0))


@rule("restart", needs=("retry", "restart"))
def accepted_events_survive_a_restart(view: View, terms: Terms) -> Judgement:
    """An event accepted before an orderly restart and not yet delivered is delivered after it."""
    return _accepted_events_survive(view, terms, "restart")


@rule("kill", needs=("retry", "kill"))
def accepted_events_survive_a_kill(view: View, terms: Terms) -> Judgement:
    """An event accepted before the process was killed and not yet delivered is delivered after it."""
    return _accepted_events_survive(view, terms, "kill")


@rule("restart", "kill", needs=("retry", "time"))
def sends_are_counted_across_restarts(view: View, terms: Terms) -> Judgement:
    """The number of sends does not begin anew after a restart; a kill may repeat one send that was under way."""
    seen = Observations(missing="no event failed to its end across a restart or kill with a canary afterwards")
    for delivery in view.deliveries:
        legal = sorted({total for policy in legal_policies(terms, delivery) for total in policy.sends.values()})
        first, last = delivery.attempts[0], delivery.attempts[-1]
        falls, kills = (
            [at for action in actions for at in _falls(view, action) if first.accepted_at < at < last.accepted_at]
            for actions in (("restart", "kill"), ("kill",))
        )
        if not legal or not falls or answer_class(last.answer) != "5xx":
            continue
        sends = scheduled(view, terms, delivery.attempts)
        longest = max(delay for policy in legal_policies(terms, delivery) for delay in (*policy.delays, 0.0))
        canary = witness(view, terms, last, settle_seconds(terms.capabilities, 2 * longest))
        promised = f"promised {' or '.join(map(str, legal))}"
        if len(sends) > legal[-1] + len(kills) or (canary is not None and len(sends) < legal[0]):
            sentence = f"event {delivery.event_id!r} was sent {len(sends)} times across {len(falls)} interruption(s), {promised}"
            seen.broke(sentence, delivery.ids[-1], *([] if canary is None else [canary]))
        elif begun := next((pair for fall in falls if (pair := _begun_anew(view, terms, delivery, fall))), None):
            seen.broke(f"after an interruption the schedule of event {delivery.event_id!r} began anew", *begun)
        elif canary is not None:
            seen.saw(*delivery.ids, canary)
    return seen.conclude(grade=terms.capabilities.grade)


def _begun_anew(view: View, terms: Terms, delivery: Delivery, fall: int) -> tuple[str, str] | None:
    """Give the two sends after a fall whose wait is too early even if the fall repeated one send."""
    sends = scheduled(view, terms, delivery.attempts)
    before = sum(send.accepted_at < fall for send in sends)
    if len(sends) < before + 2:
        return None
    wait = wait_between(view, terms, sends[before], sends[before + 1])
    policies = legal_policies(terms, delivery)
    early = wait is not None and all(
        before < len(policy.delays) and too_early(wait, min(policy.delays[before - 1 : before + 1]), terms.capabilities)
        for policy in policies
    )
    return (sends[before].id, sends[before + 1].id) if early else None
