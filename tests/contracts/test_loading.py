"""A contract is read whole or refused with file, place and remedy; nothing else ever comes out of a folder."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hookproof.contracts import load_contract
from hookproof.contracts.document import Document
from hookproof.contracts.text import parse_json
from hookproof.contracts.yaml_text import parse_yaml
from hookproof.model.contract import Provenance, Role
from hookproof.model.errors import IllFormedError
from hookproof.model.verdict import Level
from tests.contracts.acme import (
    BOMB,
    CLAUSE,
    EVENT,
    EXCLUDED,
    MADE,
    PAID,
    POLICY,
    PROVIDER,
    RULES,
    Spoil,
    changed_at,
    clause,
    dump,
    event,
    make,
    more,
    paths,
    policy,
    provider,
    put,
    write,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A well-formed contract."""
    return make(tmp_path / "acme")


ILL_FORMED: dict[str, tuple[Spoil, str, str, str]] = {
    # what is wrong: how to spoil the contract, then file, place and remedy (regular expressions) of the complaint
    "missing file": (lambda f: (f / "policy.yaml").unlink(), "policy.yaml", "whole file", "Write it"),
    "missing folder": (shutil.rmtree, "acme", "whole file", "folder of a contract"),
    "stray file": (write("providers.yaml", "a: 1"), "providers.yaml", "whole file", "Did you mean 'provider.yaml'"),
    "stray event file": (write("events/order.paid.yaml", "a: 1"), "order.paid.yaml", "whole file", "rename"),
    "event file as folder": (lambda f: (f / "events" / "x.json").mkdir(), "x.json", "whole file", "rename"),
    "empty file": (write("clauses.yaml", ""), "clauses.yaml", "whole file", "Write it"),
    "only a comment": (write("clauses.yaml", "# nothing\n"), "clauses.yaml", "whole file", "Clauses"),
    "not UTF-8": (write("policy.yaml", b"retry: {}\nname: \xff\n"), "policy.yaml", "line 2", "UTF-8"),
    "byte order mark": (write(PAID, b"\xef\xbb\xbf{}"), "order.paid.json", "line 1", "without BOM"),
    "UTF-16": (write(PAID, json.dumps(EVENT).encode("utf-16")), "order.paid.json", "line 1", "UTF-8"),
    "too large": (write(PAID, b" " * (4 * 1024 * 1024 + 1)), "order.paid.json", "whole file", "shorten"),
    "YAML syntax": (write("policy.yaml", "retry: {\n  a: ]\n"), "policy.yaml", "line 2", "YAML"),
    "YAML tab": (write("policy.yaml", "retry:\n\tdefault: 1\n"), "policy.yaml", "line 2", "YAML"),
    "YAML control character": (write("policy.yaml", "retry: 1\nb: \x01\n"), "policy.yaml", "line 2", "YAML"),
    "YAML alias": (write("policy.yaml", "a: 1\nb: *x\n"), "policy.yaml", "line 2", "Write the value out"),
    "YAML anchor": (write("policy.yaml", "a: &x 1\n"), "policy.yaml", "line 1", "Write the value out"),
    "YAML alias bomb": (write("policy.yaml", BOMB), "policy.yaml", "line 1", "Write the value out"),
    "YAML tag": (write("policy.yaml", "a: !!python/object/apply:os.getcwd []\n"), "policy.yaml", "line 1", "plain value"),
    "YAML merge key": (more("policy.yaml", "<<: {timeout_seconds: 1}\n"), "policy.yaml", r'\["<<"\] \(line \d+\)', "Known"),
    "YAML duplicate key": (more("policy.yaml", "retry: {}\n"), "policy.yaml", r"line \d\d", "Remove or merge"),
    "YAML two documents": (more("policy.yaml", "---\na: 1\n"), "policy.yaml", r"line \d\d", "one document"),
    "YAML mapping as key": (write("policy.yaml", "? {a: 1}\n: b\n"), "policy.yaml", "line 1", "plain word"),
    "YAML depth bomb": (write("policy.yaml", "a: " + "[" * 100_000), "policy.yaml", "line 1", "Flatten"),
    "YAML block depth bomb": (write("policy.yaml", "- " * 100_000), "policy.yaml", "line 1", "Flatten"),
    "YAML infinity": (write("policy.yaml", "timeout_seconds: 1e999\n"), "policy.yaml", "line 1", "Quote"),
    "YAML endless number": (write("policy.yaml", "timeout_seconds: " + "9" * 5000), "policy.yaml", "line 1", "Quote"),
    "YAML scalar at the top": (write("policy.yaml", "retry"), "policy.yaml", "whole file", "policy.yaml"),
    "JSON syntax": (write(PAID, '{"title": "x",\n}'), "order.paid.json", "line 2", "Mend the JSON"),
    "JSON duplicate key": (write(PAID, '{"a": 1,\n "a": 2}'), "order.paid.json", "line 2", "Mend the JSON"),
    "JSON NaN": (write(PAID, '{"minimum":\n NaN}'), "order.paid.json", "line 2", "Mend the JSON"),
    "JSON infinity": (write(PAID, '{"minimum":\n 1e999}'), "order.paid.json", "line 2", "Mend the JSON"),
    "JSON endless number": (write(PAID, '{"minimum": ' + "9" * 5000 + "}"), "order.paid.json", "line 1", "Mend the JSON"),
    "JSON lone surrogate": (write(PAID, '{"title":\n "\\ud800"}'), "order.paid.json", "line 2", "whole character"),
    "JSON depth bomb": (write(PAID, '{"a":' * 100_000), "order.paid.json", "whole file", "Flatten"),
    "JSON 65 levels": (write(PAID, '{"not":' * 65 + "1" + "}" * 65), "order.paid.json", "not.not.not", "Flatten"),
    "JSON list at the top": (write(PAID, "[]"), "order.paid.json", "whole file", "Event"),
    "unknown key in provider": (provider("titel", to="x"), "provider.yaml", r"titel \(line \d+\)", "Did you mean 'title'"),
    "unknown key in envelope": (provider("envelope", "idmember", to="x"), "provider.yaml", "envelope.idmember", "'id_member'"),
    "unknown key in policy": (policy("time_out", to=3), "policy.yaml", "time_out", "Did you mean"),
    "unknown key in retry": (policy("retry", "default", "delay", to=[1]), "policy.yaml", "retry.default.delay", "Did you mean 'delays'"),
    "unknown key in clause": (clause("promises", to="x"), "clauses.yaml", r"clauses\[0\].promises", "Did you mean 'promise'"),
    "unknown key in x-hookproof": (event("x-hookproof", "groop", to="x"), "order.paid.json", "x-hookproof.groop", "'group'"),
    "unknown JSON Schema keyword": (event("propertys", to={}), "order.paid.json", "propertys", "Did you mean 'properties'"),
    "unknown keyword deep inside": (event("$defs", "amount", "minium", to=1), "order.paid.json", r"\$defs.amount.minium", "'minimum'"),
    "missing key": (provider("revision", to=...), "provider.yaml", "whole file", "Add revision"),
    "missing examples": (event("examples", to=...), "order.paid.json", "whole file", "Add examples"),
    "revision is no date": (provider("revision", to="May"), "provider.yaml", "revision", "YYYY-MM-DD"),
    "negative delay": (policy("retry", "default", "delays", to=[-1]), "policy.yaml", r"delays\[0\] \(line \d+\)", "Seconds"),
    "bad status class": (policy("success", to=["2x"]), "policy.yaml", r"success\[0\]", "2xx"),
    "bad level": (clause("level", to="MUSTY"), "clauses.yaml", r"clauses\[0\].level \(line 3\)", "Did you mean 'MUST'"),
    "bad role": (clause("roles", to=["sender"]), "clauses.yaml", r"clauses\[0\].roles\[0\]", "Known: platform, receiver"),
    "unknown rule": (clause("rule", to="ids-are-uniqe"), "clauses.yaml", r"clauses\[0\].rule", "Did you mean 'ids-are-unique'"),
    "unknown parameter": (clause("parameters", to={"tolerence": 1}), "clauses.yaml", "parameters.tolerence", "'tolerance'"),
    "missing parameter": (clause("parameters", to={}), "clauses.yaml", "parameters", "Add tolerance: seconds"),
    "parameter of another shape": (clause("parameters", "tolerance", to="1"), "clauses.yaml", "parameters.tolerance", "seconds"),
    "parameter that is no schema": (clause("parameters", "schema", to={"type": 5}), "clauses.yaml", "parameters.schema", "Mend"),
    "parameter that leads away": (clause("parameters", "schema", to={"$ref": "x.json"}), "clauses.yaml", "parameters.schema", "same"),
    "parameter of a rule without": (clause("rule", to="ids-are-unique"), "clauses.yaml", "parameters.tolerance", "remove it"),
    "rule and excluded": (clause("excluded", to="x"), "clauses.yaml", r"clauses\[0\] \(line 2\)", "Name the rule"),
    "neither rule nor excluded": (clause("rule", to=None), "clauses.yaml", r"clauses\[0\]", "say under excluded"),
    "declared level alone": (clause("level_if_declared", to="MUST"), "clauses.yaml", r"clauses\[0\]", "Add declared_by"),
    "id of another contract": (clause("id", to="acne/retries/x"), "clauses.yaml", r"clauses\[0\].id", "Write acme/"),
    "id of two parts": (clause("id", to="acme/retries"), "clauses.yaml", r"clauses\[0\].id", "three parts"),
    "id in capitals": (clause("id", to="acme/retries/No"), "clauses.yaml", r"clauses\[0\].id", "lower-case"),
    "id used twice": (clause("id", to=EXCLUDED["id"]), "clauses.yaml", r"clauses\[1\].id", "its own id"),
    "unknown retry policy": (policy("assignments", 0, "policies", to=["defalt"]), "policy.yaml", r"policies\[0\]", "'default'"),
    "pattern without events": (policy("assignments", 0, "events", to=["ordr:*"]), "policy.yaml", r"events\[0\]", "Did you mean"),
    "unknown companion": (policy("companions", to={"order:paid": "order:mad"}), "policy.yaml", r'\["order:paid"\]', "'order:made'"),
    "unknown explicit event": (policy("explicit_only", to=["order.paid"]), "policy.yaml", r"explicit_only\[0\]", "'order:paid'"),
    "unknown management event": (policy("management", to={"created": "x"}), "policy.yaml", "management.created", "Known"),
    "unknown replacement": (event("x-hookproof", "deprecated", to="order:mode"), "order.paid.json", "deprecated", "'order:made'"),
    "alias of itself": (event("x-hookproof", "alias_of", to="order:paid"), "order.paid.json", "alias_of", "Did you mean"),
    "dangling relation": (event("x-hookproof", "relations", to={"total": ["nett"]}), "order.paid.json", "relations.total", "'net'"),
    "duplicate event by case": (write("events/Order.paid.json", "{}"), "order.paid.json", "file name", "rename"),
    "event name with a space": (write("events/order paid.json", "{}"), "order paid.json", "whole file", "rename"),
    "$ref to the web": (event("properties", "tax", to={"$ref": "http://example.com/x.json"}), "paid", r"tax.\$ref", "same schema"),
    "$ref to a file": (event("properties", "tax", to={"$ref": "file:///etc/passwd"}), "paid", r"tax.\$ref", "same schema"),
    "$ref to another event": (event("properties", "tax", to={"$ref": "order.made.json"}), "paid", r"tax.\$ref", "same schema"),
    "$ref to nothing": (event("properties", "tax", to={"$ref": "#/$defs/amont"}), "paid", r"tax.\$ref", r"'#/\$defs/amount'"),
    "$ref to an example": (event("properties", "tax", to={"$ref": "#/examples/0"}), "paid", r"tax.\$ref", "Known"),
    "$id inside": (event("$defs", "amount", "$id", to="x"), "paid", r"\$defs.amount.\$id", "Remove it"),
    "older dialect": (event("$schema", to="http://json-schema.org/draft-07/schema#"), "paid", r"\$schema", "2020-12"),
    "unknown type": (event("properties", "tax", to={"type": "int"}), "paid", "properties.tax.type", "Mend the schema"),
    "unknown format": (event("properties", "code", "format", to="datetime"), "paid", "code.format|whole file|format", "Mend the schema"),
    "look-ahead": (event("properties", "code", "pattern", to="(?=a)b"), "paid", "properties.code.pattern", "look-around"),
    "back-reference": (event("properties", "code", "pattern", to="(a)\\1"), "paid", "properties.code.pattern", "back-references"),
    "huge repetition": (event("properties", "code", "pattern", to="(a{999}){999}"), "paid", "properties.code.pattern", "repetitions"),
    "pattern of names": (event("patternProperties", to={"(": {}}), "paid", "patternProperties", "look-around"),
    "example not valid": (event("examples", 0, "total", to="3"), "paid", r"examples\[0\].total", "Mend the example"),
    "no example": (event("examples", to=[]), "paid", "examples", "Examples"),
    "envelope $ref": (provider("envelope", "schema", to={"$ref": "x.json"}), "provider.yaml", r"envelope.schema.\$ref", "same schema"),
    "catalog digest": (write("events.digest", "sha256:00 1\n"), "events.digest", "line 1", "Mend events/"),
    "OpenAPI 3.0": (write("subscription-api.openapi.yaml", "openapi: 3.0.3\n"), "openapi.yaml", "openapi", "3.1.0"),
    "OpenAPI without paths": (write("subscription-api.openapi.yaml", "openapi: 3.1.0\n"), "openapi.yaml", "paths", "routes"),
    "OpenAPI is a list": (write("subscription-api.openapi.yaml", "[]"), "openapi.yaml", "whole file", "OpenAPI 3.1"),
}


