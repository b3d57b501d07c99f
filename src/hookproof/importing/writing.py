"""Writes a contract's folder, whole or not at all.

Law: a folder that exists is never touched; what is written loads, or nothing is left.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import yaml

from hookproof.contracts import load_contract
from hookproof.contracts.document import WHOLE
from hookproof.importing.assembling import Imported
from hookproof.importing.report import report
from hookproof.model.contract import Contract
from hookproof.model.errors import IllFormedError
from hookproof.rules.catalogue import RULE_PARAMETERS

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


def place_for(folder: Path, name: str) -> Path:
    """Give the folder of a new contract; refuse a name that is none and a folder that exists."""
    if not _NAME.fullmatch(name):
        raise IllFormedError(
            name, "it is no name of a contract", place="name", remedy="Use a-z, 0-9, _ and -, and begin with a letter or digit."
        )
    place = folder / name
    if place.exists() or place.is_symlink():
        raise IllFormedError(str(place), "it exists already and is left as it is", place=WHOLE, remedy="Choose another name or folder.")
    return place


def files_of(found: Imported) -> dict[str, str]:
    """Give the text of every file of an imported contract by its name in the folder."""
    files = {
        "provider.yaml": _yaml(found.provider),
        "policy.yaml": _yaml(found.policy),
        "clauses.yaml": _yaml({"clauses": found.clauses}),
        "README.md": report(found),
    }
    files |= {f"events/{stem}.json": json.dumps(event, indent=1, ensure_ascii=False) + "\n" for stem, event in found.events.items()}
    separator = found.provider["naming"]["separator"]
    names = sorted(stem.replace(".", separator) for stem, event in found.events.items() if event["x-hookproof"].get("catalog", True))
    digest = hashlib.sha256("".join(f"{name}\n" for name in names).encode()).hexdigest()
    files["events.digest"] = f"sha256:{digest} {len(names)}\n"
    return files


def written(place: Path, files: Mapping[str, str]) -> Contract:
    """Write the files as a new folder and give the contract that they are; leave nothing if they are none."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=f".{place.name}-") as fresh:
            contract = _loaded(Path(fresh) / place.name, place, files)
            place_for(place.parent, place.name)
            shutil.move(Path(fresh) / place.name, place)
    except OSError as error:
        cause = f"it cannot be written: {error.strerror or error}"
        raise IllFormedError(str(place), cause, place=WHOLE, remedy="Name a folder that may be written.") from None
    return contract


def _loaded(work: Path, place: Path, files: Mapping[str, str]) -> Contract:
    for name, text in files.items():
        file = work / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    try:
        return load_contract(work, rules=RULE_PARAMETERS)
    except IllFormedError as error:
        subject = error.subject.replace(str(work), str(place))
        raise IllFormedError(subject, error.cause, place=error.place, remedy=error.remedy) from None


def _yaml(value: object) -> str:
    """Write YAML without anchors."""
    plain = json.loads(json.dumps(value))
    text: str = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=140)
    return text
