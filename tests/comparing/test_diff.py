"""A contract has no difference from itself; what is changed in it breaks whom its construction says."""

from __future__ import annotations

import json
import re
from contextlib import chdir
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hookproof.cli import door, guarded
from hookproof.comparing import Difference, difference
from hookproof.comparing.affected import ASPECTS
from hookproof.comparing.change import Impact
from hookproof.comparing.clause_change import PARAMETERS
from hookproof.comparing.telling import as_json, text_lines, verdict
from hookproof.contracts import find_contract, known_contracts, load_contract, load_format_schema
from hookproof.model.contract import Contract, Role
from hookproof.rules.catalogue import RULE_PARAMETERS, RULES
from tests.comparing.tidy import CLAUSES, MADE_EVENT, Change, both, clause, judged, paid, policy, provider, text, tidy
from tests.contracts.acme import API, dump

FINE, BREAKS, OPEN = Impact.COMPATIBLE, Impact.BREAKING, Impact.UNDECIDED


@cache
def ours(name: str) -> Contract:
    """Load a contract of ours."""
    return load_contract(find_contract(name), rules=RULE_PARAMETERS)


def seeded(folder: Path, *changes: Change) -> Contract:
    """Load the tidy contract after changes."""
    tidy(folder)
    both(*changes)(folder)
    return load_contract(folder, rules=RULE_PARAMETERS)


def clauses(*found: dict[str, Any]) -> Change:
    """Write other clauses."""
    return text("clauses.yaml", dump({"clauses": list(found)}))


def event(name: str, **changed: Any) -> Change:
    """Write another event."""
    return text(f"events/{name}.json", json.dumps({**MADE_EVENT, **changed}))