@pytest.mark.parametrize("wrong", ILL_FORMED)
def test_ill_formed(folder: Path, wrong: str) -> None:
    """Whatever is wrong, one IllFormedError names file, place and remedy in one line of bounded length."""
    spoil, file, place, remedy = ILL_FORMED[wrong]
    spoil(folder)
    with pytest.raises(IllFormedError) as caught:
        load_contract(folder, rules=RULES)
    error = caught.value
    assert re.search(file, error.subject)
    assert re.search(place, error.place)
    assert re.search(remedy, error.remedy)
    assert error.exit_code == 4
    assert "\n" not in str(error)
    assert len(str(error)) < 1200


def test_well_formed(folder: Path) -> None:
    """A well-formed contract is read whole, with names made by the separator and numbers, lists and words typed."""
    contract = load_contract(folder, rules=RULES)
    assert (contract.name, contract.revision, sorted(contract.events)) == ("acme", "2026-01-31", ["order:made", "order:paid"])
    paid = contract.events["order:paid"]
    assert (paid.provenance, paid.relations) == (Provenance.DOCUMENTED, {"total": ("net", "tax")})
    assert not {"examples", "x-hookproof"} & paid.schema.keys()
    assert contract.catalog == ("order:paid",)
    assert contract.policy.policies_for("order:made")[0].delays == (30.0, 60.5)
    assert contract.policy.truncation is not None
    assert contract.policy.truncation.limits == (1000,)
    assert contract.clauses[0].level is Level.MUST
    assert [clause.id for clause in contract.clauses_for(Role.PLATFORM)] == ["acme/retries/schedule"]
    assert "200" in contract.subscription_api["paths"]["/webhooks"]["post"]["responses"]


