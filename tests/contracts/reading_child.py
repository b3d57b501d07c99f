"""Reads folders of contracts in a process that may use little: tells what was said of each, and what was opened and called.

Law: whatever hangs or floods ends this process by a limit, after it told which folder came first.
"""

from __future__ import annotations

import json
import math
import resource
import sys
import time
from pathlib import Path
from typing import Any

from hookproof.comparing import lint_folder
from hookproof.comparing.finding import Severity
from hookproof.contracts import load_contract, load_format_schema
from hookproof.model.errors import IllFormedError

SECONDS = 8
"""Of processor time for one folder; what is bounded needs a fraction of it on any machine."""
MEMORY = 2 * 1024**3


def read(folder: Path) -> str | None:
    """Load a folder and give the complaint, None if there is none."""
    try:
        load_contract(folder)
    except IllFormedError as error:
        return str(error)
    return None


def lint(folder: Path) -> str | None:
    """Check a folder and give the first error, None if there is none."""
    try:
        found = lint_folder(folder)
    except IllFormedError as error:
        return str(error)
    own = [e for e in found if e.severity is Severity.ERROR and "there is no rule" not in e.cause]  # the folders name rules of tests
    return f"{own[0].file}: {own[0].place}: {own[0].cause}" if own else None


def main() -> None:
    """Read every folder that the arguments name; the first argument says how, the second is a sound folder to begin with."""
    look = {"load": read, "lint": lint}[sys.argv.pop(1)]
    for name in ("provider", "policy", "clauses", "event"):
        load_format_schema(name)
    look(Path(sys.argv[1]))  # whatever is imported late is imported now
    seen: list[str] = []

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            seen.append(str(arguments[0]))
        elif event.startswith(("socket.", "subprocess.", "os.exec", "os.system", "urllib.", "http.")):
            seen.append(event)

    sys.addaudithook(watch)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for folder in sys.argv[2:]:
        print(json.dumps({"begun": folder}), flush=True)  # noqa: T201 -- it speaks to its parent
        limit = math.ceil(time.process_time()) + SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
        seen.clear()
        said = look(Path(folder))
        print(json.dumps({"folder": folder, "said": said, "seen": sorted(set(seen))}), flush=True)  # noqa: T201 -- as above


if __name__ == "__main__":
    main()
