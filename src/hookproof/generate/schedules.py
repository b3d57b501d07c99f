"""Schedules: what is done to a platform step by step, as frozen values that are written as JSON and read again.

Law: a schedule names endpoints by the order in which they were subscribed and answers by words, so that it means the same to every
target; nothing here knows Hypothesis.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any, get_args

from hookproof.model.errors import IllFormedError
from hookproof.model.transcript import Answer

FORMAT = "hookproof.schedule/1"

ANSWERS: Mapping[str, Answer] = {
    "ok": Answer(status=200),
    "no content": Answer(status=204),
    "delayed": Answer(status=200, delay=0.05),
    "error": Answer(status=500),
    "unavailable": Answer(status=503),
    "come back": Answer(status=503, headers=(("Retry-After", "120"),)),
    "closed": Answer(mode="close"),
    "reset": Answer(mode="reset"),
    "hang": Answer(mode="never"),
}
"""How an endpoint may answer, by word. A ``hang`` happens once, however often it is asked for: it costs the target's whole time-out."""

PLAINEST_ERROR = "error"

SPANS = ("moment", "retry", "day")
"""How far a clock may jump between steps: a second, past every first retry, past the overlap of a rotation."""

ENDS = ("now", "retry", "exhausted")
"""When the last witness is called: at once, past every first retry, or when every schedule has run out."""

FORMS = ("unknown name", "mixed", "near miss", "upper case", "empty list", "no key", "wrong key")
"""What is wrong with a subscription that must be refused."""

VALUES = ("plain", "text", "numbers", "empties")
"""What an event carries: its first example, alone or with values that careless code spoils."""

TENANTS = ("main", "stranger")


@dataclass(frozen=True, kw_only=True)
class Subscribe:
    """Open an endpoint that asks for these events and ``answer``s so from its first request on."""

    events: tuple[str, ...]
    answer: str = "ok"


@dataclass(frozen=True, kw_only=True)
class Watch:
    """Open an endpoint that asks for what is told of endpoints; nothing is ever done to it."""


@dataclass(frozen=True, kw_only=True)
class Update:
    """Change the events that an endpoint asks for."""

    endpoint: int
    events: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Switch:
    """Set an endpoint inactive, or active again."""

    endpoint: int
    active: bool


@dataclass(frozen=True, kw_only=True)
class Delete:
    """Delete an endpoint."""

    endpoint: int


@dataclass(frozen=True, kw_only=True)
class Rotate:
    """Give an endpoint a new secret."""

    endpoint: int


@dataclass(frozen=True, kw_only=True)
class Turn:
    """Let an endpoint answer otherwise: so many ``times`` (0: from now on), then well."""

    endpoint: int
    answer: str
    times: int = 0


@dataclass(frozen=True, kw_only=True)
class Emit:
    """Let an event happen, in a tenant."""

    event: str
    tenant: str = "main"
    values: str = "plain"


@dataclass(frozen=True, kw_only=True)
class Fall:
    """Restart the platform or kill it."""

    action: str


@dataclass(frozen=True, kw_only=True)
class Pass:
    """Let the clock jump."""

    span: str


@dataclass(frozen=True, kw_only=True)
class Ask:
    """Ask for a subscription that must be refused, between two that must not."""

    form: str


@dataclass(frozen=True, kw_only=True)
class Read:
    """Read an endpoint as its owner."""

    endpoint: int


Step = Subscribe | Watch | Update | Switch | Delete | Rotate | Turn | Emit | Fall | Pass | Ask | Read
STEPS: Mapping[str, type[Step]] = {kind.__name__.lower(): kind for kind in get_args(Step)}
"""Kinds of steps by the word that names them in JSON."""

_WORDS: Mapping[str, tuple[str, ...]] = {
    "answer": tuple(ANSWERS),
    "span": SPANS,
    "form": FORMS,
    "tenant": TENANTS,
    "values": VALUES,
    "action": ("restart", "kill"),
}
"""The members that hold one of a few words."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Steps in order, then a last witness at ``end``."""

    steps: tuple[Step, ...]
    end: str = "now"

    @property
    def events(self) -> tuple[str, ...]:
        """The events that it lets happen."""
        return tuple(step.event for step in self.steps if isinstance(step, Emit))

    @property
    def weight(self) -> tuple[int, int, int, int]:
        """How long it is: fewer steps first, then an earlier end, then plainer answers and members."""
        words = list(ANSWERS)
        odd = sum(words.index(step.answer) for step in self.steps if isinstance(step, Subscribe | Turn))
        return len(self.steps), ENDS.index(self.end), odd, len(json.dumps(self.to_json()))

    def to_json(self) -> dict[str, Any]:
        """Give it as a JSON object; members that hold their default are left out."""
        return {"end": self.end, "steps": [_step_json(step) for step in self.steps]}

    @classmethod
    def from_json(cls, document: Any, *, subject: str) -> Schedule:  # noqa: ANN401 -- any JSON value
        """Read what ``to_json`` wrote; raise ``IllFormedError`` that names the step."""
        steps = document.get("steps") if isinstance(document, dict) else None
        if not isinstance(steps, list):
            raise IllFormedError(subject, "it holds no list of steps", remedy="See docs/search.md.")
        end = document.get("end", "now")
        if end not in ENDS:
            raise IllFormedError(subject, f"{end!r} is no end", place="end", remedy=f"Choose one of {', '.join(ENDS)}.")
        found: list[Step] = []
        known = 0
        for number, step in enumerate(steps):
            found.append(_step(step, known, f"steps/{number}", subject))
            known += isinstance(found[-1], Subscribe)
        return cls(steps=tuple(found), end=end)


