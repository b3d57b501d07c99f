"""The words in which situations for a receiver are described: events, deliveries, faults with their controls, effects, time.

Law: the stage acts and records; it never judges. A fault is sent between two controls that differ from it in that one thing.
"""

from __future__ import annotations

import hashlib
import random
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hookproof.generate.deliveries import Crafted, compact, companion_fields, enveloped, signed
from hookproof.model.capabilities import Capabilities
from hookproof.model.contract import Contract, Event
from hookproof.model.errors import CapabilityError
from hookproof.model.transcript import Advance, Effect, Exchange, Note
from hookproof.ports import Asked, Outgoing, Receiver, Reply, Sending
from hookproof.rules.view import seconds_of
from hookproof.signing.scheme import Scheme
from hookproof.staging.answering import answer_patience, require_answers
from hookproof.staging.artifacts import MOST_KEPT
from hookproof.staging.asking import effects
from hookproof.staging.choosing import plain_events
from hookproof.staging.hiding import hidden
from hookproof.staging.profile import Profile
from hookproof.staging.recorder import RunRecorder, silent
from hookproof.wire.heads import request_head

WORK = 2.0
"""Seconds that an accepted event may take to be applied by a receiver that is near."""
_TAG = 20
"""Characters; a shorter text is no signature."""
UNBOUND = 1 << 16
"""More than any situation sends at once."""
_ROUNDING = 1.0
"""Seconds; a clock may be told in whole ones."""
SECRET = "receiver's secret"  # noqa: S105 -- its name, not its value


@dataclass(kw_only=True)
class Mailroom:
    """What a stage works with; made once per run. ``scheme`` None: deliveries go unsigned, because no secret is known.

    ``plain`` sends to the same port without TLS, None where the receiver's URL is plain already. ``vain`` counts waits for effects that
    never came, ``slowest`` is the longest wait for one that did, in seconds; ``patience`` bounds each. ``told`` is how often each event
    that was asked of took effect, as last told; ``batches_known``: of events without an id it can be asked by their import batch.
    ``unanswered`` counts the correct deliveries since the last answer, and ``suspect`` names the fault of the last faulty one before
    them. ``most_at_once``: deliveries in flight together.
    """

    contract: Contract
    capabilities: Capabilities
    receiver: Receiver
    sender: Sending
    recorder: RunRecorder
    profile: Profile
    seed: int
    scheme: Scheme | None
    secrets: dict[str, str] = field(default_factory=dict)
    counter: list[int] = field(default_factory=lambda: [0])
    ahead: float = 0.0
    vain: int = 0
    slowest: float = 0.0
    patience: float = WORK
    told: dict[Asked, int] = field(default_factory=dict)
    batches_known: bool = True
    plain: Sending | None = None
    most_at_once: int = UNBOUND
    unanswered: int = 0
    suspect: str = ""
    progress: Callable[[str], None] = field(default=silent)

    def enter(self, situation: str) -> Delivering:
        """Open the stage for one situation."""
        return Delivering(situation, self)

    def check(self) -> None:
        """Everything is sent by us; a sink of effects that lost calls says so itself."""

    def leave(self) -> None:
        """Leave the receiver as it is; nothing was made there."""

    def read_clock(self) -> None:
        """Learn how far the receiver's virtual clock is from ours: an earlier run moved it, or a restart set it back.

        Raises ``CapabilityError`` for a clock that is not told as RFC 3339.
        """
        if self.capabilities.time != "virtual":
            return
        before = time.time()
        told = self.receiver.advance(0)
        took = time.time() - before
        now = seconds_of(told)
        if now is None:
            cause = f"the target declares a virtual clock, but tells its time as {told!r:.40}"
            raise CapabilityError(self.receiver.url, cause, remedy='Answer POST /clock/advance with {"now": "2026-01-02T03:04:05Z"}.')
        apart = now - before - took / 2
        self.ahead = apart if abs(apart) > took / 2 + _ROUNDING else 0.0


