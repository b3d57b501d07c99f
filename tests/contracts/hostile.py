"""Folders of contracts that somebody made to hang, to flood, to fetch or to read elsewhere."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.contracts.acme import EVENT, MADE, PAID, POLICY, changed_at, dump, event, policy, write

DOUBLINGS = 40
"""Enough that whoever follows each of them does not end."""
YAML_BOMB = (
    "a: &a [x,x,x,x,x,x,x,x,x]\n"
    + "".join(f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdef", "bcdefg", strict=True))
    + "h: [*g]\n"
)
"""The famous bomb of a few hundred bytes and 9**7 words."""

Spoil = Callable[[Path], None]


def references(target: str) -> Spoil:
    """Refer to something from an event."""
    return event("properties", "net", to={"$ref": target})


def doubling(word: str) -> dict[str, Any]:
    """Give definitions, each of which applies the next one twice to the same value."""
    chain = {f"d{n}": {word: [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(DOUBLINGS)}
    return {**chain, f"d{DOUBLINGS}": {"type": "object"}, "amount": EVENT["$defs"]["amount"]}


def bomb(word: str) -> Spoil:
    """Make the event a schema that looks at its example more often than there are atoms in a grain of sand."""
    return write(PAID, json.dumps({**EVENT, "$defs": doubling(word), "$ref": "#/$defs/d0"}))


def circle(*defs: Any) -> Spoil:
    """Make the event refer to definitions that lead back."""
    named = {f"d{n}": each for n, each in enumerate(defs)}
    return write(PAID, json.dumps({**MADE, "$ref": "#/$defs/d0", "$defs": named}))


def link(name: str, target: Path) -> Spoil:
    """Put a link in the place of a file."""

    def spoil(folder: Path) -> None:
        path = folder / name
        path.unlink(missing_ok=True)
        path.symlink_to(target)

    return spoil


def link_of_the_folder(folder: Path) -> None:
    """Put a link to a folder elsewhere in the place of the events."""
    (folder / "events").rename(folder.parent / "elsewhere")
    (folder / "events").symlink_to(folder.parent / "elsewhere")


def sparse(name: str, size: int) -> Spoil:
    """Make a file of that size."""

    def spoil(folder: Path) -> None:
        with (folder / name).open("wb") as file:
            file.write(b"{")
            file.truncate(size)

    return spoil


def crowd(folder: Path) -> None:
    """Fill the folder with more files than a contract may have."""
    for number in range(10_001):
        (folder / "events" / f"e{number}.json").touch()


def pipe(folder: Path) -> None:
    """Put a pipe, from which nothing ever comes, in the place of a file."""
    (folder / "policy.yaml").unlink()
    os.mkfifo(folder / "policy.yaml")


def greedy(patterns: int) -> Spoil:
    """Use many patterns that are dear to compile."""
    return event("properties", to={f"p{n}": {"pattern": f"\\pL{{50}}{n}"} for n in range(patterns)})


HOSTILE: dict[str, tuple[Spoil, str, str]] = {
    # what it tries: how, then what the complaint says of file and cause (regular expressions)
    "remote reference": (references("https://127.0.0.1:{port}/schema.json"), PAID, "leads outside the contract"),
    "remote reference, plain": (references("http://127.0.0.1:{port}/schema.json#/$defs/x"), PAID, "leads outside the contract"),
    "reference to a file": (references("file:///etc/passwd"), PAID, "leads outside the contract"),
    "reference to a file beside": (references("../../secret.json"), PAID, "leads outside the contract"),
    "reference by protocol": (references("//127.0.0.1:{port}/x"), PAID, "leads outside the contract"),
    "dynamic reference": (event("properties", "net", to={"$dynamicRef": "http://127.0.0.1:{port}/x"}), PAID, "leads outside"),
    "remote dialect": (event("$schema", to="http://127.0.0.1:{port}/dialect"), PAID, "2020-12"),
    "remote base": (
        event("properties", "net", to={"$id": "http://127.0.0.1:{port}/", "$ref": "#/$defs/amount"}),
        PAID,
        "an .id of its own",
    ),
    "reference to itself": (circle({"$ref": "#/$defs/d0"}), PAID, "leads back"),
    "circle of two": (circle({"$ref": "#/$defs/d1"}, {"$ref": "#/$defs/d0"}), PAID, "leads back"),
    "circle through allOf": (
        circle({"allOf": [{}, {"anyOf": [{"$ref": "#/$defs/d1"}]}]}, {"not": {"$ref": "#/$defs/d0"}}),
        PAID,
        "leads back",
    ),
    "circle to the top": (circle({"if": {"$ref": "#"}}), PAID, "leads back"),
    "doubling allOf": (bomb("allOf"), PAID, "looked at more than"),
    "doubling anyOf": (bomb("anyOf"), PAID, "looked at more than"),
    "doubling oneOf": (bomb("oneOf"), PAID, "looked at more than"),
    "wide and deep": (event("allOf", to=[{"anyOf": [{"oneOf": [{}] * 25}] * 25}] * 25), PAID, "looked at more than"),
    "many references": (
        write(PAID, json.dumps({**MADE, "properties": {f"p{n}": {"$ref": f"#/$defs/d{n}"} for n in range(20_000)}, "$defs": {}})),
        PAID,
        "leads to no schema",
    ),
    "unknown word among many": (
        write(
            PAID,
            json.dumps(
                {
                    **EVENT,
                    "properties": {f"p{'x' * 150}{n}": {} for n in range(10_000)},
                    "x-hookproof": {"group": "g", "provenance": "documented", "relations": {"p" * 100_000: ["q"]}},
                }
            ),
        ),
        PAID,
        "the relation speaks of",
    ),
    "alias bomb": (write("policy.yaml", YAML_BOMB), "policy.yaml", "anchors and aliases"),
    "alias of itself": (write("policy.yaml", "a: &a [*a]\n"), "policy.yaml", "anchors and aliases"),
    "tag that runs": (write("policy.yaml", "a: !!python/object/apply:os.system ['true']\n"), "policy.yaml", "tags"),
    "deep YAML": (write("policy.yaml", "a: " + "[" * 1_000_000), "policy.yaml", "deeper than"),
    "deep YAML mapping": (write("policy.yaml", "{a: " * 500_000), "policy.yaml", "deeper than"),
    "deep JSON": (write(PAID, "[" * 150_000), PAID, "deeper than"),
    "deep schema": (write(PAID, json.dumps(MADE)[:-1] + ',"not":{"not":' * 40 + "{}" + "}" * 81), PAID, "deeper than|not JSON"),
    "many values in YAML": (write("policy.yaml", "a: [" + "1," * 1_500_000 + "]"), "policy.yaml", "values"),
    "many keys in YAML": (write("policy.yaml", "".join(f"k{n}: 1\n" for n in range(300_000))), "policy.yaml", "values"),
    "many values in JSON": (write(PAID, "[" + "[]," * 1_300_000 + "[]]"), PAID, "values"),
    "100 MB of JSON": (sparse(PAID, 100_000_000), PAID, "larger than"),
    "100 MB of YAML": (sparse("clauses.yaml", 100_000_000), "clauses.yaml", "larger than"),
    "crowd of files": (crowd, "events", "more than 10000 files"),
    "long number": (event("properties", "tax", "maximum", to=int("9" * 4000)), PAID, "digits"),
    "huge repetition": (event("properties", "code", "pattern", to="((x{100}){100}){100}"), PAID, "RE2 cannot run"),
    "look-ahead": (event("properties", "code", "pattern", to="^(?=(a+)+$)"), PAID, "RE2 cannot run"),
    "back-reference": (event("properties", "code", "pattern", to=r"^(a+)\1+$"), PAID, "RE2 cannot run"),
    "dear patterns": (greedy(1000), PAID, "too large in all"),
    "link to a file elsewhere": (link("policy.yaml", Path("../secret.json")), "policy.yaml", "leads out of the folder"),
    "link to the system": (link(PAID, Path("/etc/passwd")), PAID, "leads out of the folder"),
    "link to nowhere": (link(PAID, Path("missing.json")), PAID, "leads out of the folder"),
    "link to itself": (link(PAID, Path("order.paid.json")), PAID, "leads out of the folder"),
    "link of the folder": (link_of_the_folder, "events", "leads out of the folder"),
    "pipe": (pipe, "policy.yaml", "regular file"),
    "case twins": (write("events/ORDER.paid.json", json.dumps(EVENT)), "order.paid.json", "only in case"),
    "escape from the terminal": (policy("retry", to={"\x1b[2Jx": {"delays": "no"}}), "policy.yaml", "missing"),
    "flooding key": (write("policy.yaml", dump({**POLICY, "x" * 100_000: 1})), "policy.yaml", "the key"),
}
"""Each is refused in one line; ``{port}`` stands for a listener of ours that nobody may call."""

HARMLESS: dict[str, Spoil] = {
    "link inside": link("events/order.sent.json", Path("order.made.json")),
    "recursion into the value": write(
        PAID,
        json.dumps(
            {**EVENT, "$defs": {**EVENT["$defs"], "tree": {"properties": {"left": {"$ref": "#/$defs/tree"}}}}, "$ref": "#/$defs/tree"}
        ),
    ),
    "pattern that backtracks": write(
        PAID,
        json.dumps(changed_at(changed_at(EVENT, ("properties", "code", "pattern"), "^(a+)+(b|$)"), ("examples", 0, "code"), "a" * 20_000)),
    ),
    "many multiples": event("properties", "more", to={"allOf": [{"multipleOf": n + 1} for n in range(2000)]}),
    "many alternatives": event("allOf", to=[{"anyOf": [{"maxProperties": 50 + m} for m in range(4)]} for _ in range(40)]),
    "one of many": event("oneOf", to=[{"required": ["total"]}, *({"required": [f"m{n}"]} for n in range(300))]),
    "patterns of all kinds": event(
        "properties",
        "more",
        to={"properties": {f"m{n}": {"pattern": f"^(([a-z]|[a-{chr(98 + n % 24)}]x?)*|{n}){{2,9}}$"} for n in range(200)}},
    ),
    "some repetition": event("allOf", to=[{"anyOf": [{}] * 50}] * 50),
}
"""Each looks like one of the hostile ones, and is fine."""
