"""Interactions put into a Pact and its file: V4, one file per consumer and provider.

Law: the same contract and consumer give the same bytes, and a file is replaced whole, so that processes side by side cannot tear it.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pact import Pact

from hookproof.model.errors import IllFormedError
from hookproof.pact.contents import Message
from hookproof.pact.subscriptions import EXAMPLE_ID, Ask

Interaction = Ask | Message
MEDIA_TYPE = "application/json"
KEY_HEADER = "X-API-Key"


def defined(pact: Pact, interaction: Interaction) -> None:
    """Add one interaction to a pact."""
    if isinstance(interaction, Ask):
        _define_ask(pact, interaction)
    else:
        _define_message(pact, interaction)


def _define_ask(pact: Pact, ask: Ask) -> None:
    made = pact.upon_receiving(ask.description).given(ask.state, dict(ask.parameters))
    made.with_request(ask.method, ask.path.replace("{id}", EXAMPLE_ID))
    if ask.api_key is not None:
        made.with_header(KEY_HEADER, ask.api_key)
    if ask.body is not None:
        made.with_body(json.dumps(ask.body), MEDIA_TYPE)
    if generators := _generators(ask):
        made.with_generators(generators, "Request")
    made.will_respond_with(ask.statuses[0])
    rules: dict[str, Any] = {}
    if len(ask.statuses) > 1:
        rules["status"] = {"combine": "AND", "matchers": [{"match": "statusCode", "status": list(ask.statuses)}]}
    if ask.answer is not None:
        made.with_body(json.dumps(ask.answer.example), MEDIA_TYPE)
        rules["body"] = dict(ask.answer.rules)
        for loss in ask.answer.losses:
            made.add_text_comment(f"not checked: {loss}")
    if rules:
        made.with_matching_rules(rules, "Response")


def _generators(ask: Ask) -> dict[str, Any]:
    """Say which parts of the request the provider state gives."""
    found: dict[str, Any] = {}
    if "{id}" in ask.path:
        found["path"] = _from_state(ask.path.replace("{id}", "${id}"))
    if ask.key == "own":
        found["header"] = {KEY_HEADER: _from_state("${api_key}")}
    if ask.address:
        found["body"] = {"$.url": _from_state(f"${{{ask.address}}}")}
    return found


def _from_state(expression: str) -> dict[str, str]:
    return {"type": "ProviderState", "expression": expression, "dataType": "STRING"}


def _define_message(pact: Pact, message: Message) -> None:
    made = pact.upon_receiving(message.event, "Async").with_body(json.dumps(message.body.example), MEDIA_TYPE).set_key(message.event)
    made.with_metadata({name: "msg_of_the_pact" for name in message.fields if name != "contentType"})
    fields = {name: {"combine": "AND", "matchers": [{"match": "regex", "regex": pattern}]} for name, pattern in message.fields.items()}
    made.with_matching_rules({"body": dict(message.body.rules), "metadata": fields})
    for loss in message.body.losses:
        made.add_text_comment(f"not checked: {loss}")


def document(consumer: str, provider: str, interactions: Iterable[Interaction]) -> bytes:
    """Give the text of the pact file of these interactions."""
    pact = Pact(consumer, provider)
    for interaction in interactions:
        defined(pact, interaction)
    return text_of(pact)


def text_of(pact: Pact) -> bytes:
    """Give the text of the file that Pact writes of a pact."""
    with tempfile.TemporaryDirectory(prefix="hookproof-pact-") as folder:
        pact.write_file(folder, overwrite=True)
        return next(Path(folder).iterdir()).read_bytes()


def written(folder: Path, consumer: str, provider: str, text: bytes) -> Path:
    """Write a pact file into a folder, whole or not at all."""
    path = folder / f"{consumer}-{provider}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, prefix=".pact-", suffix=".part")
        with os.fdopen(handle, "wb") as file:
            file.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except OSError as error:
        raise IllFormedError(str(path), f"it cannot be written: {error.strerror or error}", remedy="Name another folder.") from None
    return path
