"""A sink of effects: the receiver under test calls it once for each effect that it applies, and it only counts.

Law: an effect is a POST of ``{"event_id": "…"}`` to its URL, however often it comes; a call that names no event is an error, not nothing.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from typing import Any

from hookproof.model.errors import CapabilityError
from hookproof.model.transcript import Answer, Attempt
from hookproof.ports import Seen
from hookproof.wire.listener import CaptureListener

TOKEN = "called-once-for-each-effect-here"  # noqa: S105 -- a path that can be configured before the run
_NAME = "effects"
_SHOWN = 80


class EffectsSink:
    """Listens on ``host`` and ``port``; 0 takes any free one, and a path that nobody can guess.

    Raises ``UnreachableError`` for a taken port.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._contents: dict[str, Any] = {}
        self._wrong = ""
        self._listener = CaptureListener(host=host, port=port, on_attempt=self._take)
        self._listener.start()
        self.url = self._listener.open_endpoint(_NAME, (), then=Answer(status=204), token=TOKEN if port else "")

    def close(self) -> None:
        """Free the port."""
        self._listener.close()

    def settled(self, calls: int, seconds: float = 10.0) -> bool:
        """Wait until so many calls were counted in all; False after ``seconds``."""
        return self._listener.wait([_NAME], calls, seconds)

    def effect(self, event_id: str) -> Seen:
        """Count the calls for one event; raise ``CapabilityError`` if any call so far was none, or all went elsewhere."""
        with self._lock:
            wrong, count, content = self._wrong, self._counts[event_id], self._contents.get(event_id)
            called = self._counts.total()
        if not wrong and not called and self._listener.foreign:
            wrong = f"it was called at other paths only, the last one {self._listener.foreign_targets[-1]!r:.{_SHOWN}}"
        if not wrong and self._listener.dropped:
            wrong = "more calls came at once than it could take"
        if wrong:
            remedy = 'Let the receiver POST {"event_id": "…"} there, once for each effect that it applies.'
            raise CapabilityError(f"--effects-sink {self.url}", wrong, remedy=remedy)
        return Seen(count=count, via="sink", content=content)

    def _take(self, attempt: Attempt) -> None:
        """Count one call (on the listener's thread)."""
        try:
            document = json.loads(attempt.body)
        except (ValueError, RecursionError):
            document = None
        name = document.get("event_id") if isinstance(document, dict) else None
        with self._lock:
            if attempt.method != "POST" or attempt.malformed or not isinstance(name, str) or not name:
                self._wrong = self._wrong or f"a call ({attempt.method}, {attempt.body[:_SHOWN]!r}) names no event"
                return
            self._counts[name] += 1
            if isinstance(document, dict) and "content" in document:
                self._contents[name] = document["content"]
