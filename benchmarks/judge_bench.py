"""Judging against raw validation: attempts judged per second over 100,000 attempts, as a ratio to jsonschema-rs on the same bodies.

Both run in this process, interleaved, medians of five. Prints one JSON line; goal: ratio at least 0.25.
"""

from __future__ import annotations

import base64
import gc
import hashlib
import hmac
import json
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta

from hookproof.generate.payloads import payloads
from hookproof.judge import judge
from hookproof.model.contract import Contract
from hookproof.model.transcript import Advance, Answer, Attempt, Emission, Note, Record, RunHeader, Subscription, Transcript
from hookproof.rules.bodies import validators_of
from hookproof.signing.scheme import throwaway_secret
from hookproof.staging.session import read_contract

ATTEMPTS = 100_000
ROUNDS = 5
START = datetime(2027, 1, 1, tzinfo=UTC)
CAPABILITIES = {"roles": ["platform"], "emit": "pipeline", "time": "virtual", "signing": {"profile": "standard-webhooks"}}


def recording(contract: Contract, attempts: int) -> Transcript:
    """Make an honest recording: each event is sent twice, answered 500 and then 200 thirty virtual seconds later."""
    header = RunHeader(
        contract=contract.name,
        contract_digest=contract.digest,
        role="platform",
        target={},
        capabilities=CAPABILITIES,
        seed=0,
        profile="ci",
        started_at=START.isoformat(),
        salt="bench",
        hookproof="bench",
    )
    names = [name for name in contract.catalog if contract.policy.policies_for(name)[0].name == "default"]
    samples = {name: [*contract.events[name].examples, *payloads(contract.events[name], 3, 0)] for name in names}
    records: list[Record] = []
    for situation in ("catalog", "retries"):
        records += _situation(situation, names, samples, attempts // 4)
    return Transcript(header=header, records=tuple(records))


def _situation(situation: str, names: list[str], samples: dict[str, list[object]], events: int) -> list[Record]:
    at = 1_000_000_000
    key = base64.b64decode(throwaway_secret("bench", "secret").removeprefix("whsec_"))
    found: list[Record] = [
        Note(id=f"n-{situation}", situation=situation, at=at, name="begin"),
        Subscription(
            id=f"s-{situation}", situation=situation, at=at, action="created", scope=situation, endpoint=f"e-{situation}", endpoint_id="1",
            event_types=tuple(names), secret="secret",
        ),
    ]  # fmt: skip
    clock = START.isoformat()
    for number in range(events):
        at += 10
        kind = names[number % len(names)]
        data = samples[kind][(number // len(names)) % len(samples[kind])]
        event_id = f"evt_{situation}_{number:06d}"
        found.append(
            Emission(
                id=f"m-{event_id}", situation=situation, at=at, scope=situation, type=kind, data=data, event_id=event_id, status=202,
                started_at=at, done_at=at + 1, started_wall=at, clock=clock,
            )
        )  # fmt: skip
        body = json.dumps({"id": event_id, "type": kind, "created_at": "2027-01-01T00:00:00Z", "data": data}, ensure_ascii=False).encode()
        found.append(_attempt(situation, event_id, body, key, number=1, at=at + 2, moment=START))
    moved = START + timedelta(seconds=30)
    found.append(
        Advance(
            id=f"v-{situation}", situation=situation, at=2 * at, scope=situation, seconds=30, before=clock, after=moved.isoformat(),
            started_at=at + 1000, done_at=3 * at,
        )
    )  # fmt: skip
    first = [record for record in found if isinstance(record, Attempt)]
    for number, attempt in enumerate(first):
        event_id = attempt.id.split("/")[1]
        found.append(_attempt(situation, event_id, attempt.body, key, number=2, at=at + 2000 + 10 * number, moment=moved))
    found.append(Note(id=f"z-{situation}", situation=situation, at=4 * at, name="end"))
    return found


def _attempt(situation: str, event_id: str, body: bytes, key: bytes, *, number: int, at: int, moment: datetime) -> Attempt:
    kind = json.loads(body)["type"]
    stamp = str(int(moment.timestamp()))
    tag = base64.b64encode(hmac.digest(key, f"{event_id}.{stamp}.".encode() + body, hashlib.sha256)).decode()
    headers = (
        ("Host", "127.0.0.1:1"),
        ("Content-Type", "application/json; charset=utf-8"),
        ("User-Agent", "Devotel-Webhooks/1.0"),
        ("Content-Length", str(len(body))),
        ("webhook-id", event_id),
        ("webhook-timestamp", stamp),
        ("webhook-signature", "v1," + tag),
        ("X-Devotel-Event-Id", event_id),
        ("X-Devotel-Event-Type", kind),
        ("X-Devotel-Delivery-Id", event_id),
    )
    return Attempt(
        id=f"a/{event_id}/{number}",
        situation=situation,
        at=at + 3,
        endpoint=f"e-{situation}",
        connection="c",
        method="POST",
        target=f"/token/e-{situation}",
        http_version="1.1",
        headers=headers,
        body=body,
        answer=Answer(status=500 if number == 1 else 200),
        accepted_at=at,
        accepted_wall=at,
        body_read_at=at + 1,
        answer_started_at=at + 1,
        answer_done_at=at + 2,
    )


def raw(contract: Contract, bodies: list[bytes]) -> int:
    """Only read and validate each body: envelope and payload schemas, nothing else."""
    known = validators_of(contract)
    good = 0
    for body in bodies:
        value = json.loads(body)
        good += known.envelope.is_valid(value) and known.event(contract.events[value["type"]]).is_valid(value["data"])
    return good


def main() -> None:
    """Measure, print, and end with status 1 if the goal is missed."""
    attempts = int(sys.argv[1]) if len(sys.argv) > 1 else ATTEMPTS
    contract = read_contract("orbit")
    transcript = recording(contract, attempts)
    gc.disable()  # as `hookproof judge` does: a recording is no garbage
    bodies = [record.body for record in transcript.records if isinstance(record, Attempt)]
    ours, base = [], []
    for _ in range(ROUNDS):
        gc.collect()
        started = time.perf_counter()
        assert raw(contract, bodies) == len(bodies)
        base.append(time.perf_counter() - started)
        gc.collect()
        started = time.perf_counter()
        verdicts = judge(contract, transcript)
        ours.append(time.perf_counter() - started)
    broken = sorted({v.clause for v in verdicts if v.outcome == "broken"})
    ratio = statistics.median(base) / statistics.median(ours)
    print(
        json.dumps(
            {
                "judge_ratio": round(ratio, 3),
                "goal": 0.25,
                "attempts": len(bodies),
                "judged_per_s": round(len(bodies) / statistics.median(ours)),
                "raw_per_s": round(len(bodies) / statistics.median(base)),
                "verdicts": len(verdicts),
                "kept": sum(v.outcome == "kept" for v in verdicts),
                "broken": broken,
            }
        )
    )
    sys.exit(ratio < 0.25)


if __name__ == "__main__":
    main()
