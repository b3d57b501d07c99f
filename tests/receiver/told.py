"""One receiver before the judge under each grade of telling: control profile, command, URL, sink, and nobody.

Law: the receiver is the same under each grade; only who is asked about its effects changes.
"""

from __future__ import annotations

import contextlib
import json
import shlex
import sqlite3
import sys
import threading
import urllib.request
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import suites.receiver.situations as receiver_situations
from hookproof.model.errors import HookproofError
from hookproof.model.transcript import Effect, Record
from hookproof.model.verdict import Outcome, Verdict
from hookproof.reference.receiver.faces import ReceiverControl
from hookproof.reference.receiver.ledger import Ledger
from hookproof.reference.receiver.life import ReferenceReceiver
from hookproof.reference.receiver.reception import Reception
from hookproof.signing.scheme import throwaway_secret
from hookproof.staging.certifying import ReceiverSession
from hookproof.staging.options import RunOptions, read_options
from hookproof.staging.profile import Profile
from hookproof.staging.situation import scan
from hookproof.wire.effects_sink import TOKEN
from tests.degenerate.servers import free_port
from tests.suites.courtroom import orbit

KEY = "key-of-told-effects"
SECRET = throwaway_secret("told", "receiver")
BRISK = Profile(name="quick", samples=0, real_wait=0.0, patience=1.0, answer=10.0, ready=1.0)
EFFECTS = ("receiver/idempotent", "receiver/distinct-ids")
"""What every grade shows."""

SCRIPT = """
import json, sqlite3, sys
database, given = sys.argv[1:]
ids = open(given).read().split() if given.endswith(".txt") else [given]
rows = sqlite3.connect(database)
for event_id in ids:
    count, = rows.execute("SELECT count(*) FROM effects WHERE event_id = ?", (event_id,)).fetchone()
    print(json.dumps({"event_id": event_id, "count": count}))
"""


class _Shut(ReceiverControl):
    """Offer no control profile."""

    def routes(self) -> list[Any]:
        return []


def tell_sink(url: str, event_id: str) -> None:
    """Call a sink as a receiver does for one effect."""
    body = json.dumps({"event_id": event_id}).encode()
    with urllib.request.urlopen(urllib.request.Request(url, body, method="POST")):  # noqa: S310 -- our own sink
        pass


def calling(url: str) -> type[Ledger]:
    """Give a ledger that calls a sink for each effect."""

    class Calling(Ledger):
        def record(self, event_id: str, *rest: Any, **more: Any) -> None:
            super().record(event_id, *rest, **more)
            tell_sink(url, event_id)

    return Calling


@dataclass(frozen=True, kw_only=True)
class Grade:
    """One way of telling: options of a run for a receiver with this database, and what the receiver needs for it."""

    name: str
    options: Callable[[Path], Mapping[str, str]]
    parts: Callable[[Mapping[str, str]], tuple[type, ...]] = lambda _options: (_Shut,)


def _script(database: Path, placeholder: str) -> str:
    script = database.with_name("effects.py")
    script.write_text(SCRIPT, encoding="utf-8")
    return shlex.join([sys.executable, str(script), str(database), placeholder])


def count_of(database: Path, event_id: str) -> int:
    """Count an event's effects."""
    with contextlib.closing(sqlite3.connect(database)) as rows:
        return int(rows.execute("SELECT count(*) FROM effects WHERE event_id = ?", (event_id,)).fetchone()[0])


@contextmanager
def answering(told: Callable[[str], int]) -> Iterator[str]:
    """Serve counts over HTTP: GET with ``event_id``, and POST of a list."""

    class Telling(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say({"count": told(parse_qs(urlsplit(self.path).query)["event_id"][0])})

        def do_POST(self) -> None:
            ids = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["event_ids"]
            self._say([{"event_id": event_id, "count": told(event_id)} for event_id in ids])

        def _say(self, document: object) -> None:
            raw = json.dumps(document).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Telling) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/effects"
        finally:
            server.shutdown()
            thread.join()


