"""Transcripts as files: every record is on disk before the run goes on, and a footer seals the whole.

Law: a file without its footer, or with another count or digest than its footer says, is refused.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO, TypeVar

from hookproof.model.codec import FORMAT, header_from_json, header_to_json, record_from_json, record_to_json
from hookproof.model.errors import HookproofError, IllFormedError
from hookproof.model.transcript import Record, RunHeader, Transcript
from hookproof.reporting.ndjson import LINE_CAP, Line, first_line, line_bytes, read_lines, torn

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class TranscriptFooter:
    """What the footer says: number of records, ``sha256:`` digest over all lines before it, and whether the run came to its end.

    ``aborted`` says why it did not.
    """

    count: int
    digest: str
    complete: bool
    aborted: str | None


class TranscriptWriter:
    """Writes a transcript as it happens; any thread may write. ``path`` is made new, ``header`` is its first line."""

    def __init__(self, path: Path, header: RunHeader) -> None:
        """See the class."""
        self.path = path
        self._lock = Lock()
        self._digest = hashlib.sha256()
        self._count = 0
        self._sealed: str | None = None
        try:
            self._file: BinaryIO = path.open("wb")
        except OSError as error:
            raise IllFormedError(str(path), f"it cannot be written: {error.strerror}", remedy="Name a folder that exists.") from error
        self._put(header_to_json(header))

    def write(self, record: Record) -> None:
        """Append one record and flush it; raise ``HookproofError`` after ``close`` and for a record that no reader would take."""
        document = record_to_json(record)
        with self._lock:
            if self._sealed is not None:
                raise HookproofError(str(self.path), f"record {record.id} came after the transcript was closed", remedy="Report it.")
            self._put(document)
            self._count += 1

    def close(self, *, complete: bool, aborted: str | None = None) -> str:
        """Write the footer and close the file; give the digest. A second call changes nothing."""
        with self._lock:
            if self._sealed is None:
                self._sealed = f"sha256:{self._digest.hexdigest()}"
                facts = {"count": self._count, "digest": self._sealed, "complete": complete, "aborted": aborted}
                self._put({"kind": "footer", **facts})
                os.fsync(self._file.fileno())
                self._file.close()
            return self._sealed

    def _put(self, document: dict[str, Any]) -> None:
        raw = line_bytes(document)
        if len(raw) > LINE_CAP:
            raise HookproofError(str(self.path), f"a line of {len(raw)} bytes is over the cap of {LINE_CAP}", remedy="Report it.")
        self._digest.update(raw)
        self._file.write(raw)
        self._file.flush()


def read_transcript(path: Path) -> tuple[Transcript, TranscriptFooter]:
    """Read and verify a whole file; raise ``IllFormedError`` naming the line, the cause and what is intact."""
    lines = read_lines(path)
    first = first_line(lines, path, FORMAT)
    header = _decoded(first, header_from_json)
    digest = hashlib.sha256(first.raw)
    records: list[Record] = []
    for line in lines:
        if line.kind == "footer":
            footer = _footer(line, len(records), f"sha256:{digest.hexdigest()}")
            for extra in lines:
                extra.refuse_whole("a line follows the footer")
            return Transcript(header=header, records=tuple(records)), footer
        records.append(_decoded(line, record_from_json))
        digest.update(line.raw)
    raise torn(path, len(records) + 1)


def _decoded(line: Line, decode: Callable[[dict[str, Any]], T]) -> T:
    try:
        return decode(line.document)
    except ValueError as error:
        line.refuse(f"the line is not one of {FORMAT}: {error}")


def _footer(line: Line, count: int, digest: str) -> TranscriptFooter:
    aborted = line.document.get("aborted")
    if aborted is not None and not isinstance(aborted, str):
        line.refuse("the member is neither text nor null", key="aborted")
    footer = TranscriptFooter(
        count=line.member("count", int), digest=line.member("digest", str), complete=line.member("complete", bool), aborted=aborted
    )
    if footer.count != count:
        line.refuse_whole(f"the footer counts {footer.count} records, {count} are here", key="count")
    if footer.digest != digest:
        line.refuse_whole(f"the footer's digest is {footer.digest}, that of the lines before is {digest}", key="digest")
    return footer
