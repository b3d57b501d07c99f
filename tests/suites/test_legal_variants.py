"""Odd but legal platforms: the judge must fail no correct implementation, and it names the reading that each one chose."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import random
import re
import threading
import uuid
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import h11
import pytest

from hookproof.adapters.http import HttpPlatform
from hookproof.judge import items
from hookproof.model.capabilities import Capabilities
from hookproof.model.contract import Contract, PolicyAssignment, RetryPolicy, Role
from hookproof.model.transcript import HeaderPairs
from hookproof.model.verdict import Level, Outcome, Verdict
from hookproof.ports import Call, ClockReading, Emitted, Scope
from hookproof.reference import conduct as honest
from hookproof.reference import envelope, outcomes, sender
from hookproof.reference.conduct import Conduct, Sending
from hookproof.reference.jsontext import compact
from hookproof.reference.outcomes import Outcome as Ending
from hookproof.reference.timekeeping import MICROSECONDS, Timekeeping, rfc3339
from tests.suites import courtroom as court
from tests.suites.courtroom import courtroom, orbit

Body = dict[str, Any]
Dump = Callable[[Any], bytes]
Fields = dict[str, str]

MIB, KB = 262_144, 256_000
REDELIVERY = frozenset({"idempotency/no-redelivery"})


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A platform that keeps every MUST in its own way: how, the readings to be named by clause, and the SHOULDs that it breaks."""

    name: str
    conduct: Conduct = field(default_factory=Conduct)
    kept_by: Callable[[Contract], Contract] = lambda contract: contract
    platform: type[HttpPlatform] = HttpPlatform
    patched: Callable[[pytest.MonkeyPatch], None] = lambda _patch: None
    readings: Mapping[str, str] = field(default_factory=dict)
    warned: frozenset[str] = frozenset()


# --- bodies -------------------------------------------------------------------------------------------------------------------------


def _dump(**how: Any) -> Dump:
    return lambda value: json.dumps(value, **how).encode("utf-8", "backslashreplace")


TIGHT = (",", ":")
SPACED, SPACED_ASCII = _dump(ensure_ascii=False), _dump(ensure_ascii=True)
ASCII = _dump(ensure_ascii=True, separators=TIGHT)
UTF8 = _dump(ensure_ascii=False, separators=TIGHT)


def _php(value: Any) -> bytes:
    return ASCII(value).replace(b"/", rb"\/")


def _go(value: Any) -> bytes:
    raw = UTF8(value)
    for character in "<>&\u2028\u2029":
        raw = raw.replace(character.encode(), b"\\u%04x" % ord(character))
    return raw


def _indented(value: Any) -> bytes:
    return _dump(ensure_ascii=False, indent=2)(value) + b"\n"


def _writing(
    *,
    dump: Dump = UTF8,
    measure: Dump | None = None,
    limit: int = MIB,
    whole: bool = False,
    stamp: Callable[[int], str] = rfc3339,
    change: Callable[[Body], Body] = lambda body: body,
    name: Callable[[str], str] = lambda event_id: event_id,
) -> Conduct:
    """Write bodies with ``dump``; cut where ``data``, or the ``whole`` envelope, measures more than ``limit`` under ``measure``."""
    sized = measure or dump

    def render(contract: Contract, event_id: str, event_type: str, created_at: int, content: Body) -> bytes:
        data = json.loads(compact(content))
        body = change({"id": name(event_id), "type": event_type, "created_at": stamp(created_at), "data": data})
        size = len(sized(body if whole else data))
        if size > limit:
            assert contract.policy.truncation is not None
            body = {**body, "data": envelope.truncated(contract.policy.truncation, size, data), "truncated": True}
        return dump(body)

    return Conduct(render=render)


def _moment(at: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)


def _india(at: int) -> str:
    return _moment(at).astimezone(timezone(timedelta(hours=5, minutes=30))).isoformat()


def _reversed(body: dict[str, Any]) -> Body:
    return {name: dict(reversed(list(body[name].items()))) if name == "data" else body[name] for name in reversed(body)}


def _more(body: Body) -> Body:
    data = {**body["data"], "added_later": {"deep": [1, None, {}]}}
    return {"api_version": "2027-01", **body, "data": data, "attempt": None, "livemode": False}


