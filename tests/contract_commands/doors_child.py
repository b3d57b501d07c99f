"""Runs commands of the program one after the other in a process that may use little; tells what came of each.

Law: whatever hangs or floods ends this process by a limit, after it told which command came first.
"""

from __future__ import annotations

import io
import json
import math
import resource
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

from hookproof.cli import door, guarded

SECONDS = 2
"""Of processor time for one command, and up to one more: limits are whole seconds. What is bounded needs half a second."""
MEMORY = 2 * 1024**3


def run(arguments: list[str]) -> tuple[int, str, str]:
    """Run one command; give its exit code and what it said on both streams."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = guarded(lambda: door.main(["contract", *arguments], standalone_mode=False))
    return code, out.getvalue(), err.getvalue()


def main() -> None:
    """Run every command that standard input holds, one list of arguments a line; the first one warms up what is imported late."""
    commands = [json.loads(line) for line in sys.stdin]
    run(commands[0])
    seen: list[str] = []

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and not str(arguments[0]).endswith((".py", ".pyc")):
            seen.append(str(arguments[0]))
        elif event.startswith(("socket.", "subprocess.", "os.exec", "os.system", "urllib.", "http.")):
            seen.append(event)

    sys.addaudithook(watch)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for number, arguments in enumerate(commands):
        print(json.dumps({"begun": arguments}), flush=True)  # noqa: T201 -- it speaks to its parent
        begun = time.process_time()
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(begun) + SECONDS, resource.RLIM_INFINITY))
        seen.clear()
        code, out, err = run(arguments)
        took = round(time.process_time() - begun, 2)
        said = {"number": number, "code": code, "out": out[:5000], "err": err[:5000], "took": took, "seen": sorted(set(seen))}
        print(json.dumps(said), flush=True)  # noqa: T201 -- as above


if __name__ == "__main__":
    main()
