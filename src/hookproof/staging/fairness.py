"""Which rules may judge a free schedule, and what in it makes one unfair: rules are written for situations that leave such things out.

Law: a correct platform never breaks what is judged here, whatever the order of steps; a rule that is named nowhere is not judged, and
an endpoint with which something unfair to a rule was done is left out of the recording that this rule sees.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from hookproof.judge import Item, items
from hookproof.model.contract import Contract, Role
from hookproof.model.transcript import Attempt, Record, Subscription, Transcript

EVERYWHERE = "*"
"""In place of an endpoint: it was done to the whole platform."""

ALTERED = "altered"
"""It was changed, switched or deleted while something was still due there: what becomes of that is nowhere promised."""
FALLEN = "fallen"
"""The platform was restarted or killed while something was still due there: one send may come twice, or later."""
KILLED = "killed"
"""The platform was killed: what it had not written down yet of answers it may ask again."""
ADVISED = "advised"
"""An answer of its held a Retry-After: the next send may come later than the schedule says."""
HUNG = "hung"
"""An answer of its was held back: the next send comes later by the time-out."""
CROWDED = "crowded"
"""An event happened for it while an earlier one was still due there: whoever keeps order may let it wait."""
STRANGE = "strange"
"""An event carried members that no schema names."""
FEATURES = (ALTERED, FALLEN, KILLED, ADVISED, HUNG, CROWDED, STRANGE)

_LATE = (ALTERED, FALLEN, ADVISED, CROWDED)

SOUND: Mapping[str, tuple[str, ...]] = {
    # each request by itself
    "bodies-are-strict-json": (),
    "envelopes-have-their-shape": (),
    "types-are-known": (),
    "creation-times-have-a-zone": (),
    "creation-times-are-true": (),
    "small-events-are-whole": (),
    "payloads-match-their-schema": (STRANGE,),
    "payloads-arrive-unchanged": (STRANGE,),
    "hard-values-arrive-unchanged": (),
    "sums-add-up": (STRANGE,),
    "deliveries-are-posts": (),
    "requests-are-well-formed": (),
    "content-type-is-declared": (),
    "named-fields-are-sent": (),
    "deliveries-hold-no-secrets": (),
    "deliveries-are-signed": (),
    "signatures-verify": (),
    "timestamps-are-whole-seconds": (),
    "timestamps-are-of-the-attempt": (),
    "signed-id-is-the-event-id": (),
    "each-endpoint-has-its-secret": (),
    "both-secrets-sign-during-overlap": (),
    "old-secret-ends-with-overlap": (),
    # requests that belong together
    "ids-are-unique": (),
    "ids-survive-in-every-header": (),
    "id-stays-the-same": (),
    "body-stays-the-same": (),
    "one-id-at-every-endpoint": (),
    "events-are-not-doubled": (),
    # who gets what
    "filters-hold": (),
    "tenants-are-isolated": (),
    "disabled-endpoints-get-nothing": (),
    "subscribers-get-their-events": (ALTERED, FALLEN, CROWDED),
    "deleted-endpoints-get-nothing": (ALTERED,),
    # when it comes again
    "failures-are-retried": _LATE,
    "success-ends-the-schedule": (FALLEN, KILLED),
    "waits-follow-the-schedule": (ALTERED, FALLEN, CROWDED),
    "sends-are-as-many-as-promised": (*_LATE, HUNG),
    "retry-after-is-a-lower-bound": (ALTERED, FALLEN, CROWDED),
    "accepted-events-survive-a-restart": (ALTERED, ADVISED, HUNG, CROWDED),
    "accepted-events-survive-a-kill": (ALTERED, ADVISED, HUNG, CROWDED),
    "restarts-shorten-no-wait": (ALTERED,),
    "sends-are-counted-across-restarts": (ALTERED, ADVISED, HUNG, CROWDED),
    # the subscription API
    "listed-names-are-accepted": (),
    "unknown-names-are-refused": (),
    "empty-lists-are-refused": (),
    "refusals-create-nothing": (),
    "a-key-is-required": (),
    "reads-show-what-was-written": (),
    "deleted-endpoints-are-gone": (),
    "secrets-are-shown-once": (),
    "answers-match-the-description": (),
    "management-is-told": (FALLEN, KILLED),
}
"""What makes each of these rules unfair; empty: nothing that a schedule can hold."""

LEFT_OUT: Mapping[str, str] = {
    "companions-are-sent-along": "it reads what was asked for first, so a later change would be blamed; no schedule emits such events",
    "nothing-follows-the-last": "it needs events of one subject in a row",
    "one-follows-the-other": "it needs events of one subject in a row",
    "named-subscribers-get-explicit-only-events": "no schedule emits such events: whether `*` includes them is open",
    "cut-above-one-limit": "it weighs a whole set of sizes",
    "cut-events-have-their-shape": "no schedule emits oversized events",
    "cut-events-give-their-size": "no schedule emits oversized events",
    "cut-events-hold-identifiers-only": "no schedule emits oversized events",
    "oversized-events-are-delivered": "no schedule emits oversized events",
    "values-do-not-become-fields": "it needs hostile values in every place",
    "issued-secrets-are-strong": "it needs dozens of endpoints without a secret of their own",
    "nothing-is-lost-while-storage-is-down": "no schedule breaks the storage, which all tenants share",
    "nothing-is-lost-while-storage-is-full": "no schedule breaks the storage, which all tenants share",
}
"""Rules of clauses that MUST be kept and why a free schedule is not judged by them: their situations are staged by the suites."""


def judged_by(
    contract: Contract, features: Mapping[str, Collection[str]], events: Collection[str]
) -> Iterator[tuple[Item, frozenset[str]]]:
    """Give what a schedule that named these events is judged for, each with the endpoints that are to be left out.

    ``features`` gives the endpoints with which something was done; where that was done everywhere, nothing is judged by the rule.
    """
    for item in items(contract, Role.PLATFORM):
        unfair = SOUND.get(item.rule.name)
        if unfair is None or (item.event is not None and item.event.name not in events):
            continue
        left_out = frozenset(endpoint for feature in unfair for endpoint in features.get(feature, ()))
        if EVERYWHERE not in left_out:
            yield item, left_out


def without(transcript: Transcript, endpoints: Collection[str]) -> Transcript:
    """Give a recording in which some endpoints never were."""

    def foreign(record: Record) -> bool:
        return not (isinstance(record, Attempt | Subscription) and record.endpoint in endpoints)

    return Transcript(header=transcript.header, records=tuple(filter(foreign, transcript.records))) if endpoints else transcript
