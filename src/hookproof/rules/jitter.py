"""Whether declared jitter is really there, or everything that failed together comes again together.

Law: on a virtual clock "absent" is proven: waits are known as brackets, and no values inside them scatter as jitter must. On a real
one gaps scatter by jitter and by the host together, so gaps that do not scatter hold no jitter. Below 32 parallel waits of at least
a real second nothing is decided.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import sqrt
from statistics import mean, stdev

from hookproof.model.verdict import Judgement, Observations, not_observed
from hookproof.rules.rule import Terms, rule
from hookproof.rules.timing import Wait, answer_class, scheduled, wait_between
from hookproof.rules.view import View

CROWD = 32
"""Parallel waits from which scatter can be told."""

LEAST_WAIT = 1.0
"""Real seconds; in shorter waits a busy host makes as much scatter as jitter would."""

LEAST_JITTER = 0.1
"""Declared jitter below this drowns in what a host does by itself."""

MOST_SCATTER = 0.03
"""Coefficient of variation below which so many waits of a second hold no jitter of ten per cent or more."""


@dataclass(frozen=True, kw_only=True)
class Scatter:
    """Coefficient of variation of some waits: it lies in [least, most]. ``nominal``: their mean in promised seconds."""

    least: float
    most: float
    nominal: float


@rule("herd", needs=("retry", "time", "jitter"))
def declared_jitter_is_there(view: View, terms: Terms) -> Judgement:
    """Many events that fail together are sent again after waits that scatter as the target declares."""
    seen = Observations(missing=f"fewer than {CROWD} events failed together and were sent again")
    told, undecided = terms.capabilities, 0
    bound = min(MOST_SCATTER, told.jitter_ratio / 5)
    for kind, waits in _crowds(view, terms).items():
        scatter = _scatter(waits, virtual=told.time == "virtual")
        if scatter.nominal / (told.time_scale or 1.0) < LEAST_WAIT or told.jitter_ratio < LEAST_JITTER:
            undecided += 1
        elif scatter.most < bound:
            sentence = f"{len(waits)} waits of {kind!r} scatter by at most {scatter.most:.2%}, declared are ±{told.jitter_ratio:.0%}"
            seen.broke(sentence, *(record for wait in waits[:4] for record in (wait.before, wait.after)))
        elif scatter.least >= bound:
            seen.saw(*(record for wait in waits for record in (wait.before, wait.after)))
        else:
            undecided += 1
    if undecided and not seen.findings:
        return not_observed("the jitter is not decidable: too little is declared, or the waits are too short or known too coarsely")
    return seen.conclude(grade=told.grade)


def _crowds(view: View, terms: Terms) -> dict[str, list[Wait]]:
    """Give the first waits of what failed plainly, by event type, where they are many."""
    found: dict[str, list[Wait]] = defaultdict(list)
    for delivery in view.deliveries:
        sends = scheduled(view, terms, delivery.attempts)
        if delivery.emission is None or len(sends) < 2 or answer_class(sends[0].answer) != "5xx":  # noqa: PLR2004 -- a wait needs two
            continue
        wait = wait_between(view, terms, sends[0], sends[1])
        if wait is not None:
            found[delivery.emission.type].append(wait)
    return {kind: waits for kind, waits in found.items() if len(waits) >= CROWD}


def _scatter(waits: list[Wait], *, virtual: bool) -> Scatter:
    """Deviation obeys the triangle inequality: values inside brackets deviate from the middles' by no more than half a bracket."""
    brackets = [(wait.least if virtual else wait.most, wait.most) for wait in waits]
    half = max((most - least) / 2 for least, most in brackets) * sqrt(len(waits) / (len(waits) - 1))
    middle = stdev((least + most) / 2 for least, most in brackets)
    low, high = mean(least for least, _ in brackets), mean(most for _, most in brackets)
    most_scatter = (middle + half) / low if low > 0 else float("inf")
    return Scatter(least=max(middle - half, 0.0) / high if high > 0 else 0.0, most=most_scatter, nominal=(low + high) / 2)
