"""A receiver as an integrator writes it after reading the README of the official Python library: verify, take once, answer.

Law: only the error that the library documents is caught; whatever else it raises is answered 500, as web frameworks do.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path
from typing import Any

import uvicorn
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

webhook = Webhook(os.environ["WEBHOOK_SECRET"])
journal = Path(os.environ["WEBHOOK_JOURNAL"])
taken: set[str] = set()
LARGEST = 1 << 20
"""Bytes of a body that the careful one takes."""


def take(body: bytes, headers: dict[str, str]) -> int:
    """Verify, take what was not taken yet, give the status."""
    try:
        event = webhook.verify(body, headers)
    except WebhookVerificationError:
        return 401
    remember(event)
    return 204


def take_with_care(body: bytes, headers: dict[str, str]) -> int:
    """Do the same as somebody who read the findings: bounded, strictly read, 4xx for whatever is not the sender's event."""
    if len(body) > LARGEST:
        return 413
    try:
        webhook.verify(body, headers, json_parse=False)
    except Exception:  # noqa: BLE001 -- the library raises more than it documents, all of it for what the sender did
        return 401
    try:
        event = json.loads(body, parse_constant=refuse)
    except (ValueError, RecursionError):
        return 400
    if not isinstance(event, dict):
        return 400
    remember(event)
    return 204


def refuse(word: str) -> None:
    """Take NaN and infinities for no JSON."""
    raise ValueError(word)


def remember(event: dict[str, Any]) -> None:
    """Take an event, unless it was taken before: by its id, or else by its import batch."""
    identity = event.get("id") or event["data"]["import_batch_id"]
    if identity not in taken:
        write({"id": identity, "data": event["data"]})
        taken.add(identity)


def write(line: dict[str, Any]) -> None:
    """Write down what was done, before it is answered."""
    with journal.open("a") as lines:
        lines.write(json.dumps(line) + "\n")


async def receive(request: Request) -> Response:
    """Answer one delivery."""
    body, headers = await request.body(), dict(request.headers)
    try:
        return Response(status_code=chosen(body, headers))
    except Exception as error:  # noqa: BLE001 -- what every framework does with an error that nobody expected: log it, answer 500
        name = f"{type(error).__module__}.{type(error).__name__}".removeprefix("builtins.")
        write({"failed": headers.get("webhook-id"), "error": name})
        return Response(status_code=500)


if __name__ == "__main__":
    chosen = take_with_care if "--careful" in sys.argv else take
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)  # noqa: T201 -- how the port is told
    app = Starlette(routes=[Route("/{path:path}", receive, methods=["POST"])])
    uvicorn.Server(uvicorn.Config(app, log_level="critical", http="h11")).run(sockets=[listener])
