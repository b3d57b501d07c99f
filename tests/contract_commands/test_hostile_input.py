"""Every kind of hostile input ends at the doors of import, lint and diff in one line, soon, and touches nothing elsewhere.

Law: the child that runs the commands may use little processor time and memory, and is ended by the system if it wants more.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.comparing.tidy import paid, text, tidy
from tests.contracts.acme import API
from tests.contracts.hostile import HOSTILE

ROOT = Path(__file__).resolve().parents[2]
CHILD = Path(__file__).parent / "doors_child.py"
HUGE = 100_000_000
ALIASES = (
    "a: &a [lol,lol,lol,lol,lol,lol,lol]\n"
    + "".join(f"{new}: &{new} [{','.join([f'*{old}'] * 8)}]\n" for old, new in zip("abcdef", "bcdefg", strict=True))
    + "h: [*g] # lol\n"
)
"""271 bytes that stand for more than a million words."""
DOCUMENT: dict[str, Any] = {"openapi": "3.1.0", "info": {"title": "Hostile", "version": "1"}}
Spoil = Callable[[Path], None]


def document(schema: Any, **schemas: Any) -> str:
    """Write an OpenAPI document with one webhook, whose body has a member of a schema."""
    body = {"type": "object", "properties": {"x": schema}}
    post = {"requestBody": {"content": {"application/json": {"schema": body}}}, "responses": {"200": {"description": "ok"}}}
    return json.dumps({**DOCUMENT, "webhooks": {"a": {"post": post}}, "components": {"schemas": schemas}})


def component(name: str) -> dict[str, str]:
    """Refer to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