def _sink(_database: Path) -> Mapping[str, str]:
    return {"effects_sink": f"127.0.0.1:{free_port()}"}


GRADES = {
    grade.name: grade
    for grade in (
        Grade(name="control", options=lambda _database: {}, parts=lambda _options: ()),
        Grade(name="command", options=lambda database: {"effects_command": _script(database, "{ids}")}),
        Grade(name="url", options=lambda _database: {"effects_url": "{served}?event_id={id}"}),
        Grade(name="url-many", options=lambda _database: {"effects_url": "POST {served}"}),
        Grade(
            name="sink",
            options=_sink,
            parts=lambda options: (_Shut, calling(f"http://{options['effects_sink']}/{TOKEN}/effects")),
        ),
        Grade(name="nobody", options=lambda _database: {}),
    )
}


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a run came to: verdicts by clause without the provider's name, its error, its records, and what was announced."""

    verdicts: Mapping[str, tuple[Verdict, ...]]
    error: HookproofError | None
    records: tuple[Record, ...]
    announced: tuple[str, ...]

    def outcome(self, clause: str) -> Outcome:
        """Give the outcome of a clause."""
        found = {verdict.outcome for verdict in self.verdicts[clause]}
        assert len(found) == 1, found
        return found.pop()

    def reading(self, clause: str) -> str:
        """Give the reading of a clause."""
        return self.verdicts[clause][0].judgement.reading

    def reason(self, clause: str) -> str:
        """Give the reason of a clause's verdict."""
        return self.verdicts[clause][0].judgement.reason

    @property
    def vias(self) -> set[str]:
        """Who was asked."""
        return {record.via for record in self.records if isinstance(record, Effect)}


def run(
    grade: str,
    folder: Path,
    *parts: type,
    clauses: Collection[str] = EFFECTS,
    options: Mapping[str, str] | None = None,
    meanwhile: Callable[[Path, tuple[Record, ...]], None] = lambda _database, _records: None,
) -> Told:
    """Judge a reference receiver with these parts, told of by a grade or by other ``options``.

    ``meanwhile`` gets the database and the records after all was judged and before the run is closed.
    """
    chosen, database = GRADES[grade], folder / "receiver.sqlite"
    with answering(lambda event_id: count_of(database, event_id)) as served:
        given = {name: text.replace("{served}", served) for name, text in (options or chosen.options(database)).items()}
        reception = Reception(parts=(*parts, *chosen.parts(given)))
        made = ReferenceReceiver(orbit(), api_key=KEY, secrets=(SECRET,), database=database, reception=reception)
        with made as receiver:
            return _judged(_options(receiver.url, given, control=grade == "control"), clauses, lambda records: meanwhile(database, records))


def _options(url: str, given: Mapping[str, str], *, control: bool) -> RunOptions:
    options = read_options({"profile": "quick", "role": "receiver", "target": url, **given})
    return replace(options, api_key=KEY if control else "", secret=SECRET, profile=BRISK)


def _judged(options: RunOptions, clauses: Collection[str], meanwhile: Callable[[tuple[Record, ...]], None]) -> Told:
    session = ReceiverSession(options, orbit())
    announced: list[str] = []
    session.announce = announced.append
    error: HookproofError | None = None
    try:
        session.open(scan(receiver_situations))
        for item in session.items():
            if item.clause.id.partition("/")[2] in clauses:
                session.run.verdict(item)
        meanwhile(session.run.tools.recorder.transcript().records)
    except HookproofError as caught:
        error, session.aborted = caught, str(caught)
    try:
        session.close()
    except HookproofError as caught:
        error = caught
    found: dict[str, tuple[Verdict, ...]] = {}
    for verdict in session.verdicts():
        clause = verdict.clause.partition("/")[2]
        found[clause] = (*found.get(clause, ()), verdict)
    records = session.run.tools.recorder.transcript().records if session.opened else ()
    return Told(verdicts=found, error=error, records=records, announced=tuple(announced))
