"""The validator that judges has a second opinion: jsonschema, written in another language by others, says the same.

``python benchmarks/validator_agreement.py`` asks about a hundred payloads of every event.
"""

from __future__ import annotations

import json

import jsonschema
import jsonschema_rs
import pytest

from hookproof.exporting import FORMATS
from tests.exporting.agreement import agreement, instances
from tests.exporting.corpus import NAMES, bodies, contract

EACH = pytest.mark.parametrize("name", NAMES)
SAMPLE = 8


@EACH
def test_two_validators_agree_on_payloads(name: str) -> None:
    """On right and spoilt payloads of every event both give the same answer, and both answers occur."""
    promised = contract(name)
    found = agreement(promised, SAMPLE, seed=1)
    assert found.differences == []
    assert found.total == SAMPLE * len(promised.events)
    assert found.accepted >= SAMPLE / 2 * len(promised.events)
    assert found.refused >= 1


@EACH
def test_two_validators_agree_on_the_bundle(name: str) -> None:
    """An exported bundle is read by both alike: bodies of three events have the same outcome under both."""
    promised = contract(name)
    document = json.loads(FORMATS["json-schema"](promised).text)
    first = jsonschema_rs.Draft202012Validator(document, offline=True, validate_formats=True)
    second = jsonschema.Draft202012Validator(document, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    seen = set()
    for event in sorted(promised.events.values(), key=lambda each: each.name)[:3]:
        for body in bodies(promised, event)[::9]:
            seen.add(first.is_valid(body))
            assert first.is_valid(body) is second.is_valid(body), body
    assert seen == {True, False}


def test_instances_are_the_same_for_ever() -> None:
    """Event, count and seed decide the instances; half of them are right."""
    event = contract("whatsapp_crm").events["message.incoming"]
    assert list(instances(event, 9, 3)) == list(instances(event, 9, 3)) != list(instances(event, 9, 4))
    assert len(list(instances(event, 9, 3))) == 9
