"""A contract is read whole or refused with file, place and remedy; nothing else ever comes out of a folder."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from hookproof.contracts import find_contract, known_contracts, load_contract, load_format_schema, schema_path
from hookproof.contracts.yaml_text import parse_yaml
from hookproof.model.contract import Contract, Provenance, Role
from hookproof.model.errors import IllFormedError
from hookproof.model.verdict import Level

RULES = {"retries-follow-the-schedule": frozenset({"tolerance"}), "ids-are-unique": frozenset[str]()}
FORMATS = ("capabilities", "clauses", "event", "policy", "provider", "results", "target-profile", "transcript")
ENVELOPE: dict[str, Any] = {
    "id_member": "id",
    "type_member": "type",
    "created_member": None,
    "data_member": "data",
    "truncated_member": None,
    "schema": {"type": "object", "properties": {"id": {"type": "string"}, "data": {"type": "object"}}},
    "truncated_schema": None,
}
PROVIDER: dict[str, Any] = {
    "name": "acme",
    "title": "Acme",
    "revision": "2026-01-31",
    "sources": [{"document": "Acme guide"}],
    "naming": {"separator": ":"},
    "envelope": ENVELOPE,
}
POLICY: dict[str, Any] = {
    "retry": {"default": {"delays": [30, 60.5], "sends": {"3 sends": 3}}},
    "assignments": [{"events": ["order:*"], "policies": ["default"]}],
    "timeout_seconds": 10,
    "success": ["2xx"],
    "failure": ["5xx", "timeout"],
    "truncation": {
        "limits": [1000],
        "measured_on": ["data"],
        "flag_member": "_cut",
        "size_member": "_size",
        "identifiers": ["id"],
    },
    "signing": None,
    "explicit_only": ["order:paid"],
    "companions": {"order:paid": "order:made"},
}
CLAUSE: dict[str, Any] = {
    "id": "acme/retries/schedule",
    "level": "MUST",
    "roles": ["platform"],
    "promise": "Retries follow the schedule.",
    "source": {"document": "Acme guide", "section": "Retries"},
    "rule": "retries-follow-the-schedule",
    "parameters": {"tolerance": 1},
}
EXCLUDED: dict[str, Any] = {
    **{key: CLAUSE[key] for key in ("roles", "promise", "source")},
    "id": "acme/retries/kindness",
    "level": "MAY",
    "excluded": "Nobody can measure kindness.",
}
EVENT: dict[str, Any] = {
    "title": "Order paid",
    "description": "An order was paid.",
    "type": "object",
    "required": ["total"],
    "properties": {
        "total": {"$ref": "#/$defs/amount"},
        "net": {"$ref": "#/$defs/amount"},
        "tax": {"type": "integer"},
        "code": {"type": "string", "pattern": "^[A-Z]{2}[0-9]+$"},
    },
    "$defs": {"amount": {"type": "integer", "minimum": 0}},
    "examples": [{"total": 3, "net": 2, "tax": 1, "code": "AB1"}],
    "x-hookproof": {"group": "orders", "provenance": "documented", "relations": {"total": ["net", "tax"]}},
}
MADE: dict[str, Any] = {
    "title": "Order made",
    "description": "An order was made.",
    "examples": [{}],
    "x-hookproof": {"group": "orders", "provenance": "catalog-only", "catalog": False, "alias_of": "order:paid"},
}
API = "openapi: 3.1.0\ninfo: {title: Acme, version: 1.0.0}\npaths:\n  /webhooks:\n    post:\n      responses: {200: {description: ok}}\n"

Spoil = Callable[[Path], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A well-formed contract."""
    folder = tmp_path / "acme"
    (folder / "events").mkdir(parents=True)
    for name, value in (("provider", PROVIDER), ("policy", POLICY), ("clauses", {"clauses": [CLAUSE, EXCLUDED]})):
        _put(folder / f"{name}.yaml", _dump(value))
    _put(folder / "events" / "order.paid.json", json.dumps(EVENT, indent=1))
    _put(folder / "events" / "order.made.json", json.dumps(MADE))
    _put(folder / "subscription-api.openapi.yaml", API)
    return folder


def _put(path: Path, text: str | bytes) -> None:
    path.write_bytes(text.encode() if isinstance(text, str) else text)


def _dump(value: Any) -> str:
    """Write YAML without anchors for what our tables share."""
    return yaml.safe_dump(json.loads(json.dumps(value)), sort_keys=False)


