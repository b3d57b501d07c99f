"""Takes in all files of a contract's folder at once, so that what is digested is what is read.

Law: a file that belongs to nothing is refused, nothing outside the folder is read, and no more than stated limits of what is inside;
names that start with a dot are left to editors and are no part of a contract.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path

from hookproof.contracts.document import WHOLE, did_you_mean
from hookproof.contracts.text import MOST_BYTES
from hookproof.model.errors import IllFormedError

NEEDED = ("provider.yaml", "policy.yaml", "clauses.yaml")
SUBSCRIPTION_API = "subscription-api.openapi.yaml"
EVENTS = "events"
CATALOG_DIGEST = "events.digest"
VECTORS = "vectors"
_FOLDERS = (EVENTS, VECTORS)
_KNOWN = (*NEEDED, SUBSCRIPTION_API, CATALOG_DIGEST, "README.md", *_FOLDERS)
MOST_FILES = 10_000
MOST_BYTES_IN_ALL = 64 * 1024 * 1024
Complain = Callable[[IllFormedError], None]
_EVENT_FILE = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.json")


def _refuse(fault: IllFormedError) -> None:
    raise fault


def read_folder(folder: Path, complain: Complain = _refuse) -> dict[str, bytes]:
    """Give the bytes of every file of a contract by its name relative to the folder, sorted.

    ``complain`` is told of files that are missing, too many or twins; what belongs to nothing is left out. Raises ``IllFormedError``
    for what is no contract at all, cannot be opened, or leads out of the folder.
    """
    if not folder.is_dir():
        raise IllFormedError(str(folder), "there is no such folder", place=WHOLE, remedy="Name the folder of a contract.")
    names = sorted(_names(folder, complain))
    for name in NEEDED:
        if name not in names:
            remedy = "Write it; see contracts/README.md."
            fault = IllFormedError(str(folder / name), "the file is missing", place=WHOLE, remedy=remedy)
            (_refuse if set(names).isdisjoint(NEEDED) else complain)(fault)
    _check_twins(folder, names, complain)
    files: dict[str, bytes] = {}
    left = MOST_BYTES_IN_ALL
    for name in names:
        files[name] = _bytes(folder / name)
        left -= len(files[name])
        if left < 0:
            cause = f"its files are larger than {MOST_BYTES_IN_ALL} bytes in all"
            raise IllFormedError(str(folder), cause, place=WHOLE, remedy="Shorten them.")
    return files


def digest(files: Mapping[str, bytes]) -> str:
    """Give ``sha256:<hex>`` over the sorted names and bytes of all files, each led by its length in 8 bytes."""
    total = hashlib.sha256()
    for name in sorted(files):
        for part in (name.encode(), files[name]):
            total.update(len(part).to_bytes(8, "big"))
            total.update(part)
    return f"sha256:{total.hexdigest()}"


def _names(folder: Path, complain: Complain) -> Iterator[str]:
    home = folder.resolve()
    for entry in _entries(folder):
        _refuse_leading_out(entry, home)
        if entry.name not in _KNOWN or entry.is_dir() != (entry.name in _FOLDERS):
            remedy = did_you_mean(entry.name, _KNOWN)
            complain(IllFormedError(str(entry), "the file belongs to nothing", place=WHOLE, remedy=f"{remedy} Else remove it."))
            continue
        if entry.name not in _FOLDERS:
            yield entry.name
            continue
        for file in _entries(entry):
            _refuse_leading_out(file, home)
            told = entry.name == VECTORS and file.name == "README.md"
            if not (told or _EVENT_FILE.fullmatch(file.name)) or not file.is_file():
                remedy = "Files are named <event>.json in letters, digits, - and _ with dots between; remove or rename it."
                complain(IllFormedError(str(file), "the file belongs to nothing", place=WHOLE, remedy=remedy))
                continue
            yield f"{entry.name}/{file.name}"


def _refuse_leading_out(entry: Path, home: Path) -> None:
    """Refuse a link to anything outside the folder: a contract is what lies in its folder, wherever that is copied."""
    if not entry.is_symlink():
        return
    try:
        inside = entry.resolve(strict=True).is_relative_to(home)
    except (OSError, RuntimeError):  # it leads nowhere, or to itself
        inside = False
    if not inside:
        raise IllFormedError(str(entry), "the link leads out of the folder, or nowhere", place=WHOLE, remedy="Put the file itself there.")


def _entries(folder: Path) -> list[Path]:
    try:
        found = list(islice((entry for entry in folder.iterdir() if not entry.name.startswith(".")), MOST_FILES + 1))
    except OSError as error:
        raise _unreadable(folder, error) from None
    if len(found) > MOST_FILES:
        raise IllFormedError(str(folder), f"it holds more than {MOST_FILES} files", place=WHOLE, remedy="Name the folder of a contract.")
    return sorted(found)


def _check_twins(folder: Path, names: list[str], complain: Complain) -> None:
    """Complain of names that are one file on systems that ignore case."""
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            cause = f"its name differs from {other} only in case, so the event is a duplicate"
            complain(IllFormedError(str(folder / name), cause, place="file name", remedy="Remove or rename one of them."))


def _bytes(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise IllFormedError(str(path), "it is no regular file", place=WHOLE, remedy="Replace it by a file.")
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: OSError) -> IllFormedError:
    return IllFormedError(str(path), f"it cannot be read: {error.strerror or error}", place=WHOLE, remedy="Mend its permissions.")
