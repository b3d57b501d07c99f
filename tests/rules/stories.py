"""Long stories told by dice: tenants, subscriptions, events, failures of every kind and odd platforms, on every clock.

Law: a story follows from its seed alone, and from nothing that is under test.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from itertools import count
from random import Random
from typing import Any

from hookproof.model.transcript import Answer, Emission, Transcript
from tests.rules.contract_value import CALL, CONTRACT, LIMIT, SLOW
from tests.rules.recording import SECOND, Recording, compact, rfc3339

Flawed = dict[str, Any]
OPERATIONS = ("getWebhook", "listWebhooks", "listDeliveries", "testWebhook", "createWebhook", "createWebhook", "deleteWebhook")
CLOCKS: list[dict[str, Any]] = [{"time": "virtual"}, {"time": "virtual"}, {"time": "scaled", "time_scale": 10.0}, {"time": "real"}]
KINDS = [*sorted(set(CONTRACT.events) - {"canary.sang"}), "rose.bloomed", "rose.faded", "either.made", "call.made"]
FACTORS = [1.0] * 8 + [0.5, 0.99, 1.0004, 1.2, 2.0, 10.0]
FAILURES = [
    *[Answer(status=500), Answer(status=503)] * 3,
    Answer(status=404),
    Answer(status=429),
    Answer(status=410),
    Answer(status=302),
    Answer(status=308),
    Answer(mode="never"),
    Answer(mode="drip"),
    Answer(mode="close"),
    Answer(mode="reset"),
    Answer(mode="close_after_head"),
    *(Answer(status=status, headers=(("Retry-After", value),)) for status in (429, 503) for value in ("30", "100", "-1", "soon")),
]
SUCCESSES = [*[Answer(status=200)] * 6, Answer(status=204), Answer(status=202), Answer(status=200, body=b"x" * 65_536, body_repeat=20)]
FLAWS: dict[str, Callable[[Recording, str, Emission, Random], Flawed]] = {
    "cut": lambda r, _e, m, _d: {"body": r.body(m)[:-1]},
    "zoneless": lambda r, _e, m, _d: {"body": r.body(m, created_at="2026-09-21T14:13:20")},
    "early": lambda r, _e, m, d: {"body": r.body(m, created_at=rfc3339(r.clock(m.scope) - d.choice([1, 2, 3600])))},
    "untyped": lambda r, _e, m, d: {"body": r.body(m, type=d.choice([None, 7, "rose.withered", "rose.faded"]))},
    "unnamed": lambda r, _e, m, d: {"body": r.body(m, id=d.choice([None, 7, "evt_other", f"evt_{d.random()}"]))},
    "surrogate": lambda r, _e, m, _d: {"body": r.body(m, data={"leaf": 1, "text": "x"}).replace(b'"x"', b'"\\ud800"')},
    "changed": lambda r, _e, m, d: {"body": r.body(m, data={"leaf": d.choice([2, 1.0, True, None, "1"]), "more": [1]})},
    "flagged": lambda r, _e, m, d: {"body": r.body(m, truncated=d.choice([True, False, "true"]))},
    "spaced": lambda r, _e, m, _d: {"body": r.body(m).replace(b":", b": ")},
    "short": lambda r, _e, m, d: {
        "body": r.body(m, truncated=True, data={"_truncated": True, "_original_bytes": d.choice([11, 450, 520]), "id": "r1"})
    },
    "unsigned": lambda _r, _e, _m, _d: {"headers": {"Content-Type": "application/json"}},
    "stale": lambda r, e, m, d: {"headers": r.signed(e, m, r.body(m), at=r.clock(m.scope) - d.choice([1, 2, 3, 600]))},
    "foreign": lambda r, e, m, _d: {"headers": r.signed(e, m, r.body(m), "secret of e1")},
    "doubled": lambda r, e, m, _d: {"headers": r.signed(e, m, r.body(m), "secret of e2", f"secret of {e}")},
    "twice": lambda r, e, m, _d: {"headers": [*r.signed(e, m, r.body(m)).items(), ("Webhook-ID", "again")]},
    "plain": lambda r, e, m, d: {
        "headers": {**r.signed(e, m, r.body(m)), "Content-Type": d.choice(["text/plain", "Application/JSON; a=b"])}
    },
    "renamed": lambda r, e, m, _d: {"headers": {**r.signed(e, m, r.body(m)), "webhook-id": "a.b"}},
    "method": lambda _r, _e, _m, d: {"method": d.choice(["PUT", "GET"])},
    "target": lambda _r, e, _m, _d: {"target": f"/token/{e}?x"},
    "malformed": lambda _r, _e, _m, d: {"malformed": "two lengths", "method": d.choice(["POST", ""])},
    "closed": lambda r, _e, _m, _d: {"closed_at": r.now},
    "unanswered": lambda _r, _e, _m, _d: {"answer_started_at": None, "answer_done_at": None},
    "late": lambda r, _e, _m, d: {"answer_done_at": r.now + d.choice([1, 249, 250, 251]) * SECOND // 1000},
}


class Teller:
    """Tells one story: things that are to happen wait in a queue until the dice and the clock bring them."""

    def __init__(self, seed: int) -> None:
        self.dice = dice = Random(seed)  # noqa: S311 -- a story must come again from its seed
        declared: dict[str, Any] = {
            **dice.choice(CLOCKS),
            "jitter_ratio": dice.choice([0.0, 0.0, 0.1]),
            "scheduler_resolution_seconds": dice.choice([0.0, 0.0, 1.0]),
            "poll_interval_seconds": dice.choice([0.0, 0.0, 0.2]),
            "signing": dice.choice([None, {"profile": "standard-webhooks"}]),
        }
        self.recording = Recording("told", **declared)
        self.recording.tick = dice.choice([SECOND // 1000, SECOND // 1000, 0])
        self.flaws = dice.sample(sorted(FLAWS), dice.choice([0, 1, 1, 2]))
        self.care = dice.choice([1.0, 1.0, 0.97, 0.85])
        self.named = dice.random() < 0.7
        self.limit = dice.choice([LIMIT, LIMIT + 100, LIMIT - 100, 1 << 20])
        self.operations = dice.choice([("createWebhook", "deleteWebhook"), OPERATIONS, OPERATIONS])
        self.queue: list[tuple[float, int, Callable[[], object]]] = []
        self.numbers = count()
        self.moment = 0.0
        self.known: list[tuple[str, str, list[str]]] = []
        self.old: dict[str, str] = {}

    def careful(self) -> bool:
        """Whether the platform does this as it should: always or nearly always, as the story has it."""
        return self.dice.random() < self.care

    def later(self, moment: float, act: Callable[[], object]) -> None:
        """Let something happen at a promised second of the story."""
        heapq.heappush(self.queue, (moment, next(self.numbers), act))

    def tell(self) -> Recording:
        """Tell it to its end."""
        for number in range(self.dice.randint(3, 6)):
            self.subscribe(f"e{number}")
        self.recording.note("canary-lateness", seconds=self.dice.choice([0.0, 0.0, 0.125, 0.2]))
        for _ in range(self.dice.randint(4, 9)):
            self.later(self.dice.choice([0, 0, 1, 50, 400]), self.emit)
        for moment in (0.0, 30, 90, 200, 500, 2_000, 100_000):
            if self.dice.random() < 0.7:
                self.later(moment + self.dice.choice([0, 1]), self.canaries)
        for _ in range(self.dice.randint(0, 8)):
            self.later(self.dice.choice([2, 45, 100, 600]), self.ask)
        for _ in range(self.dice.randint(0, 2)):
            self.later(self.dice.choice([3, 40, 95, 86_400, 86_500]), self.change)
        while self.queue:
            moment, _, act = heapq.heappop(self.queue)
            self.elapse(moment - self.moment, act)
            self.moment = max(moment, self.moment)
        return self.recording

    def elapse(self, seconds: float, act: Callable[[], object]) -> None:
        """Let time pass, then act; on a virtual clock the act may come on the way."""
        if seconds <= 0:
            act()
        elif self.recording.virtual and self.dice.random() < 0.15:
            with self.recording.advancing(seconds, "main"), self.recording.advancing(seconds, "other"):
                act()
        else:
            self.recording.elapse(seconds, "main")
            if self.recording.virtual:
                self.recording.elapse(seconds, "other")
            act()

    # -- what may happen -----------------------------------------------------------------------------------------------------------

    def subscribe(self, name: str) -> None:
        """Subscribe an endpoint to some types, by name or by wildcard; a request may precede it."""
        scope = self.dice.choice(["main", "main", "other"])
        types = self.dice.choice([["*"], KINDS, self.dice.sample(KINDS, 6), ["rose.bloomed", "either.made", "gate.made", "gate.changed"]])
        status = 201 if self.careful() else self.dice.choice([200, 422, 500])
        request = {"url": f"http://h/token/{name}", "events": types}
        self.recording.exchange("createWebhook", status, request=request, answer={"data": {"id": f"id-{name}"}}, scope=scope)
        if status < 300 or not self.careful():
            self.recording.subscribe(name, *types, scope=scope)
            self.known.append((name, scope, types))
        if self.dice.random() < 0.15:
            self.recording.note("refused", endpoint=name)
        if self.dice.random() < 0.15:
            self.recording.note("trap", endpoint=name, trap="t1")

    def emit(self) -> None:
        """Emit one event, or several of a kind; deliver it to whom it is due, and sometimes to whom it is not."""
        kind, scope = self.dice.choice(KINDS), self.dice.choice(["main", "main", "other"])
        example = CONTRACT.events[kind].examples[0]
        purpose = self.dice.choice(["", "", "text"])
        data = self.dice.choice([None, None, {**example, "leaf": 2}, {**example, "fill": "ä" * self.dice.choice([100, 180, 190, 400])}])
        if self.dice.random() < 0.1:
            self.recording.emit(kind, data, scope=scope, purpose=purpose, refused=422)
            return
        emission = self.recording.emit(kind, data, scope=scope, purpose=purpose)
        also = CONTRACT.policy.companions.get(kind)
        companion = self.recording.emit(also, data, scope=scope) if also and self.dice.random() < 0.7 else None
        for name, owner, types in self.known:
            due = owner == scope and (kind in types or "*" in types)
            if due == self.careful():
                self.deliver(name, emission)
            if companion is not None and owner == scope and (also in types or "*" in types):
                self.deliver(name, companion)

    def deliver(self, name: str, emission: Emission) -> None:
        """Send an event until it is answered 2xx, or give up after some sends."""
        delays = CALL if emission.type.startswith("call") or (emission.type.startswith("either") and self.dice.random() < 0.5) else SLOW
        sends = self.dice.choice([1, 1, 2, 3, 4]) if self.careful() else 5
        factors = [1.0] if self.careful() else FACTORS
        plain = self.dice.random() < 0.6
        moment = self.moment + self.dice.choice([0, 0, 0, 1])
        for number in range(sends):
            ends = number == sends - 1 and self.dice.random() < 0.75
            answers = SUCCESSES if ends else FAILURES[:2] if plain else FAILURES
            self.later(moment, partial(self.send, name, emission, self.dice.choice(answers)))
            moment += self.dice.choice(factors) * delays[min(number, len(delays) - 1)]
        for _ in range(0 if self.careful() else self.dice.choice([1, 2])):
            self.later(moment + 5, lambda: self.send(name, emission, Answer(status=200)))

    def send(self, name: str, emission: Emission, answer: Answer) -> None:
        """Let one attempt arrive, perhaps flawed, perhaps repeated at once after a broken connection."""
        flaw = self.dice.choice(self.flaws) if self.flaws and self.dice.random() < 0.3 else None
        more = self.honest(name, emission) if flaw is None else FLAWS[flaw](self.recording, name, emission, self.dice)
        if answer.mode in ("never", "drip"):
            more["closed_at"] = self.recording.now + self.dice.choice([4, 5, 6, 300]) * SECOND // 10
            self.later(self.moment, self.emit)
            self.later(self.moment, lambda: self.recording.wait(self.dice.choice([0.0, 0.25, 1.0])))
        sent = self.recording.attempt(name, emission, answer=answer, **more)
        if not answer.completes and self.dice.random() < 0.3:
            self.recording.wait(self.dice.choice([0.0, 0.1, 3.0]))
            again: Flawed = {} if self.dice.random() < 0.3 else {"headers": sent.headers, "body": sent.body}
            self.recording.attempt(name, emission, answer=answer, **again)
        if answer.status in (302, 308) and self.dice.random() < 0.2:
            self.recording.attempt("t1", emission, method="GET", headers={})

    def honest(self, name: str, emission: Emission) -> Flawed:
        """Sign as promised, with both secrets after a rotation, and send the named fields if the story has them."""
        raw, old = self.body(emission), self.old.get(name)
        current = [self.recording.endpoints[name].secret or ""] if name in self.recording.endpoints else []
        names = [*current, *([old] if old and self.dice.random() < 0.7 else [])]
        fields = self.recording.signed(name, emission, raw, *names)
        if self.named:
            also = {"X-Event-Id": str(emission.event_id), "X-Event-Type": emission.type, "X-Delivery": "d", "User-Agent": "Garden/1"}
            fields = {**fields, **also}
        return {"headers": fields, "body": raw}

    def body(self, emission: Emission) -> bytes:
        """Write an event as the story's platform does: cut above the limit that it has, or above none."""
        size = len(compact(emission.data))
        if size <= self.limit:
            return self.recording.body(emission)
        kept = {name: emission.data[name] for name in ("id", "room_id") if name in emission.data}
        return self.recording.body(emission, truncated=True, data={"_truncated": True, "_original_bytes": size, **kept})

    def canaries(self) -> None:
        """Let each tenant's canary sing, some more than once."""
        for scope in ("main", "other"):
            if self.dice.random() < 0.9:
                sung = self.recording.canary(scope)
                if self.named:
                    told = self.recording.records[-2]
                    fields = {
                        "X-Event-Id": getattr(told, "event_id", ""),
                        "X-Event-Type": "canary.sang",
                        "X-Delivery": "d",
                        "User-Agent": "Garden/1",
                    }
                    sung = self.recording.records[-1] = replace(sung, headers=(*sung.headers, *fields.items()))
                if self.dice.random() < 0.3:
                    self.recording.records.append(replace(sung, **self.recording._next("a")))

    def ask(self) -> None:
        """Call some operation of the subscription API and get some answer."""
        name, scope, types = self.dice.choice(self.known) if self.known else ("e0", "main", ["*"])
        key = self.dice.choice(["own"] * 6 + ["none", "wrong", "other"])
        status = (
            {"own": 200, "other": 404}.get(key, 401) if self.careful() else self.dice.choice([200, 201, 204, 401, 403, 404, 422, 500, 0])
        )
        shown = {
            "id": f"id-{name}",
            "url": f"http://h/token/{name}",
            "events": self.dice.choice([types, types[::-1]]) if self.careful() else ["rose.faded"],
        }
        secret = {} if self.careful() else {"signing_secret": "{{secret of x}}"}
        told: dict[str, Any] = {"key": key, "scope": scope, "path": f"/hooks/id-{name}", "method": "GET"}
        rows = [r.body for r in self.recording.records[-12:] if hasattr(r, "body")]
        log = [{"event_id": raw.partition(b'"id":"')[2].partition(b'"')[0].decode("latin-1"), "response_status": 200} for raw in rows]
        lists = self.dice.choice([["rose.bloomed"], ["never.listed"], ["early.media"], [], ["*"], ["*", "rose.bloomed"], [" "], "text"])
        operation = self.dice.choice(self.operations)
        if operation == "createWebhook":
            legal = lists in (["rose.bloomed"], ["*"])
            promised = 401 if key in ("none", "wrong") else 201 if legal else 422
            refusal = promised if self.careful() else self.dice.choice([201, 400, 401, 422, 500])
            request = {"url": f"http://h/token/{self.dice.choice([name, 'ghost'])}", "events": lists}
            usual = {"events": ["rose.bloomed"], "url": "http://h/token/control"}
            before, after = (201 if self.careful() else 422 for _ in range(2))
            self.recording.exchange("createWebhook", before, request=usual, answer={"data": {"id": "c"}}, scope=scope)
            self.recording.exchange("createWebhook", refusal, request=request, answer={"error": {}}, key=key, scope=scope, purpose="alone")
            self.recording.exchange("createWebhook", after, request=usual, answer={"data": {"id": "c"}}, scope=scope)
            return
        answer: dict[str, Any] = {"data": {**shown, **secret}}
        if operation == "listWebhooks":
            answer = {"data": [{**shown, **secret}, *([{"id": "9", "url": "http://h/token/ghost"}] if self.dice.random() < 0.2 else [])]}
        elif operation == "listDeliveries":
            answer = {"data": log[: self.dice.choice([1, 20])]}
        self.recording.exchange(operation, status, answer=answer, **told)
        if operation == "testWebhook" and self.careful() and name in self.recording.endpoints:
            hidden = self.recording.emit("rose.bloomed", scope=scope)
            self.recording.records.pop()
            self.later(self.moment + 1, lambda: self.send(name, hidden, Answer(status=200)))

    def change(self) -> None:
        """Change, rotate or delete an endpoint, or bring the target down and back."""
        fall = self.dice.choice([None, None, "restart", "kill", "power-cut"])
        if fall is not None or not self.known:
            self.recording.note(fall or "restart")
            return
        name, scope, _ = self.dice.choice(self.known)
        action = self.dice.choice(["updated", "rotated", "deleted"])
        if name not in self.recording.endpoints:
            return
        self.old[name] = self.recording.endpoints[name].secret or ""
        self.recording.change(name, action, secret=f"new secret of {name}" if action == "rotated" else None)
        if action == "deleted" and self.careful():
            self.known = [known for known in self.known if known[0] != name]
            self.recording.exchange("deleteWebhook", 204, scope=scope, path=f"/hooks/id-{name}", method="DELETE")
            gone = 404 if self.careful() else 200
            self.recording.exchange(
                "getWebhook", gone, scope=scope, path=f"/hooks/id-{name}", method="GET", answer={"data": {"id": f"id-{name}"}}
            )
        kind = {"updated": "gate.changed", "rotated": "gate.changed", "deleted": "gate.removed"}[action]
        watchers = [w for w, owner, wanted in self.known if owner == scope and kind in wanted]
        emission = self.recording.emit(kind, {"leaf": 1, "id": f"id-{name}"}, scope=scope)
        for watcher in watchers[: 9 if self.careful() else 0]:
            self.deliver(watcher, emission)


@cache
def story(seed: int) -> Transcript:
    """Give the recording of a story."""
    return Teller(seed).tell().transcript()


MOMENTS = ("at", "started_at", "done_at", "accepted_at", "body_read_at", "answer_started_at", "answer_done_at", "closed_at")


@cache
def coarse(seed: int) -> Transcript:
    """Give the recording of a story as a clock of hundredths, seconds or half minutes would have made it: many moments fall together."""
    whole, grain = story(seed), (SECOND // 100, SECOND, 30 * SECOND)[seed % 3]
    records = []
    for record in whole.records:
        known = {name: moment for name in MOMENTS if (moment := getattr(record, name, None)) is not None}
        records.append(replace(record, **{name: moment // grain * grain for name, moment in known.items()}))
    return replace(whole, records=tuple(records))