def _write(name: str, text: str | bytes) -> Spoil:
    return lambda folder: _put(folder / name, text)


def _more(name: str, text: str) -> Spoil:
    """Add a text at the end of a file."""
    return lambda folder: _put(folder / name, (folder / name).read_text() + text)


def _with(whole: dict[str, Any], path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """Give a copy of a document with one value changed, or removed if the new value is ``...``."""
    changed: dict[str, Any] = json.loads(json.dumps(whole))
    node: Any = changed
    for step in path[:-1]:
        node = node[step]
    if value is ...:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    return changed


def _yaml(name: str, whole: dict[str, Any], path: tuple[str | int, ...], value: Any) -> Spoil:
    return _write(f"{name}.yaml", _dump(_with(whole, path, value)))


def _provider(*path: str | int, to: Any) -> Spoil:
    return _yaml("provider", PROVIDER, path, to)


def _policy(*path: str | int, to: Any) -> Spoil:
    return _yaml("policy", POLICY, path, to)


def _clause(*path: str | int, to: Any) -> Spoil:
    return _yaml("clauses", {"clauses": [CLAUSE, EXCLUDED]}, ("clauses", 0, *path), to)


def _event(*path: str | int, to: Any) -> Spoil:
    return _write(PAID, json.dumps(_with(EVENT, path, to)))


PAID = "events/order.paid.json"
MADE_FILE = "events/order.made.json"
BOMB = "a: &a [x, x]\n" + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(20))

