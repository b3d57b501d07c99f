"""Flaws of reading answers: which ones count as success, which as final, and which are waited for without end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from hookproof.model.contract import Contract, RetryPolicy
from hookproof.reference.conduct import Conduct
from hookproof.reference.departures import Flaw
from hookproof.reference.outcomes import CLOSED, REFUSED, RESET, TIMED_OUT, Outcome
from hookproof.reference.sender import HEARD
from hookproof.reference.timekeeping import Timekeeping

Judged = Callable[[Outcome], bool]
_FOR_EVER = 1e6  # seconds


def _deaf_to(wrongly: Judged) -> Callable[[Conduct], Conduct]:
    """Take some successes for failures."""

    def change(conduct: Conduct) -> Conduct:
        return replace(conduct, succeeded=lambda outcome: conduct.succeeded(outcome) and not wrongly(outcome))

    return change


def _content_with(wrongly: Judged) -> Callable[[Conduct], Conduct]:
    """Take some failures for successes."""

    def change(conduct: Conduct) -> Conduct:
        return replace(conduct, succeeded=lambda outcome: conduct.succeeded(outcome) or wrongly(outcome))

    return change


def giving_up_after(final: Judged) -> Callable[[Conduct], Conduct]:
    """Plan no further attempt after some failures."""

    def change(conduct: Conduct) -> Conduct:
        def retry_at(policy: RetryPolicy | None, made: int, failed_at: int, outcome: Outcome, timekeeping: Timekeeping) -> int | None:
            return None if final(outcome) else conduct.retry_at(policy, made, failed_at, outcome, timekeeping)

        return replace(conduct, retry_at=retry_at)

    return change


def _patient_with_every_byte(conduct: Conduct) -> Conduct:
    """Let the time-out begin anew with every part of an answer."""

    async def post(url: str, request: bytes, timeout: float) -> Outcome:  # noqa: ASYNC109 -- the signature of what it wraps
        heard = asyncio.Event()
        token = HEARD.set(heard.set)
        whole = asyncio.ensure_future(conduct.post(url, request, _FOR_EVER))
        HEARD.reset(token)
        try:
            while not (await asyncio.wait({whole}, timeout=timeout))[0] and heard.is_set():
                heard.clear()
            return whole.result() if whole.done() else Outcome(failure=TIMED_OUT)
        finally:
            whole.cancel()
            await asyncio.wait({whole})

    return replace(conduct, post=post)


def _timing_out_after(seconds: float) -> Callable[[Contract], Contract]:
    return lambda contract: replace(contract, policy=replace(contract.policy, timeout_seconds=seconds))


def _giving_up_at(part: float) -> Callable[[Conduct], Conduct]:
    return lambda conduct: replace(conduct, post=lambda url, request, timeout: conduct.post(url, request, timeout * part))


def _failing(*names: str) -> Judged:
    return lambda outcome: outcome.failure in names


def _answered(*statuses: int) -> Judged:
    return lambda outcome: outcome.status in statuses


_NEVER_AGAIN = (
    "retries/default-sends",
    "retries/call-sends",
    "retries/other-call-sends",
    "http/retry-after",
    "http/odd-retry-after",
    "durability/restart",
    "durability/kill",
    "durability/power-cut",
    "durability/storage-down",
    "durability/storage-full",
)
"""What cannot be kept by a platform that sends nothing again after a 5xx."""

FLAWS = (
    Flaw(
        id="success-does-not-end-the-schedule",
        row="P049",
        title="The whole schedule is queued with the first attempt, and no answer takes it back.",
        conduct=_deaf_to(lambda _outcome: True),
        breaks=("retries/stop-after-success", "retries/any-2xx-is-success", "idempotency/no-redelivery"),
        implies=("http/large-answers",),
    ),
    Flaw(
        id="only-200-is-success",
        row="P049",
        title="201, 202, 204 and every other 2xx but 200 are retried.",
        conduct=_deaf_to(lambda outcome: outcome.status != 200),  # noqa: PLR2004 -- OK
        breaks=("retries/any-2xx-is-success",),
        implies=("idempotency/no-redelivery",),
    ),
    Flaw(
        id="only-listed-2xx-are-success",
        row="P049",
        title="A table of statuses knows 200 to 206 and nothing after them.",
        conduct=_deaf_to(lambda outcome: outcome.status not in range(200, 207)),
        breaks=("retries/any-2xx-is-success",),
        implies=("idempotency/no-redelivery",),
    ),
    Flaw(
        id="an-empty-answer-is-no-success",
        row="P049",
        title="204 is retried, because the answer holds no content to read a result from.",
        conduct=_deaf_to(_answered(204)),
        breaks=("retries/any-2xx-is-success",),
        implies=("idempotency/no-redelivery",),
    ),
    Flaw(
        id="time-outs-are-final",
        row="P054",
        title="A request that was not answered in time is believed to have arrived.",
        conduct=_content_with(_failing(TIMED_OUT)),
        breaks=("retries/timeouts",),
    ),
    Flaw(
        id="refused-connections-are-final",
        row="P055",
        title="An endpoint that refuses connections is believed to be gone.",
        conduct=giving_up_after(_failing(REFUSED)),
        breaks=("retries/connection-failures",),
        implies=("durability/restart", "durability/kill", "durability/power-cut"),
    ),
    Flaw(
        id="resets-are-final",
        row="P055",
        title="A connection that was reset after the request went out counts as delivered.",
        conduct=_content_with(_failing(RESET)),
        breaks=("retries/connection-failures",),
    ),
    Flaw(
        id="closed-connections-are-final",
        row="P055",
        title="A connection that ends before the status line raises an error outside the retry loop.",
        conduct=giving_up_after(_failing(CLOSED)),
        breaks=("retries/connection-failures",),
    ),
    Flaw(
        id="server-errors-are-final",
        row="P056",
        title="Any whole answer ends the delivery, whatever its status.",
        conduct=_content_with(lambda outcome: outcome.status is not None and outcome.status >= 500),  # noqa: PLR2004 -- RFC 9110
        breaks=("retries/server-errors",),
        implies=_NEVER_AGAIN,
    ),
    Flaw(
        id="501-is-final",
        row="P056",
        title="501 Not Implemented is taken for a permanent refusal.",
        conduct=giving_up_after(_answered(501)),
        breaks=("retries/server-errors",),
        implies=("retries/default-sends",),
    ),
    Flaw(
        id="507-is-final",
        row="P056",
        title="A table of retryable statuses ends with 504.",
        conduct=giving_up_after(lambda outcome: outcome.status is not None and outcome.status > 504),  # noqa: PLR2004 -- the table's end
        breaks=("retries/server-errors",),
        implies=("retries/default-sends",),
    ),
    Flaw(
        id="client-errors-end-the-delivery",
        row="P056",
        title="No 4xx is retried, though that is promised.",
        conduct=giving_up_after(lambda outcome: outcome.status is not None and 400 <= outcome.status <= 499),  # noqa: PLR2004 -- RFC 9110
        breaks=("retries/client-errors",),
    ),
    Flaw(
        id="trickling-answers-are-awaited-for-ever",
        row="P060",
        title="The time-out begins anew with every byte of an answer.",
        conduct=_patient_with_every_byte,
        breaks=("retries/timeouts",),
    ),
    Flaw(
        id="the-time-out-is-too-short",
        row="P062",
        title="Another time-out is in force than the one that is documented: ten seconds.",
        contract=_timing_out_after(10),
        breaks=("retries/timeout-length",),
    ),
    Flaw(
        id="the-time-out-is-too-long",
        row="P062",
        title="Another time-out is in force than the one that is documented: ninety seconds.",
        contract=_timing_out_after(90),
        breaks=("retries/timeout-length",),
    ),
    Flaw(
        id="connections-are-given-up-too-soon",
        row="P062",
        title="A proxy in between ends every wait for an answer at half of the time-out.",
        conduct=_giving_up_at(0.5),
        breaks=("retries/timeout-length",),
    ),
    Flaw(
        id="large-answers-are-failures",
        row="P061",
        title="An answer whose body does not fit the buffer counts as failed.",
        conduct=_deaf_to(lambda outcome: outcome.response_bytes >= 65_536),  # noqa: PLR2004 -- the buffer
        breaks=("http/large-answers",),
    ),
)
