"""The small contract that ``hookproof contract init`` writes: the files under ``template``, with a name and a day.

Law: it loads, and both references keep it, before anybody has changed a letter.
"""

from __future__ import annotations

import hashlib
from importlib import resources
from importlib.resources.abc import Traversable

_EVENTS = "events"


def started(name: str, *, revision: str) -> dict[str, str]:
    """Give the text of every file of a new contract by its name in the folder."""
    home = resources.files("hookproof.importing") / "template"
    files = {file.name: _filled(file, name, revision) for file in home.iterdir() if file.is_file()}
    files |= {f"{_EVENTS}/{file.name}": _filled(file, name, revision) for file in (home / _EVENTS).iterdir()}
    events = sorted(file.removeprefix(f"{_EVENTS}/").removesuffix(".json") for file in files if file.startswith(_EVENTS))
    digest = hashlib.sha256("".join(f"{event}\n" for event in events).encode()).hexdigest()
    return files | {"events.digest": f"sha256:{digest} {len(events)}\n"}


def _filled(file: Traversable, name: str, revision: str) -> str:
    return file.read_text("utf-8").replace("{{name}}", name).replace("{{revision}}", revision)
