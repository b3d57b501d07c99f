"""What the official libraries of Standard Webhooks say of vectors: Python in this process, JavaScript under Node.js.

Law: a secret that is refused when it is configured, and the library's own error, are refusals; any other exception is a crash.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from unittest import mock

from standardwebhooks import Webhook, WebhookVerificationError

from hookproof.generate.vectors.vector import Vector
from tests.official.node import javascript_home, node

_SCRIPT = Path(__file__).parent / "official_verdicts.js"
_WORST_FIRST = ("accepted", "crashed", "refused")


def joined(vector: Vector) -> dict[str, str]:
    """Give the header fields by name, those of one name joined as RFC 9110 (5.3) allows."""
    fields: dict[str, str] = {}
    for name, value in vector.headers:
        fields[name.lower()] = f"{fields[name.lower()]}, {value}" if name.lower() in fields else value
    return fields


def _python_outcome(secret: str, vector: Vector) -> str:
    try:
        webhook = Webhook(secret)
    except Exception:  # noqa: BLE001 -- whatever it is, the secret was not taken
        return "refused"
    try:
        webhook.verify(vector.body, joined(vector))
    except WebhookVerificationError:
        return "refused"
    except Exception:  # noqa: BLE001 -- whatever it is, it is not the documented error
        return "crashed"
    return "accepted"


def python_outcomes(vectors: Sequence[Vector]) -> list[str]:
    """Ask the Python library; of several secrets in force one that takes the delivery is enough."""

    class Clock(datetime):
        at = 0.0

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Clock:
            return cls.fromtimestamp(cls.at, tz or UTC)

    found = []
    with mock.patch("standardwebhooks.webhooks.datetime", Clock):
        for vector in vectors:
            Clock.at = float(vector.now)
            told = {_python_outcome(secret, vector) for secret in vector.secrets}
            found.append(next(outcome for outcome in _WORST_FIRST if outcome in told))
    return found


def javascript_outcomes(vectors: Sequence[Vector]) -> list[str]:
    """Ask the JavaScript library, all vectors in one process."""
    asked = json.dumps([{**vector.record(), "headers": joined(vector)} for vector in vectors])
    done = subprocess.run(
        [node(), str(_SCRIPT)],
        input=asked,
        env={**os.environ, "NODE_PATH": str(javascript_home() / "node_modules")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"node said: {done.stderr[-2000:]}"
    answers: list[str] = json.loads(done.stdout)
    return answers