ILL_FORMED: dict[str, tuple[Spoil, str, str, str]] = {
    # what is wrong: how to spoil the contract, then file, place and remedy (regular expressions) of the complaint
    "missing file": (lambda f: (f / "policy.yaml").unlink(), "policy.yaml", "whole file", "Write it"),
    "missing folder": (shutil.rmtree, "acme", "whole file", "folder of a contract"),
    "stray file": (_write("providers.yaml", "a: 1"), "providers.yaml", "whole file", "Did you mean 'provider.yaml'"),
    "stray event file": (_write("events/order.paid.yaml", "a: 1"), "order.paid.yaml", "whole file", "rename"),
    "event file as folder": (lambda f: (f / "events" / "x.json").mkdir(), "x.json", "whole file", "rename"),
    "empty file": (_write("clauses.yaml", ""), "clauses.yaml", "whole file", "Write it"),
    "only a comment": (_write("clauses.yaml", "# nothing\n"), "clauses.yaml", "whole file", "Clauses"),
    "not UTF-8": (_write("policy.yaml", b"retry: {}\nname: \xff\n"), "policy.yaml", "line 2", "UTF-8"),
    "byte order mark": (_write(PAID, b"\xef\xbb\xbf{}"), "order.paid.json", "line 1", "without BOM"),
    "UTF-16": (_write(PAID, json.dumps(EVENT).encode("utf-16")), "order.paid.json", "line 1", "UTF-8"),
    "too large": (_write(PAID, b" " * (4 * 1024 * 1024 + 1)), "order.paid.json", "whole file", "shorten"),
    "YAML syntax": (_write("policy.yaml", "retry: {\n  a: ]\n"), "policy.yaml", "line 2", "YAML"),
    "YAML tab": (_write("policy.yaml", "retry:\n\tdefault: 1\n"), "policy.yaml", "line 2", "YAML"),
    "YAML control character": (_write("policy.yaml", "retry: 1\nb: \x01\n"), "policy.yaml", "line 2", "YAML"),
    "YAML alias": (_write("policy.yaml", "a: 1\nb: *x\n"), "policy.yaml", "line 2", "Write the value out"),
    "YAML anchor": (_write("policy.yaml", "a: &x 1\n"), "policy.yaml", "line 1", "Write the value out"),
    "YAML alias bomb": (_write("policy.yaml", BOMB), "policy.yaml", "line 1", "Write the value out"),
    "YAML tag": (_write("policy.yaml", "a: !!python/object/apply:os.getcwd []\n"), "policy.yaml", "line 1", "plain value"),
    "YAML merge key": (_more("policy.yaml", "<<: {timeout_seconds: 1}\n"), "policy.yaml", r'\["<<"\] \(line \d+\)', "Known"),
    "YAML duplicate key": (_more("policy.yaml", "retry: {}\n"), "policy.yaml", r"line \d\d", "Remove or merge"),
    "YAML two documents": (_more("policy.yaml", "---\na: 1\n"), "policy.yaml", r"line \d\d", "one document"),
    "YAML mapping as key": (_write("policy.yaml", "? {a: 1}\n: b\n"), "policy.yaml", "line 1", "plain word"),
    "YAML depth bomb": (_write("policy.yaml", "a: " + "[" * 100_000), "policy.yaml", "line 1", "Flatten"),
    "YAML block depth bomb": (_write("policy.yaml", "- " * 100_000), "policy.yaml", "line 1", "Flatten"),
    "YAML infinity": (_write("policy.yaml", "timeout_seconds: 1e999\n"), "policy.yaml", "line 1", "Quote"),
    "YAML endless number": (_write("policy.yaml", "timeout_seconds: " + "9" * 5000), "policy.yaml", "line 1", "Quote"),
    "YAML scalar at the top": (_write("policy.yaml", "retry"), "policy.yaml", "whole file", "policy.yaml"),
    "JSON syntax": (_write(PAID, '{"title": "x",\n}'), "order.paid.json", "line 2", "Mend the JSON"),
    "JSON duplicate key": (_write(PAID, '{"a": 1,\n "a": 2}'), "order.paid.json", "line 2", "Mend the JSON"),
    "JSON NaN": (_write(PAID, '{"minimum":\n NaN}'), "order.paid.json", "line 2", "Mend the JSON"),
    "JSON infinity": (_write(PAID, '{"minimum":\n 1e999}'), "order.paid.json", "line 2", "Mend the JSON"),
    "JSON endless number": (_write(PAID, '{"minimum": ' + "9" * 5000 + "}"), "order.paid.json", "line 1", "Mend the JSON"),
    "JSON lone surrogate": (_write(PAID, '{"title":\n "\\ud800"}'), "order.paid.json", "line 2", "whole character"),
    "JSON depth bomb": (_write(PAID, '{"a":' * 100_000), "order.paid.json", "whole file", "Flatten"),
    "JSON 65 levels": (_write(PAID, '{"not":' * 65 + "1" + "}" * 65), "order.paid.json", "not.not.not", "Flatten"),
    "JSON list at the top": (_write(PAID, "[]"), "order.paid.json", "whole file", "Event"),
    "unknown key in provider": (_provider("titel", to="x"), "provider.yaml", r"titel \(line \d+\)", "Did you mean 'title'"),
    "unknown key in envelope": (_provider("envelope", "idmember", to="x"), "provider.yaml", "envelope.idmember", "'id_member'"),
    "unknown key in policy": (_policy("time_out", to=3), "policy.yaml", "time_out", "Did you mean"),
    "unknown key in retry": (_policy("retry", "default", "delay", to=[1]), "policy.yaml", "retry.default.delay", "Did you mean 'delays'"),
    "unknown key in clause": (_clause("promises", to="x"), "clauses.yaml", r"clauses\[0\].promises", "Did you mean 'promise'"),
    "unknown key in x-hookproof": (_event("x-hookproof", "groop", to="x"), "order.paid.json", "x-hookproof.groop", "'group'"),
    "unknown JSON Schema keyword": (_event("propertys", to={}), "order.paid.json", "propertys", "Did you mean 'properties'"),
    "unknown keyword deep inside": (_event("$defs", "amount", "minium", to=1), "order.paid.json", r"\$defs.amount.minium", "'minimum'"),
    "missing key": (_provider("revision", to=...), "provider.yaml", "whole file", "Add revision"),
    "missing examples": (_event("examples", to=...), "order.paid.json", "whole file", "Add examples"),
    "revision is no date": (_provider("revision", to="May"), "provider.yaml", "revision", "YYYY-MM-DD"),
    "negative delay": (_policy("retry", "default", "delays", to=[-1]), "policy.yaml", r"delays\[0\] \(line \d+\)", "Seconds"),
    "bad status class": (_policy("success", to=["2x"]), "policy.yaml", r"success\[0\]", "2xx"),
    "bad level": (_clause("level", to="MUSTY"), "clauses.yaml", r"clauses\[0\].level \(line 3\)", "Did you mean 'MUST'"),
    "bad role": (_clause("roles", to=["sender"]), "clauses.yaml", r"clauses\[0\].roles\[0\]", "Known: platform, receiver"),
    "unknown rule": (_clause("rule", to="ids-are-uniqe"), "clauses.yaml", r"clauses\[0\].rule", "Did you mean 'ids-are-unique'"),
    "unknown parameter": (_clause("parameters", to={"tolerence": 1}), "clauses.yaml", "parameters.tolerence", "'tolerance'"),
    "parameter of a rule without": (_clause("rule", to="ids-are-unique"), "clauses.yaml", "parameters.tolerance", "remove it"),
    "rule and excluded": (_clause("excluded", to="x"), "clauses.yaml", r"clauses\[0\] \(line 2\)", "Name the rule"),
    "neither rule nor excluded": (_clause("rule", to=None), "clauses.yaml", r"clauses\[0\]", "say under excluded"),
    "declared level alone": (_clause("level_if_declared", to="MUST"), "clauses.yaml", r"clauses\[0\]", "Add declared_by"),
    "id of another contract": (_clause("id", to="acne/retries/x"), "clauses.yaml", r"clauses\[0\].id", "Write acme/"),
    "id of two parts": (_clause("id", to="acme/retries"), "clauses.yaml", r"clauses\[0\].id", "three parts"),
    "id in capitals": (_clause("id", to="acme/retries/No"), "clauses.yaml", r"clauses\[0\].id", "lower-case"),
    "id used twice": (_clause("id", to=EXCLUDED["id"]), "clauses.yaml", r"clauses\[1\].id", "its own id"),
    "unknown retry policy": (_policy("assignments", 0, "policies", to=["defalt"]), "policy.yaml", r"policies\[0\]", "'default'"),
    "pattern without events": (_policy("assignments", 0, "events", to=["ordr:*"]), "policy.yaml", r"events\[0\]", "Did you mean"),
    "unknown companion": (_policy("companions", to={"order:paid": "order:mad"}), "policy.yaml", r'\["order:paid"\]', "'order:made'"),
    "unknown explicit event": (_policy("explicit_only", to=["order.paid"]), "policy.yaml", r"explicit_only\[0\]", "'order:paid'"),
    "unknown management event": (_policy("management", to={"created": "x"}), "policy.yaml", "management.created", "Known"),
    "unknown replacement": (_event("x-hookproof", "deprecated", to="order:mode"), "order.paid.json", "deprecated", "'order:made'"),
    "alias of itself": (_event("x-hookproof", "alias_of", to="order:paid"), "order.paid.json", "alias_of", "Did you mean"),
    "dangling relation": (_event("x-hookproof", "relations", to={"total": ["nett"]}), "order.paid.json", "relations.total", "'net'"),
    "duplicate event by case": (_write("events/Order.paid.json", "{}"), "order.paid.json", "file name", "rename"),
    "event name with a space": (_write("events/order paid.json", "{}"), "order paid.json", "whole file", "rename"),
    "$ref to the web": (_event("properties", "tax", to={"$ref": "http://example.com/x.json"}), "paid", r"tax.\$ref", "same schema"),
    "$ref to a file": (_event("properties", "tax", to={"$ref": "file:///etc/passwd"}), "paid", r"tax.\$ref", "same schema"),
    "$ref to another event": (_event("properties", "tax", to={"$ref": "order.made.json"}), "paid", r"tax.\$ref", "same schema"),
    "$ref to nothing": (_event("properties", "tax", to={"$ref": "#/$defs/amont"}), "paid", r"tax.\$ref", r"'#/\$defs/amount'"),
    "$ref to an example": (_event("properties", "tax", to={"$ref": "#/examples/0"}), "paid", r"tax.\$ref", "Known"),
    "$id inside": (_event("$defs", "amount", "$id", to="x"), "paid", r"\$defs.amount.\$id", "Remove it"),
    "older dialect": (_event("$schema", to="http://json-schema.org/draft-07/schema#"), "paid", r"\$schema", "2020-12"),
    "unknown type": (_event("properties", "tax", to={"type": "int"}), "paid", "properties.tax.type", "Mend the schema"),
    "unknown format": (_event("properties", "code", "format", to="datetime"), "paid", "code.format|whole file|format", "Mend the schema"),
    "look-ahead": (_event("properties", "code", "pattern", to="(?=a)b"), "paid", "properties.code.pattern", "look-around"),
    "back-reference": (_event("properties", "code", "pattern", to="(a)\\1"), "paid", "properties.code.pattern", "back-references"),
    "huge repetition": (_event("properties", "code", "pattern", to="(a{999}){999}"), "paid", "properties.code.pattern", "repetitions"),
    "pattern of names": (_event("patternProperties", to={"(": {}}), "paid", "patternProperties", "look-around"),
    "example not valid": (_event("examples", 0, "total", to="3"), "paid", r"examples\[0\].total", "Mend the example"),
    "no example": (_event("examples", to=[]), "paid", "examples", "Examples"),
    "envelope $ref": (_provider("envelope", "schema", to={"$ref": "x.json"}), "provider.yaml", r"envelope.schema.\$ref", "same schema"),
    "catalog digest": (_write("events.digest", "sha256:00 1\n"), "events.digest", "line 1", "Mend events/"),
    "OpenAPI 3.0": (_write("subscription-api.openapi.yaml", "openapi: 3.0.3\n"), "openapi.yaml", "openapi", "3.1.0"),
    "OpenAPI without paths": (_write("subscription-api.openapi.yaml", "openapi: 3.1.0\n"), "openapi.yaml", "paths", "routes"),
    "OpenAPI is a list": (_write("subscription-api.openapi.yaml", "[]"), "openapi.yaml", "whole file", "OpenAPI 3.1"),
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
    _put(folder / "policy.yaml", _dump({**POLICY, "explicit_only": [], "companions": {}}))
    before = load_contract(folder)
    _put(folder / ".provider.yaml.swp", b"\xff")
    after = load_contract(folder)
    assert (after.events, after.subscription_api) == ({}, {})
    assert after.digest == before.digest


def test_rules_unchecked(folder: Path) -> None:
    """Without a table of rules a clause may name any rule."""
    _clause("rule", to="a-rule-of-tomorrow")(folder)
    assert load_contract(folder).clauses[0].rule == "a-rule-of-tomorrow"


def test_digest(folder: Path, tmp_path: Path) -> None:
    """The digest is the same for the same files anywhere, and another one for any other byte."""
    digest = load_contract(folder).digest
    assert re.fullmatch("sha256:[0-9a-f]{64}", digest)
    copy = shutil.copytree(folder, tmp_path / "copy")
    assert load_contract(copy).digest == digest
    _more("clauses.yaml", "\n")(copy)
    assert load_contract(copy).digest != digest


def test_duplicate_by_separator(folder: Path) -> None:
    """Two files that give one event name are refused."""
    _provider("naming", "separator", to="_")(folder)
    _put(folder / "events" / "order_paid.json", json.dumps(MADE))
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


def test_finding(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A contract is found by name in the working folder and in the source tree, or by the path of its folder."""
    assert "orbit" in known_contracts()
    assert load_format_schema("event") == json.loads(schema_path("event").read_bytes())
    shutil.copytree(folder, tmp_path / "contracts" / "mine")
    monkeypatch.chdir(tmp_path)
    assert find_contract("mine") == Path("contracts/mine")
    assert "mine" in known_contracts()
    assert find_contract(str(folder)) == folder
    assert find_contract("acme") == Path("acme")


@pytest.mark.parametrize("name", ["orbti", "no/such/folder", "", "schemas"])
def test_unknown_contract(name: str) -> None:
    """An unknown contract is refused with the names of those that are known."""
    with pytest.raises(IllFormedError, match="orbit"):
        find_contract(name)


def test_unknown_format() -> None:
    """An unknown format is refused with the closest known one."""
    with pytest.raises(IllFormedError, match="Did you mean 'results'"):
        schema_path("result")


@pytest.mark.parametrize("name", FORMATS)
def test_format_schemas(name: str) -> None:
    """Every schema of our formats is JSON Schema 2020-12 whose properties all have a title and a description."""
    schema = load_format_schema(name)
    jsonschema_rs.Draft202012Validator(schema, offline=True, ignore_unknown_formats=False)
    assert [place for place, part in _properties(schema, "") if not {"title", "description"} <= part.keys()] == []


def _properties(node: Any, place: str) -> list[tuple[str, dict[str, Any]]]:
    if isinstance(node, list):
        return [found for position, item in enumerate(node) for found in _properties(item, f"{place}/{position}")]
    if not isinstance(node, dict):
        return []
    named = [(f"{place}/{name}", part) for name, part in node.get("properties", {}).items()]
    inner = [found for key, item in node.items() if key != "if" for found in _properties(item, f"{place}/{key}")]
    return named + inner


def test_shipped_contracts() -> None:
    """Every contract that we ship can be read."""
    contracts = [load_contract(find_contract(name)) for name in known_contracts()]
    assert all(isinstance(contract, Contract) and contract.clauses for contract in contracts)
