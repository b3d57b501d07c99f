"""What the receiver keeps: which identities it has seen, and every effect that it applied. One SQLite file, one transaction an event.

Law: the mark and the effect are one commit, so a crash loses both or neither, and two requests cannot both be first.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from hookproof.reference import jsontext

_SCHEMA = """
CREATE TABLE IF NOT EXISTS marks (identity TEXT PRIMARY KEY, seen_at REAL);
CREATE TABLE IF NOT EXISTS effects (
    number INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT, entity TEXT, occurred_at TEXT, content BLOB, applied_at REAL);
CREATE INDEX IF NOT EXISTS effects_of_event ON effects (event_id);
CREATE INDEX IF NOT EXISTS effects_of_entity ON effects (entity);
CREATE TABLE IF NOT EXISTS clock (name TEXT PRIMARY KEY, ahead REAL);
"""


class Ledger:
    """The file. All calls come from one thread. ``lasting``: whether it is to outlive the machine, so that commits wait for the disk."""

    def __init__(self, path: Path, *, lasting: bool = True) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute(f"PRAGMA synchronous = {'FULL' if lasting else 'OFF'}")
        self._connection.executescript(_SCHEMA)

    def apply(
        self,
        identity: str | None,
        event_id: str,
        content: Any,  # noqa: ANN401 -- any JSON value
        now: float,
        retention: float,
        *,
        about: tuple[str, str] = ("", ""),
    ) -> bool:
        """Mark and apply an event in one commit, unless it was seen within ``retention`` seconds; give whether it was applied.

        ``about``: the thing that it concerns and when it happened. An event without any identity is a signal: it is taken without effect.
        """
        if identity is None:
            return False
        with self._transaction():
            if self.seen(identity, now, retention):
                return False
            self.mark(identity, now)
            self.record(event_id, content, now, about)
        return True

    def seen(self, identity: str, now: float, retention: float) -> bool:
        """Whether the identity was marked and is still remembered."""
        row = self._connection.execute("SELECT seen_at FROM marks WHERE identity = ?", (_text(identity),)).fetchone()
        return row is not None and now - row[0] <= retention

    def mark(self, identity: str, now: float) -> None:
        """Remember an identity from now on."""
        self._connection.execute("INSERT OR REPLACE INTO marks VALUES (?, ?)", (_text(identity), now))

    def record(self, event_id: str, content: Any, now: float, about: tuple[str, str]) -> None:  # noqa: ANN401 -- any JSON value
        """Apply: the effect of an event, as far as a reference has one, is this row."""
        raw = jsontext.compact(content)
        self._connection.execute(
            "INSERT INTO effects (event_id, entity, occurred_at, content, applied_at) VALUES (?, ?, ?, ?, ?)",
            (_text(event_id), *map(_text, about), raw, now),
        )

    def effects(self, event_id: str) -> tuple[int, bytes | None]:
        """Give how often an event was applied, and the data of its last application as JSON text."""
        rows = self._connection.execute("SELECT content FROM effects WHERE event_id = ? ORDER BY number", (_text(event_id),)).fetchall()
        return len(rows), rows[-1][0] if rows else None

    def in_force(self, event_id: str) -> bool | None:
        """Whether an event is the latest happening of what it concerns; None for an event that was not applied or concerns nothing."""
        query = "SELECT entity, occurred_at FROM effects WHERE event_id = ? AND entity <> ''"
        row = self._connection.execute(query, (_text(event_id),)).fetchone()
        if row is None:
            return None
        later = "SELECT 1 FROM effects WHERE entity = ? AND occurred_at > ?"
        return self._connection.execute(later, row).fetchone() is None

    @property
    def ahead(self) -> float:
        """By how many seconds the virtual clock runs ahead."""
        row = self._connection.execute("SELECT ahead FROM clock").fetchone()
        return float(row[0]) if row else 0.0

    def advance(self, seconds: float) -> None:
        """Move the virtual clock."""
        self._connection.execute("INSERT OR REPLACE INTO clock VALUES ('ahead', ?)", (self.ahead + seconds,))

    def close(self) -> None:
        """Close the file; what is not committed is lost."""
        self._connection.close()

    def _transaction(self) -> _Transaction:
        return _Transaction(self._connection)


class _Transaction:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK" if kind else "COMMIT")


def _text(text: str) -> str:
    """Give a text that SQLite can hold and that stays different for different texts."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1") if not text.isascii() else text
