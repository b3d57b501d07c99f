"""Targets that talk well and send badly: nothing, too much, elsewhere, something else, or only what the suite looks at.

Each is the reference with another conduct, or with one of its parts replaced.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from contextlib import AbstractContextManager

from hookproof.reference.conduct import Conduct
from tests.degenerate import conducts
from tests.degenerate.servers import reference
from tests.degenerate.target import BROKEN, CONFIGURATION, CURT, UNREACHABLE, Target

FACE = "its public face is the reference's"
SENT = "what it sends is the reference's"
_REFUSES = {
    f"subscription-api/{clause}": FACE
    for clause in (
        "listed-names",
        "read-back",
        "delete",
        "empty-list",
        "key-required",
        "key-required-everywhere",
        "other-tenants",
        "secret-once",
        "unknown-names",
    )
}
_WITNESS = {
    **_REFUSES,
    "payload/*": "the witness is sent as it was emitted",
    "envelope/truncated-only-when-cut": "the witness is whole",
    "idempotency/*": "the witness has an id of its own",
}
_BARE = {
    "retries/server-errors": "whatever it sends it sends again",
    "retries/timeouts": "the same",
    "retries/connection-failures": "the same",
    "retries/timeout-length": "it waits for answers",
    "payload/no-secrets": "it sends nothing of anybody",
}
_SIGNED = {
    "signature/rotation-*": "it signs whatever it sends",
    "signature/secret-per-endpoint": "the same",
}
_MUTE = {
    **_REFUSES,
    **_BARE,
    **_SIGNED,
    "http/redirects-are-failures": "whatever it sends it sends again",
    "http/retry-after": "it heeds what it is told",
    "http/odd-retry-after": "the same",
}


def _serving(conduct: Conduct, *, time: str = "virtual") -> Callable[[], AbstractContextManager[str]]:
    return lambda: reference(conduct, time=time)


NEVER_AGAIN = ("retries/stop-after-success", "retries/any-2xx-is-success", "idempotency/no-redelivery")
"""What a target that sends everything once has no chance to break, and so must not keep."""

SENDERS: tuple[Target, ...] = (
    Target(
        name="never sends",
        law="It takes subscriptions and events and sends nothing.",
        serve=_serving(Conduct(wants=conducts.nobody)),
        ends=UNREACHABLE,
        says="none of them ever arrived",
    ),
    Target(
        name="never sends, in real time",
        law="The same without a virtual clock.",
        serve=_serving(Conduct(wants=conducts.nobody), time="real"),
        ends=UNREACHABLE,
        says="none of them ever arrived",
        profile=CURT,
    ),
    Target(
        name="tells of endpoints only",
        law="It takes events and drops them, but tells of its endpoints.",
        serve=_serving(Conduct(wants=conducts.management_only)),
        ends=UNREACHABLE,
        says="none of them ever arrived",
    ),
    Target(
        name="sends the witness type only",
        law="It drops every event but those of the type that the suite uses as witness.",
        serve=_serving(Conduct(wants=conducts.canary_type_only)),
        ends=BROKEN,
        keeps=_WITNESS,
        breaks=("fan-out/named", "fan-out/wildcard"),
        loses=("fan-out/*", "retries/*", "sequences/*", "subscription-api/nothing-created", "subscription-api/told-*"),
        stages=("catalog", "routing", "subscriptions"),
    ),
    Target(
        name="sends the witness only",
        law="It drops every delivery but that of the witness to its own endpoint.",
        serve=_serving(Conduct(wants=conducts.canary_endpoints_only)),
        ends=BROKEN,
        keeps={
            **{clause: why for clause, why in _WITNESS.items() if clause not in _REFUSES},
            "signature/secret-per-endpoint": "the witness is signed",
            "truncation/*": "the suite cuts events of the type of the witness",
        },
        breaks=("fan-out/named", "fan-out/wildcard"),
        loses=("fan-out/*", "retries/*", "sequences/*", "subscription-api/nothing-created", "subscription-api/told-*"),
        stages=("retries", "signatures", "routing", "truncation", "sequences"),
    ),
    Target(
        name="falls silent after 40 deliveries",
        law="It is right for a while and then says that it sent what it did not.",
        serve=conducts.falling_silent(40),
        ends=UNREACHABLE,
        says="which never came",
        keeps={"*": "what it sent before was right"},
        loses=("http/*",),
        stages=("routing", "http"),
    ),
    Target(
        name="sends everything to everybody",
        law="It heeds no filter.",
        serve=_serving(Conduct(wants=conducts.everybody)),
        ends=BROKEN,
        keeps={"*": SENT},
        breaks=("fan-out/filters",),
        stages=("routing", "values"),
    ),
    Target(
        name="sends everything twice under one id",
        law="It sends each attempt twice.",
        serve=_serving(Conduct(post=conducts.twice)),
        ends=BROKEN,
        keeps={"*": SENT},
        breaks=("retries/default-schedule", "retries/default-sends", "idempotency/no-redelivery"),
        stages=("retries", "routing"),
    ),
    Target(
        name="sends everything twice under two ids",
        law="It makes two events of each.",
        serve=_serving(Conduct(parts=(conducts.TwoOfEach,))),
        ends=BROKEN,
        keeps={"*": SENT},
        breaks=("idempotency/id-stable",),
        stages=("retries", "routing"),
    ),
    Target(
        name="has one big tenant",
        law="It sends every tenant's events to all.",
        serve=_serving(Conduct(parts=(conducts.OneBigTenant,))),
        ends=BROKEN,
        keeps={"*": SENT},
        breaks=("fan-out/tenants",),
        stages=("routing",),
    ),
    Target(
        name="is one endpoint off",
        law="It sends what is due to one endpoint to the next.",
        serve=_serving(Conduct(parts=(conducts.OneOff,))),
        ends=BROKEN,
        keeps={"*": SENT},
        breaks=("fan-out/filters", "fan-out/named"),
        loses=("fan-out/wildcard", "fan-out/explicit-only"),
        stages=("routing",),
    ),
    Target(
        name="sends garbage",
        law="Every body is the same few bytes that are no JSON.",
        serve=_serving(Conduct(render=conducts.rendering(b"\x00\xffgarbage"))),
        ends=BROKEN,
        keeps=_MUTE,
        breaks=("envelope/strict-json",),
        loses=("envelope/*", "payload/[!n]*", "fan-out/*", "idempotency/id-*", "subscription-api/t*"),
        stages=("retries", "http", "signatures", "routing", "subscriptions", "values"),
    ),
    Target(
        name="sends nothing in its bodies",
        law="Every body is empty.",
        serve=_serving(Conduct(render=conducts.rendering(b""))),
        ends=BROKEN,
        keeps={**_BARE, **_SIGNED},
        breaks=("envelope/strict-json", "http/well-formed"),
        loses=("envelope/*", "payload/[!n]*", "fan-out/*", "idempotency/id-*", "subscription-api/t*"),
        stages=("retries", "signatures", "values"),
    ),
    Target(
        name="sends an empty object",
        law="Every body is {}.",
        serve=_serving(Conduct(render=conducts.rendering(b"{}"))),
        ends=BROKEN,
        keeps={**_BARE, **_SIGNED},
        breaks=("envelope/shape", "envelope/known-type"),
        loses=("envelope/created-at", "envelope/truncated-*", "payload/[!n]*", "fan-out/*", "subscription-api/t*"),
        stages=("retries", "signatures", "values"),
    ),
    Target(
        name="sends back what it was asked",
        law="It forwards the request that triggered the event, which has neither id nor time.",
        serve=_serving(Conduct(render=conducts.as_asked)),
        ends=BROKEN,
        keeps={"*": "its events are known by their marks, whatever is missing around them"},
        breaks=("envelope/shape",),
        loses=("envelope/created-at", "idempotency/ids-unique", "subscription-api/test-call"),
        stages=("retries", "signatures", "routing", "subscriptions", "values"),
    ),
    Target(
        name="sends samples",
        law="It sends the documented sample whatever was emitted.",
        serve=_serving(Conduct(render=conducts.sample)),
        ends=BROKEN,
        keeps={"*": SENT},
        breaks=("payload/text", "payload/numbers", "truncation/limit"),
        loses=("truncation/[!dr]*", "payload/empties"),
        stages=("values", "truncation", "routing"),
    ),
    Target(
        name="sends one sample under one id",
        law="It sends the documented sample under an id that never changes.",
        serve=_serving(Conduct(render=conducts.one_sample)),
        ends=BROKEN,
        keeps={
            **_REFUSES,
            **_BARE,
            "envelope/truncated-only-when-cut": "no sample is cut",
            "subscription-api/test-call": "its sample comes when it is asked for one",
        },
        breaks=("idempotency/ids-unique",),
        loses=("payload/unchanged", "fan-out/*", "subscription-api/told-*"),
        stages=("routing", "retries", "catalog", "subscriptions"),
    ),
    Target(
        name="calls everything by one name",
        law="Every event has the type that the suite uses as witness.",
        serve=_serving(Conduct(render=conducts.always_one_type)),
        ends=BROKEN,
        keeps={"*": SENT},
        breaks=("envelope/known-type",),
        stages=("values", "routing"),
    ),
    Target(
        name="never sends again",
        law="It declares a retry engine and has none.",
        serve=_serving(Conduct(retry_at=conducts.never_again)),
        ends=BROKEN,
        keeps={"*": SENT},
        breaks=("retries/server-errors", "retries/timeouts", "retries/connection-failures", "retries/default-sends"),
        loses=NEVER_AGAIN,
        stages=("retries", "http"),
    ),
    Target(
        name="takes any answer for success",
        law="It looks at no answer and sends everything once.",
        serve=_serving(Conduct(succeeded=conducts.any_answer_will_do)),
        ends=BROKEN,
        keeps={"*": SENT},
        breaks=("retries/server-errors", "retries/default-sends"),
        loses=NEVER_AGAIN,
        stages=("retries", "http"),
    ),
    Target(
        name="sends again at once, for ever",
        law="It retries without a pause and without an end, so that its clock is never ready.",
        serve=_serving(Conduct(retry_at=conducts.at_once_for_ever)),
        ends=CONFIGURATION,
        says="was not ready within",
        stages=("retries",),
        profile=dataclasses.replace(CURT, answer=20.0),
    ),
)
"""All of them."""
