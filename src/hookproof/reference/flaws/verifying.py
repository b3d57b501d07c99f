"""Flaws of receivers that verify: what they trust, what they compare, and how they read the time."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from hookproof.reference.flaws.entries import Change, receiver_flaw
from hookproof.reference.receiver.reception import Arrival, Keyring, Reception, RefusedError

CONTROL_EVENTS = (b"ping", b"webhook.test", b"url_verification")


def _matching(match: Callable[[str, Sequence[str]], bool]) -> Change:
    """Compare in another way."""
    return lambda reception: replace(reception, tags_match=match)


def _entries(given: str) -> list[str]:
    return [entry.partition(",")[2] for entry in given.split(" ") if entry.startswith("v1,")]


def _also_signed(*parts: Callable[[str, str, bytes], bytes]) -> Change:
    """Take signatures over other contents too."""

    def change(reception: Reception) -> Reception:
        def verify(own: Reception, arrival: Arrival, keyring: Keyring) -> None:
            for content in parts:
                try:
                    return reception.verify(replace(own, signed_content=content), arrival, keyring)
                except RefusedError:
                    continue
            return reception.verify(own, arrival, keyring)

        return replace(reception, verify=verify)

    return change


def _content(change: Callable[[bytes], bytes]) -> Change:
    """Verify something made of the body instead of its bytes."""

    def changed(reception: Reception) -> Reception:
        def content(message_id: str, timestamp: str, body: bytes) -> bytes:
            return reception.signed_content(message_id, timestamp, change(body))

        return replace(reception, signed_content=content)

    return changed


def _respelled(body: bytes) -> bytes:
    try:
        return json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):
        return body


def _decoded_first(reception: Reception) -> Reception:
    def decoded(body: bytes) -> bytes:
        return body.decode("utf-8", "replace").encode()

    changed = _content(decoded)(reception)
    return replace(changed, parse=lambda arrival: reception.parse(replace(arrival, body=decoded(arrival.body))))


def _timed(check: Callable[[Arrival, Keyring, str], None]) -> Change:
    return lambda reception: replace(reception, checked_time=check)


def _refuse_if(wrong: Any) -> None:  # noqa: ANN401 -- anything that is true or not
    if wrong:
        raise RefusedError(401, "the timestamp is not right")


def _old_only(arrival: Arrival, keyring: Keyring, text: str) -> None:
    _refuse_if(not re.fullmatch(r"[0-9]{1,11}", text, re.ASCII) or arrival.now - int(text) > keyring.tolerance)


def _milliseconds_too(arrival: Arrival, keyring: Keyring, text: str) -> None:
    _refuse_if(not re.fullmatch(r"[0-9]{1,14}", text, re.ASCII))
    _refuse_if(abs(arrival.now - (int(text) / 1000 if len(text) > 11 else int(text))) > keyring.tolerance)  # noqa: PLR2004 -- digits of seconds


def _lenient(arrival: Arrival, keyring: Keyring, text: str) -> None:
    try:
        _refuse_if(abs(arrival.now - int(text)) > keyring.tolerance)
    except ValueError:
        _refuse_if(wrong=True)


def _time_of_the_body(reception: Reception) -> Reception:
    def check(arrival: Arrival, keyring: Keyring, text: str) -> None:
        found = re.search(rb'"created_at": ?"([^"]+)"', arrival.body)
        if found is None:
            return reception.checked_time(arrival, keyring, text)
        _refuse_if(not text.isdigit())
        return _refuse_if(abs(arrival.now - datetime.fromisoformat(found[1].decode()).timestamp()) > keyring.tolerance)

    return replace(reception, checked_time=check)


def _tolerant(factor: float) -> Change:
    def change(reception: Reception) -> Reception:
        def check(arrival: Arrival, keyring: Keyring, text: str) -> None:
            reception.checked_time(arrival, replace(keyring, tolerance=keyring.tolerance * factor), text)

        return replace(reception, checked_time=check)

    return change


def _unverified(when: Callable[[Arrival], bool]) -> Change:
    """Take some deliveries without looking at their signature."""

    def change(reception: Reception) -> Reception:
        def verify(own: Reception, arrival: Arrival, keyring: Keyring) -> None:
            if not when(arrival):
                reception.verify(own, arrival, keyring)

        return replace(reception, verify=verify)

    return change


def _empty_key_too(reception: Reception) -> Reception:
    def expected(keyring: Keyring, content: bytes) -> tuple[str, ...]:
        bare = base64.b64encode(hmac.new(b"", content, hashlib.sha256).digest()).decode()
        return (*reception.expected_tags(keyring, content), bare)

    return replace(reception, expected_tags=expected)


def _slowly_equal(given: str, expected: Sequence[str]) -> bool:
    return any(tag == right for tag in _entries(given) for right in expected)


def _decoded_alike(given: str, expected: Sequence[str]) -> bool:
    def decoded(tag: str) -> bytes | None:
        try:
            return base64.b64decode(tag + "==")
        except (binascii.Error, ValueError):
            return None

    return any(decoded(tag) == decoded(right) for tag in _entries(given) for right in expected)


def _crashing(given: str, expected: Sequence[str]) -> bool:
    for entry in given.split(" "):
        if entry.count(",") != 1:
            raise RefusedError(500, "internal error")
    return any(tag == right for tag in _entries(given) for right in expected)


def _known_versions_only(given: str, expected: Sequence[str]) -> bool:
    if any("," in entry and not entry.startswith("v1,") for entry in given.split(" ")):
        raise RefusedError(401, "unknown version")
    return any(tag == right for tag in _entries(given) for right in expected)


def _crashes_on_bad_base64(given: str, expected: Sequence[str]) -> bool:
    try:
        offered = [base64.b64decode(tag, validate=True) for tag in _entries(given)]
    except ValueError:
        raise RefusedError(500, "internal error") from None
    return any(base64.b64encode(tag).decode() == right for tag in offered for right in expected)


def _missing_is_empty(reception: Reception) -> Reception:
    """Read a missing field as an empty one, and an empty timestamp as now."""

    def single(arrival: Arrival, name: str) -> str:
        found = arrival.all(name)
        return found[0] if found else ""

    def check(arrival: Arrival, keyring: Keyring, text: str) -> None:
        if text:
            reception.checked_time(arrival, keyring, text)

    def verify(own: Reception, arrival: Arrival, keyring: Keyring) -> None:
        if not own.single(arrival, "webhook-timestamp"):
            return
        reception.verify(own, arrival, keyring)

    return replace(reception, single=single, checked_time=check, verify=verify)


FLAWS = (
    receiver_flaw(
        "R002",
        "unsigned-is-trusted",
        "A delivery without a signature is taken as it is.",
        _unverified(lambda a: not any(a.all("webhook-signature"))),
        "verification/unsigned",
        implies=("robustness/control-events",),
    ),
    receiver_flaw(
        "R002",
        "control-events-unverified",
        "Pings and challenges are taken before anything is verified.",
        _unverified(lambda a: any(b'"' + kind + b'"' in a.body for kind in CONTROL_EVENTS)),
        "robustness/control-events",
    ),
    receiver_flaw(
        "R002",
        "missing-timestamp-unverified",
        "A delivery without a timestamp is not verified at all.",
        _missing_is_empty,
        "verification/incomplete",
    ),
    receiver_flaw(
        "R003",
        "empty-key-accepted",
        "A signature made with an empty key is right.",
        _empty_key_too,
        "verification/forged",
        implies=("verification/no-secret",),
    ),
    receiver_flaw(
        "R004",
        "shorter-length-compared",
        "Tags are compared up to the shorter length.",
        _matching(lambda given, expected: any(right.startswith(tag) for tag in _entries(given) for right in expected)),
        "verification/whole-tag",
        implies=("verification/malformed", "verification/unsigned"),
    ),
    receiver_flaw(
        "R005",
        "case-folded-tags",
        "Tags are compared without regard to case.",
        _matching(lambda given, expected: any(tag.lower() == right.lower() for tag in _entries(given) for right in expected)),
        "verification/whole-tag",
    ),
    receiver_flaw("R006", "early-exit-comparison", "Tags are compared character by character until one differs.", _matching(_slowly_equal)),
    receiver_flaw(
        "R007",
        "first-signature-only",
        "Only the first signature of a list is tried.",
        _matching(lambda given, expected: any(tag in expected for tag in _entries(given.split(" ")[0]))),
        "verification/signature-list",
        "verification/unknown-versions",
        "verification/malformed-entries",
    ),
    receiver_flaw(
        "R008",
        "last-signature-only",
        "Only the last signature of a list is tried.",
        _matching(lambda given, expected: any(tag in expected for tag in _entries(given.split(" ")[-1]))),
        "verification/signature-list",
    ),
    receiver_flaw(
        "R008",
        "list-not-split",
        "The header is taken for one signature.",
        _matching(lambda given, expected: given.removeprefix("v1,") in expected),
        "verification/signature-list",
        "verification/unknown-versions",
        "verification/malformed-entries",
        implies=("verification/version",),
    ),
    receiver_flaw(
        "R009",
        "malformed-entry-crashes",
        "A malformed entry before the right one is answered 500.",
        _matching(_crashing),
        "verification/malformed-entries",
        "verification/client-errors",
    ),
    receiver_flaw(
        "R009",
        "bad-base64-crashes",
        "A signature that is not base64 is answered 500.",
        _matching(_crashes_on_bad_base64),
        "verification/client-errors",
        implies=("verification/malformed-entries",),
    ),
    receiver_flaw(
        "R010",
        "unknown-version-refused",
        "A signature of an unknown version makes the whole delivery refused.",
        _matching(_known_versions_only),
        "verification/unknown-versions",
    ),
    receiver_flaw(
        "R011",
        "version-ignored",
        "The version before a tag is not looked at.",
        _matching(lambda given, expected: any(entry.rpartition(",")[2] in expected for entry in given.split(" "))),
        "verification/version",
    ),
    receiver_flaw(
        "R012",
        "body-alone-signed",
        "A signature over the body alone is taken.",
        _also_signed(lambda _i, _t, body: body),
        "verification/all-signed",
    ),
    receiver_flaw(
        "R012",
        "id-left-unsigned",
        "A signature over timestamp and body is taken.",
        _also_signed(lambda _i, timestamp, body: timestamp.encode("latin-1") + b"." + body),
        "verification/all-signed",
    ),
    receiver_flaw("R015", "odd-base64-accepted", "Tags are compared after lenient decoding.", _matching(_decoded_alike)),
    receiver_flaw(
        "R016",
        "respelled-before-verifying",
        "The body is parsed and written again before it is verified.",
        _content(_respelled),
        "verification/spelling",
        implies=("robustness/depth", "robustness/encoding", "robustness/members", "receiver/media-types"),
    ),
    receiver_flaw(
        "R017",
        "decoded-before-verifying",
        "Decoded text is verified, with replacement characters for what is not UTF-8.",
        _decoded_first,
        "verification/raw-bytes",
    ),
    receiver_flaw(
        "R018",
        "latin-1-before-verifying",
        "The body is taken for Latin-1 text before it is verified.",
        _content(lambda body: body.decode("latin-1").encode()),
        "verification/spelling",
        implies=("receiver/events", "receiver/minimal", "receiver/truncated", "verification/raw-bytes"),
    ),
    receiver_flaw(
        "R022",
        "future-accepted",
        "Only old timestamps are refused.",
        _timed(_old_only),
        "verification/stale",
        implies=("verification/window",),
    ),
    receiver_flaw("R024", "window-too-wide", "The tolerance is twice as wide as it should be.", _tolerant(2.0), "verification/window"),
    receiver_flaw(
        "R024", "window-too-narrow", "The tolerance is a fifth of what it should be.", _tolerant(0.2), "verification/inside-window"
    ),
    receiver_flaw(
        "R025",
        "milliseconds-accepted",
        "A timestamp in milliseconds is taken for what it means.",
        _timed(_milliseconds_too),
        "verification/seconds",
    ),
    receiver_flaw("R026", "lenient-timestamp", "Whatever reads as a number is a timestamp.", _timed(_lenient)),
    receiver_flaw(
        "R027",
        "time-of-the-body",
        "The time in the body is checked instead of the signed one.",
        _time_of_the_body,
        "verification/stale",
        "verification/seconds",
        implies=("verification/window", "receiver/truncated", "receiver/out-of-order"),
    ),
    receiver_flaw(
        "R034",
        "wrong-key-accepted",
        "The signature is read and never compared.",
        _matching(lambda _given, _expected: True),
        "verification/forged",
        "verification/altered",
        "verification/whole-tag",
        "verification/malformed",
        "verification/version",
        "verification/all-signed",
        implies=("receiver/forged-first", "verification/raw-bytes", "verification/no-secret", "verification/revoked"),
    ),
)
