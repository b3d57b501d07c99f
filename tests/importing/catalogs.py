"""GitHub's catalog of webhooks and recorded bodies of them, from npm, pinned by the lock file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.official.node import installed

PINNED = Path(__file__).parent / "javascript"


def home() -> Path:
    """Give the folder with ``node_modules``."""
    return installed(PINNED)


def github() -> Path:
    """Give the OpenAPI 3.1 document of GitHub's webhooks."""
    return home() / "node_modules" / "@octokit" / "openapi-webhooks" / "generated" / "api.github.com.json"


def recorded(names: frozenset[str]) -> Iterator[tuple[str, Any]]:
    """Give bodies that GitHub sent, each with the name of its webhook in the document."""
    file = home() / "node_modules" / "@octokit" / "webhooks-examples" / "api.github.com" / "index.json"
    for group in json.loads(file.read_text("utf-8")):
        for body in group["examples"]:
            action = body.get("action")
            name = "-".join([group["name"], *([action] if action else [])]).replace("_", "-")
            if name in names:
                yield name, body
