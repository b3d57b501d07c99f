"""Payloads with exactly one named fault, at a known place, for every keyword of an event's schema that constrains anything.

Law: a payload is given only if the validator finds it invalid at that place, by that keyword, and for no other reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from hookproof.generate.payloads import payloads_of
from hookproof.generate.schema.flattening import ALL, kinds_of
from hookproof.generate.schema.sites import Path, Site, sites
from hookproof.generate.schema.spoiling import SPOILS
from hookproof.generate.schema.whole import Whole
from hookproof.model.contract import Event, Json
from hookproof.rules.bodies import pointer_of

_BASES = 24
"""Valid payloads that are spoiled in turn, until every keyword was."""
_CLOSING = frozenset({"unevaluatedProperties", "unevaluatedItems"})
"""Keywords that complain of everything as soon as a neighbour does."""
_NUMBER = re.compile(r"\+?[0-9]+", re.ASCII)
_GROUPS = frozenset({"oneOf", "anyOf"})


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What was put wrong: the ``keyword`` that it breaks, the JSON Pointer of the place in the payload, the ``deed`` in words.

    ``schema`` is the JSON Pointer of the keyword in the event's schema.
    """

    keyword: str
    pointer: str
    deed: str
    schema: str


@dataclass(frozen=True, kw_only=True)
class Faulty:
    """A payload with its one fault."""

    fault: Fault
    payload: Json


def faulty(event: Event, seed: int) -> tuple[Faulty, ...]:
    """Give one payload for every keyword of the event's schema that can be broken alone, in the order of the schema's places."""
    found: dict[str, Faulty] = {}
    for base in bases(event, seed):
        for each in _spoilt(event, base, found):
            found[each.fault.schema] = each
        if not constraining(event).keys() - found.keys():
            break
    return tuple(found[place] for place in sorted(found))


def bases(event: Event, seed: int) -> Iterator[Json]:
    """Give the valid payloads that are spoiled, the fullest and the barest first."""
    made = payloads_of(event)
    yield from (made.numbered(number, seed) for number in range(_BASES))


def constraining(event: Event) -> Mapping[str, str]:
    """Give every keyword of the event's schema that constrains a value and can be reached: its place, and its name."""
    found: dict[str, str] = {}
    whole = payloads_of(event).compiler.whole
    for base in bases(event, 0):
        for site, words in _constrained(whole, base):
            found.update((f"{whole.pointer(site.node)}/{word}", word) for word in words)
    return found


def _constrained(whole: Whole, base: Json) -> Iterator[tuple[Site, list[str]]]:
    """Give all that a schema says of a payload, with the keywords that can be broken alone."""
    found = list(sites(whole, base))
    bound: dict[Path, frozenset[str]] = {}
    for site in found:
        if "const" in site.node or "enum" in site.node:
            bound[site.path] = bound.get(site.path, ALL) & kinds_of(
                ({word: site.node[word] for word in ("const", "enum") if word in site.node},)
            )
    for site in found:
        yield site, list(_words(site, bound.get(site.path, ALL)))


def _words(site: Site, bound: frozenset[str]) -> Iterator[str]:
    for word, told in site.node.items():
        kind, _ = SPOILS.get(word, (None, None))
        if kind is None or not isinstance(site.value, kind) or (kind == (int, float) and isinstance(site.value, bool)):
            continue
        implied = word == "type" and bound != ALL and bound <= kinds_of(({"type": told},))
        if not implied and not _says_nothing(site.node, word, told):
            yield word


def _says_nothing(node: Mapping[str, Any], word: str, told: Any) -> bool:  # noqa: ANN401 -- what the keyword says
    """Whether no value breaks a keyword: it allows everything, or another speaks for it."""
    if word == "contains" and "minContains" in node:
        return True
    if word == "properties":
        return False not in told.values()
    if word in ("items", "additionalProperties", *_CLOSING):
        return told is not False
    return (told in (0, []) and word.startswith(("min", "required"))) or (word == "uniqueItems" and told is False)


def _spoilt(event: Event, base: Json, done: Mapping[str, Faulty]) -> Iterator[Faulty]:
    """Give the base with one fault for each keyword that is not done yet."""
    compiler = payloads_of(event).compiler
    whole = compiler.whole
    judge = whole.compiled(whole.root)
    new: set[str] = set()
    for site, words in _constrained(whole, base):
        for word in words:
            place = f"{whole.pointer(site.node)}/{word}"
            if place in done or place in new:
                continue
            for value, deed in SPOILS[word][1](compiler, site, site.node[word]):
                payload = _replaced(base, site.path, value)
                pointer = _blamed(judge, payload, word, place, site.path)
                if pointer is not None:
                    new.add(place)
                    yield Faulty(fault=Fault(keyword=word, pointer=pointer, deed=deed, schema=place), payload=payload)
                    break


def _replaced(value: Json, path: Path, new: Json) -> Json:
    """Give a copy in which one place has another value."""
    if not path:
        return new
    step = path[0]
    copied: Any = list(value) if isinstance(value, list) else dict(value)
    copied[step] = _replaced(value[step], path[1:], new)
    return copied


def _blamed(judge: jsonschema_rs.Draft202012Validator, payload: Json, word: str, place: str, path: Path) -> str | None:
    """Give the pointer at which the validator finds the one fault, None if it finds none or another."""
    found = [list(_leaves(error, word, path)) for error in _leading(list(judge.iter_errors(payload)))]
    own = [leaf for leaves in found for leaf in leaves if pointer_of(map(_step, leaf.schema_path)).startswith(_plain(place))]
    ends = {tuple(leaf.instance_path[len(path) :]) for leaf in own}
    return pointer_of((*path, *ends.pop())) if all(found) and len(ends) == 1 else None


def _step(step: str | int) -> str:
    """Write a step of a path as jsonschema-rs does, which takes a name such as ``+1`` for a number."""
    return str(int(step)) if isinstance(step, str) and _NUMBER.fullmatch(step) else str(step)


def _plain(pointer: str) -> str:
    return "/".join(map(_step, pointer.split("/")))


def _leading(errors: Sequence[jsonschema_rs.ValidationError]) -> Sequence[jsonschema_rs.ValidationError]:
    """Give the errors without those that only follow from others."""
    first = [error for error in errors if error.kind.name not in _CLOSING]
    return first or errors


def _leaves(error: jsonschema_rs.ValidationError, word: str, path: Path) -> Iterator[jsonschema_rs.ValidationError]:
    """Give the errors of a keyword at a path that explain an error: itself, or all that keeps a branch from holding."""
    at, here = tuple(map(_step, error.instance_path)), tuple(map(_step, path))
    own = error.kind.name if error.kind.name == "propertyNames" or not error.schema_path else str(error.schema_path[-1])
    if (error.kind.name == "falseSchema" and at[:-1] == here) or (own == word and at == here):
        yield error
        return
    for branch in error.kind.as_dict().get("context", ()) if own in _GROUPS else ():
        found = [list(_leaves(each, word, path)) for each in _leading(branch)]
        if all(found):
            yield from (leaf for leaves in found for leaf in leaves)
