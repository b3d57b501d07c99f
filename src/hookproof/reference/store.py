"""The durable half of the reference platform: one SQLite file, one writer, commits shared by all who wait in the same turn.

Law: what was acknowledged is committed (WAL, ``synchronous=FULL``); what is not committed never happened. Only a file that is thrown away
with its platform is left to the operating system: it outlives every process, but need not outlive the machine.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from hookproof.reference.records import CANCELLED, PENDING, AttemptMade, Delivery, Endpoint, Happening, Scope

_SCHEMA = """
CREATE TABLE IF NOT EXISTS scopes (id TEXT PRIMARY KEY, name TEXT, api_key TEXT UNIQUE, clock INTEGER, target INTEGER);
CREATE TABLE IF NOT EXISTS endpoints (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE, scope_id TEXT, url TEXT, events TEXT, description TEXT, active INTEGER,
    secret TEXT, previous TEXT, created_at INTEGER);
CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, scope_id TEXT, type TEXT, created_at INTEGER, body BLOB);
CREATE TABLE IF NOT EXISTS keys (scope_id TEXT, key TEXT, event_id TEXT, PRIMARY KEY (scope_id, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deliveries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE, scope_id TEXT, endpoint_id TEXT, event_id TEXT, state TEXT, made INTEGER,
    due_at INTEGER);
CREATE INDEX IF NOT EXISTS deliveries_of_endpoint ON deliveries (endpoint_id, seq);
CREATE INDEX IF NOT EXISTS deliveries_of_event ON deliveries (event_id);
CREATE INDEX IF NOT EXISTS deliveries_to_make ON deliveries (scope_id, seq) WHERE state = 'pending';
CREATE TABLE IF NOT EXISTS attempts (
    delivery_id TEXT, number INTEGER, scheduled_at INTEGER, sent_at INTEGER, status INTEGER, failure TEXT, next_attempt_at INTEGER,
    response_bytes INTEGER, PRIMARY KEY (delivery_id, number)) WITHOUT ROWID;
"""


class StorageError(Exception):
    """Nothing can be stored: the storage is ``down`` or ``full``."""


class Store:
    """The file. Methods write into the open transaction; ``commit`` waits until it is safe. All on one loop's thread.

    ``lasting``: whether it is to outlive the machine, so that commits wait for the disk.
    """

    def __init__(self, path: Path, *, lasting: bool = True) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute(f"PRAGMA synchronous = {'FULL' if lasting else 'OFF'}")
        self._connection.executescript(_SCHEMA)
        self._waiting: asyncio.Future[None] | None = None
        self._usable = asyncio.Event()
        self._usable.set()
        self._fault = ""
        self.commits = 0

    # --- faults -------------------------------------------------------------------------------------------------------------------

    def fail(self, fault: str) -> None:
        """Be ``down`` or ``full`` from now on; an empty word mends. What was written before is committed."""
        self.commit_now()
        self._fault = fault
        self._usable.clear() if fault else self._usable.set()

    def check(self) -> None:
        """Raise ``StorageError`` unless what is written in this turn of the loop can be committed."""
        if self._fault:
            raise StorageError(self._fault)

    async def usable(self) -> None:
        """Return when what is written in this turn of the loop can be committed."""
        await self._usable.wait()

    # --- commits ------------------------------------------------------------------------------------------------------------------

    async def commit(self) -> None:
        """Return when everything written so far is on disk; everybody who asks within one turn of the loop shares one commit."""
        if self._waiting is None:
            loop = asyncio.get_running_loop()
            self._waiting = loop.create_future()
            loop.call_soon(self._flush)
        await asyncio.shield(self._waiting)

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is None or waiting.done():
            return
        try:
            self.commit_now()
        except sqlite3.Error as error:
            self._connection.rollback()
            waiting.set_exception(error)
        else:
            waiting.set_result(None)

    def commit_now(self) -> None:
        """Commit the open transaction, if any."""
        if self._connection.in_transaction:
            self._connection.execute("COMMIT")
            self.commits += 1

    def close(self) -> None:
        """Commit and close."""
        self._flush()
        self.commit_now()
        self._connection.close()

    def abandon(self) -> None:
        """Close as a killed process would: what is not committed is lost."""
        if self._waiting is not None:
            self._waiting.cancel()
        self._connection.rollback()
        self._connection.close()

    def lose_power(self) -> None:
        """Lose what is not synced, as a power cut would, and take nothing more: the process dies at once. Commits are synced."""
        if self._waiting is not None:
            self._waiting.cancel()
        self._connection.rollback()
        self.fail("without power")

    def _write(self, statement: str, *values: object) -> sqlite3.Cursor:
        if not self._connection.in_transaction:
            self._connection.execute("BEGIN IMMEDIATE")
        return self._connection.execute(statement, values)

    # --- scopes -------------------------------------------------------------------------------------------------------------------

    def save_scope(self, scope: Scope) -> None:
        """Write a scope and its clock."""
        self._write(
            "INSERT INTO scopes VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET api_key = excluded.api_key,"
            " clock = excluded.clock, target = excluded.target",
            *(scope.id, json.dumps(scope.name), scope.api_key, scope.clock, scope.target),
        )

    def delete_scope(self, scope: Scope) -> None:
        """Remove a scope and all it holds."""
        self._write("DELETE FROM attempts WHERE delivery_id IN (SELECT id FROM deliveries WHERE scope_id = ?)", scope.id)
        for statement in (
            "DELETE FROM deliveries WHERE scope_id = ?",
            "DELETE FROM events WHERE scope_id = ?",
            "DELETE FROM keys WHERE scope_id = ?",
            "DELETE FROM endpoints WHERE scope_id = ?",
            "DELETE FROM scopes WHERE id = ?",
        ):
            self._write(statement, scope.id)

    def scopes(self) -> Iterator[Scope]:
        """Read every scope with its endpoints, and without deliveries."""
        for row in self._connection.execute("SELECT * FROM scopes").fetchall():
            scope = Scope(**{**dict(row), "name": json.loads(row["name"])})
            stored = self._connection.execute("SELECT * FROM endpoints WHERE scope_id = ? ORDER BY seq", (scope.id,))
            scope.endpoints = {each["id"]: _endpoint(each) for each in stored}
            yield scope

    # --- endpoints ----------------------------------------------------------------------------------------------------------------

    def save_endpoint(self, scope: Scope, endpoint: Endpoint) -> None:
        """Write an endpoint; a new one gets its place in the order of creation."""
        place = self._write(
            "INSERT INTO endpoints (id, scope_id, url, events, description, active, secret, previous, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET url = excluded.url, events = excluded.events,"
            " description = excluded.description, active = excluded.active, secret = excluded.secret, previous = excluded.previous"
            " RETURNING seq",
            *(endpoint.id, scope.id, endpoint.url, json.dumps(endpoint.events), json.dumps(endpoint.description), endpoint.active),
            *(endpoint.secret, json.dumps(endpoint.previous), endpoint.created_at),
        )
        endpoint.seq = place.fetchone()["seq"]

    def delete_endpoint(self, endpoint: Endpoint) -> None:
        """Remove an endpoint; the account of its deliveries stays."""
        self._write("DELETE FROM endpoints WHERE id = ?", endpoint.id)

    def cancel_pending(self, endpoint: Endpoint) -> None:
        """Mark everything still to be sent to an endpoint as never to be sent."""
        self._write("UPDATE deliveries SET state = ? WHERE endpoint_id = ? AND state = ?", CANCELLED, endpoint.id, PENDING)

    # --- events, deliveries, attempts -----------------------------------------------------------------------------------------------

    def add_event(self, scope: Scope, event: Happening, deliveries: Iterable[Delivery]) -> None:
        """Write an event and its deliveries; they get their places in the order of acceptance."""
        self._write("INSERT INTO events VALUES (?, ?, ?, ?, ?)", event.id, scope.id, event.type, event.created_at, event.body)
        for each in deliveries:
            place = self._write(
                "INSERT INTO deliveries (id, scope_id, endpoint_id, event_id, state, made, due_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                *(each.id, scope.id, each.endpoint.id, event.id, each.state, each.made, each.due_at),
            )
            each.seq = place.lastrowid or 0

    def event_of_key(self, scope: Scope, key: str) -> str | None:
        """Give the id of the event that a scope accepted under an idempotency key."""
        found = self._rows("SELECT event_id FROM keys WHERE scope_id = ? AND key = ?", scope.id, json.dumps(key))
        return found[0]["event_id"] if found else None

    def keep_key(self, scope: Scope, key: str, event_id: str) -> None:
        """Write under which idempotency key an event was accepted."""
        self._write("INSERT INTO keys VALUES (?, ?, ?)", scope.id, json.dumps(key), event_id)

    def add_attempt(self, delivery: Delivery, attempt: AttemptMade) -> None:
        """Write an attempt together with the state in which it leaves its delivery."""
        self._write(
            "INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            *(delivery.id, attempt.number, attempt.scheduled_at, attempt.sent_at, attempt.status, attempt.failure, attempt.next_attempt_at),
            attempt.response_bytes,
        )
        self.save_delivery(delivery)

    def save_delivery(self, delivery: Delivery) -> None:
        """Write how a delivery stands."""
        self._write(
            "UPDATE deliveries SET state = ?, made = ?, due_at = ? WHERE id = ?",
            delivery.state,
            delivery.made,
            delivery.due_at,
            delivery.id,
        )

    def pending(self, scope: Scope) -> Iterator[Delivery]:
        """Read what a scope still has to send."""
        happenings: dict[str, Happening] = {}
        for row in self._connection.execute(
            "SELECT d.*, e.type, e.created_at, e.body FROM deliveries d JOIN events e ON e.id = d.event_id"
            " WHERE d.scope_id = ? AND d.state = 'pending' ORDER BY d.seq",
            (scope.id,),
        ):
            event = happenings.setdefault(
                row["event_id"], Happening(id=row["event_id"], type=row["type"], created_at=row["created_at"], body=row["body"])
            )
            endpoint = scope.endpoints[row["endpoint_id"]]
            yield Delivery(id=row["id"], endpoint=endpoint, event=event, due_at=row["due_at"], made=row["made"], seq=row["seq"])

    def attempts_of(self, scope: Scope, event_id: str) -> list[dict[str, Any]]:
        """Read every attempt of an event, in order of sending."""
        return self._rows(
            "SELECT a.*, d.endpoint_id FROM attempts a JOIN deliveries d ON d.id = a.delivery_id"
            " WHERE d.event_id = ? AND d.scope_id = ? ORDER BY a.sent_at, d.seq, a.number",
            *(event_id, scope.id),
        )

    def deliveries_of(self, endpoint: Endpoint, before: int | None, limit: int) -> list[dict[str, Any]]:
        """Read an endpoint's deliveries, newest first, each with the end of its last attempt."""
        return self._rows(
            "SELECT d.*, e.type, e.created_at, a.status, a.failure FROM deliveries d JOIN events e ON e.id = d.event_id"
            " LEFT JOIN attempts a ON a.delivery_id = d.id AND a.number = d.made"
            " WHERE d.endpoint_id = ? AND (? IS NULL OR d.seq < ?) ORDER BY d.seq DESC LIMIT ?",
            *(endpoint.id, before, before, limit),
        )

    def _rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        return [dict(row) for row in self._connection.execute(query, values)]


def _endpoint(row: sqlite3.Row) -> Endpoint:
    members = {**dict(row), "active": bool(row["active"]), "events": tuple(json.loads(row["events"]))}
    del members["scope_id"]
    previous = tuple((secret, until) for secret, until in json.loads(row["previous"]))
    return Endpoint(**{**members, "previous": previous, "description": json.loads(row["description"])})
