"""Flaws of signing: what is covered, in which letters, on which attempts, and at what time."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace

from hookproof.reference.conduct import Conduct, HeaderPairs, Sending
from hookproof.reference.departures import Flaw
from hookproof.reference.dispatch import Dispatcher
from hookproof.reference.flaws.tags import companion, covered, decoded, entries, mac, signature, text, told, with_field
from hookproof.reference.records import Delivery
from hookproof.reference.timekeeping import MICROSECONDS, rfc3339

_INDIA = 5 * 3600 + 1800  # seconds ahead of UTC
_HELD_BACK = 65_536


def _over(content: Callable[[Sending], bytes]) -> Callable[[Conduct], Conduct]:
    """Sign other bytes than those that Standard Webhooks has signed."""
    return entries(lambda sending, secret: text(mac(decoded(secret), content(sending))))


def _respelt(sending: Sending) -> bytes:
    """Give what is signed by who writes the JSON twice, once with spaces and escapes for signing and once without for sending."""
    return f"{sending.event_id}.{sending.timestamp}.{json.dumps(json.loads(sending.body))}".encode()


def _in_letters(write: Callable[[bytes], str], **form: str) -> Callable[[Conduct], Conduct]:
    """Write the right tag in other letters, or join it otherwise."""
    return entries(lambda sending, secret: write(mac(decoded(secret), covered(sending))), **form)


def _unsigned(of: Callable[[Sending], bool]) -> Callable[[Conduct], Conduct]:
    def change(conduct: Conduct) -> Conduct:
        def headers(sending: Sending) -> HeaderPairs:
            pairs = conduct.headers(sending)
            return [pair for pair in pairs if "signature" not in pair[0].lower()] if of(sending) else pairs

        return replace(conduct, headers=headers)

    return change


def _empty_on_retries(conduct: Conduct) -> Conduct:
    empty = signature(lambda _sending: "")(conduct)
    return replace(conduct, headers=lambda sending: (conduct if sending.number == 1 else empty).headers(sending))


def _first_timestamp(conduct: Conduct) -> Conduct:
    """Sign a delivery once, when it is first sent, and repeat that on every retry."""
    first: dict[str, int] = {}

    def headers(sending: Sending) -> HeaderPairs:
        return conduct.headers(replace(sending, timestamp=first.setdefault(sending.delivery_id, sending.timestamp)))

    return replace(conduct, headers=headers)


class _EventTime(Dispatcher):
    def _request(self, delivery: Delivery, now: int) -> bytes:
        return super()._request(delivery, min(now, delivery.event.created_at))


def _shown(write: Callable[[int], str]) -> Callable[[Conduct], Conduct]:
    """Write the timestamp otherwise, and sign what was not written."""

    def change(conduct: Conduct) -> Conduct:
        def headers(sending: Sending) -> HeaderPairs:
            return with_field(conduct.headers(sending), sending.names.webhook_timestamp, write(sending.timestamp))

        return replace(conduct, headers=headers)

    return change


def _timed(write: Callable[[int], str]) -> Callable[[Conduct], Conduct]:
    """Write the timestamp otherwise, and sign what is written."""

    def content(sending: Sending) -> bytes:
        return f"{sending.event_id}.{write(sending.timestamp)}.".encode() + sending.body

    def change(conduct: Conduct) -> Conduct:
        signed = _over(content)(conduct)

        return _shown(write)(signed)

    return change


def _named(identifier: str, timestamp: str, signature: str = "webhook-signature") -> Callable[[Conduct], Conduct]:
    def spelt(sending: Sending) -> Sending:
        return replace(
            sending, names=replace(sending.names, webhook_id=identifier, webhook_timestamp=timestamp, webhook_signature=signature)
        )

    return told(spelt)


COVERAGE = (
    Flaw(
        id="id-not-signed",
        row="P001",
        title="The signature covers timestamp and body, not the id.",
        conduct=_over(lambda sending: f"{sending.timestamp}.".encode() + sending.body),
        breaks=("signature/valid",),
    ),
    Flaw(
        id="timestamp-not-signed",
        row="P002",
        title="The signature covers id and body, not the timestamp.",
        conduct=_over(lambda sending: f"{sending.event_id}.".encode() + sending.body),
        breaks=("signature/valid",),
    ),
    Flaw(
        id="companion-timestamp-not-signed",
        row="P002",
        title="The provider's own header shows a timestamp that its tag does not cover.",
        conduct=companion(lambda s: f"t={s.timestamp}," + ",".join(f"v1={mac(key.encode(), s.body).hex()}" for key in s.keys)),
        breaks=("signature/companion-header",),
    ),
    Flaw(
        id="body-not-signed",
        row="P003",
        title="The signature covers id and timestamp, not the body.",
        conduct=_over(lambda sending: f"{sending.event_id}.{sending.timestamp}".encode()),
        breaks=("signature/valid",),
    ),
    Flaw(
        id="end-of-body-not-signed",
        row="P003",
        title="Only the first 64 KiB of a body are signed.",
        conduct=_over(lambda sending: covered(replace(sending, body=sending.body[:_HELD_BACK]))),
        breaks=("signature/valid",),
    ),
    Flaw(
        id="another-serialisation-signed",
        row="P003",
        title="The JSON is written anew for signing, not as it is sent.",
        conduct=_over(_respelt),
        breaks=("signature/valid",),
    ),
)

LETTERS = (
    Flaw(
        id="signature-in-hex",
        row="P006",
        title="The tag is hexadecimal.",
        conduct=_in_letters(bytes.hex),
        breaks=("signature/signed", "signature/valid"),
    ),
    Flaw(
        id="signature-in-base64url",
        row="P007",
        title="The tag is in the alphabet for URLs.",
        conduct=_in_letters(lambda tag: base64.urlsafe_b64encode(tag).decode()),
        breaks=("signature/signed", "signature/valid"),
        implies=("signature/rotation-overlap",),
    ),
    Flaw(
        id="signature-without-padding",
        row="P007",
        title="The tag lacks its final equals sign.",
        conduct=_in_letters(lambda tag: text(tag).rstrip("=")),
        breaks=("signature/signed", "signature/valid"),
    ),
    Flaw(
        id="companion-signature-in-base64",
        row="P007",
        title="The provider's own header carries a bare base64 tag instead of hexadecimal.",
        conduct=companion(lambda sending: text(mac(sending.keys[0].encode(), sending.body))),
        breaks=("signature/companion-header",),
    ),
    Flaw(
        id="signature-without-version",
        row="P008",
        title="The version prefix is missing.",
        conduct=_in_letters(text, prefix=""),
        breaks=("signature/signed", "signature/valid"),
    ),
    Flaw(
        id="signature-with-equals-sign",
        row="P008",
        title="An equals sign stands where a comma is promised.",
        conduct=_in_letters(text, prefix="v1="),
        breaks=("signature/signed", "signature/valid"),
    ),
    Flaw(
        id="signatures-joined-by-commas",
        row="P008",
        title="During a rotation the two signatures are joined by a comma, not by a space.",
        conduct=_in_letters(text, separator=","),
        breaks=("signature/signed", "signature/valid"),
    ),
)

ATTEMPTS = (
    Flaw(
        id="unsigned-retries",
        row="P013",
        title="Only the first attempt is signed.",
        conduct=_unsigned(lambda sending: sending.number > 1),
        breaks=("signature/signed",),
    ),
    Flaw(
        id="unsigned-management-events",
        row="P013",
        title="Deliveries that tell of changes to endpoints take another way out, which does not sign.",
        conduct=_unsigned(lambda sending: sending.event_type.startswith("webhook_endpoint.")),
        breaks=("signature/signed",),
    ),
    Flaw(
        id="first-timestamp-on-retries",
        row="P014",
        title="Retries repeat the timestamp of the first attempt.",
        conduct=_first_timestamp,
        breaks=("signature/timestamp-of-attempt",),
    ),
    Flaw(
        id="timestamp-of-the-event",
        row="P016",
        title="The timestamp is the time of the event.",
        conduct=lambda conduct: replace(conduct, parts=(_EventTime, *conduct.parts)),
        breaks=("signature/timestamp-of-attempt",),
    ),
    Flaw(
        id="timestamp-in-local-time",
        row="P017",
        title="The timestamp is local time taken for UTC, five and a half hours ahead.",
        conduct=told(lambda sending: replace(sending, timestamp=sending.timestamp + _INDIA)),
        breaks=("signature/timestamp-of-attempt",),
    ),
)

TIMESTAMPS = (
    Flaw(
        id="timestamp-in-milliseconds",
        row="P015",
        title="The timestamp is in milliseconds.",
        conduct=_timed(lambda seconds: str(seconds * 1000)),
        breaks=("signature/timestamp-seconds",),
    ),
    Flaw(
        id="timestamp-in-milliseconds-signed-in-seconds",
        row="P015",
        title="The timestamp is shown in milliseconds and signed in seconds.",
        conduct=_shown(lambda seconds: str(seconds * 1000)),
        breaks=("signature/timestamp-seconds", "signature/valid"),
    ),
    Flaw(
        id="timestamp-with-fraction",
        row="P015",
        title="The timestamp is a float.",
        conduct=_timed(lambda seconds: f"{seconds}.25"),
        breaks=("signature/timestamp-seconds",),
    ),
    Flaw(
        id="timestamp-as-date",
        row="P015",
        title="The timestamp is a date and time.",
        conduct=_timed(lambda seconds: rfc3339(seconds * MICROSECONDS)),
        breaks=("signature/timestamp-seconds",),
    ),
)

NAMES = (
    Flaw(
        id="signature-under-another-brand",
        row="P020",
        title="The header fields bear the name of the product that sends.",
        conduct=_named("svix-id", "svix-timestamp", "svix-signature"),
        breaks=("signature/signed",),
    ),
    Flaw(
        id="id-under-another-brand",
        row="P020",
        title="The signature has its promised name, id and timestamp have not.",
        conduct=_named("x-message-id", "x-message-timestamp"),
        breaks=("signature/signed",),
        implies=("signature/valid", "signature/timestamp-seconds"),
    ),
    Flaw(
        id="names-with-underscores",
        row="P020",
        title="The names are written with underscores, which many servers drop.",
        conduct=_named("webhook_id", "webhook_timestamp", "webhook_signature"),
        breaks=("signature/signed",),
    ),
    Flaw(
        id="empty-signature",
        row="P013",
        title="Retries carry an empty signature field.",
        conduct=_empty_on_retries,
        breaks=("signature/signed", "signature/valid"),
    ),
)

FLAWS = (*COVERAGE, *LETTERS, *ATTEMPTS, *TIMESTAMPS, *NAMES)
