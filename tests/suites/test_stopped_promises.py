"""The reference platform stops keeping one promise at a time; the clause that states it must turn red, for that reason."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from hookproof.model.contract import Contract, Policy
from hookproof.model.verdict import Outcome as Verdicts
from hookproof.reference import conduct as honest
from hookproof.reference import envelope, outcomes, sender, signatures
from hookproof.reference.conduct import Conduct, HeaderPairs, Sending
from hookproof.reference.outcomes import Outcome
from tests.suites.courtroom import courtroom, item, orbit

Body = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Stop:
    """A promise that is no longer kept: how, which clauses turn red with which words, and a neighbour that stays green."""

    name: str
    red: Mapping[str, str]
    green: str
    conduct: Conduct = field(default_factory=Conduct)
    kept_by: Callable[[Contract], Contract] = lambda contract: contract
    event: str | None = None


def _rendered(change: Callable[[Body], Body]) -> Conduct:
    def render(contract: Contract, event_id: str, event_type: str, created_at: int, content: Body) -> bytes:
        whole = json.loads(envelope.render(contract, event_id, event_type, created_at, content))
        return json.dumps(change(whole), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")

    return Conduct(render=render)


def _raw(change: Callable[[bytes], bytes]) -> Conduct:
    return Conduct(render=lambda *told: change(envelope.render(*told)))


def _headed(change: Callable[[Sending, dict[str, str]], dict[str, str]]) -> Conduct:
    def headers(sending: Sending) -> HeaderPairs:
        return list(change(sending, dict(honest.headers(sending))).items())

    return Conduct(headers=headers)


def _requested(change: Callable[[bytes], bytes]) -> Conduct:
    return Conduct(request=lambda url, headers, body: change(sender.request_bytes(url, headers, body)))


def _policy(**members: Any) -> Callable[[Contract], Contract]:
    def change(contract: Contract) -> Contract:
        policy: Policy = replace(contract.policy, **members)
        return replace(contract, policy=policy)

    return change


def _schedule(name: str, **members: Any) -> Callable[[Contract], Contract]:
    def change(contract: Contract) -> Contract:
        retry = {**contract.policy.retry, name: replace(contract.policy.retry[name], **members)}
        return replace(contract, policy=replace(contract.policy, retry=retry))

    return change


def _succeeds_on(also: Callable[[Outcome], bool]) -> Conduct:
    return Conduct(succeeded=lambda outcome: outcomes.succeeded(outcome) or also(outcome))


def _with(name: str, value: Callable[[Sending], str]) -> Conduct:
    return _headed(lambda sending, pairs: {**pairs, name: value(sending)})


def _unlisted(contract: Contract) -> Contract:
    template = contract.events[contract.catalog[0]]
    names = ("hookproof.never_listed", contract.catalog[0] + "s")
    return replace(contract, events={**contract.events, **{name: replace(template, name=name) for name in names}})


def _text_keyed(sending: Sending) -> str:
    content = f"{sending.event_id}.{sending.timestamp}.".encode() + sending.body
    return base64.b64encode(hmac.digest(sending.keys[0].encode(), content, hashlib.sha256)).decode()


_COUNT = iter(range(1, 1 << 30))


def _fresh_id(request: bytes) -> bytes:
    """Change the last characters of the envelope's id, keeping the length, anew on every attempt."""
    at = request.index(b'"id":"') + len(b'"id":"')
    return request[:at] + b"evt_%06d" % next(_COUNT) + request[at + 10 :]


def _cut_by_characters(contract: Contract, event_id: str, event_type: str, created_at: int, content: Body) -> bytes:
    """Measure the text instead of its bytes."""
    truncation = contract.policy.truncation
    assert truncation is not None
    over = len(json.dumps(content, ensure_ascii=False, separators=(",", ":"))) > max(truncation.limits)
    limit = 0 if over else 1 << 40
    policy = replace(contract.policy, truncation=replace(truncation, limits=(limit,)))
    return envelope.render(replace(contract, policy=policy), event_id, event_type, created_at, content)


def _limited(limit: int) -> Callable[[Contract], Contract]:
    def change(contract: Contract) -> Contract:
        assert contract.policy.truncation is not None
        truncation = replace(contract.policy.truncation, limits=(limit,))
        return replace(contract, policy=replace(contract.policy, truncation=truncation))

    return change


DEFAULT = (30, 60, 120, 240, 480, 960, 1920, 3840, 7680, 15360)

