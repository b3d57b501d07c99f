"""A Hypothesis state machine that writes schedules: any order of steps that a target offers, shrunk to the shortest that fails.

Law: what a schedule does and whether it fails is somebody else's to say (``Oracle``); every setting is explicit, because Hypothesis
would choose others by itself when CI is set.
"""

from __future__ import annotations

import sys
from typing import Any, ClassVar, Protocol

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    initialize,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from hookproof.generate.schedules import (
    PLAINEST_ERROR,
    Ask,
    Delete,
    Emit,
    Fall,
    Palette,
    Pass,
    Read,
    Rotate,
    Schedule,
    Step,
    Subscribe,
    Switch,
    Turn,
    Update,
    Watch,
)

_MOST_ENDPOINTS = 5
_TIMES = (0, 1, 2, 3)


class Oracle(Protocol):
    """Whoever performs schedules and judges what came of them."""

    def judged(self, schedule: Schedule) -> str | None:
        """Say what a schedule broke, None if nothing. May raise ``Enough``."""


class Enough(BaseException):
    """Raised by an oracle that wants to see no more schedules. No ``Exception``, since Hypothesis would shrink it."""


class BrokenPromise(Exception):  # noqa: N818 -- what Hypothesis looks for, seen by nobody else
    """A schedule broke something."""


def _chosen(member: str) -> st.SearchStrategy[Any]:
    """Choose one of a member of the palette, the first being the simplest."""
    return st.runner().flatmap(lambda machine: st.sampled_from(getattr(machine.palette, member)))


def _several(member: str) -> st.SearchStrategy[list[Any]]:
    """Choose up to three of a member of the palette."""
    return st.runner().flatmap(
        lambda machine: st.lists(st.sampled_from(getattr(machine.palette, member)), min_size=1, max_size=3, unique=True)
    )


def _names() -> st.SearchStrategy[tuple[str, ...]]:
    """Choose what a subscription asks for: an event, two, or all."""

    def of(machine: Any) -> st.SearchStrategy[tuple[str, ...]]:  # noqa: ANN401 -- Hypothesis gives the running machine without a type
        events = st.sampled_from(machine.palette.events)
        named = st.lists(events, min_size=1, max_size=2, unique=True).map(tuple)
        return st.one_of(named, st.just(tuple(machine.palette.everything)))

    return st.runner().flatmap(of)