MAY = {**judged("http/post", "deliveries-are-posts"), "level": "MAY"}
KEPT = CLAUSES[:-1]
CHANGES: dict[str, tuple[Change, Change, Impact, Impact, str]] = {
    # what changes: the old one, the new one, what it does to receivers and to platforms, and its kind
    "revision": (both(), provider("revision", to="2027-01-01"), FINE, FINE, "provider-text-changed"),
    "id moves": (both(), provider("envelope", "id_member", to="uid"), BREAKS, BREAKS, "envelope-changed"),
    "truncated told": (both(), provider("envelope", "truncated_member", to="cut"), FINE, BREAKS, "envelope-changed"),
    "time no longer told": (
        both(clauses()),
        both(clauses(), provider("envelope", "created_member", to=None)),
        BREAKS,
        FINE,
        "envelope-changed",
    ),
    "envelope asks more": (both(), provider("envelope", "schema", "required", to=["id", "data"]), FINE, BREAKS, "envelope-changed"),
    "catalog opened": (both(), provider("naming", "catalog", to="open"), BREAKS, FINE, "catalog-changed"),
    "catalog closed": (provider("naming", "catalog", to="open"), both(), FINE, BREAKS, "catalog-changed"),
    "event added": (both(), event("order.sent"), FINE, FINE, "event-added"),
    "event removed": (event("order.sent"), both(), BREAKS, BREAKS, "event-removed"),
    "sum added": (paid("x-hookproof", "relations", to=...), both(), FINE, BREAKS, "relations-changed"),
    "sum removed": (both(), paid("x-hookproof", "relations", to=...), BREAKS, FINE, "relations-changed"),
    "comes bare": (both(), paid("x-hookproof", "bare", to=["total"]), BREAKS, BREAKS, "bare-changed"),
    "leaves the index": (both(), paid("x-hookproof", "catalog", to=False), BREAKS, FINE, "index-changed"),
    "enters the index": (paid("x-hookproof", "catalog", to=False), both(), FINE, FINE, "index-changed"),
    "words of an event": (both(), paid("description", to="It was."), FINE, FINE, "event-text-changed"),
    "examples": (both(), paid("examples", to=[{"total": 1}]), FINE, FINE, "event-text-changed"),
    "counter-examples": (both(), paid("x-hookproof", "counter_examples", to=[]), FINE, FINE, "event-text-changed"),
    "payload narrower": (both(), paid("properties", "tax", "minimum", to=0), FINE, BREAKS, "payload-changed"),
    "payload wider": (both(), paid("properties", "tax", "type", to=["integer", "null"]), BREAKS, FINE, "payload-changed"),
    "a further schedule": (both(), policy("retry", "default", "sends", to={"3": 3, "2": 2}), BREAKS, FINE, "schedule-changed"),
    "a schedule less": (policy("retry", "default", "sends", to={"3": 3, "2": 2}), both(), FINE, BREAKS, "schedule-changed"),
    "another schedule": (both(), policy("retry", "calm", "delays", to=[601]), BREAKS, BREAKS, "schedule-changed"),
    "no schedule": (both(clauses()), both(clauses(), policy("assignments", to=[])), BREAKS, FINE, "schedule-changed"),
    "first schedule": (both(clauses(), policy("assignments", to=[])), clauses(), FINE, BREAKS, "schedule-changed"),
    "a wait that nobody uses": (both(), policy("retry", "default", "delays", to=[30, 60, 90]), FINE, FINE, "schedule-names-changed"),
    "shorter time-out": (both(), policy("timeout_seconds", to=9), BREAKS, FINE, "timeout-changed"),
    "longer time-out": (both(), policy("timeout_seconds", to=11), FINE, BREAKS, "timeout-changed"),
    "success taken back": (both(), policy("success", to=["200"]), BREAKS, FINE, "status-changed"),
    "a failure more": (both(), policy("failure", to=["4xx", "5xx", "timeout"]), FINE, BREAKS, "status-changed"),
    "success becomes failure": (both(), both(policy("failure", to=["5xx", "timeout", "299"])), BREAKS, BREAKS, "status-changed"),
    "classes for statuses": (policy("failure", to=["5xx", "503", "timeout"]), both(), FINE, FINE, "status-names-changed"),
    "truncation begins": (both(clauses(), policy("truncation", to=None)), clauses(), BREAKS, FINE, "truncation-changed"),
    "truncation ends": (clauses(), both(clauses(), policy("truncation", to=None)), FINE, BREAKS, "truncation-changed"),
    "a limit more": (both(), policy("truncation", "limits", to=[1000, 900]), BREAKS, FINE, "truncation-changed"),
    "other flag": (both(), policy("truncation", "flag_member", to="_short"), BREAKS, BREAKS, "truncation-changed"),
    "identifiers": (both(), policy("truncation", "identifiers", to=["id", "total"]), BREAKS, BREAKS, "truncation-changed"),
    "consent asked": (policy("consent", to=False), both(), BREAKS, BREAKS, "consent-changed"),
    "consent not asked": (both(), policy("consent", to=False), BREAKS, FINE, "consent-changed"),
    "wildcard more": (both(), policy("wildcards", to=["all", "prefix"]), FINE, BREAKS, "wildcards-changed"),
    "wildcard less": (both(clauses()), both(clauses(), policy("wildcards", to=[])), BREAKS, FINE, "wildcards-changed"),
    "companions": (both(), policy("companions", to={}), BREAKS, BREAKS, "companions-changed"),
    "explicit only": (both(), policy("explicit_only", to=[]), BREAKS, BREAKS, "explicit-only-changed"),
    "management": (both(), policy("management", to={"deleted": "order:made"}), BREAKS, BREAKS, "management-changed"),
    "identity": (both(), policy("identity", to=["total"]), BREAKS, BREAKS, "identity-changed"),
    "a field more": (both(), policy("fields", to={"X-Id": "{id}"}), FINE, BREAKS, "fields-changed"),
    "assumed": (both(), policy("assumed", to=["retry"]), FINE, FINE, "assumptions-changed"),
    "MUST added": (clauses(*KEPT), both(), FINE, BREAKS, "clause-added"),
    "MUST removed": (both(), clauses(*KEPT), BREAKS, FINE, "clause-removed"),
    "receivers' MUST added": (clauses(*CLAUSES[:-2], CLAUSES[-1]), both(), BREAKS, FINE, "clause-added"),
    "receivers' MUST removed": (both(), clauses(*CLAUSES[:-2], CLAUSES[-1]), FINE, BREAKS, "clause-removed"),
    "MAY added": (clauses(*KEPT), clauses(*KEPT, MAY), FINE, FINE, "clause-added"),
    "MUST to SHOULD": (both(), clause("http/post", "level", to="SHOULD"), BREAKS, FINE, "clause-level-changed"),
    "SHOULD to MUST": (clause("http/post", "level", to="SHOULD"), both(), FINE, BREAKS, "clause-level-changed"),
    "SHOULD to MAY": (
        clause("http/post", "level", to="SHOULD"),
        clause("http/post", "level", to="MAY"),
        FINE,
        FINE,
        "clause-level-changed",
    ),
    "MUST if declared": (
        clauses(*KEPT, MAY),
        clauses(*KEPT, {**MAY, "level_if_declared": "MUST", "declared_by": "signing"}),
        FINE,
        BREAKS,
        "clause-level-changed",
    ),
    "another rule": (both(), clause("http/post", "rule", to="requests-are-well-formed"), OPEN, OPEN, "clause-rule-changed"),
    "another rule of a MAY": (clauses(MAY), clauses({**MAY, "rule": "requests-are-well-formed"}), FINE, FINE, "clause-rule-changed"),
    "judged no longer": (
        both(),
        clauses(*KEPT, {**{k: v for k, v in CLAUSES[-1].items() if k != "rule"}, "excluded": "Nobody can."}),
        FINE,
        FINE,
        "clause-rule-changed",
    ),
    "words of a clause": (both(), clause("http/post", "promise", to="Every delivery is a POST."), FINE, FINE, "clause-text-changed"),
    "a purpose more": (
        both(),
        clause("receiving/unknown", "parameters", "purposes", to=["unknown-event", "minimal"]),
        BREAKS,
        FINE,
        "clause-parameter-changed",
    ),
    "a purpose less": (
        clause("receiving/unknown", "parameters", "purposes", to=["unknown-event", "minimal"]),
        both(),
        FINE,
        BREAKS,
        "clause-parameter-changed",
    ),
    "another parameter": (
        both(),
        clause("management/created", "parameters", "action", to="deleted"),
        OPEN,
        OPEN,
        "clause-parameter-changed",
    ),
    "a clause's schema narrower": (
        both(),
        clause("envelope/shape", "parameters", "schema", "properties", "id", "minLength", to=1),
        FINE,
        BREAKS,
        "clause-parameter-changed",
    ),
    "an operation": (
        both(),
        text("subscription-api.openapi.yaml", API + "    get: {operationId: list, responses: {200: {description: ok}}}\n"),
        FINE,
        FINE,
        "operation-added",
    ),
    "an operation less": (
        text("subscription-api.openapi.yaml", API + "    get: {operationId: list, responses: {200: {description: ok}}}\n"),
        both(),
        BREAKS,
        FINE,
        "operation-removed",
    ),
    "another word of the API": (
        both(),
        text("subscription-api.openapi.yaml", API.replace("    post:\n", "    post:\n      x-flow: other\n")),
        OPEN,
        OPEN,
        "operation-changed",
    ),
    "words of the API": (
        both(),
        text("subscription-api.openapi.yaml", API.replace("description: ok", "description: fine")),
        FINE,
        FINE,
        "api-text-changed",
    ),
    "a comment": (
        both(),
        lambda folder: text("clauses.yaml", "# more\n" + (folder / "clauses.yaml").read_text())(folder),
        FINE,
        FINE,
        "spelling-changed",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_seeded_changes_are_classed(tmp_path: Path, name: str) -> None:
    """A change breaks exactly whom its construction says, is the only one, and is told in both forms."""
    before, after, receivers, platforms, kind = CHANGES[name]
    found = difference(seeded(tmp_path / "old", before), seeded(tmp_path / "new", after))
    assert {change.kind for change in found.changes} == {kind}
    assert [worst(found, side) for side in ("receivers", "platforms")] == [receivers, platforms]
    assert kind in "\n".join(text_lines(found))
    told = json.loads(as_json(found))
    jsonschema.validate(told, load_format_schema("diff"))
    assert [each["kind"] for each in told["changes"]] == [change.kind for change in found.changes]
    assert told["verdict"] == verdict(found)


def worst(found: Difference, side: str) -> Impact:
    """Give the worst that a difference does to one side."""
    impacts = {getattr(change, side).impact for change in found.changes}
    return next((impact for impact in (BREAKS, OPEN) if impact in impacts), FINE)


@pytest.mark.parametrize("name", known_contracts())
def test_no_difference_from_itself(name: str) -> None:
    """A contract has no difference from itself."""
    found = difference(ours(name), ours(name))
    assert found.changes == ()
    assert not any(found.certificates.values())
    assert text_lines(found)[-1] == "no difference"


@pytest.mark.parametrize("old", known_contracts())
@pytest.mark.parametrize("new", known_contracts())
def test_any_two(old: str, new: str) -> None:
    """Any two of our contracts can be compared; other ones break."""
    found = difference(ours(old), ours(new))
    assert bool(found.changes) == (old != new)
    assert json.loads(as_json(found))["verdict"] == verdict(found)
    assert len(text_lines(found)) > 1


@settings(deadline=None, max_examples=30)
@given(names=st.lists(st.sampled_from(sorted(CHANGES)), min_size=1, max_size=3, unique=True))
def test_several_changes_are_all_told(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    """Of several changes to different files none hides another, and the worst decides."""
    starting = [name for name in names if not _touched(CHANGES[name][0])]
    chosen: dict[str, str] = {}
    for name in starting:
        files = _touched(CHANGES[name][1])
        if len(files) == 1 and files[0] not in chosen:
            chosen[files[0]] = name
    home = tmp_path_factory.mktemp("several")
    found = difference(seeded(home / "old"), seeded(home / "new", *(CHANGES[name][1] for name in chosen.values())))
    kinds = {CHANGES[name][4] for name in chosen.values()} - ({"spelling-changed"} if len(chosen) > 1 else set())
    assert kinds <= {change.kind for change in found.changes}
    for position, side in enumerate(("receivers", "platforms"), start=2):
        impacts = {CHANGES[name][position] for name in chosen.values()}
        wanted = next((impact for impact in (BREAKS, OPEN) if impact in impacts), FINE)
        assert worst(found, side) is wanted


@cache
def _touched(change: Change) -> tuple[str, ...]:
    """Give the files that a change of the table writes."""
    with TemporaryDirectory() as there:
        folder = tidy(Path(there) / "acme")
        before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
        change(folder)
        after = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
        return tuple(sorted(str(file.relative_to(folder)) for file in after if before.get(file) != after[file]))


def test_added_events_and_unknown_ones(tmp_path: Path) -> None:
    """An added event asks nothing of receivers who had to take unknown events, or cannot get it unasked; of others it is told."""
    open_hearted = difference(seeded(tmp_path / "a"), seeded(tmp_path / "b", event("order.sent")))
    assert open_hearted.changes[0].receivers.provided is None
    before = difference(seeded(tmp_path / "c", clauses()), seeded(tmp_path / "d", clauses(), event("order.sent")))
    assert before.changes[0].receivers.provided
    strict = policy("wildcards", to=[])
    alone = difference(seeded(tmp_path / "e", clauses(), strict), seeded(tmp_path / "f", clauses(), strict, event("order.sent")))
    assert alone.changes[0].receivers.provided is None


def test_renamed_contract(tmp_path: Path) -> None:
    """A contract under another name keeps its clauses by the rest of their ids, and all certificates are judged again."""
    renamed = [{**each, "id": each["id"].replace("acme/", "apex/")} for each in CLAUSES]
    found = difference(seeded(tmp_path / "a"), seeded(tmp_path / "b", provider("name", to="apex"), clauses(*renamed)))
    assert [change.kind for change in found.changes] == ["name-changed"]
    assert len(found.certificates[Role.PLATFORM]) == len(CLAUSES) - 1
    assert found.certificates[Role.RECEIVER] == ("apex/receiving/unknown",)


def test_affected_clauses_and_certificates(tmp_path: Path) -> None:
    """A change names the clauses whose rules read what changed; certificates of a role stand if none of its clauses is among them."""
    found = difference(seeded(tmp_path / "a"), seeded(tmp_path / "b", policy("consent", to=False)))
    assert found.changes[0].clauses == ("acme/consent/asked",)
    assert found.certificates == {Role.PLATFORM: ("acme/consent/asked",), Role.RECEIVER: ()}
    text_of = "\n".join(text_lines(found))
    assert "certificates of receivers: stand" in text_of
    payload = difference(seeded(tmp_path / "c"), seeded(tmp_path / "d", paid("properties", "tax", "minimum", to=0)))
    assert {"acme/payload/schema", "acme/receiving/unknown"} <= set(payload.changes[0].clauses)


READS = {
    "retry": r"policies_for|policy\.retry|legal_policies|\.delays",
    "timeout": r"timeout_seconds",
    "truncation": r"policy\.truncation",
    "signing": r"policy\.signing",
    "management": r"policy\.management",
    "companions": r"policy\.companions",
    "explicit_only": r"policy\.explicit_only",
    "wildcards": r"policy\.wildcard|asked_for",
    "consent": r"policy\.consent",
    "catalog": r"contract\.catalog|open_catalog",
    "api": r"subscription_api",
}


@pytest.mark.parametrize("module", sorted({rule.judge.__module__ for rule in RULES.values()}))
def test_rules_and_what_they_read(module: str) -> None:
    """The table of what rules read knows every module of rules, and misses nothing that the module's own text reads."""
    name = module.rpartition(".")[2]
    source = (Path(__file__).parents[2] / "src/hookproof/rules" / f"{name}.py").read_text()
    read = {aspect for aspect, pattern in READS.items() if re.search(pattern, source)}
    assert read - ASPECTS[name] <= {"timeout"}  # answer_timeout_seconds is the target's own


def test_every_parameter_is_weighed() -> None:
    """Every parameter of every rule is in the table, be it as one that nobody can weigh."""
    assert set(PARAMETERS) == set().union(*(schema["properties"] for schema in RULE_PARAMETERS.values()))


# --- the door -----------------------------------------------------------------------------------------------------------------------


def diff(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    """Open the door in this process."""
    code = guarded(lambda: door.main(["contract", "diff", *map(str, arguments)], standalone_mode=False))
    streams = capsys.readouterr()
    assert "Traceback" not in streams.err
    return code, streams.out, streams.err


@pytest.mark.parametrize(("name", "code"), [("revision", 0), ("event added", 0), ("shorter time-out", 1), ("another word of the API", 7)])
def test_exit_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, code: int) -> None:
    """Nothing breaking exits with 0, anything breaking with 1, and what cannot be decided with 7."""
    old, new = tidy(tmp_path / "old"), tidy(tmp_path / "new")
    CHANGES[name][0](old)
    CHANGES[name][1](new)
    assert diff(capsys, old, new)[0] == code
    got, out, _ = diff(capsys, old, new, "--format", "json")
    told = json.loads(out)
    assert (got, told["format"]) == (code, "hookproof.diff/1")
    assert told["old"]["digest"] != told["new"]["digest"]
    assert diff(capsys, old, old)[0] == 0


def test_ill_formed_contracts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A contract that is none exits with 4 in one line."""
    folder = tidy(tmp_path / "acme")
    (folder / "policy.yaml").write_text("a: *b\n")
    with chdir(tmp_path):
        for arguments in (("orbit", "acme/"), ("./acme", "orbit"), ("orbit", "orbti")):
            code, out, err = diff(capsys, *arguments)
            assert (code, out, err.count("\n")) == (4, "", 1)


def test_text_commands_no_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What stands in a contract is shown and not obeyed."""
    old, new = tidy(tmp_path / "old"), tidy(tmp_path / "new")
    paid("properties", "tax", to={"enum": ["\x1b[2J\n::error::x"]})(new)
    event_file = new / "events" / "order.paid.json"
    whole = json.loads(event_file.read_text())
    whole["examples"] = [{"total": 3, "net": 2}]
    event_file.write_text(json.dumps(whole))
    code, out, _ = diff(capsys, old, new)
    assert code == 1
    assert "\x1b" not in out
    assert not re.search("^::error", out, re.MULTILINE)
