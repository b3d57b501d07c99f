"""What the reference's HTTP faces refuse, and how request bodies are read.

Law: every refusal is ``{"error": {"code", "message"}}``; a body is checked whole before anything is changed.
"""

from __future__ import annotations

import http
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hookproof.reference import jsontext
from hookproof.reference.store import StorageError

Endpoint = Callable[[Request], Awaitable[Response]]
_LARGEST_BODY = 16 * 1024 * 1024


class Answer(JSONResponse):
    """A JSON answer that can carry whatever a request could."""

    def render(self, content: object) -> bytes:
        """Write compact JSON; lone surrogates, which a client may have sent as escapes, leave as escapes."""
        return jsontext.compact(content)


class RefusalError(Exception):
    """A request that is answered with an error: its status, a code for machines, a message for people."""

    def __init__(self, status: int, code: str, message: str) -> None:
        """Keep the three facts."""
        super().__init__(message)
        self.status = status
        self.code = code


def unauthorized() -> RefusalError:
    """Refuse a missing or wrong key."""
    return RefusalError(401, "unauthorized", "X-API-Key is missing or wrong")


def missing(what: str) -> RefusalError:
    """Refuse what is not there, or not the caller's."""
    return RefusalError(404, "not_found", f"no such {what}")


def conflict(message: str) -> RefusalError:
    """Refuse what the present state does not allow."""
    return RefusalError(409, "conflict", message)


def invalid(message: str) -> RefusalError:
    """Refuse an ill-formed or unknown value."""
    return RefusalError(422, "validation_error", message)


async def body_object(request: Request, *, exact: bool = False) -> dict[str, Any]:
    """Read the body as a JSON object; ``exact`` keeps the digits of numbers."""
    text = bytearray()
    async for chunk in request.stream():
        text += chunk
        if len(text) > _LARGEST_BODY:
            raise RefusalError(413, "too_large", f"the body is over {_LARGEST_BODY} bytes")
    try:
        document = jsontext.read(bytes(text), exact=exact)
    except ValueError as error:
        raise invalid(f"the body is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise invalid("the body is not a JSON object")
    return document


def by_method(table: dict[str, Endpoint]) -> Endpoint:
    """Serve several methods of one path, HEAD like GET."""

    async def chosen(request: Request) -> Response:
        return await table["GET" if request.method == "HEAD" else request.method](request)

    return chosen


async def refusal_answer(_: Request, error: Exception) -> Response:
    """Answer a ``RefusalError``."""
    assert isinstance(error, RefusalError)
    return Answer({"error": {"code": error.code, "message": str(error)}}, error.status)


async def storage_answer(_: Request, error: Exception) -> Response:
    """Answer what cannot be stored: try again later."""
    assert isinstance(error, StorageError)
    return Answer({"error": {"code": "storage_unavailable", "message": f"the storage is {error}"}}, 503)


async def framework_answer(_: Request, error: Exception) -> Response:
    """Answer an unknown path or method in the same form."""
    assert isinstance(error, HTTPException)
    code = http.HTTPStatus(error.status_code).name.lower()
    return Answer({"error": {"code": code, "message": error.detail}}, error.status_code, error.headers)
