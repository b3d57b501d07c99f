"""The published file as a whole: all vectors in order, and what each flag means."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from hookproof.generate.vectors.asymmetric import asymmetric
from hookproof.generate.vectors.bodies import bodies
from hookproof.generate.vectors.changes import changes
from hookproof.generate.vectors.flags import FLAGS
from hookproof.generate.vectors.keys import keys
from hookproof.generate.vectors.lists import lists
from hookproof.generate.vectors.tags import tags
from hookproof.generate.vectors.timestamps import timestamps
from hookproof.generate.vectors.vector import PUBLISHED, Result, Vector

TITLE = "Signatures of Standard Webhooks 1.0.0"
_MEANING = (
    "valid: take it; invalid: refuse it; acceptable: either, since the text leaves it open or official libraries differ. "
    "Header values are ISO 8859-1 text, one character for each byte; the body is base64; now and tolerance are seconds."
)


@cache
def vectors() -> tuple[Vector, ...]:
    """Give all vectors in the order of the file."""
    examples = [
        post.vector(f"published/{post.message_id[4:8]}", Result.VALID, ("PLAIN",), "as published beside the standard") for post in PUBLISHED
    ]
    topics = (tags, timestamps, lists, changes, keys, bodies, asymmetric)
    return (*examples, *(vector for topic in topics for vector in topic()))


def document() -> dict[str, Any]:
    """Give the document of ``contracts/schemas/vectors.schema.json``."""
    used = {flag for vector in vectors() for flag in vector.flags}
    return {
        "title": TITLE,
        "meaning": _MEANING,
        "count": len(vectors()),
        "flags": {flag: FLAGS[flag] for flag in sorted(used)},
        "vectors": [vector.record() for vector in vectors()],
    }


def written() -> str:
    """Write the document with one vector on each line, so that a change is seen as one."""
    whole = document()
    head = {name: value for name, value in whole.items() if name != "vectors"}
    lines = ",\n".join(json.dumps(vector, ensure_ascii=True) for vector in whole["vectors"])
    return f'{json.dumps(head, indent=1, ensure_ascii=True)[:-2]},\n "vectors": [\n{lines}\n ]\n}}\n'
