"""Performs a schedule on a stage: each step once nothing is under way that it might meet, a witness in every tenant at the end.

Law: the player does and records, and says what it did that makes a rule unfair (``fairness``); it never judges.
"""

from __future__ import annotations

from collections import defaultdict
from functools import singledispatchmethod

from hookproof.generate.payloads import HARD_EMPTIES, HARD_NUMBERS, HARD_TEXTS
from hookproof.generate.schedules import (
    ANSWERS,
    ENDS,
    FORMS,
    SPANS,
    TENANTS,
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
from hookproof.model.contract import Contract
from hookproof.model.transcript import Answer
from hookproof.rules.management import operations
from hookproof.rules.view import View
from hookproof.staging.cast import OK, Endpoint, Tenant
from hookproof.staging.choosing import plain_kinds
from hookproof.staging.fairness import ADVISED, ALTERED, CROWDED, EVERYWHERE, FALLEN, HUNG, KILLED, STRANGE
from hookproof.staging.stage import Stage
from hookproof.staging.walk import exhaustion_horizon, longest_first_wait, pass_time

_HARD = {"text": HARD_TEXTS, "numbers": HARD_NUMBERS, "empties": HARD_EMPTIES}
_TELLING = {"come back": ADVISED, "hang": HUNG}
_DAY = 86_400.0
_MARGIN = 1.5
"""How far past the first promised retry a clock jumps; a second one is not due by then."""


def palette_of(stage: Stage) -> Palette:
    """Give what schedules may be made of before this target: only what it offers, for events that nothing special is promised of."""
    offered = {operation for _, _, operation, _ in operations(stage.contract)}
    virtual, told = stage.virtual, set(stage.contract.policy.management.values())
    return Palette(
        events=_events(stage.contract),
        everything=tuple(name for name in stage.everything if name not in told),
        falls=tuple(action for action in ("restart", "kill") if virtual and stage.offers("retry", action)),
        spans=SPANS if virtual else (),
        ends=ENDS if virtual else ENDS[:1],
        forms=FORMS,
        tenants=TENANTS if stage.offers("scopes") else TENANTS[:1],
        changes="updateWebhook" in offered,
        deletes="deleteWebhook" in offered,
        reads="getWebhook" in offered,
        holds=virtual,
        watches=bool(told) and told <= set(stage.contract.catalog),
    )


def _events(contract: Contract) -> tuple[str, ...]:
    """Choose two plain events under each list of policies, without the one that canaries are."""
    canary = plain_kinds(contract, None)[0].name
    ways = dict.fromkeys(tuple(policy.name for policy in contract.policy.policies_for(name)) for name in contract.catalog)
    first = [event.name for event in plain_kinds(contract, None)[1:3]]
    others = [event.name for way in ways for event in plain_kinds(contract, way)[:2] if event.name != canary]
    return tuple(dict.fromkeys((*first, *others)))


class Player:
    """Performs one schedule. ``features``: with which endpoints what was done that makes a rule unfair; ``events``: what was named."""

    def __init__(self, stage: Stage, palette: Palette) -> None:
        self.stage = stage
        self.palette = palette
        self.features: dict[str, set[str]] = defaultdict(set)
        self.events: set[str] = {stage.canary_kind}
        self.tenants: dict[str, Tenant] = {}
        self.endpoints: list[Endpoint] = []
        self.gone: set[str] = set()
        self.paused: set[str] = set()
        self.stirred: set[str] = set()
        """Tenants in which something may be under way."""

    def play(self, schedule: Schedule) -> None:
        """Perform all steps, then call the witnesses."""
        self._tenant("main")
        for step in schedule.steps:
            if not isinstance(step, Subscribe | Watch | Ask | Read):
                self._settle()
            self._do(step)
            self.stirred.add("main")
        self._settle()
        for tenant in self.tenants.values():
            if schedule.end != "now" and self.stage.virtual:
                horizon = exhaustion_horizon(self.stage) if schedule.end == "exhausted" else _MARGIN * longest_first_wait(self.stage)
                self._pass(tenant, horizon)
            self.stage.canary(tenant)

    def clear(self) -> None:
        """Leave nothing behind: end what is held back, delete what belongs to a tenant that stays."""
        self.stage.leave()
        if not self.stage.offers("scopes") and self.palette.deletes:
            for endpoint in self.stage.endpoints:
                if endpoint.accepted and endpoint.name not in self.gone:
                    self.stage.delete(endpoint)
        self.stage.tools.leave()

    def _tenant(self, name: str) -> Tenant:
        if name not in self.tenants:
            self.tenants[name] = self.stage.tenant(name)
        return self.tenants[name]

    def _found(self, number: int) -> Endpoint | None:
        """Give an endpoint that the target took and that was not deleted."""
        found = self.endpoints[number] if number < len(self.endpoints) else None
        return found if found is not None and found.accepted and found.name not in self.gone else None

    def _owes(self, endpoint: Endpoint) -> bool:
        """Whether something that is due at an endpoint was not taken there yet."""
        view = View(self.stage.tools.recorder.transcript(), self.stage.contract)
        came = [delivery for delivery in view.deliveries if delivery.endpoint == endpoint.name]
        taken = {d.event_id for d in came if any(attempt.answer.succeeds for attempt in d.attempts)}
        due = {emission.event_id for emission in view.due.get(endpoint.name, ())}
        return bool((due | {delivery.event_id for delivery in came}) - taken)

    def _alter(self, endpoint: Endpoint) -> None:
        if self._owes(endpoint):
            self.features[ALTERED].add(endpoint.name)

    def _scripted(self, word: str, times: int) -> tuple[list[Answer], Answer]:
        answer = ANSWERS[word]
        times = 1 if word == "hang" else times
        return ([answer] * times, OK) if times else ([], answer)

    def _tell(self, endpoint: Endpoint, word: str) -> None:
        if word in _TELLING:
            self.features[_TELLING[word]].add(endpoint.name)

    @singledispatchmethod
    def _do(self, step: Step) -> None:
        """Perform one step and settle it."""
        raise TypeError(step)

    @_do.register
    def _(self, step: Subscribe) -> None:
        script, then = self._scripted(step.answer, 0)
        self.endpoints.append(self.stage.endpoint(self.tenants["main"], step.events, script, then=then))
        self._tell(self.endpoints[-1], step.answer)

    @_do.register
    def _(self, _step: Watch) -> None:
        told = sorted(set(self.stage.contract.policy.management.values()))
        self.events.update(told)
        self.stage.endpoint(self.tenants["main"], told, purpose="watcher of management events")

    @_do.register
    def _(self, step: Update) -> None:
        if (endpoint := self._found(step.endpoint)) is not None:
            self._alter(endpoint)
            self.stage.update(endpoint, step.events)

    @_do.register
    def _(self, step: Switch) -> None:
        if (endpoint := self._found(step.endpoint)) is not None:
            self._alter(endpoint)
            if self.stage.switch(endpoint, active=step.active).accepted:
                (self.paused.discard if step.active else self.paused.add)(endpoint.name)

    @_do.register
    def _(self, step: Delete) -> None:
        if (endpoint := self._found(step.endpoint)) is not None:
            self._alter(endpoint)
            if self.stage.delete(endpoint).accepted:
                self.gone.add(endpoint.name)

    @_do.register
    def _(self, step: Rotate) -> None:
        if (endpoint := self._found(step.endpoint)) is not None:
            self.stage.rotate(endpoint)

    @_do.register
    def _(self, step: Turn) -> None:
        if (endpoint := self._found(step.endpoint)) is not None:
            script, then = self._scripted(step.answer, step.times)
            self._tell(endpoint, step.answer)
            self.stage.tools.listener.rescript(endpoint.name, script, then=then)

    @_do.register
    def _(self, step: Emit) -> None:
        name = step.tenant if step.tenant in self.palette.tenants else "main"
        tenant = self._tenant(name)
        self.stirred.add(name)
        due = [endpoint for endpoint in self._standing() if tenant is endpoint.tenant and self._asks(endpoint, step.event)]
        self.features[CROWDED].update(endpoint.name for endpoint in due if self._owes(endpoint))
        self.events.add(step.event)
        data, purpose = None, ""
        if step.values in _HARD:
            self.features[STRANGE].add(EVERYWHERE)
            extra = {f"x_{name}": value for name, value in _HARD[step.values].items()}
            data, purpose = {**self.stage.contract.events[step.event].examples[0], **extra}, step.values
        awake = [endpoint for endpoint in due if endpoint.name not in self.paused]
        known = len(self.stage.tools.listener.attempts([endpoint.name for endpoint in awake]))
        self.stage.emit(tenant, step.event, data, purpose=purpose)
        self.stage.arrived(awake, known + len(awake))

    @_do.register
    def _(self, step: Fall) -> None:
        if step.action not in self.palette.falls:
            return
        self.features[FALLEN].update(endpoint.name for endpoint in self.stage.endpoints if self._owes(endpoint))
        if step.action == "kill":
            self.features[KILLED].add(EVERYWHERE)
        self.stage.lifecycle(step.action)

    @_do.register
    def _(self, step: Pass) -> None:
        signing = self.stage.contract.policy.signing
        day = _DAY if signing is None else signing.overlap_seconds
        spans = {"moment": 1.0, "retry": _MARGIN * longest_first_wait(self.stage), "day": 1.01 * day}
        for tenant in self.tenants.values() if self.stage.virtual else ():
            self._pass(tenant, spans[step.span])

    @_do.register
    def _(self, step: Ask) -> None:
        stage, tenant, known = self.stage, self.tenants["main"], self.palette.events[0]
        names = {
            "unknown name": ["hookproof.never_listed"],
            "mixed": [known, "hookproof.never_listed"],
            "near miss": [known + "s"],
            "upper case": [known.upper()],
            "empty list": [],
        }.get(step.form, [known])
        key = {"no key": "none", "wrong key": "wrong"}.get(step.form, "own")
        controls = [stage.endpoint(tenant, [known], purpose="control")]
        stage.endpoint(tenant, names, key=key, purpose=step.form)
        controls.append(stage.endpoint(tenant, [known], purpose="control"))
        if any(operation == "listWebhooks" for _, _, operation, _ in operations(stage.contract)):
            stage.call("listWebhooks", tenant)
        for control in controls if self.palette.deletes else ():
            if control.accepted and stage.delete(control).accepted:
                self.gone.add(control.name)

    @_do.register
    def _(self, step: Read) -> None:
        if (endpoint := self._found(step.endpoint)) is not None:
            self.stage.call("getWebhook", endpoint.tenant, endpoint=endpoint)

    def _standing(self) -> list[Endpoint]:
        return [endpoint for endpoint in self.endpoints if endpoint.accepted and endpoint.name not in self.gone]

    def _asks(self, endpoint: Endpoint, event: str) -> bool:
        return self.stage.contract.policy.asked_for(endpoint.events, event)

    def _settle(self) -> None:
        """Let what is under way come to its end, before anything is done that might meet it."""
        for name in sorted(self.stirred):
            self.stage.settle(self.tenants[name])
        self.stirred.clear()

    def _pass(self, tenant: Tenant, seconds: float) -> None:
        """Walk from due moment to due moment where something failed; jump where nothing is due."""
        view = View(self.stage.tools.recorder.transcript(), self.stage.contract)
        if any(not attempt.answer.succeeds for attempt in view.attempts):
            pass_time(self.stage, tenant, seconds)
        else:
            self.stage.advance(tenant, seconds)