KINDS: dict[str, tuple[str | int, str, str]] = {
    # the kind: the document (or its size), its name, and the folder of ``tests.contracts.hostile`` of that kind
    "remote reference": (document({"$ref": "https://127.0.0.1:1/schema.json"}), "a.json", "remote reference"),
    "reference to a file": (document({"$ref": "file:///etc/passwd"}), "a.json", "reference to a file"),
    "circle": (document(component("s"), s={"allOf": [component("t")]}, t={"anyOf": [component("s")]}), "a.json", "circle of two"),
    "doubling": (
        document(component("s0"), **{f"s{n}": {"allOf": [component(f"s{n + 1}")] * 2} for n in range(50)}, s50={"type": "object"}),
        "a.json", "doubling allOf",
    ),
    "deep JSON": ("[" * 150_000, "a.json", "deep JSON"),
    "deep YAML": ("a: " + "[" * 1_000_000, "a.yaml", "deep YAML"),
    "alias bomb": (ALIASES, "a.yaml", "alias bomb"),
    "100 MB of JSON": (HUGE, "a.json", "100 MB of JSON"),
    "100 MB of YAML": (HUGE, "a.yaml", "100 MB of YAML"),
}  # fmt: skip
PATTERNS = {"backtracks": "^([A-Z]+[0-9]*)+$", "repeats": "((x{100}){100}){100}", "looks ahead": "^(?=(a+)+$)", "refers back": r"^(a+)\1+$"}
"""Patterns that some engine never ends with."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """What came of one command."""

    code: int
    out: str
    err: str
    seen: tuple[str, ...]


def make_source(folder: Path, value: str | int, name: str) -> Path:
    """Write a document, or a file of that size."""
    folder.mkdir()
    path = folder / name
    if isinstance(value, str):
        path.write_text(value)
    else:
        with path.open("wb") as file:
            file.write(b"{")
            file.truncate(value)
    return path


def make_contract(home: Path, spoil: Spoil) -> Path:
    """Write a contract and spoil it."""
    folder = tidy(home / "acme")
    spoil(folder)
    return folder


def aliased(folder: Path) -> None:
    """Put the bomb of aliases in the place of a policy."""
    text("policy.yaml", ALIASES)(folder)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Said]:
    """Run every door over every kind in one child that may use little."""
    home = tmp_path_factory.mktemp("doors")
    sound = tidy(home / "sound" / "acme")
    commands: dict[tuple[str, str], list[str]] = {("lint", "sound"): ["lint", str(sound)]}
    for number, (kind, (value, name, seeded)) in enumerate(KINDS.items()):
        source = make_source(home / f"source{number}", value, name)
        spoil = aliased if kind == "alias bomb" else HOSTILE[seeded][0]
        folder = str(make_contract(home / f"folder{number}", spoil))
        commands["import", kind] = ["import", str(source), "--name", "made", "--out", str(source.parent / "made")]
        commands["lint", kind] = ["lint", folder]
        commands["diff old", kind] = ["diff", folder, str(sound)]
        commands["diff new", kind] = ["diff", str(sound), folder]
    for number, (kind, pattern) in enumerate(PATTERNS.items()):
        source = make_source(home / f"pattern{number}", document({"type": "string", "pattern": pattern}), "a.json")
        folder = str(make_contract(home / f"patterned{number}", paid("properties", "code", to={"type": "string", "pattern": pattern})))
        commands["import", kind] = ["import", str(source), "--name", "made", "--out", str(source.parent / "made")]
        commands["lint", kind] = ["lint", folder]
        commands["diff new", kind] = ["diff", str(sound), folder]
    for number, (kind, api) in enumerate(APIS.items()):
        folder = str(make_contract(home / f"api{number}", text("subscription-api.openapi.yaml", api)))
        commands["lint", kind] = ["lint", folder]
        commands["diff old", kind] = ["diff", folder, str(sound)]
        commands["diff new", kind] = ["diff", str(sound), folder]
    lines = "".join(json.dumps(arguments) + "\n" for arguments in commands.values())
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, str(CHILD)], input=lines, capture_output=True, text=True, env=env, timeout=300, check=False)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, f"it ended at {found[-1:]}: {done.stderr[-2000:]}"
    told = {each["number"]: each for each in found if "number" in each}
    return {
        key: Said(code=told[number]["code"], out=told[number]["out"], err=told[number]["err"], seen=tuple(told[number]["seen"]))
        for number, key in enumerate(commands)
    }


def described(schema: Any, **schemas: Any) -> str:
    """Write a subscription API whose first operation takes a body of a schema."""
    body = {"content": {"application/json": {"schema": schema}}}
    post = {"requestBody": body, "responses": {"200": {"description": "ok"}}}
    api = {
        "openapi": "3.1.0",
        "info": {"title": "A", "version": "1"},
        "paths": {"/webhooks": {"post": post}},
        "components": {"schemas": schemas},
    }
    return json.dumps(api)


APIS = {
    "API with a remote reference": described({"$ref": "https://127.0.0.1:1/schema.json"}),
    "API in a circle": described(component("s"), s={"allOf": [component("t")]}, t={"anyOf": [component("s")]}),
    "API that doubles": described(
        component("s0"), **{f"s{n}": {"allOf": [component(f"s{n + 1}")] * 2} for n in range(50)}, s50={"type": "object"}
    ),
    "API with a repetition": described({"pattern": "((x{100}){100}){100}"}),
    "API with much to compare": json.dumps(
        {
            **DOCUMENT,
            "paths": {
                f"/p{n}": {
                    "post": {
                        "requestBody": {
                            "content": {
                                "application/json": {
                                    "schema": {"oneOf": [{"required": [f"m{n}-{each}"]} for each in range(100)]},
                                },
                            },
                        },
                        "responses": {},
                    },
                }
                for n in range(100)
            },
        }
    ),
}
"""Subscription APIs; what no rule of diff can follow is undecided there."""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("door", ["import", "lint", "diff old", "diff new"])
def test_hostile_input_ends_in_one_line(told: dict[tuple[str, str], Said], door: str, kind: str) -> None:
    """The line names file and cause; what is no contract is refused with 4, what lint can still read has errors."""
    said = told[door, kind]
    lines = (said.out + said.err).splitlines()
    assert said.code in ((1, 4) if door == "lint" else (4,))
    assert lines
    assert said.code == 1 or len(lines) == 1
    assert max(map(len, lines)) < 2500
    assert "Traceback" not in said.err


@pytest.mark.parametrize("kind", PATTERNS)
def test_patterns_end(told: dict[tuple[str, str], Said], kind: str) -> None:
    """A pattern that is linear here is taken and warned of; another is a remark for an import, and refused in a contract."""
    linear = kind == "backtracks"
    assert told["import", kind].code == 0
    assert ("x-pattern" in told["import", kind].out) or linear
    assert told["lint", kind].code == (0 if linear else 1)
    assert ("catastrophic-pattern" if linear else "RE2 cannot run") in told["lint", kind].out
    assert told["diff new", kind].code in ((1, 7) if linear else (4,))


@pytest.mark.parametrize("kind", APIS)
def test_subscription_apis_end(told: dict[tuple[str, str], Said], kind: str) -> None:
    """A subscription API is not run: lint takes it, diff ends with a verdict, and what it cannot follow is undecided at best."""
    assert told["lint", kind].code == 0
    assert {told["diff old", kind].code, told["diff new", kind].code} <= {1, 7}


def test_nothing_outside_is_touched(told: dict[tuple[str, str], Said]) -> None:
    """No file is opened but those of the input, of what is made and of the program itself, and nobody is called."""
    ours = (str(ROOT / "src"), str(ROOT / "contracts"), sys.prefix, sys.base_prefix, "/usr")
    seen = {path for said in told.values() for path in said.seen}
    assert any(path.endswith("a.yaml") for path in seen)
    elsewhere = {path for path in seen if not path.startswith(ours) and "doors" not in path}
    assert not elsewhere


def test_the_bomb_is_as_small_as_the_famous_one() -> None:
    """It is no larger than 271 bytes, and the sound contract has an API to compare."""
    assert len(ALIASES.encode()) <= 271
    assert "paths" in API
