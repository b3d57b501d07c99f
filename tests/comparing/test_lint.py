"""Every check finds its seeded flaw at its place, and spares what only looks like it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from hookproof.comparing import lint_folder
from hookproof.comparing.finding import CHECKS
from hookproof.contracts import find_contract, known_contracts
from hookproof.rules.catalogue import RULES
from tests.comparing.tidy import PAID as EVENT
from tests.comparing.tidy import Change, both, clause, paid, policy, provider, text, tidy

PAID = "events/order.paid.json"
ODD = {**EVENT, "description": 'An order: *was* & is\u2028paid: {}[],"\\'}


def twin(folder: Path) -> None:
    """Write an event whose name differs from that of another only in case."""
    text("events/order.Paid.json", (folder / PAID).read_text())(folder)


LONG = [chr(code) for code in range(0x4E00, 0x4E00 + 1000)]
COSTLY = {"type": "number", "multipleOf": 0.01}
FLAWS: list[tuple[str, str, str, Change]] = [
    # check, file, key path, how to seed it
    ("files", "clauses.yaml", "whole file", lambda folder: (folder / "clauses.yaml").unlink()),
    ("files", "provider.yaml", "whole file", lambda folder: (folder / "provider.yaml").unlink()),
    ("files", "policies.yaml", "whole file", text("policies.yaml", "")),
    ("files", "events/order paid.json", "whole file", text("events/order paid.json", "{}")),
    ("files", "events/deeper", "whole file", lambda folder: (folder / "events" / "deeper").mkdir()),
    ("files", "vectors", "whole file", text("vectors", "")),
    ("files", "events/order.paid.json", "file name", twin),
    ("unreadable", PAID, "line 2 column 1", text(PAID, '{"title": "x",\n}')),
    ("unreadable", "policy.yaml", "line 1", text("policy.yaml", "a: *b\n")),
    ("format", "policy.yaml", "timeout_seconds", policy("timeout_seconds", to="long")),
    ("format", PAID, "x-hookproof.group", paid("x-hookproof", "group", to=3)),
    ("format", PAID, "x-hookproof.counter_examples", paid("x-hookproof", "counter_examples", to={})),
    ("meta-schema", PAID, "properties.net.typ", paid("properties", "net", "typ", to="integer")),
    ("meta-schema", "provider.yaml", "envelope.schema.type", provider("envelope", "schema", "type", to="objekt")),
    (
        "meta-schema",
        "clauses.yaml",
        "clauses[4].parameters.schema.requird",
        clause("envelope/shape", "parameters", "schema", "requird", to=[]),
    ),
    ("invalid-example", PAID, "examples[0].total", paid("examples", 0, "total", to="3")),
    ("valid-counter-example", PAID, "x-hookproof.counter_examples[1]", paid("x-hookproof", "counter_examples", 1, to={"total": 1})),
    ("inconsistent", "policy.yaml", "assignments[0].policies[0]", policy("assignments", 0, "policies", to=["defalt"])),
    ("inconsistent", "clauses.yaml", "clauses[1].id", clause("retries/both", "id", to="acme/retries/schedule")),
    ("inconsistent", PAID, "x-hookproof.deprecated", paid("x-hookproof", "deprecated", to="order:gone")),
    ("inconsistent", "events.digest", "line 1", text("events.digest", "sha256:0 0\n")),
    (
        "unreachable-clause",
        "clauses.yaml",
        "clauses[0].parameters.policies[0]",
        clause("retries/schedule", "parameters", "policies", to=["x"]),
    ),
    ("unreachable-clause", "clauses.yaml", "clauses[0].parameters", clause("retries/schedule", "parameters", "policies", to=["calm"])),
    (
        "unreachable-clause",
        "clauses.yaml",
        "clauses[1].parameters",
        clause("retries/both", "parameters", "policies", to=["default", "calm"]),
    ),
    ("unreachable-clause", "clauses.yaml", "clauses[2].roles[0]", clause("payload/schema", "roles", to=["receiver"])),
    ("unreachable-clause", "clauses.yaml", "clauses[16].roles[1]", clause("receiving/unknown", "roles", to=["receiver", "platform"])),
    ("unreachable-clause", "clauses.yaml", "clauses[3].rule", paid("x-hookproof", "relations", to=...)),
    ("unreachable-clause", "clauses.yaml", "clauses[5].rule", provider("envelope", "created_member", to=None)),
    ("unreachable-clause", "clauses.yaml", "clauses[6].rule", policy("truncation", to=None)),
    ("unreachable-clause", "clauses.yaml", "clauses[7].rule", policy("consent", to=False)),
    ("unreachable-clause", "clauses.yaml", "clauses[8].rule", policy("management", to={"deleted": "order:made"})),
    ("unreachable-clause", "clauses.yaml", "clauses[9].rule", policy("companions", to={})),
    ("unreachable-clause", "clauses.yaml", "clauses[10].rule", policy("explicit_only", to=[])),
    ("unreachable-clause", "clauses.yaml", "clauses[11].rule", policy("wildcards", to=["prefix"])),
    ("unreachable-clause", "clauses.yaml", "clauses[12].parameters.last", clause("order/last", "parameters", "last", to="order:pait")),
    ("unreachable-clause", "clauses.yaml", "clauses[12].parameters.among", clause("order/last", "parameters", "among", to="odrer:*")),
    ("unreachable-clause", "clauses.yaml", "clauses[12].parameters.key", clause("order/last", "parameters", "key", to="totl")),
    ("unreachable-clause", "clauses.yaml", "clauses[13].parameters.first", clause("order/then", "parameters", "first", to="order:mad")),
    ("unreachable-clause", "clauses.yaml", "clauses[14].rule", provider("envelope", "id_member", to=None)),
    (
        "unreachable-clause",
        "clauses.yaml",
        "clauses[15].parameters.schemes[0]",
        clause("signature/valid", "parameters", "schemes", to=["standard"]),
    ),
    ("unreachable-policy", "policy.yaml", "retry.spare", policy("retry", "spare", to={"delays": [1], "sends": {"2": 2}})),
    ("unreachable-policy", "policy.yaml", "assignments[1]", policy("assignments", 0, "events", to=["order:*"])),
    (
        "contradiction",
        PAID,
        "allOf[0].required[0]",
        paid("allOf", to=[{"required": ["zip"], "properties": {"net": {}}, "additionalProperties": False}]),
    ),
    ("contradiction", PAID, "required[0]", paid("properties", "total", to=False)),
    ("contradiction", PAID, "propertyNames", paid("propertyNames", to={"maxLength": 4})),
    ("contradiction", "policy.yaml", 'retry.default.sends["9 sends"]', policy("retry", "default", "sends", to={"9 sends": 9})),
    ("contradiction", "policy.yaml", "failure[1]", policy("failure", to=["5xx", "2xx"])),
    ("contradiction", "provider.yaml", "envelope.id_member", provider("envelope", "schema", "properties", "id", to=False)),
    ("unsatisfiable-schema", "provider.yaml", "envelope.schema", provider("envelope", "schema", "allOf", to=[{"type": "string"}])),
    (
        "unsatisfiable-schema",
        "clauses.yaml",
        "clauses[4].parameters.schema",
        clause("envelope/shape", "parameters", "schema", to={"type": "string", "enum": [1]}),
    ),
    ("dead-subschema", PAID, "properties.net", paid("properties", "net", to={"type": "integer", "minimum": 5, "maximum": 3})),
    ("dead-subschema", PAID, "properties.tax", paid("properties", "tax", to={"type": "string", "enum": [1, 2]})),
    ("enum-beside-const", PAID, "properties.net.enum", paid("properties", "net", to={"enum": [2, 3], "const": 2})),
    ("fractional-multiple-of", PAID, "properties.net.multipleOf", paid("properties", "net", to=COSTLY)),
    ("catastrophic-pattern", PAID, "properties.code.pattern", paid("properties", "code", "pattern", to="^([A-Z]+[0-9]*)+$")),
    ("catastrophic-pattern", PAID, 'patternProperties["^(x+)+$"]', paid("patternProperties", to={"^(x+)+$": {}})),
    ("slow-pattern", PAID, "properties.code.pattern", paid("properties", "code", "pattern", to="^[A-Z]+[A-Z0-9]+$")),
    (
        "unknown-pattern",
        PAID,
        "properties.code.pattern",
        paid("properties", "code", "pattern", to="^(" + "|".join(LONG) + ")*[A-Z]{2}[0-9]$"),
    ),
    ("engine-dependent-pattern", PAID, "properties.code.pattern", paid("properties", "code", "pattern", to=r"^[A-Z]{2}\d$")),
    ("missing-source", "clauses.yaml", "clauses[17].source.document", clause("http/post", "source", "document", to="Acme guid")),
    ("missing-source", PAID, "x-hookproof", paid("x-hookproof", "source", to=...)),
    ("missing-source", PAID, "x-hookproof.source.document", paid("x-hookproof", "source", "document", to="Acme guid")),
    ("unused-definition", PAID, "$defs.spare", paid("$defs", "spare", to={"type": "string"})),
]
SPARED: list[tuple[str, Change]] = [
    ("files", text(".policies.yaml", "")),
    ("files", text("README.md", "")),
    ("unreadable", text(PAID, "\n\t" + json.dumps(ODD) + "\r\n")),
    ("format", policy("timeout_seconds", to=0.5)),
    ("meta-schema", paid("properties", "net", "x-typ", to="integer")),
    ("invalid-example", paid("examples", 0, "more", to="of this")),
    ("valid-counter-example", paid("x-hookproof", "counter_examples", to=[])),
    ("inconsistent", paid("x-hookproof", "deprecated", to="order:made")),
    ("unreachable-clause", clause("order/last", "parameters", "among", to="*")),
    ("unreachable-clause", clause("fan-out/wildcard", "parameters", "via", to="explicit")),
    ("unreachable-clause", policy("signing", to=None)),  # a target may declare a scheme of its own
    ("unreachable-clause", provider("envelope", "id_header", to="x-id")),
    ("unreachable-policy", policy("assignments", 0, "events", to=["order:p*"])),
    ("contradiction", paid("properties", "code", to=False)),
    ("contradiction", paid("propertyNames", to={"maxLength": 5})),
    ("contradiction", policy("retry", "default", "sends", to={"3 sends": 3, "2 sends": 2})),
    ("contradiction", policy("failure", to=["5xx", "299"])),
    ("unsatisfiable-schema", provider("envelope", "schema", "allOf", to=[{"type": ["string", "object"]}])),
    ("dead-subschema", paid("properties", "net", to=False)),
    ("dead-subschema", paid("properties", "net", to={"not": {}})),
    ("dead-subschema", paid("properties", "net", to={"type": "integer", "minimum": 2, "maximum": 2})),
    ("enum-beside-const", paid("properties", "net", to={"anyOf": [{"enum": [2, 3]}, {"const": 4}]})),
    ("fractional-multiple-of", paid("properties", "net", to={"type": "number", "multipleOf": 1.0})),
    ("catastrophic-pattern", paid("properties", "code", "pattern", to="^([A-Z]+[0-9])+$")),
    ("slow-pattern", paid("properties", "code", "pattern", to="^[A-Z]+[0-9]+$")),
    ("unknown-pattern", paid("properties", "code", "pattern", to="^([" + "".join(LONG) + "])*[A-Z]{2}[0-9]$")),
    ("engine-dependent-pattern", paid("properties", "code", "pattern", to=r"^[A-Z]+\\?[0-9.]+$")),
    ("missing-source", clause("http/post", "source", "document", to="RFC 3986")),
    ("unused-definition", paid("$defs", "amount", "$comment", to="used twice")),
]


def ids(cases: list[tuple[str, ...]] | list[tuple[str, Change]] | list[tuple[str, str, str, Change]]) -> list[str]:
    """Number the cases of each check."""
    return [f"{case[0]}-{sum(other[0] == case[0] for other in cases[:number])}" for number, case in enumerate(cases)]


@pytest.mark.parametrize(("check", "file", "place", "change"), FLAWS, ids=ids(FLAWS))
def test_seeded_flaws_are_found(tmp_path: Path, check: str, file: str, place: str, change: Change) -> None:
    """A seeded flaw is found under its id, in its file, at its key path and line; and nothing else is but what follows from it."""
    folder = tidy(tmp_path / "acme")
    change(folder)
    found = lint_folder(folder)
    hits = [each for each in found if (each.check, each.file, each.place) == (check, str(folder / file), place)]
    assert len(hits) == 1, [(each.check, each.file, each.place, each.cause) for each in found]
    assert check == "files" or hits[0].line > 0 or hits[0].file.endswith("events.digest")
    assert hits[0].line == 0 or hits[0].line <= len((folder / file).read_text().splitlines())
    assert hits[0].cause
    assert hits[0].remedy
    follows = {
        "contradiction": {"dead-subschema", "unsatisfiable-schema", "invalid-example"},
        "dead-subschema": {"invalid-example"},
        "unsatisfiable-schema": {"unreachable-clause"},
        "unreachable-policy": {"unreachable-clause"},
    }
    assert {each.check for each in found} - {check} <= follows.get(check, set())


@pytest.mark.parametrize(("statuses", "places"), [([200, "2xx", 299], []), ([200, 404, "5xx"], [1, 2])])
def test_only_successes_end_a_schedule(tmp_path: Path, statuses: list[int | str], places: list[int]) -> None:
    """A status that is no success can never be met by the rule that looks at what comes after a success."""
    folder = tidy(tmp_path / "acme")
    whole = yaml.safe_load((folder / "clauses.yaml").read_text())
    whole["clauses"][0] |= {"rule": "success-ends-the-schedule", "parameters": {"statuses": statuses}}
    (folder / "clauses.yaml").write_text(yaml.safe_dump(whole))
    found = [each for each in lint_folder(folder) if each.check == "unreachable-clause"]
    assert [each.place.partition(" ")[0] for each in found] == [f"clauses[0].parameters.statuses[{at}]" for at in places]


@pytest.mark.parametrize(("check", "change"), SPARED, ids=ids(SPARED))
def test_variants_are_spared(tmp_path: Path, check: str, change: Change) -> None:
    """What only looks like a flaw is not called one."""
    folder = tidy(tmp_path / "acme")
    change(folder)
    assert check not in {each.check for each in lint_folder(folder)}


def test_a_file_that_is_missing_or_too_many_hides_nothing(tmp_path: Path) -> None:
    """Other files are checked all the same; with too many of them even what clauses say of each other."""
    folder = tidy(tmp_path / "acme")
    text("policies.yaml", "")(folder)
    clause("retries/schedule", "parameters", "policies", to=["x"])(folder)
    assert {each.check for each in lint_folder(folder)} == {"files", "unreachable-clause"}
    (folder / "policy.yaml").unlink()
    paid("properties", "net", "typ", to="integer")(folder)
    assert sorted(each.check for each in lint_folder(folder)) == ["files", "files", "meta-schema"]


def test_the_tables_are_whole() -> None:
    """Every check has a seeded flaw that it finds and a variant that it spares."""
    assert {case[0] for case in FLAWS} == set(CHECKS) == {case[0] for case in SPARED}


def test_a_tidy_contract_is_clean(tmp_path: Path) -> None:
    """With the contract that the flaws are seeded into, nothing is found."""
    assert lint_folder(tidy(tmp_path / "acme")) == ()


@pytest.mark.parametrize("name", known_contracts())
def test_our_contracts_are_clean(name: str) -> None:
    """With every contract of ours, nothing is found."""
    assert lint_folder(find_contract(name)) == ()


def test_all_five_are_looked_at() -> None:
    """The contracts of ours are these five."""
    ours = {"active_reach", "mobtexting", "orbit", "standard_webhooks", "whatsapp_crm"}
    assert ours <= set(known_contracts())


def test_one_flaw_hides_no_other(tmp_path: Path) -> None:
    """Flaws in several files are all found in one run."""
    folder = tidy(tmp_path / "acme")
    both(text("policy.yaml", "a: *b\n"), paid("examples", 0, "total", to="3"), provider("titel", to="x"))(folder)
    assert {each.check for each in lint_folder(folder)} == {"unreadable", "invalid-example", "format"}


def test_bad_examples_hide_nothing(tmp_path: Path) -> None:
    """A contract with bad examples is looked at as one without them; with no good example nothing more is said."""
    folder = tidy(tmp_path / "acme")
    event = {**EVENT, "examples": [{"total": "3"}, *EVENT["examples"]]}
    event["x-hookproof"] = {**event["x-hookproof"], "counter_examples": [{"total": 1}]}
    both(text(PAID, json.dumps(event)), clause("retries/schedule", "parameters", "policies", to=["x"]))(folder)
    assert [each.check for each in lint_folder(folder)] == ["unreachable-clause", "invalid-example", "valid-counter-example"]
    paid("examples", to=[{"total": "3"}])(folder)
    assert {each.check for each in lint_folder(folder)} == {"invalid-example"}


@pytest.mark.parametrize("name", known_contracts())
def test_rules_belong_to_the_role_that_clauses_give_them(name: str) -> None:
    """The role whose suite stages a rule is the role of every clause of ours that names it, so that the check of roles is true."""
    from hookproof.staging.session import read_contract  # noqa: PLC0415 -- the only test that needs the engine

    for each in read_contract(name).clauses:
        if each.rule is not None:
            assert {RULES[each.rule].role} == set(each.roles)
