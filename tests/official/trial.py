"""One official library before the whole judge, by the same door as any partner, and what was seen of it as a value.

Law: everything here is told in words that are the same in every run: ids, times and tags are named, not shown.
"""

from __future__ import annotations

import hmac
import re
import tempfile
from base64 import b64decode, b64encode
from codecs import BOM_UTF8 as BOM
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import suites.receiver.situations as receiver_situations
from hookproof.adapters.receiver import HttpReceiver
from hookproof.model.transcript import Exchange, Transcript
from hookproof.model.verdict import Outcome, Verdict
from hookproof.signing.scheme import throwaway_secret
from hookproof.staging.certifying import ReceiverSession
from hookproof.staging.options import read_options
from hookproof.staging.profile import PROFILES
from hookproof.staging.situation import scan
from tests.kill_matrix.trial import short
from tests.official.libraries import LIBRARIES, Library, running
from tests.suites.courtroom import orbit

SECRET = throwaway_secret("official", "receiver")
SIGNED_FIELDS = ("webhook-id", "webhook-timestamp", "webhook-signature")
CONTROL, CRASHED = "control", 500
_ID, _TIME, _TAG = re.compile(r"evt_[0-9a-zA-Z]{20}"), re.compile(r"(\b0?)(\d{10})"), re.compile(r"[A-Za-z0-9+/*]{20,}=*")
_USUAL = ("webhook-id: {id}", "webhook-timestamp: {now}", "webhook-signature: v1,{right}", "webhook-signature: v1,{tag}")
_MEGABYTE = 1 << 20
_SHORT = 30
"""Bytes that fit a table."""
_MANY = 8
"""So many deliveries of one kind are told one by one; of more, what all of them got."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """One delivery: how it differs from a plain one, in words, and the status or failure that it got, with the error if it crashed."""

    sent: str
    answer: str


@dataclass(frozen=True, kw_only=True)
class Observed:
    """What was seen of one library: ``outcomes`` and ``levels`` by clause; ``deliveries`` by fault or purpose, in order.

    ``blamed`` holds, by clause, the deliveries on which its findings rest: their kind and their place among those of the kind, from 1.
    """

    outcomes: dict[str, str]
    levels: dict[str, str]
    deliveries: dict[str, tuple[Told, ...]]
    blamed: dict[str, tuple[tuple[str, int], ...]]


@cache
def observed(language: str, *manner: str) -> Observed:
    """Put a library's receiver, by default the plain one, through every situation and judge every clause, once in a process."""
    with tempfile.TemporaryDirectory(prefix="hookproof-official-") as folder:
        return _observed(LIBRARIES[language], Path(folder), manner)


def _observed(library: Library, folder: Path, manner: tuple[str, ...]) -> Observed:
    with running(library, SECRET, folder, *manner) as (url, journal):
        options = read_options({"profile": "hostile", "role": "receiver"})
        options = replace(options, target=url, api_key="", secret=SECRET, capabilities={"effects": True}, profile=PROFILES["hostile"])
        session = ReceiverSession(options, orbit())
        session.open(scan(receiver_situations))
        session.run.tools.receiver = HttpReceiver(url, api_key="", witness=journal)
        session.run.planned = tuple(session.run.situations)
        for item in session.items():
            session.run.verdict(item)
        verdicts, transcript = session.verdicts(), session.run.tools.recorder.transcript()
        session.close()
        return _told(verdicts, transcript, journal.errors())


def _told(verdicts: Iterable[Verdict], transcript: Transcript, errors: Mapping[str, str]) -> Observed:
    kinds: dict[str, list[Exchange]] = defaultdict(list)
    places: dict[str, tuple[str, int]] = {}
    for record in transcript.records:
        if isinstance(record, Exchange):
            kind = record.fault or record.purpose
            kinds[kind].append(record)
            places[record.id] = kind, len(kinds[kind])
    outcomes: dict[str, set[str]] = defaultdict(set)
    levels, blamed = dict[str, str](), dict[str, tuple[tuple[str, int], ...]]()
    for verdict in verdicts:
        clause = short(verdict.clause)
        outcomes[clause].add(verdict.outcome.value)
        levels[clause] = verdict.level.value
        if verdict.outcome is Outcome.BROKEN:
            named = (places[record] for record in verdict.judgement.evidence if record in places)
            blamed[clause] = tuple(sorted(place for place in named if place[0] != CONTROL))
    return Observed(
        outcomes={clause: " and ".join(sorted(found)) for clause, found in outcomes.items()},
        levels=levels,
        deliveries={kind: tuple(_summed(found, errors)) for kind, found in kinds.items()},
        blamed=blamed,
    )


