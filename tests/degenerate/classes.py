"""What kind of promise each rule judges: that something is there, that something stays away, or what form things have.

Law: a rule stands in exactly one class, so that a clause judged by a new rule fails the build until somebody has classified it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Kind(StrEnum):
    """What a rule looks for; a ``REPORT`` names what was seen and can break nothing."""

    PRESENCE = "presence"
    NEGATIVE = "negative"
    FORM = "form"
    REPORT = "report"


_RULES: Mapping[Kind, tuple[str, ...]] = {
    Kind.PRESENCE: (
        "a-test-call-sends-a-delivery",
        "accepted-events-survive-a-kill",
        "accepted-events-survive-a-power-cut",
        "accepted-events-survive-a-restart",
        "both-secrets-sign-during-overlap",
        "companions-are-sent-along",
        "cut-above-one-limit",
        "cut-events-keep-all-identifiers",
        "failures-are-retried",
        "given-up-events-are-accounted-for",
        "hard-values-arrive-unchanged",
        "large-answers-do-no-harm",
        "listed-names-are-accepted",
        "management-is-told",
        "named-subscribers-get-explicit-only-events",
        "nothing-is-lost-while-storage-is-down",
        "nothing-is-lost-while-storage-is-full",
        "odd-retry-after-does-not-stop-retries",
        "one-follows-the-other",
        "oversized-events-are-delivered",
        "payloads-arrive-unchanged",
        "reads-show-what-was-written",
        "redirects-count-as-failures",
        "sends-are-as-many-as-promised",
        "slow-endpoints-delay-nobody",
        "subscribers-get-their-events",
        "the-delivery-log-is-true",
        "waits-follow-the-schedule",
    ),
    Kind.NEGATIVE: (
        "a-key-is-required",
        "a-key-is-required-everywhere",
        "answered-events-are-not-sent-again",
        "answers-are-awaited-as-long-as-promised",
        "attempts-do-not-overlap",
        "bad-certificates-are-refused",
        "checked-addresses-are-connected-to",
        "cut-events-hold-identifiers-only",
        "deleted-endpoints-are-gone",
        "deleted-endpoints-get-nothing",
        "credentials-stay-with-their-endpoint",
        "deliveries-hold-no-secrets",
        "disabled-endpoints-get-nothing",
        "each-endpoint-has-its-secret",
        "empty-lists-are-refused",
        "events-are-not-doubled",
        "filters-hold",
        "gone-stops-deliveries",
        "ids-are-unique",
        "large-answers-are-not-kept-whole",
        "names-do-not-lead-inside",
        "nothing-follows-the-last",
        "old-secret-ends-with-overlap",
        "other-tenants-are-shut-out",
        "redirect-loops-end",
        "redirects-are-not-followed",
        "redirects-take-no-secrets-abroad",
        "refusals-create-nothing",
        "restarts-shorten-no-wait",
        "retry-after-is-a-lower-bound",
        "secrets-are-shown-once",
        "sends-are-counted-across-restarts",
        "small-events-are-whole",
        "success-ends-the-schedule",
        "tenants-are-isolated",
        "unknown-names-are-refused",
        "values-do-not-become-fields",
    ),
    Kind.FORM: (
        "answers-match-the-description",
        "bodies-are-strict-json",
        "body-stays-the-same",
        "content-type-is-declared",
        "creation-times-are-true",
        "creation-times-have-a-zone",
        "cut-events-fit-the-limit",
        "cut-events-give-their-size",
        "cut-events-have-their-shape",
        "deliveries-are-posts",
        "deliveries-are-signed",
        "envelopes-have-their-shape",
        "id-stays-the-same",
        "ids-survive-in-every-header",
        "issued-secrets-are-strong",
        "named-fields-are-sent",
        "one-id-at-every-endpoint",
        "payloads-match-their-schema",
        "requests-are-well-formed",
        "signatures-verify",
        "signed-id-is-the-event-id",
        "sums-add-up",
        "timestamps-are-of-the-attempt",
        "timestamps-are-whole-seconds",
        "types-are-known",
    ),
    Kind.REPORT: (
        "observed-retry-of-unstated-answers",
        "unlisted-but-documented-names",
    ),
}


def kinds_of(rule: str) -> tuple[Kind, ...]:
    """Give the classes in which a rule stands; one, if all is well."""
    return tuple(kind for kind, rules in _RULES.items() if rule in rules)


def classified() -> frozenset[str]:
    """Give every rule that stands in a class."""
    return frozenset(rule for rules in _RULES.values() for rule in rules)