class Scheduling(RuleBasedStateMachine):
    """Writes one schedule step by step and has it judged when it is whole. Subclasses say from what, and by whom."""

    palette: ClassVar[Palette]
    oracle: ClassVar[Oracle]
    endpoints: Bundle[int] = Bundle("endpoints")

    def __init__(self) -> None:
        """Begin an empty schedule."""
        super().__init__()
        self.steps: list[Step] = []
        self.end = "now"
        self.asked: list[tuple[str, ...]] = []
        self.rotated: set[int] = set()
        self.held = False

    def teardown(self) -> None:
        """Have the schedule judged, unless Hypothesis itself gave it up on the way."""
        if sys.exc_info()[0] is None and self.steps and (told := self.oracle.judged(Schedule(steps=tuple(self.steps), end=self.end))):
            raise BrokenPromise(told)

    @initialize(target=endpoints, end=_chosen("ends"), events=_names(), answers=_several("answers"))
    def begin(self, end: str, events: tuple[str, ...], answers: list[str]) -> MultipleResults[int]:
        """Choose when it ends, and open endpoints that ask for the same, so that one event meets several fates."""
        self.end = end
        return multiple(*(self.subscribe(events, answer) for answer in answers))

    @precondition(lambda self: len(self.asked) < _MOST_ENDPOINTS)
    @rule(target=endpoints, events=_names(), answer=_chosen("answers"))
    def subscribe_another(self, events: tuple[str, ...], answer: str) -> int:
        """Open a further endpoint."""
        return self.subscribe(events, answer)

    def subscribe(self, events: tuple[str, ...], answer: str) -> int:
        """Open an endpoint."""
        self.steps.append(Subscribe(events=events, answer=answer))
        self.asked.append(events)
        return len(self.asked) - 1

    @precondition(lambda self: self.palette.watches and Watch() not in self.steps)
    @rule()
    def watch(self) -> None:
        """Watch what is told of endpoints."""
        self.steps.append(Watch())

    @rule(event=_chosen("events"), tenant=_chosen("tenants"))
    def emit(self, event: str, tenant: str) -> None:
        """Let any event happen."""
        self.steps.append(Emit(event=event, tenant=tenant))

    @rule(endpoint=endpoints)
    def emit_to(self, endpoint: int) -> None:
        """Let an event happen that an endpoint asks for."""
        self.steps.append(Emit(event=self._wanted(endpoint)))

    @rule(endpoint=endpoints, answer=_chosen("answers"), times=st.sampled_from(_TIMES))
    def emit_to_failing(self, endpoint: int, answer: str, times: int) -> None:
        """Let an event happen that an endpoint asks for and answers otherwise than before."""
        self.turn(endpoint, answer, times)
        self.steps.append(Emit(event=self._wanted(endpoint)))

    @rule(endpoint=endpoints, times=st.sampled_from(_TIMES))
    def emit_to_erring(self, endpoint: int, times: int) -> None:
        """Let an event happen that an endpoint asks for and answers with the plainest of errors: what most promises are about."""
        self.steps += (Turn(endpoint=endpoint, answer=PLAINEST_ERROR, times=times), Emit(event=self._wanted(endpoint)))

    @precondition(lambda self: self.palette.holds and not self.held)
    @rule(endpoint=endpoints)
    def emit_to_silent(self, endpoint: int) -> None:
        """Let an event happen that an endpoint asks for and never answers; once, since it costs real time."""
        self.held = True
        self.steps += (Turn(endpoint=endpoint, answer="hang"), Emit(event=self._wanted(endpoint)))

    @rule(endpoint=endpoints, values=_chosen("values"))
    def emit_odd(self, endpoint: int, values: str) -> None:
        """Let an event with odd values happen that an endpoint asks for."""
        self.steps.append(Emit(event=self._wanted(endpoint), values=values))

    def _wanted(self, endpoint: int) -> str:
        """Give an event that an endpoint asks for."""
        asked = self.asked[endpoint]
        return next((name for name in asked if name in self.palette.events), self.palette.events[0])

    @rule(endpoint=endpoints, answer=_chosen("answers"), times=st.sampled_from(_TIMES))
    def turn_only(self, endpoint: int, answer: str, times: int) -> None:
        """Answer otherwise than before."""
        self.turn(endpoint, answer, times)

    def turn(self, endpoint: int, answer: str, times: int) -> None:
        """Answer otherwise."""
        self.steps.append(Turn(endpoint=endpoint, answer=answer, times=times))

    @precondition(lambda self: self.palette.spans)
    @rule(span=_chosen("spans"))
    def let_pass(self, span: str) -> None:
        """Let the clock jump."""
        self.steps.append(Pass(span=span))

    @precondition(lambda self: self.palette.changes)
    @rule(endpoint=endpoints, events=_names())
    def update(self, endpoint: int, events: tuple[str, ...]) -> None:
        """Change what an endpoint asks for."""
        self.asked[endpoint] = events
        self.steps.append(Update(endpoint=endpoint, events=events))

    @precondition(lambda self: self.palette.changes)
    @rule(endpoint=endpoints, active=st.booleans())
    def switch(self, endpoint: int, active: bool) -> None:  # noqa: FBT001 -- Hypothesis names it
        """Set inactive or active."""
        self.steps.append(Switch(endpoint=endpoint, active=active))

    @precondition(lambda self: self.palette.changes)
    @rule(endpoint=endpoints)
    def rotate(self, endpoint: int) -> None:
        """Give a new secret, once: which of several older ones still sign is nowhere promised."""
        if endpoint not in self.rotated:
            self.rotated.add(endpoint)
            self.steps.append(Rotate(endpoint=endpoint))

    @precondition(lambda self: self.palette.deletes)
    @rule(endpoint=consumes(endpoints))
    def delete(self, endpoint: int) -> None:
        """Delete an endpoint."""
        self.steps.append(Delete(endpoint=endpoint))

    @precondition(lambda self: self.palette.reads)
    @rule(endpoint=endpoints)
    def read(self, endpoint: int) -> None:
        """Read an endpoint."""
        self.steps.append(Read(endpoint=endpoint))

    @precondition(lambda self: self.palette.forms)
    @rule(forms=_several("forms"))
    def ask(self, forms: list[str]) -> None:
        """Ask amiss, in each way once."""
        self.steps += [Ask(form=form) for form in forms if Ask(form=form) not in self.steps]

    @precondition(lambda self: self.palette.falls and not any(isinstance(step, Fall) for step in self.steps))
    @rule(action=_chosen("falls"))
    def fall(self, action: str) -> None:
        """Restart or kill, once: a second fall may legally repeat a second send."""
        self.steps.append(Fall(action=action))


def explore(palette: Palette, oracle: Oracle, *, examples: int, steps: int, seed: int) -> None:
    """Show an oracle that many schedules of that many steps, and after the first broken one ever shorter ones, until it has enough."""
    search = hypothesis.seed(seed)(type("Search", (Scheduling,), {"palette": palette, "oracle": oracle}))
    settings = hypothesis.settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=False,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
        backend="hypothesis",
    )
    try:
        run_state_machine_as_test(search, settings=settings)
    except (BrokenPromise, Enough):
        return  # the oracle knows
