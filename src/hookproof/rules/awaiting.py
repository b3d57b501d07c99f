"""How long a platform waits for an answer, and that it waits: not less than promised, and never for two attempts at once.

Law: the target's real wait D satisfies D <= closed - emitted at any load, since it cannot begin before we asked for the event; on a
virtual clock the wait after an unanswered send is longer than the one after an error by the time-out.
"""

from __future__ import annotations

from hookproof.model.transcript import Attempt
from hookproof.model.verdict import Judgement, Observations
from hookproof.rules.rule import Terms, rule
from hookproof.rules.timing import NANO, SLEW, Wait, answer_class, answer_limit, scheduled, wait_between
from hookproof.rules.view import Delivery, View


@rule("retries", needs=("retry",))
def answers_are_awaited_as_long_as_promised(view: View, terms: Terms) -> Judgement:
    """A send that is never answered is given up after the promised time-out: on a virtual clock exactly then, on a real one not before."""
    seen = Observations(missing="no unanswered send was given up whose time-out could be measured")
    for delivery in view.sole:
        held = delivery.attempts[0] if delivery.attempts else None
        if held is None or held.answer.mode != "never" or held.closed_at is None or delivery.emission is None:
            continue
        _judge_hold(terms, delivery, held, seen)
        if terms.capabilities.time == "virtual":
            _judge_clock(view, terms, delivery, seen)
    return seen.conclude(grade=terms.capabilities.grade)


def _judge_hold(terms: Terms, delivery: Delivery, held: Attempt, seen: Observations) -> None:
    """The connection is held as long as the target declares for this environment."""
    assert delivery.emission is not None
    if not terms.capabilities.offers("timeout"):
        return
    limit, most = answer_limit(terms.contract, terms.capabilities), ((held.closed_at or 0) - delivery.emission.started_at) / NANO
    if most < limit * (1 - SLEW):
        seen.broke(f"an unanswered send was given up after at most {most:.3f} s, promised {limit:g} s", held.id, delivery.emission.id)
    else:
        seen.saw(held.id)


def _judge_clock(view: View, terms: Terms, delivery: Delivery, seen: Observations) -> None:
    """The next send comes one time-out later than after a plain failure of the same type, whose own wait is judged elsewhere."""
    after_timeout, plain = _first_wait(view, terms, delivery), _plain_waits(view, terms, delivery)
    held, later = delivery.attempts[0], delivery.attempts[1:]
    if after_timeout is None or not plain or later[0].accepted_at < (held.closed_at or 0):  # what was sent meanwhile waited for nothing
        return
    limit, told = terms.contract.policy.timeout_seconds, terms.capabilities
    slack = told.scheduler_resolution_seconds + told.poll_interval_seconds + limit * SLEW + 1e-3
    shortest, longest = min(wait.least for wait in plain), max(wait.most for wait in plain)
    jitter = (longest + limit) * 2 * told.jitter_ratio
    if max(wait.least for wait in plain) - min(wait.most for wait in plain) > jitter + slack:
        return  # waits that scatter without saying so measure nothing
    least, most = after_timeout.least - longest - jitter - slack, after_timeout.most - shortest + jitter + slack
    if least <= limit <= most:
        seen.saw(after_timeout.before, after_timeout.after, plain[0].before, plain[0].after)
        return
    shown = f"at most {most:.3f} s" if most < limit else f"at least {least:.3f} s"
    sentence = f"the time-out is {shown}: by so much the wait after an unanswered send exceeds the one after an error; promised {limit:g} s"
    seen.broke(sentence, after_timeout.before, after_timeout.after, plain[0].before, plain[0].after)


def _first_wait(view: View, terms: Terms, delivery: Delivery) -> Wait | None:
    sends = scheduled(view, terms, delivery.attempts)
    return wait_between(view, terms, sends[0], sends[1]) if len(sends) > 1 else None


def _plain_waits(view: View, terms: Terms, delivery: Delivery) -> list[Wait]:
    """Give the first waits of events of the same type that met a whole 5xx at once, without advice."""
    kind = delivery.emission.type if delivery.emission else None
    alike = [d for d in view.deliveries if d.emission is not None and d.emission.type == kind and _failed_plainly(d.attempts[0])]
    return [wait for each in alike if (wait := _first_wait(view, terms, each)) is not None]


def _failed_plainly(attempt: Attempt) -> bool:
    answer = attempt.answer
    return answer_class(answer) == "5xx" and answer.delay <= 0 and not any(name.lower() == "retry-after" for name, _ in answer.headers)


@rule("retries", needs=("retry", "timeout"))
def attempts_do_not_overlap(view: View, terms: Terms) -> Judgement:
    """While an attempt still waits for its answer, and may, the same event is not sent again."""
    seen = Observations(missing="no send was answered late, but in time, and its event sent again")
    limit = answer_limit(terms.contract, terms.capabilities)
    for delivery in view.sole:
        slow, later = (delivery.attempts[0], delivery.attempts[1:]) if delivery.attempts else (None, ())
        if slow is None or delivery.emission is None or not (slow.answer.completes and slow.answer.delay > 0) or not later:
            continue
        begun, most = slow.answer_started_at, (later[0].accepted_at - delivery.emission.started_at) / NANO
        given_up = slow.closed_at is not None and slow.closed_at < later[0].accepted_at
        if not given_up and (begun is None or later[0].accepted_at < begun) and most < limit * (1 - SLEW):
            what = f"event {delivery.event_id!r} was sent again after at most {most:.3f} s, while its first send still waited for an answer"
            seen.broke(f"{what}; {limit:g} s are its limit", slow.id, later[0].id)
        elif begun is not None and slow.closed_at is None and later[0].accepted_at > begun:
            seen.saw(slow.id, later[0].id)
    return seen.conclude()