def _summed(found: list[Exchange], errors: Mapping[str, str]) -> Iterator[Told]:
    answers = [_answer(x, errors) for x in found]
    if len(found) > _MANY and len(set(answers)) == 1:
        yield Told(sent="each", answer=answers[0])
        return
    yield from (Told(sent=shape(x), answer=answer) for x, answer in zip(found, answers, strict=True))


def _answer(x: Exchange, errors: Mapping[str, str]) -> str:
    return f"{x.status} {errors[x.event_id]}" if x.status == CRASHED else str(x.status or x.failure)


# --- how a delivery differs from a plain one --------------------------------------------------------------------------------------


def shape(x: Exchange) -> str:
    """Say in words that are the same in every run how a delivery differs from a plain one; empty if it does not show."""
    fields = [(name.lower(), value) for name, value in x.request_headers if name.lower() in SIGNED_FIELDS]
    tags = {
        _right(event_id, signed, x.request_body): word
        for event_id in (value for name, value in fields if name == SIGNED_FIELDS[0])
        for timestamp in (value for name, value in fields if name == SIGNED_FIELDS[1])
        for word, signed in (("right over the number", "".join(found[-1] for found in _TIME.findall(timestamp))), ("right", timestamp))
    }
    told = [f"{name}: {_named(value, x, tags)}" for name, value in fields]
    if len(set(dict(fields))) == len(fields):
        told = [each for each in told if each not in _USUAL]
    missing = [f"no {name}" for name in SIGNED_FIELDS if name not in dict(fields)]
    method = [] if x.method == "POST" else [x.method]
    return ", ".join([*method, *missing, *told, *_body(x)])


def _right(event_id: str, timestamp: str, body: bytes) -> str:
    content = f"{event_id}.{timestamp}.".encode("latin-1", "replace") + body
    return b64encode(hmac.digest(b64decode(SECRET.removeprefix("whsec_")), content, "sha256")).decode()


def _named(value: str, x: Exchange, tags: Mapping[str, str]) -> str:
    entry = value.removeprefix("v1,")
    if x.fault == "cut-tag" and (whole := next((tag for tag in tags if entry and tag.startswith(entry)), "")):
        return f"v1,{{the first {len(entry)} of {len(whole)} characters}}"
    text = _ID.sub("{id}", value)
    text = _TAG.sub(lambda found: f"{{{tags.get(found[0], 'tag')}}}", text)
    text = _TIME.sub(lambda found: f"{found[1]}{{now{_away(int(found[2]) - x.wall / 1e9)}}}", text, count=1)
    many = text.count("v1,{tag} ")
    return text if many < 3 else text.replace("v1,{tag} " * many, f"{many} times v1,{{tag}} ")


def _away(seconds: float) -> str:
    """Say how far a time is from the present, so roughly that no delay changes it."""
    far = abs(seconds)
    unit = "" if far < 60 else "minutes" if far < 1800 else "an hour" if far < 86_400 else "a year"
    return unit and f" {'+' if seconds > 0 else '-'} {unit}"


def _body(x: Exchange) -> Iterator[str]:
    """Tell of a body what is odd in it: the hostile value, the whole of a short one, the ends of any other that is no object."""
    body, hostile = x.request_body, x.request_body.partition(b',"x_hostile":')[2]
    if any(name.lower() == "content-encoding" for name, _ in x.request_headers):
        yield "a packed body"
    elif any(name.lower() == "transfer-encoding" for name, _ in x.request_headers):
        yield "a body in chunks"
    elif hostile and len(x.request_body) >= _MEGABYTE:
        yield "a body of many megabytes"
    elif hostile:
        yield f"in the body: {_shown(hostile.removesuffix(b'}'))}"
    elif body.startswith(BOM):
        yield "a byte order mark before the body"
    elif len(body) < _SHORT or not body.startswith(b"{"):
        yield f"body: {_shown(body)}"
    elif not body.endswith(b"}") or body.endswith(b"{}"):
        yield f"body: …{_shown(body[-4:])}"


def _shown(raw: bytes) -> str:
    text = ascii(raw[:_SHORT].decode("latin-1"))[1:-1]
    return _ID.sub("{id}", text if len(raw) <= _SHORT else f"{text[:10]}… ({len(raw)} bytes)")