# --- requests -----------------------------------------------------------------------------------------------------------------------


def _sending(change: Callable[[Sending, Fields], Fields], name: Callable[[str], str] = lambda event_id: event_id) -> Conduct:
    def headers(sending: Sending) -> HeaderPairs:
        told = replace(sending, event_id=name(sending.event_id))
        return tuple(change(told, dict(honest.headers(told))).items())

    return Conduct(headers=headers)


def _chunked(url: str, headers: Any, body: bytes) -> bytes:
    head = sender.request_bytes(url, headers, b"").partition(b"\r\n\r\n")[0].replace(b"Content-Length: 0", b"transfer-encoding: chunked")
    size = max(1, len(body) // 3)
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return head + b"\r\n\r\n" + b"".join(b"%X\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def _shouting(_sending: Sending, fields: Fields) -> Fields:
    more = {"X-REGION": "eu", "TRACEPARENT": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "ACCEPT": "*/*"}
    return {**{name.upper(): value for name, value in fields.items()}, **more, "CONTENT-TYPE": "Application/JSON"}


def _whispering(_sending: Sending, fields: Fields) -> Fields:
    return {name.lower(): value for name, value in fields.items()}


def _only(*prefixes: str) -> Callable[[Sending, Fields], Fields]:
    kept = ("content-type", "user-agent", *prefixes)
    return lambda _sending, fields: {name: value for name, value in fields.items() if name.lower().startswith(kept)}


def _bare_hex(sending: Sending, fields: Fields) -> Fields:
    tag = hmac.digest(sending.keys[0].encode(), sending.body, hashlib.sha256).hex()
    return {**_only("x-devotel-")(sending, fields), "X-Devotel-Signature": tag}


# --- schedules ----------------------------------------------------------------------------------------------------------------------


def _more_sends(contract: Contract) -> Contract:
    """Take the reading of most sends of every policy."""
    retry = {name: replace(policy, sends=dict(reversed(list(policy.sends.items())))) for name, policy in contract.policy.retry.items()}
    return replace(contract, policy=replace(contract.policy, retry=retry))


def _calls_alike(contract: Contract) -> Contract:
    calls = PolicyAssignment(events=("call.*",), policies=("call",))
    return replace(contract, policy=replace(contract.policy, assignments=(calls, *contract.policy.assignments)))


Retry = Callable[[RetryPolicy | None, int, int, Ending, Timekeeping], int | None]


def _rounded_up(seconds: int) -> Retry:
    grid = seconds * MICROSECONDS

    def retry_at(policy: RetryPolicy | None, made: int, failed_at: int, ending: Ending, timekeeping: Timekeeping) -> int | None:
        due = outcomes.retry_at(policy, made, failed_at, ending, timekeeping)
        return None if due is None else -(-due // grid) * grid

    return retry_at


def _jittered(low: float, high: float) -> Retry:
    dice = random.Random(7)  # noqa: S311 -- reproducible jitter, no secret

    def retry_at(policy: RetryPolicy | None, made: int, failed_at: int, ending: Ending, timekeeping: Timekeeping) -> int | None:
        due = outcomes.retry_at(policy, made, failed_at, ending, timekeeping)
        asked = timekeeping.span(outcomes.asked_delay(ending, failed_at))
        return None if due is None else failed_at + max(asked, round((due - failed_at) * dice.uniform(low, high)))

    return retry_at


def _clamped(policy: RetryPolicy | None, made: int, failed_at: int, ending: Ending, timekeeping: Timekeeping) -> int | None:
    asked = min(outcomes.asked_delay(ending, failed_at), 60.0)
    clamped = replace(ending, retry_after=str(int(asked))) if asked else ending
    return outcomes.retry_at(policy, made, failed_at, clamped, timekeeping)


_SENDING: ContextVar[Sending | None] = ContextVar("sending", default=None)


def _once_more() -> Conduct:
    """Send every event that was answered at once a second time, when its retry would have been due."""

    def headers(sending: Sending) -> HeaderPairs:
        _SENDING.set(sending)
        return tuple(honest.headers(sending))

    def succeeded(ending: Ending) -> bool:
        sending = _SENDING.get()
        return outcomes.succeeded(ending) and (sending is None or sending.number > 1)

    return Conduct(headers=headers, succeeded=succeeded)


def _content_with_client_errors(ending: Ending) -> bool:
    return ending.status is not None and (outcomes.succeeded(ending) or 400 <= ending.status <= 499) and ending.status != 410


def _posts_twice(patch: pytest.MonkeyPatch) -> None:
    """Send every event that was answered a second time at once."""
    post = sender.post

    async def twice(url: str, request: bytes, timeout: float) -> Ending:  # noqa: ASYNC109 -- the signature of what it replaces
        ending = await post(url, request, timeout)
        return await post(url, request, timeout) if outcomes.succeeded(ending) else ending

    patch.setattr(sender, "post", twice)


def _posts_late(patch: pytest.MonkeyPatch) -> None:
    """Let every request wait for a moment of its own, and what is told of endpoints for longer, so that nothing keeps its order."""
    post, dice = sender.post, random.Random(11)  # noqa: S311 -- reproducible order, no secret

    async def late(url: str, request: bytes, timeout: float) -> Ending:  # noqa: ASYNC109 -- the signature of what it replaces
        moment = 0.3 if b'"webhook_endpoint.' in request else dice.uniform(0, 0.05)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), moment)
        return await post(url, request, timeout)

    patch.setattr(sender, "post", late)


def _takes_cut_answers(patch: pytest.MonkeyPatch) -> None:
    """Let the head of an answer decide, whatever becomes of its body."""
    heads: ContextVar[Ending | None] = ContextVar("heads", default=None)
    read_head, read_answer = sender._head, sender._answer

    def head(response: h11.Response) -> Ending:
        found = read_head(response)
        heads.set(found)
        return found

    async def answer(reader: Any) -> Ending:
        heads.set(None)
        ending, told = await read_answer(reader), heads.get()
        return told if ending.failure == outcomes.CLOSED and told is not None else ending

    patch.setattr(sender, "_head", head)
    patch.setattr(sender, "_answer", answer)


# --- targets ------------------------------------------------------------------------------------------------------------------------


def _declaring(**members: Any) -> type[HttpPlatform]:
    class Declaring(HttpPlatform):
        def capabilities(self) -> Capabilities:
            return replace(super().capabilities(), **members)

    return Declaring


def _naming(name: Callable[[str], str], **members: Any) -> type[HttpPlatform]:
    class Naming(_declaring(**members)):  # type: ignore[misc] # a class made by a function
        def emit(self, scope: Scope, event_type: str, data: Any) -> Emitted:
            made: Emitted = super().emit(scope, event_type, data)
            return replace(made, event_id=None if made.event_id is None else name(made.event_id))

        def call(self, method: str, path: str, *, api_key: str | None, body: bytes | None, headers: HeaderPairs = ()) -> Call:
            made: Call = super().call(method, path, api_key=api_key, body=body, headers=headers)
            shown = re.sub(rb"evt_[0-9a-f]{32}", lambda found: name(found[0].decode()).encode(), made.response_body)
            return replace(made, response_body=shown)

    return Naming


class Blunt(HttpPlatform):
    """Refuses with other legal statuses: 403 for a bad key, 400 for a list that is malformed rather than unlisted."""

    def call(self, method: str, path: str, *, api_key: str | None, body: bytes | None, headers: HeaderPairs = ()) -> Call:
        """Call, and answer in the other way."""
        made = super().call(method, path, api_key=api_key, body=body, headers=headers)
        malformed = json.loads(body or b"{}").get("events") in ([], [""])
        status = {401: 403, 422: 400 if malformed else 422}.get(made.status, made.status)
        return replace(made, status=status)


class Slow(HttpPlatform):
    """Every judged call and every emission takes 50 ms longer, every step of the clock 10 ms."""

    def _delay(self, seconds: float = 0.05) -> None:
        threading.Event().wait(seconds)

    def call(self, method: str, path: str, *, api_key: str | None, body: bytes | None, headers: HeaderPairs = ()) -> Call:
        """Delay, then call."""
        self._delay()
        return super().call(method, path, api_key=api_key, body=body, headers=headers)

    def emit(self, scope: Scope, event_type: str, data: Any) -> Emitted:
        """Emit, then delay the answer."""
        made = super().emit(scope, event_type, data)
        self._delay()
        return made

    def advance(self, scope: Scope, seconds: float) -> ClockReading:
        """Delay, then advance."""
        self._delay(0.01)
        return super().advance(scope, seconds)


def _as_uuid(event_id: str) -> str:
    return str(uuid.UUID(event_id.removeprefix("evt_")))


def _as_message(event_id: str) -> str:
    return "msg_" + event_id.removeprefix("evt_")[:27]


VARIANTS = (
    Variant(
        name="lower-case-fields-chunks-and-escaped-markup",
        conduct=replace(_writing(dump=_go, whole=True), headers=_sending(_whispering).headers, request=_chunked),
        readings={"truncation/limit": "262,144 bytes of envelope"},
    ),
    Variant(
        name="upper-case-and-strange-fields-and-escaped-slashes",
        conduct=replace(_writing(dump=_php), headers=_sending(_shouting).headers),
        readings={"truncation/limit": "262,144 bytes of data, compact ASCII"},
    ),
    Variant(
        name="spaces-and-reordered-members",
        conduct=_writing(dump=SPACED, change=_reversed),
        readings={"truncation/limit": "262,144 bytes of data, spaced UTF-8"},
    ),
    Variant(
        name="ascii-with-escapes-and-milliseconds",
        conduct=_writing(dump=ASCII, stamp=lambda at: _moment(at).isoformat(timespec="milliseconds")),
        readings={"truncation/limit": "262,144 bytes of data, compact ASCII"},
    ),
    Variant(
        name="indented-with-a-line-end",
        conduct=_writing(dump=_indented, measure=UTF8, stamp=lambda at: rfc3339(at)[:-1] + "+00:00"),
        readings={"truncation/limit": "262,144 bytes of data, compact UTF-8"},
    ),
    Variant(
        name="uuids-in-india-and-false-flags-measured-whole",
        conduct=replace(
            _writing(stamp=_india, name=_as_uuid, change=lambda body: {**body, "truncated": False}, whole=True),
            headers=_sending(lambda _sending, fields: fields, _as_uuid).headers,
        ),
        platform=_naming(_as_uuid),
        readings={"truncation/limit": "262,144 bytes of envelope", "envelope/truncated-only-when-cut": "flag sent as false"},
    ),
    Variant(
        name="message-ids-and-whole-seconds",
        conduct=replace(
            _writing(stamp=lambda at: _moment(at).strftime("%Y-%m-%dt%H:%M:%Sz"), name=_as_message),
            headers=_sending(lambda _sending, fields: fields, _as_message).headers,
            retry_at=_rounded_up(1),
        ),
        platform=_naming(_as_message, scheduler_resolution_seconds=1),
    ),
    Variant(
        name="false-flags-and-extra-members",
        conduct=_writing(change=lambda body: _more({**body, "truncated": False})),
        readings={"truncation/limit": "262,144 bytes of data", "envelope/truncated-only-when-cut": "flag sent as false"},
    ),
    Variant(
        name="most-sends-and-the-smaller-limit",
        conduct=_writing(limit=KB),
        kept_by=_more_sends,
        readings={
            "truncation/limit": "256,000 bytes of data, compact UTF-8",
            "retries/default-sends": "default: 11 sends",
            "retries/call-sends": "call: 6 sends",
        },
    ),
    Variant(
        name="spaced-envelope-and-calls-alike",
        conduct=_writing(dump=SPACED, whole=True),
        kept_by=_calls_alike,
        readings={
            "truncation/limit": "262,144 bytes of envelope, spaced UTF-8",
            "truncation/original-bytes": "size of envelope",
            "retries/other-call-schedule": "policy call",
            "retries/other-call-sends": "call: 5 sends",
        },
    ),
    Variant(
        name="spaced-ascii-envelope-and-ringing-for-all",
        conduct=replace(
            _writing(dump=SPACED_ASCII, whole=True, limit=KB),
            wants=lambda _contract, endpoint, kind: kind in endpoint.events or endpoint.events == ("*",),
        ),
        readings={
            "truncation/limit": "256,000 bytes of envelope, spaced ASCII",
            "fan-out/explicit-only": "`*` includes it",
        },
    ),
    Variant(
        name="client-errors-are-final-and-cut-answers-are-taken",
        conduct=Conduct(succeeded=_content_with_client_errors),
        patched=_takes_cut_answers,
        readings={"retries/client-errors": "400 not retried", "retries/cut-answers": "cut not retried"},
    ),
    Variant(name="redelivers-when-due", conduct=_once_more(), warned=REDELIVERY),
    Variant(
        name="redelivers-at-once",
        patched=_posts_twice,
        readings={"truncation/limit": "262,144 bytes of data, compact UTF-8"},
        warned=REDELIVERY,
    ),
    Variant(name="clamps-retry-after", conduct=Conduct(retry_at=_clamped), warned=frozenset({"http/retry-after"})),
    Variant(
        name="signs-by-the-standard-alone",
        conduct=_sending(_only("webhook-")),
        readings={"signature/signed": "standard-webhooks"},
        warned=frozenset({"http/companion-headers"}),
    ),
    Variant(
        name="signs-by-the-companion-alone",
        conduct=_sending(_only("x-devotel-")),
        platform=_declaring(signing=None),
        readings={"signature/signed": "devotel-t-v1"},
    ),
    Variant(
        name="signs-by-the-older-companion-alone",
        conduct=_sending(_bare_hex),
        platform=_declaring(signing=None),
        readings={"signature/signed": "devotel-body-hex"},
        warned=frozenset({"signature/rotation-overlap"}),
    ),
    Variant(
        name="polls-every-ten-seconds",
        conduct=Conduct(retry_at=_rounded_up(10)),
        platform=_declaring(poll_interval_seconds=10),
    ),
    Variant(
        name="jitters-both-ways",
        conduct=Conduct(retry_at=_jittered(0.8, 1.2)),
        platform=_declaring(jitter_ratio=0.2),
    ),
    Variant(
        name="jitters-late-with-most-sends",
        conduct=Conduct(retry_at=_jittered(1.19, 1.2)),
        kept_by=_more_sends,
        platform=_declaring(jitter_ratio=0.2),
        readings={"retries/default-sends": "default: 11 sends", "retries/call-sends": "call: 6 sends"},
    ),
    Variant(
        name="refuses-with-other-statuses",
        platform=Blunt,
        readings={"subscription-api/empty-list": "status 400", "subscription-api/key-required": "none key: 403; wrong key: 403"},
        warned=frozenset({"subscription-api/described-answers"}),
    ),
    Variant(name="takes-its-time", platform=Slow),
    Variant(name="delivers-out-of-order", patched=_posts_late),
)


def _judged(variant: Variant) -> list[Verdict]:
    """Put a variant through everything."""
    every = list(items(orbit(), Role.PLATFORM))
    with courtroom(conduct=variant.conduct, kept_by=variant.kept_by(orbit())) as run:
        run.planned = tuple(dict.fromkeys(name for item in every for name in item.rule.situations))
        return [run.verdict(item) for item in every]


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_a_legal_variant_keeps_every_must(variant: Variant, monkeypatch: pytest.MonkeyPatch) -> None:
    """An odd but legal platform breaks no MUST, leaves none unobserved, breaks the named SHOULDs alone, and its readings are named."""
    monkeypatch.setattr(court, "HttpPlatform", variant.platform)
    variant.patched(monkeypatch)
    verdicts = _judged(variant)
    settled = (Outcome.KEPT, Outcome.NOT_APPLICABLE)
    open_musts = [(v.clause, v.event, v.judgement.reason) for v in verdicts if v.level is Level.MUST and v.outcome not in settled]
    assert not open_musts
    broken = {v.clause.removeprefix("orbit/"): v.judgement.reason for v in verdicts if v.outcome is Outcome.BROKEN}
    assert set(broken) == variant.warned, broken
    shown = {v.clause.removeprefix("orbit/"): v.judgement.reading for v in verdicts if v.event is None}
    misread = {
        clause: shown[clause]
        for clause, words in variant.readings.items()
        if words not in shown[clause] or (", " in words and " or " in shown[clause])
    }
    assert not misread