STOPS = (
    Stop(
        name="accepts-an-unlisted-name",
        kept_by=_unlisted,
        red={"subscription-api/unknown-names": "promised 422"},
        green="subscription-api/key-required",
    ),
    Stop(
        name="tells-nobody-of-changes",
        kept_by=_policy(management={}),
        red={f"subscription-api/told-{action}": "got no" for action in ("created", "updated", "deleted")},
        green="subscription-api/read-back",
    ),
    Stop(
        name="sends-local-time",
        conduct=_rendered(lambda body: {**body, "created_at": body["created_at"].rstrip("Z")}),
        red={"envelope/created-at": "zone"},
        green="envelope/shape",
    ),
    Stop(
        name="names-another-type",
        conduct=_rendered(lambda body: {**body, "type": body["type"].upper()}),
        red={"envelope/known-type": "knows no event type"},
        green="envelope/created-at",
    ),
    Stop(
        name="flags-everything-as-truncated",
        conduct=_rendered(lambda body: {**body, "truncated": "true"}),
        red={"envelope/truncated-only-when-cut": "whole payload", "envelope/shape": "/truncated"},
        green="envelope/created-at",
    ),
    Stop(
        name="adds-a-byte-order-mark",
        conduct=_raw(lambda body: b"\xef\xbb\xbf" + body),
        red={"envelope/strict-json": "byte order mark"},
        green="http/post",
    ),
    Stop(
        name="repeats-a-member",
        conduct=_raw(lambda body: body[:-1] + b',"type":"twice"}'),
        red={"envelope/strict-json": "twice"},
        green="http/post",
    ),
    Stop(
        name="drops-nulls-and-empties",
        conduct=_rendered(lambda body: {**body, "data": {k: v for k, v in body["data"].items() if v not in (None, "", [], {})}}),
        red={"payload/text": "missing"},
        green="envelope/shape",
    ),
    Stop(
        name="replaces-astral-characters",
        conduct=_raw(lambda body: body.decode().translate({ord("😀"): "\ufffd"}).encode()),
        red={"payload/text": "was sent"},
        green="payload/numbers",
    ),
    Stop(
        name="counts-in-doubles",
        conduct=_raw(lambda body: body.replace(b"9007199254740993", b"9007199254740992")),
        red={"payload/numbers": "was sent"},
        green="payload/text",
    ),
    Stop(
        name="signs-with-the-text-of-the-secret",
        conduct=_headed(lambda s, pairs: {**pairs, "webhook-signature": "v1," + _text_keyed(s)}),
        red={"signature/valid": "whole secret as text"},
        green="signature/signed",
    ),
    Stop(
        name="does-not-sign-retries",
        conduct=_headed(lambda s, pairs: {k: v for k, v in pairs.items() if s.number == 1 or "ignature" not in k}),
        red={"signature/signed": "carries none"},
        green="idempotency/id-stable",
    ),
    Stop(
        name="dates-in-milliseconds",
        conduct=_with("webhook-timestamp", lambda s: str(s.timestamp * 1000)),
        red={"signature/timestamp-seconds": "whole Unix seconds", "signature/valid": "does not verify"},
        green="signature/signed",
    ),
    Stop(
        name="keeps-the-old-secret",
        kept_by=_policy(signing=None),
        red={"signature/rotation-overlap": "the old"},
        green="signature/valid",
    ),
    Stop(
        name="takes-5xx-for-success",
        conduct=_succeeds_on(lambda outcome: outcome.status == 507),
        red={"retries/server-errors": "status 507"},
        green="retries/timeouts",
    ),
    Stop(
        name="gives-up-on-timeouts",
        conduct=_succeeds_on(lambda outcome: outcome.failure == outcomes.TIMED_OUT),
        red={"retries/timeouts": "timeout"},
        green="retries/server-errors",
    ),
    Stop(
        name="gives-up-on-refused-connections",
        conduct=_succeeds_on(lambda outcome: outcome.failure == outcomes.REFUSED),
        red={"retries/connection-failures": "refused"},
        green="retries/server-errors",
    ),
    Stop(
        name="waits-twice-as-long",
        kept_by=_schedule("default", delays=tuple(2 * delay for delay in DEFAULT)),
        red={"retries/default-schedule": "promised 30 s"},
        green="retries/call-schedule",
    ),
    Stop(
        name="waits-a-second-less",
        kept_by=_schedule("default", delays=(29, *DEFAULT[1:])),
        red={"retries/default-schedule": "promised 30 s"},
        green="retries/call-schedule",
    ),
    Stop(
        name="shifts-the-schedule",
        kept_by=_schedule("default", delays=DEFAULT[1:]),
        red={"retries/default-schedule": "wait 1"},
        green="retries/call-schedule",
    ),
    Stop(
        name="sends-one-too-few",
        kept_by=_schedule("default", sends={"nine": 9}),
        red={"retries/default-sends": "was sent 9 times"},
        green="retries/default-schedule",
    ),
    Stop(
        name="sends-one-too-many",
        kept_by=_schedule("call", sends={"seven": 7}, delays=(60, 300, 900, 3600, 21600, 21600)),
        red={"retries/call-sends": "was sent 7 times"},
        green="retries/default-sends",
    ),
    Stop(
        name="goes-on-after-success",
        conduct=Conduct(succeeded=lambda _outcome: False),
        red={"retries/stop-after-success": "more attempts", "idempotency/no-redelivery": "sent again"},
        green="retries/default-schedule",
    ),
    Stop(
        name="sends-fresh-ids-on-retries",
        conduct=_requested(_fresh_id),
        red={"idempotency/id-stable": "carries id"},
        green="http/post",
    ),
    Stop(
        name="cuts-by-characters",
        conduct=Conduct(render=_cut_by_characters),
        red={"truncation/limit": "characters instead of bytes"},
        green="truncation/shape",
    ),
    Stop(
        name="cuts-at-half-the-limit",
        kept_by=_limited(131_072),
        red={"truncation/limit": "no legal reading"},
        green="truncation/shape",
    ),
    Stop(
        name="does-not-cut",
        kept_by=_policy(truncation=None),
        red={"truncation/limit": "no legal reading"},
        green="truncation/delivered",
    ),
    Stop(
        name="leaks-a-member-into-cut-data",
        conduct=_rendered(lambda body: body if not body.get("truncated") else {**body, "data": {**body["data"], "phone": "+1"}}),
        red={"truncation/identifiers-only": "unpromised member 'phone'"},
        green="truncation/limit",
    ),
    Stop(
        name="uses-put",
        conduct=_requested(lambda request: request.replace(b"POST ", b"PUT ", 1)),
        red={"http/post": "'PUT'"},
        green="http/well-formed",
    ),
    Stop(
        name="gives-two-lengths",
        conduct=_requested(lambda request: request.replace(b"\r\n", b"\r\nTransfer-Encoding: chunked\r\n", 1)),
        red={"http/well-formed": "malformed"},
        green="subscription-api/listed-names",
    ),
    Stop(
        name="declares-no-media-type",
        conduct=_headed(lambda _s, pairs: {k: v for k, v in pairs.items() if k != "Content-Type"}),
        red={"http/content-type": "None"},
        green="http/post",
    ),
    Stop(
        name="ignores-gone",
        conduct=Conduct(gone=lambda _outcome: False),
        red={"http/gone": "410"},
        green="http/redirects-not-followed",
    ),
    Stop(
        name="ignores-retry-after",
        conduct=Conduct(retry_at=lambda p, n, at, outcome, t: outcomes.retry_at(p, n, at, replace(outcome, retry_after=None), t)),
        red={"http/retry-after": "asked for 3600 s"},
        green="http/odd-retry-after",
    ),
    Stop(
        name="takes-redirects-for-success",
        conduct=_succeeds_on(lambda outcome: outcome.status in (301, 302, 303, 307, 308)),
        red={"http/redirects-are-failures": "not sent again"},
        green="http/redirects-not-followed",
    ),
    Stop(
        name="ignores-filters",
        conduct=Conduct(wants=lambda _contract, _endpoint, _kind: True),
        red={"fan-out/filters": "did not subscribe"},
        green="fan-out/named",
    ),
    Stop(
        name="knows-no-wildcard",
        conduct=Conduct(wants=lambda _contract, endpoint, kind: kind in endpoint.events),
        red={"fan-out/wildcard": "never reached"},
        green="fan-out/named",
    ),
    Stop(
        name="sends-no-companions",
        kept_by=_policy(companions={}),
        red={"sequences/call-received": "without its companion"},
        green="sequences/conference-ended-last",
    ),
)


@pytest.mark.parametrize("stop", STOPS, ids=lambda stop: stop.name)
def test_a_stopped_promise_turns_its_clause_red(stop: Stop) -> None:
    """When one promise is no longer kept its own clause is broken, with the right words and evidence, and a neighbour is not."""
    with courtroom(conduct=stop.conduct, kept_by=stop.kept_by(orbit())) as run:
        for clause, words in stop.red.items():
            verdict = run.verdict(item(clause))
            assert verdict.outcome is Verdicts.BROKEN, f"{clause}: {verdict.outcome} ({verdict.judgement.reason})"
            told = " ".join(finding.message for finding in verdict.judgement.findings)
            assert words in told, f"{clause}: {told[:500]}"
            known = {record.id for record in run.tools.recorder.transcript().records}
            assert verdict.judgement.evidence
            assert set(verdict.judgement.evidence) <= known
        neighbour = run.verdict(item(stop.green))
        assert neighbour.outcome is Verdicts.KEPT, f"{stop.green}: {neighbour.judgement.reason}"


def test_signing_stops_are_independent_of_the_judge() -> None:
    """The reference's signer is not the judge's: what it shares with it is only the published scheme."""
    assert signatures.standard.__module__ == "hookproof.reference.signatures"