def test_optional_files(folder: Path) -> None:
    """Without events and without a subscription API a contract is still one, and editors' dot files are no part of it."""
    shutil.rmtree(folder / "events")
    (folder / "subscription-api.openapi.yaml").unlink()
    put(folder / "policy.yaml", dump({**POLICY, "explicit_only": [], "companions": {}}))
    before = load_contract(folder)
    put(folder / ".provider.yaml.swp", b"\xff")
    after = load_contract(folder)
    assert (after.events, after.subscription_api) == ({}, {})
    assert after.digest == before.digest


def test_rules_unchecked(folder: Path) -> None:
    """Without a table of rules a clause may name any rule."""
    clause("rule", to="a-rule-of-tomorrow")(folder)
    assert load_contract(folder).clauses[0].rule == "a-rule-of-tomorrow"


def test_digest(folder: Path, tmp_path: Path) -> None:
    """The digest is the same for the same files anywhere, and another one for any other byte."""
    digest = load_contract(folder).digest
    assert re.fullmatch("sha256:[0-9a-f]{64}", digest)
    copy = shutil.copytree(folder, tmp_path / "copy")
    assert load_contract(copy).digest == digest
    more("clauses.yaml", "\n")(copy)
    assert load_contract(copy).digest != digest


def test_duplicate_by_separator(folder: Path) -> None:
    """Two files that give one event name are refused."""
    provider("naming", "separator", to="_")(folder)
    put(folder / "events" / "order_paid.json", json.dumps(MADE))
    with pytest.raises(IllFormedError, match="duplicate"):
        load_contract(folder)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("True", "True"),
        ("true", True),
        ("null", None),
        ("", None),
        ("2026-01-31", "2026-01-31"),
        ("12:30:45", "12:30:45"),
        ("1_000", "1_000"),
        ("010", 10),
        ("0o10", 8),
        ("0x1F", 31),
        ("1e3", 1000.0),
        ("-.5", -0.5),
        (".nan", ".nan"),
        ("'1'", "1"),
        ("=", "="),
    ],
)
def test_yaml_words(text: str, value: Any) -> None:
    """Only true, false, null and numbers mean something; all other plain words are text."""
    found = parse_yaml("x.yaml", f"key: {text}\nno: 1\n".encode()).value
    assert found == {"key": value, "no": 1}
    assert type(found["key"]) is type(value)


