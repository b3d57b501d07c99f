"""Flaws of receivers: what they tell, and what odd configurations let in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hookproof.reference.flaws.entries import Change, receiver_flaw, stacking
from hookproof.reference.receiver.desk import Answered, Desk
from hookproof.reference.receiver.reception import Arrival, Keyring, Reception, RefusedError

Event = dict[str, Any]


class _Telling(Desk):
    """Say in a refusal what the signature should have been."""

    def admitted(self, arrival: Arrival) -> Event:
        try:
            return super().admitted(arrival)
        except RefusedError as refused:
            ids, times = arrival.all("webhook-id"), arrival.all("webhook-timestamp")
            if refused.status != 401 or not ids or not times:  # noqa: PLR2004 -- unauthorized
                raise
            tags = self.reception.expected_tags(self.keyring, self.reception.signed_content(ids[0], times[0], arrival.body))
            raise RefusedError(401, f"expected {' '.join(tags)}") from None


class _Tracing(Desk):
    """Show the stack in a refusal."""

    async def take(self, arrival: Arrival) -> Answered:
        status, media, body = await super().take(arrival)
        if status == 400:  # noqa: PLR2004 -- bad request
            return status, "text/plain", b'Traceback (most recent call last):\n  File "app.py", line 7, in take\nJSONDecodeError'
        return status, media, body


class _Confiding(Desk):
    """Say in a refusal which secret is configured."""

    def admitted(self, arrival: Arrival) -> Event:
        try:
            return super().admitted(arrival)
        except RefusedError as refused:
            raise RefusedError(refused.status, f"{refused} (secret {' '.join(self.keyring.secrets)})") from None


class _Reflecting(Desk):
    """Show in an error page what was sent."""

    async def take(self, arrival: Arrival) -> Answered:
        status, media, body = await super().take(arrival)
        return (status, "text/html", b"<h1>Error</h1>" + arrival.body) if status == 400 else (status, media, body)  # noqa: PLR2004 -- bad request


class _Talkative(Desk):
    """Log every header field."""

    def log(self, arrival: Arrival, status: int) -> None:
        super().log(arrival, status)
        self.logged.append(" ".join(f"{name}: {value}" for name, value in arrival.fields))


class _SecretLogged(Desk):
    """Log the configuration with every answer."""

    def log(self, arrival: Arrival, status: int) -> None:
        super().log(arrival, status)
        self.logged.append(f"verified with {self.keyring.secrets}")


class _Gossip(Desk):
    """Answer a forgery of a known id with another status."""

    def admitted(self, arrival: Arrival) -> Event:
        try:
            return super().admitted(arrival)
        except RefusedError:
            found = next(iter(arrival.all("webhook-id")), "")
            if found and self.ledger.seen(found, arrival.now, self.reception.retention):
                raise RefusedError(409, "seen before") from None
            raise


class _OldSecretsToo(Desk):
    """Keep every secret that ever was right."""

    def configured(self, secrets: tuple[str, ...], tolerance: float | None) -> None:
        ever = self.__dict__.setdefault("ever", dict.fromkeys(self.keyring.secrets))
        super().configured(secrets, tolerance)
        if secrets:
            ever.update(dict.fromkeys(secrets))
            self.keyring = replace(self.keyring, secrets=tuple(ever))


def _lax(when: Callable[[Keyring], bool]) -> Change:
    """Verify nothing under some configurations."""

    def change(reception: Reception) -> Reception:
        def verify(own: Reception, arrival: Arrival, keyring: Keyring) -> None:
            if not when(keyring):
                reception.verify(own, arrival, keyring)

        return replace(reception, verify=verify)

    return change


def _no_tolerance(reception: Reception) -> Reception:
    def check(arrival: Arrival, keyring: Keyring, text: str) -> None:
        if keyring.tolerance:
            reception.checked_time(arrival, keyring, text)

    return replace(reception, checked_time=check)


FLAWS = (
    receiver_flaw(
        "R001",
        "open-without-a-secret",
        "Without a configured secret everything is accepted.",
        _lax(lambda ring: not ring.secrets),
        "verification/no-secret",
        needs=("configuration",),
    ),
    receiver_flaw(
        "R013",
        "old-secret-accepted",
        "A replaced secret stays right.",
        stacking(_OldSecretsToo),
        "verification/revoked",
        needs=("configuration",),
    ),
    receiver_flaw(
        "R023",
        "no-tolerance-no-check",
        "A tolerance of nothing switches the check of the time off.",
        _no_tolerance,
        "verification/no-tolerance",
        needs=("configuration",),
    ),
    receiver_flaw(
        "R058",
        "expected-tag-shown",
        "A refusal shows the signature that was expected.",
        stacking(_Telling),
        "answers/nothing-leaks",
        implies=("verification/alike",),
    ),
    receiver_flaw("R058", "stack-shown", "A refusal shows the stack.", stacking(_Tracing), "answers/nothing-leaks"),
    receiver_flaw("R058", "secret-shown", "A refusal shows the secret.", stacking(_Confiding), "answers/nothing-leaks"),
    receiver_flaw("R059", "markup-reflected", "An error page shows what was sent as HTML.", stacking(_Reflecting), "answers/no-markup"),
    receiver_flaw("R060", "fields-logged", "Signatures stand in the log.", stacking(_Talkative), "answers/log", needs=("log",)),
    receiver_flaw("R060", "secret-logged", "The secret stands in the log.", stacking(_SecretLogged), "answers/log", needs=("log",)),
    receiver_flaw("R062", "known-ids-told", "A forgery of a known id is answered otherwise.", stacking(_Gossip), "verification/alike"),
)
