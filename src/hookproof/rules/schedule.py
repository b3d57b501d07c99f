"""When a platform sends again and how often: every wait and every total against the policies that the contract allows.

Law: "too early" and, on a virtual clock, "too late" are proven per wait; in scaled and real time lateness needs the median of
at least eight parallel events in each of two groups and a quiet host, else it is left open.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from math import inf
from statistics import median

from hookproof.model.contract import RetryPolicy
from hookproof.model.verdict import Judgement, Observations, not_observed
from hookproof.rules.rule import Terms, rule
from hookproof.rules.timing import (
    GRACE_SECONDS,
    NANO,
    answer_class,
    answered_in_time,
    legal_policies,
    scheduled,
    settle_seconds,
    too_early,
    too_late,
    wait_between,
    witness,
)
from hookproof.rules.view import Delivery, View

PARALLEL = 8


def _judged(view: View, terms: Terms) -> list[tuple[Delivery, tuple[RetryPolicy, ...]]]:
    wanted = tuple(terms.parameters["policies"])
    found = []
    for delivery in view.deliveries:
        policies = legal_policies(terms, delivery)
        if tuple(policy.name for policy in policies) == wanted and _fails_plainly(delivery):
            found.append((delivery, policies))
    return found


def _fails_plainly(delivery: Delivery) -> bool:
    """Whether every answer but the last was a whole 5xx without advice on when to come back."""
    return (
        all(
            answer_class(attempt.answer) == "5xx" and not any(name.lower() == "retry-after" for name, _ in attempt.answer.headers)
            for attempt in delivery.attempts[:-1]
        )
        and answer_class(delivery.attempts[0].answer) == "5xx"
    )


def _fault(view: View, terms: Terms, delivery: Delivery, policy: RetryPolicy) -> tuple[str, str, str] | None:
    """Give (sentence, id, id) of the first wait that is provably wrong for a policy, or None."""
    sends = scheduled(view, terms, delivery.attempts)
    for number, (first, second) in enumerate(pairwise(sends)):
        if number >= len(policy.delays):
            break
        wait, delay = wait_between(view, terms, first, second), policy.delays[number]
        if wait is None:
            continue
        if too_early(wait, delay, terms.capabilities):
            return f"wait {number + 1} of {policy.name!r} was at most {wait.most:.3f} s, promised {delay:g} s", first.id, second.id
        if too_late(wait, delay, terms.capabilities) and answered_in_time(first):
            return f"wait {number + 1} of {policy.name!r} was at least {wait.least:.3f} s, promised {delay:g} s", first.id, second.id
    return None


@rule("retries", needs=("retry",), parameters=("policies",))
def waits_follow_the_schedule(view: View, terms: Terms) -> Judgement:
    """Each wait before a retry is the one that a legal policy promises."""
    seen = Observations(missing="no failing delivery of such an event was sent a second time")
    by_type: dict[str, list[tuple[Delivery, set[str]]]] = defaultdict(list)
    for delivery, policies in _judged(view, terms):
        if len(scheduled(view, terms, delivery.attempts)) < 2:  # noqa: PLR2004 -- a wait needs two sends
            continue
        faults = {policy.name: _fault(view, terms, delivery, policy) for policy in policies}
        legal = {name for name, fault in faults.items() if fault is None}
        if legal and delivery.emission is not None:
            by_type[delivery.emission.type].append((delivery, legal))
            seen.saw(*delivery.ids)
        else:
            sentence, *ids = next(fault for fault in faults.values() if fault is not None)
            seen.broke(f"event {delivery.event_id!r}: {sentence}", *ids)
    for kind, group in sorted(by_type.items()):
        common = [name for name in terms.parameters["policies"] if all(name in legal for _, legal in group)]
        if common:
            _choose_policy(view, terms, common, [delivery for delivery, _ in group], seen)
        else:
            odd = next(delivery for delivery, legal in group if not legal & group[0][1] or legal != group[0][1])
            names = ", ".join(sorted(set().union(*(legal for _, legal in group))))
            seen.broke(f"one event type, {kind!r}, follows two policies: {names}", group[0][0].ids[0], odd.ids[0])
    return seen.conclude(grade=terms.capabilities.grade)


def _choose_policy(view: View, terms: Terms, names: list[str], group: list[Delivery], seen: Observations) -> None:
    """Name the first policy that nothing speaks against; broken if every one that is not too early is provably too late."""
    faults = {name: _lateness(view, terms, terms.contract.policy.retry[name], group, seen) for name in names}
    chosen = next((name for name, fault in faults.items() if fault is None), None)
    if chosen is not None:
        seen.read_as(f"policy {chosen}")
        return
    sentence, *ids = next(fault for fault in faults.values() if fault is not None)
    seen.broke(sentence, *ids)


def _lateness(view: View, terms: Terms, policy: RetryPolicy, group: list[Delivery], seen: Observations) -> tuple[str, str, str] | None:
    """In scaled and real time: late only if the medians of two groups of eight both are, and our own canary was not."""
    if terms.capabilities.time == "virtual":
        return None
    measured = (float(note.facts.get("seconds", inf)) for note in view.notes if note.name == "canary-lateness")
    lateness = max(measured, default=inf)  # a host that nobody watched may have been busy
    endpoints = defaultdict(list)
    for delivery in group:
        endpoints[delivery.endpoint].append(scheduled(view, terms, delivery.attempts))
    crowds = [sends for sends in endpoints.values() if len(sends) >= PARALLEL]
    if len(crowds) < 2 or lateness >= GRACE_SECONDS / 2:  # noqa: PLR2004 -- twice, says the timing law
        seen.read_as("lateness not decidable: too few parallel events or a busy host")
        return None
    scale = terms.capabilities.time_scale
    slowness = _slowness(group)
    for number, delay in enumerate(policy.delays):
        gaps = [
            [wait.most for s in sends if len(s) > number + 1 and (wait := wait_between(view, terms, s[number], s[number + 1]))]
            for sends in crowds
        ]
        bound = delay * (1 + terms.capabilities.jitter_ratio) * 1.25 + scale * (
            slowness + max(GRACE_SECONDS, 2 * terms.capabilities.poll_interval_seconds)
        )
        if all(len(g) >= PARALLEL and median(g) > bound for g in gaps):
            culprit = crowds[0][0]
            sentence = (
                f"the median of wait {number + 1} of {policy.name!r} is {median(gaps[0]):.1f} s over {len(gaps[0])} events, twice; "
                f"promised {delay:g} s"
            )
            return sentence, culprit[number].id, culprit[number + 1].id
    return None


def _slowness(group: list[Delivery]) -> float:
    """Give the real seconds that the target needed at most for what was due at once: the first send of each of these events.

    Our own lateness tells little of a target that has its processor to share: its slowness here is no lateness of its schedule.
    """
    firsts = [(d.attempts[0].accepted_at - d.emission.done_at) / NANO for d in group if d.emission is not None]
    return max(0.0, *firsts)


@rule("retries", needs=("retry", "time"), parameters=("policies",))
def sends_are_as_many_as_promised(view: View, terms: Terms) -> Judgement:
    """An event that is never accepted is sent exactly as often as a legal reading of the policy says, then no more."""
    seen = Observations(missing="no delivery failed to its end with a canary after one more retry would have been due")
    unseen = 0
    for delivery, promised in _judged(view, terms):
        if delivery.emission is None or answer_class(delivery.attempts[-1].answer) != "5xx" or _meant_to_end(view, delivery):
            continue
        sends = scheduled(view, terms, delivery.attempts)
        policies = tuple(policy for policy in promised if _fault(view, terms, delivery, policy) is None) or promised
        legal = {total: f"{policy.name}: {name}" for policy in policies for name, total in policy.sends.items()}
        last, most = sends[-1], max(legal)
        canary = witness(view, terms, last, _silence(terms, policies, len(sends)))
        if len(sends) > most:
            seen.broke(f"event {delivery.event_id!r} was sent {len(sends)} times, at most {most} are promised", last.id, sends[most].id)
        elif canary is None:
            unseen += 1
        elif len(sends) not in legal:
            seen.broke(
                f"event {delivery.event_id!r} was sent {len(sends)} times, promised {' or '.join(map(str, sorted(legal)))}",
                last.id,
                canary,
            )
        else:
            seen.saw(*delivery.ids, canary)
            seen.read_as(legal[len(sends)])
    if unseen and not seen.findings:
        return not_observed(f"{unseen} deliveries ended without a canary after one more retry would have been due")
    return seen.conclude(grade=terms.capabilities.grade)


def _meant_to_end(view: View, delivery: Delivery) -> bool:
    """Whether the endpoint's answers were not all failures, or it was changed meanwhile."""
    return len(view.history.get(delivery.endpoint, ())) > 1


def _silence(terms: Terms, policies: tuple[RetryPolicy, ...], sends: int) -> float:
    """Give how long silence must last after ``sends`` sends: the next promised wait, or the last one doubled."""
    waits = [policy.delays[sends - 1] if sends <= len(policy.delays) else 2 * policy.delays[-1] for policy in policies if policy.delays]
    firsts = [policy.delays[0] for policy in terms.contract.policy.retry.values() if policy.delays]
    return settle_seconds(terms.capabilities, max(waits or firsts, default=0.0))
