"""What survives a restart, a kill and a power cut: accepted events, pending retries, and how often an event was already sent.

Law: an event counts as accepted when the target said so before it went down; a canary after the return makes silence mean loss.
"""

from __future__ import annotations

from itertools import pairwise

from hookproof.model.transcript import Emission, Exchange
from hookproof.model.verdict import Judgement, Observations
from hookproof.rules.routing import last_canary
from hookproof.rules.rule import Terms, rule
from hookproof.rules.timing import (
    answer_class,
    first_reached,
    legal_policies,
    passed,
    scheduled,
    settle_seconds,
    too_early,
    wait_between,
    witness,
)
from hookproof.rules.view import Delivery, View

_KNOWS_NOT = (401, 403, 404, 410)
"""Statuses by which a target says that an endpoint, or its whole tenant, does not exist."""


def _falls(view: View, action: str) -> list[int]:
    return [note.at for note in view.notes if note.name == action]


def _accepted_events_survive(view: View, terms: Terms, action: str) -> Judgement:
    seen = Observations(missing=f"no accepted event was undelivered at a {action} with a canary afterwards")
    for fall in _falls(view, action):
        for endpoint, due in view.due.items():
            if forgotten := _forgotten(view, endpoint, fall):
                _blame_forgetting(view, action, endpoint, [e for e in due if e.done_at <= fall], forgotten, seen)
                continue
            canary = last_canary(view, view.scope_of(endpoint))
            if canary is None or canary.emission is None or canary.emission.started_at < fall:
                continue
            for emission in (e for e in due if e.done_at <= fall):
                attempts = [a for a in view.by_endpoint.get(endpoint, ()) if view.meant(a) is emission]
                if any(a.answer.succeeds and a.answer_done_at is not None and a.accepted_at < fall for a in attempts):
                    continue
                after = [a for a in attempts if a.accepted_at > fall]
                if after:
                    seen.saw(emission.id, after[0].id)
                elif _overdue(view, terms, endpoint, emission, fall, len(attempts), canary):
                    seen.broke(
                        f"event {emission.event_id!r} was accepted before the {action} and never came after it",
                        emission.id,
                        canary.ids[0],
                    )
    return seen.conclude()


def _overdue(view: View, terms: Terms, endpoint: str, emission: Emission, fall: int, sends: int, canary: Delivery) -> bool:
    """Whether an event of which so many sends were seen must have been sent again when the canary came."""
    if sends:
        since, least = fall, next_wait(terms, emission, sends)
    else:
        since, least = emission.done_at, first_reached(view, terms, emission, endpoint)
    return least is not None and passed(view, terms, emission.scope, since, canary.attempts[0]) >= least


def _forgotten(view: View, endpoint: str, fall: int) -> Exchange | None:
    """Give the reading after a fall in which the target knew an endpoint no more that it had shown before."""
    ids = {record.endpoint_id for record in view.history[endpoint]} - {""}
    reads = [x for x in view.exchanges if x.operation == "getWebhook" and x.key == "own" and ids & set(x.path.split("/"))]
    shown = any(200 <= x.status <= 299 and x.done_at <= fall for x in reads)  # noqa: PLR2004 -- RFC 9110 section 15.3
    return next((x for x in reads if x.started_at > fall and x.status in _KNOWS_NOT), None) if shown else None


def _blame_forgetting(view: View, action: str, endpoint: str, accepted: list[Emission], reading: Exchange, seen: Observations) -> None:
    """Count what an endpoint was still due as lost, unless it came all the same; the target's word counts while it delivers to others."""
    alive = next((a for each in view.canaries.values() for d in each for a in d.attempts if a.accepted_at > reading.done_at), None)
    got = {meant.event_id for a in view.by_endpoint.get(endpoint, ()) if (meant := view.meant(a)) is not None}
    for emission in accepted:
        if alive is not None and emission.event_id not in got:
            what = f"event {emission.event_id!r} was accepted before the {action}"
            seen.broke(f"{what}, after which its endpoint is unknown ({reading.status})", emission.id, reading.id, alive.id)


def next_wait(terms: Terms, emission: Emission, sends: int) -> float | None:
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


@rule("power_cut", needs=("retry", "power-cut"))
def accepted_events_survive_a_power_cut(view: View, terms: Terms) -> Judgement:
    """An event accepted before the power was cut and not yet delivered is delivered after it."""
    return _accepted_events_survive(view, terms, "power-cut")


@rule("restart", needs=("retry", "restart", "time"))
def restarts_shorten_no_wait(view: View, terms: Terms) -> Judgement:
    """The wait between the last send before an orderly restart and the first one after it is as long as promised."""
    seen = Observations(missing="no failing event was sent both before and after a restart")
    falls = _falls(view, "restart")
    for delivery in view.deliveries:
        sends = scheduled(view, terms, delivery.attempts)
        policies = legal_policies(terms, delivery)
        for number, (first, second) in enumerate(pairwise(sends)):
            told = first.answer_done_at if answer_class(first.answer) == "5xx" else None
            if told is None or not any(told < fall < second.accepted_at for fall in falls):
                continue
            wait = wait_between(view, terms, first, second)
            delays = [policy.delays[number] for policy in policies if number < len(policy.delays)]
            if wait is None or not delays:
                continue
            if all(too_early(wait, delay, terms.capabilities) for delay in delays):
                within = f"within {wait.most:.3f} s, promised {min(delays):g} s"
                seen.broke(f"after the restart event {delivery.event_id!r} was sent again {within}", first.id, second.id)
            else:
                seen.saw(first.id, second.id)
    return seen.conclude(grade=terms.capabilities.grade)


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