class Delivering:
    """One situation being staged for a receiver."""

    def __init__(self, situation: str, tools: Mailroom) -> None:
        self.situation = situation
        self.tools = tools
        self.contract = tools.contract
        self.profile = tools.profile
        self.dice = random.Random(f"{tools.seed}/{situation}")  # noqa: S311 -- reproducible choices, no secret
        self.seen: list[Exchange] = []
        self.pause = threading.Event()

    def offers(self, *needs: str) -> bool:
        """Whether the target has all these capabilities."""
        return all(self.tools.capabilities.offers(need) for need in needs)

    def leave(self) -> None:
        """Nothing is held open between situations."""

    # -- what is sent ---------------------------------------------------------------------------------------------------------

    @property
    def secret(self) -> str:
        """The receiver's secret; empty if none is known."""
        return self.tools.secrets.get(SECRET, "")

    def now(self) -> float:
        """Give the receiver's present in seconds: the wall clock, plus what its clock was advanced by."""
        return time.time() + self.tools.ahead

    def kinds(self, count: int) -> list[Event]:
        """Choose plain event types: listed and documented, in a stable order."""
        return plain_events(self.contract)[:count]

    def crowd(self, wanted: int) -> int:
        """Give how many of so many deliveries may wait for each other on the wire."""
        return min(wanted, self.tools.most_at_once)

    def fresh_id(self) -> str:
        """Give an event id that was not used in this run, and in no other."""
        self.tools.counter[0] += 1
        return f"evt_{self.tools.recorder.header.salt[:12]}{self.tools.counter[0]:08d}"

    def event(self, kind: str | None = None, data: Any = None, *, event_id: str | None = None, age: float = 0.0) -> Crafted:  # noqa: ANN401 -- any JSON value
        """Craft a correct, signed delivery of an event that happened ``age`` seconds ago; by default of the first plain type."""
        name = kind or self.kinds(1)[0].name
        known = self.contract.events.get(name)
        content = data if data is not None else known.examples[0] if known is not None and known.examples else {}
        identity = event_id or self.fresh_id()
        created = (datetime.now(UTC) + timedelta(seconds=self.tools.ahead - age)).isoformat().replace("+00:00", "Z")
        return self.crafted(identity, name, compact(enveloped(self.contract, identity, name, created, content)))

    def crafted(self, event_id: str, event_type: str, body: bytes, *, age: float = 0.0) -> Crafted:
        """Craft a correctly signed delivery of exactly these bytes, signed ``age`` seconds ago."""
        made = Crafted(event_id=event_id, event_type=event_type, body=body, timestamp=str(int(self.now() - age)))
        return self.resigned(made)

    def resigned(self, crafted: Crafted, *, secrets: Sequence[str] | None = None) -> Crafted:
        """Sign what is crafted, as it now is; by default with the receiver's secret."""
        chosen = secrets if secrets is not None else [self.secret] if self.secret else []
        companions = companion_fields(self.contract, crafted.event_id, crafted.event_type)
        return signed(crafted, self.tools.scheme, chosen, id_header=self.contract.envelope.id_header, companions=companions)

    def retried(self, crafted: Crafted) -> Crafted:
        """Give the retry of a delivery: same id and bytes, fresh timestamp and signature."""
        return self.crafted(crafted.event_id, crafted.event_type, crafted.body)

    # -- sending --------------------------------------------------------------------------------------------------------------

    def send(self, crafted: Crafted, *, fault: str = "", case: str = "", purpose: str = "", **how: Any) -> Exchange:  # noqa: ANN401 -- members of ``Outgoing``
        """Send one delivery and record what came back."""
        return self.send_all([crafted], fault=fault, case=case, purpose=purpose, **how)[0]

    def send_all(
        self,
        batch: Iterable[Crafted],
        *,
        at_once: int = 8,
        fault: str = "",
        case: str = "",
        purpose: str = "",
        **how: Any,  # noqa: ANN401 -- members of ``Outgoing``
    ) -> list[Exchange]:
        """Send many, at most ``at_once`` in flight, and record them in order."""
        chosen, recorded = list(batch), list[Exchange]()
        sender = self.tools.plain if how.pop("plainly", False) else self.tools.sender
        assert sender is not None, "whoever sends plainly asks first"
        share = len(chosen) if "gate" in how else 2 * at_once
        for start in range(0, len(chosen), max(share, 1)):
            part = chosen[start : start + share]
            replies = sender.send([self._outgoing(each, how) for each in part], at_once=at_once)
            pairs = zip(part, replies, strict=True)
            recorded += [self._recorded(each, reply, fault=fault, case=case, purpose=purpose) for each, reply in pairs]
            require_answers(self.tools, recorded[start:], crowd="gate" in how)
        self.seen += recorded
        return recorded

    def tested(self, fault: str, faulty: Crafted, *, purpose: str = "", **how: Any) -> Exchange:  # noqa: ANN401 -- members of ``Outgoing``
        """Send a delivery with one named fault between two correct ones of the same kind; give what came back to it."""
        return self.tested_all(fault, [faulty], purpose=purpose, **how)[0]

    def tested_all(self, fault: str, faulty: Sequence[Crafted], *, purpose: str = "", **how: Any) -> list[Exchange]:  # noqa: ANN401 -- members of ``Outgoing``
        """Send forms of one named fault, one after the other, between two correct deliveries of the same kind."""
        return self._between(faulty, fault=fault, purpose=purpose, **how)

    def odd(self, purpose: str, crafted: Crafted, **how: Any) -> Exchange:  # noqa: ANN401 -- members of ``Outgoing``
        """Send a correct delivery that looks odd, between two plain ones."""
        return self._between([crafted], fault="", purpose=purpose, **how)[0]

    def odd_all(self, purpose: str, batch: Sequence[Crafted], **how: Any) -> list[Exchange]:  # noqa: ANN401 -- members of ``Outgoing``
        """Send correct deliveries that look odd, one after the other, between two plain ones; nothing is sent for an empty batch."""
        return self._between(batch, fault="", purpose=purpose, **how) if batch else []

    def _between(self, batch: Sequence[Crafted], *, fault: str, purpose: str, **how: Any) -> list[Exchange]:  # noqa: ANN401 -- members of ``Outgoing``
        self.tools.counter[0] += 1
        case = f"c{self.tools.counter[0]}"
        kind = batch[0].event_type if batch[0].event_type in self.contract.events else None
        self.send(self.event(kind), case=case, purpose="control")
        seen = self.send_all(batch, at_once=1, fault=fault, case=case, purpose=purpose, **how)
        self.send(self.event(kind), case=case, purpose="control")
        return seen

    def _head(self, crafted: Crafted) -> bytes:
        length = None if crafted.length == -1 else len(crafted.body) if crafted.length is None else crafted.length
        return request_head(self.tools.receiver.url, crafted.fields, length, method=crafted.method, target=crafted.target)

    def _outgoing(self, crafted: Crafted, how: dict[str, Any]) -> Outgoing:
        return Outgoing(head=self._head(crafted), body=crafted.body, **{"patience": answer_patience(self.contract), **how})

    def _recorded(self, crafted: Crafted, reply: Reply, *, fault: str, case: str, purpose: str) -> Exchange:
        seen = self._kept(crafted, reply, fault=fault, case=case, purpose=purpose)
        if self._leaks(crafted, reply.body):
            self.note("leak", exchange=seen.id, what="the expected signature")
        if len(crafted.body) > MOST_KEPT:
            self.note("cut", exchange=seen.id, bytes=len(crafted.body), sha256=hashlib.sha256(crafted.body).hexdigest())
        return seen

    def _leaks(self, crafted: Crafted, answer: bytes) -> bool:
        """Whether an answer shows the tag that the delivery should have had."""
        scheme = self.tools.scheme
        if scheme is None or not self.secret or len(answer) < _TAG:
            return False
        fields = {name.lower(): value for name, value in crafted.fields}
        claimed = scheme.read(fields)
        right = replace(claimed, message_id=claimed.message_id or crafted.event_id, timestamp=claimed.timestamp or crafted.timestamp)
        return any(scheme.tag(key, right, crafted.body).encode() in answer for key in scheme.keys(self.secret).values())

    def _kept(self, crafted: Crafted, reply: Reply, *, fault: str, case: str, purpose: str) -> Exchange:
        return self.tools.recorder.add(
            "x",
            lambda record_id, at: Exchange(
                id=record_id,
                situation=self.situation,
                at=at,
                scope="",
                method=crafted.method,
                path=crafted.target or "",
                key="none",
                request_headers=crafted.fields,
                request_body=crafted.body[:MOST_KEPT],
                request_head=self._head(crafted),
                status=reply.status,
                response_headers=reply.headers,
                response_body=hidden(reply.body, self.tools.secrets),
                started_at=reply.started_at,
                sent_at=reply.sent_at,
                done_at=reply.done_at,
                wall=reply.wall,
                failure=reply.failure,
                purpose=purpose,
                case=case,
                fault=fault,
                event_id=crafted.event_id,
                event_type=crafted.event_type,
            ),
        )

    # -- inside the receiver --------------------------------------------------------------------------------------------------

    def effects(self, event_ids: Sequence[str]) -> list[Effect]:
        """Ask how often each event took effect, once that is settled, and record the answers; see ``asking``."""
        return effects(self, event_ids)

    def fail_next(self, count: int) -> None:
        """Let the next events fail inside the receiver, and record it."""
        self.note("fail-next", count=count)
        self.tools.receiver.fail_next(count)

    def configure(self, word: str, *, secrets: Sequence[str], tolerance_seconds: float | None = None) -> None:
        """Change the receiver's secrets and tolerance (None: its own), and record it by a word, without the secrets."""
        self.note("configured", to=word, secrets=len(secrets), tolerance_seconds=tolerance_seconds)
        self.tools.receiver.configure(tuple(secrets), tolerance_seconds)

    def log(self) -> None:
        """Look through the receiver's log for what must never stand there, and record what was found by name."""
        text = self.tools.receiver.log()
        shown = [name for name, value in self.tools.secrets.items() if value in text or value.removeprefix("whsec_") in text]
        tags = [x.id for x in self.seen if any(len(tag) > _TAG and tag in text for tag in self._tags(x))]
        self.note("log", bytes=len(text), shown=shown, signatures=tags[:5])

    def _tags(self, seen: Exchange) -> list[str]:
        if self.tools.scheme is None:
            return []
        value = next((value for name, value in seen.request_headers if name.lower() == self.tools.scheme.header), "")
        return [entry.rpartition(",")[2].rpartition("v1=")[2] for entry in value.split(" ")]

    def advance(self, seconds: float) -> None:
        """Move the receiver's virtual clock, and record it."""
        started = self.tools.recorder.moment()
        after = self.tools.receiver.advance(seconds)
        self.tools.ahead += seconds
        self.tools.recorder.add(
            "v",
            lambda record_id, at: Advance(
                id=record_id,
                situation=self.situation,
                at=at,
                scope="",
                seconds=seconds,
                before="",
                after=after,
                started_at=started,
                done_at=at,
            ),
        )

    def lifecycle(self, action: str) -> None:
        """Restart or kill the receiver, record it and wait until it is back."""
        self.note(action)
        self.tools.receiver.lifecycle(action)
        self.tools.read_clock()

    def note(self, name: str, **facts: Any) -> None:  # noqa: ANN401 -- small JSON values
        """Record a fact that judging must know."""
        self.tools.recorder.add("n", lambda i, at: Note(id=i, situation=self.situation, at=at, name=name, facts=facts))


def altered(crafted: Crafted, body: bytes) -> Crafted:
    """Replace the body and leave everything else, the signature included."""
    return replace(crafted, body=body)