def _step_json(step: Step) -> dict[str, Any]:
    told = {each.name: getattr(step, each.name) for each in fields(step)}
    kept = {each.name: told[each.name] for each in fields(step) if told[each.name] != each.default}
    return {
        "do": type(step).__name__.lower(),
        **{name: list(value) if isinstance(value, tuple) else value for name, value in kept.items()},
    }


def _step(document: Any, known: int, place: str, subject: str) -> Step:  # noqa: ANN401 -- any JSON value
    kind = STEPS.get(str(document.get("do"))) if isinstance(document, dict) else None
    if kind is None:
        raise IllFormedError(subject, "it is no step", place=place, remedy=f"`do` is one of {', '.join(STEPS)}.")
    given = {name: value for name, value in document.items() if name != "do"}
    for name, value in given.items():
        if (fault := _fault(name, value, known)) is not None:
            raise IllFormedError(subject, fault, place=f"{place}/{name}")
    checked: dict[str, Any] = {name: tuple(value) if name == "events" else value for name, value in given.items()}
    try:
        return kind(**checked)
    except TypeError:
        wanted = ", ".join(each.name for each in fields(kind)) or "no member"
        raise IllFormedError(subject, f"the step holds {wanted}", place=place) from None


def _fault(name: str, value: Any, known: int) -> str | None:  # noqa: ANN401 -- any JSON value
    whole = isinstance(value, int) and not isinstance(value, bool)
    if name in _WORDS:
        return None if value in _WORDS[name] else f"{value!r} is none of {', '.join(_WORDS[name])}"
    if name == "endpoint":
        return None if whole and 0 <= value < known else f"{known} endpoints were subscribed before, counted from 0"
    if name == "events":
        return None if isinstance(value, list) and all(isinstance(each, str) for each in value) else "it is no list of names"
    if name == "event":
        return None if isinstance(value, str) else "it is no name"
    if name == "active":
        return None if isinstance(value, bool) else "it is neither true nor false"
    return None if whole and 0 <= value <= _MOST_TIMES else f"it is no number from 0 to {_MOST_TIMES}"


_MOST_TIMES = 100


def shorter(schedule: Schedule) -> Iterator[Schedule]:
    """Give schedules that weigh less: without one step and what refers to it, with two steps in one, with an earlier end."""
    for place in reversed(range(len(schedule.steps))):
        rest = _without(schedule, place)
        yield rest
        step = schedule.steps[place]
        if isinstance(step, Pass):
            yield from (replace(rest, end=end) for end in ENDS[ENDS.index(schedule.end) + 1 :])
        elif isinstance(step, Turn):
            yield replace(rest, steps=tuple(_answering(rest.steps, step)))
    for end in ENDS[: ENDS.index(schedule.end)]:
        yield replace(schedule, end=end)
    for place, step in enumerate(schedule.steps):
        for plainer in _plainer(step):
            yield replace(schedule, steps=(*schedule.steps[:place], plainer, *schedule.steps[place + 1 :]))


def _answering(steps: tuple[Step, ...], turn: Turn) -> Iterator[Step]:
    """Let the endpoint of a turn answer so from the beginning."""
    number = 0
    for step in steps:
        if isinstance(step, Subscribe):
            yield replace(step, answer=turn.answer) if number == turn.endpoint else step
            number += 1
        else:
            yield step


def _plainer(step: Step) -> Iterator[Step]:
    """Give the same step with one member at its default, and with the plainest of errors for an answer that is odder."""
    for each in fields(step):
        if each.default is not MISSING and getattr(step, each.name) != each.default:
            plain: dict[str, Any] = {each.name: each.default}
            yield replace(step, **plain)
    if isinstance(step, Subscribe | Turn) and list(ANSWERS).index(step.answer) > list(ANSWERS).index(PLAINEST_ERROR):
        yield replace(step, answer=PLAINEST_ERROR)


def _without(schedule: Schedule, place: int) -> Schedule:
    gone = schedule.steps[place]
    rest = (*schedule.steps[:place], *schedule.steps[place + 1 :])
    if not isinstance(gone, Subscribe):
        return replace(schedule, steps=rest)
    number = sum(isinstance(step, Subscribe) for step in schedule.steps[:place])
    kept = [step for step in rest if getattr(step, "endpoint", None) != number]
    return replace(schedule, steps=tuple(_renumbered(step, number) for step in kept))


def _renumbered(step: Step, gone: int) -> Step:
    if isinstance(step, Update | Switch | Delete | Rotate | Turn | Read) and step.endpoint > gone:
        return replace(step, endpoint=step.endpoint - 1)
    return step


@dataclass(frozen=True, kw_only=True)
class Palette:
    """What schedules for one target and contract are made of: what it does not offer is left out.

    ``everything``: names that together ask for all events. ``changes``: endpoints can be changed through an update. ``holds``: an answer
    may be held back, since the target says when it has given up.
    """

    events: tuple[str, ...]
    everything: tuple[str, ...]
    answers: tuple[str, ...] = tuple(word for word in ANSWERS if word != "hang")
    falls: tuple[str, ...] = ()
    spans: tuple[str, ...] = ()
    ends: tuple[str, ...] = ("now",)
    forms: tuple[str, ...] = ()
    tenants: tuple[str, ...] = ("main",)
    values: tuple[str, ...] = VALUES
    changes: bool = False
    deletes: bool = False
    reads: bool = False
    watches: bool = False
    holds: bool = False