def _check_complaint(read: Callable[[], object]) -> None:
    """Let a reading succeed or be refused in the one right way."""
    complaint = None
    try:
        read()
    except IllFormedError as error:
        complaint = error
    assert complaint is None or (complaint.place and complaint.remedy)


@pytest.mark.parametrize("parse", [parse_yaml, parse_json])
@given(raw=st.binary() | st.text("[]{}:,-&*!|>'\"#\\ \n\tu09aeE.+ntrf").map(str.encode))
def test_any_bytes(parse: Callable[[str, bytes], Document], raw: bytes) -> None:
    """Any bytes at all are a document or ill-formed."""
    _check_complaint(lambda: parse("x", raw))


PLACES: list[tuple[str, tuple[str | int, ...]]] = [
    (name, path)
    for name, whole in (("provider.yaml", PROVIDER), ("policy.yaml", POLICY), ("clauses.yaml", {"clauses": [CLAUSE]}), (PAID, EVENT))
    for path in paths(whole)
]
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["$ref", "pattern", "type", "not", "items", "x"]), inner),
    max_leaves=4,
)


@settings(deadline=None)  # it writes files, and a busy disk is no fault
@given(place=st.sampled_from(PLACES), value=ODD)
def test_any_value_anywhere(place: tuple[str, tuple[str | int, ...]], value: Any) -> None:
    """Any value in the place of any other gives a contract or an IllFormedError that names place and remedy."""
    name, path = place
    with TemporaryDirectory() as there:
        folder = Path(there) / "acme"
        make(folder)
        whole = {"provider.yaml": PROVIDER, "policy.yaml": POLICY, "clauses.yaml": {"clauses": [CLAUSE]}, PAID: EVENT}[name]
        put(folder / name, json.dumps(changed_at(whole, path, value)))
        _check_complaint(lambda: load_contract(folder, rules=RULES))
