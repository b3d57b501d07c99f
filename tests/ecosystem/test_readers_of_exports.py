"""Exported documents are read without complaint by the JavaScript tools that others read such documents with.

Law: what is not installed fails; a rule of a tool that is not kept is named here with its reason.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hookproof.exporting import FORMATS
from tests.exporting.corpus import NAMES, contract
from tests.official.node import installed, node

PINNED = Path(__file__).parents[1] / "exporting" / "javascript"
NOT_KEPT = {
    "no-empty-servers": "a document of webhooks alone describes no server",
    "info-license": "a contract has no licence of its own",
    "no-required-schema-properties-undefined": "`if`, `then` and `not` ask for members that are described beside them",
    "asyncapi-latest-version": "3.0 is what is written",
}
"""Rules that are not kept, and why."""


def opinions(kind: str, form: str, folder: Path) -> dict[str, dict[str, Any]]:
    """Ask a JavaScript tool about every contract's export, once for all."""
    files = {}
    for name in NAMES:
        files[name] = folder / f"{name}.{form}.json"
        files[name].write_text(FORMATS[form](contract(name)).text, encoding="utf-8")
    command = [node(), str(PINNED / "opinion.mjs"), str(installed(PINNED)), kind, *map(str, files.values())]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["file"] for line in lines] == list(map(str, files.values()))
    return dict(zip(files, lines, strict=True))


@pytest.mark.parametrize(("kind", "form"), [("openapi", "openapi"), ("openapi", "svix"), ("asyncapi", "asyncapi")])
def test_other_tools_find_nothing(kind: str, form: str, tmp_path: Path) -> None:
    """Redocly (every recommended rule, strictly) and the AsyncAPI parser read each export, find every event, and have nothing to object."""
    for name, opinion in opinions(kind, form, tmp_path).items():
        assert opinion["events"] == len(contract(name).events)
        assert [found for found in opinion["found"] if found["rule"] not in NOT_KEPT] == [], name


@pytest.mark.parametrize(("kind", "form", "spoil"), [("openapi", "openapi", "parameters"), ("asyncapi", "asyncapi", "messages")])
def test_other_tools_would_find_a_fault(kind: str, form: str, spoil: str, tmp_path: Path) -> None:
    """The same tools object to a document whose reference leads nowhere: their silence means something."""
    text = FORMATS[form](contract("standard_webhooks")).text
    file = tmp_path / "spoilt.json"
    file.write_text(text.replace(f"#/components/{spoil}/", f"#/components/{spoil}/no-"), encoding="utf-8")
    command = [node(), str(PINNED / "opinion.mjs"), str(installed(PINNED)), kind, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    assert [found for found in json.loads(done.stdout)["found"] if found["rule"] not in NOT_KEPT]
