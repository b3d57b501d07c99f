"""An example made from a schema, where the document shows none.

Law: only what the validator calls valid is given; where none is found within the bound, none is given.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import jsonschema_rs
import rstr

from hookproof.contracts.document import Document
from hookproof.contracts.schema_check import check_schema
from hookproof.importing.weighing import MOST_STEPS, Scales, harmless

if TYPE_CHECKING:
    from _typeshed import SupportsLenAndGetItem

_T = TypeVar("_T")
_DEFS = "#/$defs/"
_ATTEMPTS = 60
_DEEPEST = 40
_TURNS = 16
_MOST_STEPS = 200_000
"""Schemas looked at for one example, in all attempts together."""
_LONGEST = 1000
_FORMATS: Mapping[str, str] = {
    "date-time": "2027-02-28T12:00:00Z",
    "date": "2027-02-28",
    "time": "12:00:00Z",
    "duration": "P1D",
    "email": "someone@example.test",
    "idn-email": "someone@example.test",
    "hostname": "example.test",
    "idn-hostname": "example.test",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.test/a",
    "uri-reference": "/a",
    "iri": "https://example.test/a",
    "iri-reference": "/a",
    "uuid": "123e4567-e89b-42d3-a456-426614174000",
    "uri-template": "https://example.test/{id}",
    "json-pointer": "/a",
    "relative-json-pointer": "0/a",
    "regex": "^a$",
}
_BY_TYPE: Mapping[str, Any] = {"string": "text", "integer": 1, "number": 1, "boolean": True, "null": None}
_OWN = {
    "object": ("properties", "required", "additionalProperties", "minProperties", "patternProperties", "dependentRequired"),
    "array": ("items", "prefixItems", "minItems", "contains", "uniqueItems"),
    "string": ("pattern", "minLength", "maxLength", "format"),
    "number": ("minimum", "maximum", "multipleOf", "exclusiveMinimum", "exclusiveMaximum"),
}


class _NoValueError(Exception):
    """No value can be made on this way."""


class Examiner:
    """Validates values against one schema that holds all that it refers to, unless that would take too long."""

    def __init__(self, schema: dict[str, Any], subject: str = "schema") -> None:
        """Compile the schema; raise ``IllFormedError`` for one that no contract may have."""
        self.schema = schema
        self._validator = check_schema(Document(subject=subject, value=schema), (), schema)
        self._scales = None if harmless(schema) else Scales(schema)

    def bearable(self, value: Any) -> bool:  # noqa: ANN401 -- any JSON value
        """Tell whether a value can be validated in bounded time."""
        return self._scales is None or self._scales.steps(value) <= MOST_STEPS

    def faults(self, value: Any) -> list[jsonschema_rs.ValidationError]:  # noqa: ANN401 -- any JSON value
        """Give what is wrong with a value that is bearable."""
        return list(self._validator.iter_errors(value))


def exemplar(examiner: Examiner) -> Any | None:  # noqa: ANN401 -- any JSON value
    """Give a valid value, None if none was found."""
    choices: dict[tuple[str, ...], int] = {}
    left = _MOST_STEPS
    for attempt in range(_ATTEMPTS):
        maker = _Maker(examiner.schema, choices, attempt, left)
        try:
            value = maker.make([examiner.schema], ())
        except _NoValueError:
            choices.clear()
            continue
        finally:
            left = maker.left
        if not examiner.bearable(value):
            return None
        faults = examiner.faults(value)
        if not faults:
            return value
        for fault in faults[:5]:
            _turn(choices, maker.met, tuple(map(str, fault.instance_path)))
    return None


def _turn(choices: dict[tuple[str, ...], int], met: Mapping[tuple[str, ...], int], path: tuple[str, ...]) -> None:
    """Take another branch at the choice that lies nearest above a fault."""
    for end in range(len(path), -1, -1):
        if met.get(path[:end], 1) > 1:
            choices[path[:end]] = choices.get(path[:end], 0) + 1
            return


class _Steady(random.Random):
    """Chooses among characters in their own order: those that a class leaves over come from a set, which every process orders anew."""

    def choice(self, seq: SupportsLenAndGetItem[_T]) -> _T:
        chosen: Any = sorted(seq) if isinstance(seq, list) and all(isinstance(each, str) for each in seq) else seq
        found: _T = super().choice(chosen)
        return found


class _Maker:
    def __init__(self, whole: Mapping[str, Any], choices: dict[tuple[str, ...], int], attempt: int, left: int) -> None:
        self.defs: Mapping[str, Any] = whole.get("$defs", {})
        self.choices = choices
        self.attempt = attempt
        self.met: dict[tuple[str, ...], int] = {}
        self.left = left
        self.dice = _Steady(attempt)
        self.words = rstr.Rstr(self.dice)

    def make(self, schemas: list[Any], path: tuple[str, ...]) -> Any:  # noqa: ANN401 -- any JSON value
        """Make a value of several schemas at once."""
        if len(path) > _DEEPEST:
            raise _NoValueError
        for turn in range(_TURNS):
            try:
                return self._made(schemas, path)
            except _NoValueError:
                if turn + 1 >= self.met.get(path, 1) or self.left < 0:
                    raise
                self.choices[path] = self.choices.get(path, 0) + 1
        raise _NoValueError

    def _made(self, schemas: list[Any], path: tuple[str, ...]) -> Any:  # noqa: ANN401 -- any JSON value
        self.met[path] = 1
        parts = list(self._flat(schemas, path, 0))
        if any(part is False for part in parts):
            raise _NoValueError
        nodes = [part for part in parts if isinstance(part, dict)]
        given = self._given(nodes)
        if given:
            return given[min(self.attempt // 20, len(given) - 1)]
        return self._by_kind(self._kind(nodes), nodes, path)

    def _flat(self, schemas: list[Any], path: tuple[str, ...], depth: int) -> Iterator[Any]:
        """Give all schemas that must hold together, references followed and branches taken."""
        if depth > _DEEPEST:
            raise _NoValueError
        for schema in schemas:
            self.left -= 1
            if self.left < 0:
                raise _NoValueError
            yield schema
            if not isinstance(schema, dict):
                continue
            further = [self.defs.get(schema["$ref"].removeprefix(_DEFS))] if "$ref" in schema else []
            further += schema.get("allOf", [])
            for word in ("oneOf", "anyOf"):
                branches = schema.get(word)
                if branches:
                    turn = self.choices.get(path, 0) // self.met[path]
                    self.met[path] *= len(branches)
                    further.append(branches[(turn + self._lean(branches)) % len(branches)])
            if "then" in schema and self.attempt % 2 == 0 and "if" in schema:
                further += [schema["if"], schema["then"]]
            elif "else" in schema:
                further.append(schema["else"])
            if further:
                yield from self._flat(further, path, depth + 1)

    @staticmethod
    def _lean(branches: list[Any]) -> int:
        """Prefer the first branch that is not null, so that examples show something."""
        return next((n for n, branch in enumerate(branches) if not isinstance(branch, dict) or branch.get("type") != "null"), 0)

    def _given(self, nodes: list[dict[str, Any]]) -> list[Any]:
        """Give the values that the schemas name themselves; a schema's own samples are tried first."""
        consts = [node["const"] for node in nodes if "const" in node]
        if consts:
            return consts
        enums = [node["enum"] for node in nodes if isinstance(node.get("enum"), list)]
        if enums:
            return [value for value in enums[0] if all(value in enum for enum in enums)] or enums[0]
        shown = [value for node in nodes for value in node.get("examples", ()) if isinstance(node.get("examples"), list)]
        return shown[:1] if self.attempt == 0 else []

    @staticmethod
    def _kind(nodes: list[dict[str, Any]]) -> str:
        kinds: list[str] | None = None
        for node in nodes:
            told = node.get("type")
            own = [told] if isinstance(told, str) else list(told) if isinstance(told, list) else None
            if own is not None:
                own += ["integer"] if "number" in own and "integer" not in own else []
                kinds = own if kinds is None else [kind for kind in kinds if kind in own]
        if kinds is None:
            return next((kind for kind, words in _OWN.items() if any(word in node for node in nodes for word in words)), "string")
        if not kinds:
            raise _NoValueError
        return next((kind for kind in kinds if kind != "null"), kinds[0])

    def _by_kind(self, kind: str, nodes: list[dict[str, Any]], path: tuple[str, ...]) -> Any:  # noqa: ANN401 -- any JSON value
        if kind == "object":
            return self._object(nodes, path)
        if kind == "array":
            return self._array(nodes, path)
        if kind == "string":
            return self._text(nodes)
        if kind in ("integer", "number"):
            return self._number(nodes, whole=kind == "integer")
        return _BY_TYPE.get(kind)

    def _object(self, nodes: list[dict[str, Any]], path: tuple[str, ...]) -> dict[str, Any]:
        wanted = dict.fromkeys(name for node in nodes for name in node.get("required", ()))
        if not wanted and len(path) == 0 and self.attempt < _ATTEMPTS // 2:
            wanted = dict.fromkeys(name for node in nodes for name in node.get("properties", {}))
        value = {name: self.make(_of_member(nodes, name), (*path, name)) for name in wanted}
        for node in nodes:
            for name, others in node.get("dependentRequired", {}).items():
                for other in others if name in value else ():
                    value.setdefault(other, self.make(_of_member(nodes, other), (*path, other)))
        least = max((node.get("minProperties", 0) for node in nodes), default=0)
        names = [name for node in nodes for name in node.get("properties", {})] + [f"member{n}" for n in range(min(least, _LONGEST))]
        for name in names:
            if len(value) >= least:
                break
            value.setdefault(name, self.make(_of_member(nodes, name), (*path, name)))
        return value

    def _array(self, nodes: list[dict[str, Any]], path: tuple[str, ...]) -> list[Any]:
        least = max((node.get("minItems", 0) for node in nodes), default=0)
        contained = [node["contains"] for node in nodes if "contains" in node]
        fixed: list[Any] = max((node.get("prefixItems", []) for node in nodes), key=len, default=[])
        value = [self.make([part], (*path, str(number))) for number, part in enumerate(fixed[: max(least, 0)])]
        value += [self.make([part], (*path, str(len(value)))) for part in contained]
        items = [node["items"] for node in nodes if "items" in node]
        while len(value) < min(int(least), _LONGEST):
            value.append(self.make(items or [{"type": "integer", "const": len(value)}], (*path, str(len(value)))))
        return value

    def _text(self, nodes: list[dict[str, Any]]) -> str:
        least = int(max((node.get("minLength", 0) for node in nodes), default=0))
        most = int(min((node.get("maxLength", _LONGEST) for node in nodes), default=_LONGEST))
        pattern = next((node["pattern"] for node in nodes if "pattern" in node), None)
        form = next((node["format"] for node in nodes if "format" in node), None)
        if pattern is not None:
            return self._matching(pattern)
        text = _FORMATS.get(form, "text") if form else "text"
        if least > _LONGEST * _LONGEST:
            raise _NoValueError
        return text if form else (text + "x" * max(0, least - len(text)))[: max(most, 0)]

    def _matching(self, pattern: str) -> str:
        try:
            text: str = self.words.xeger(pattern.replace("\\x{", "\\u").replace("}", "") if "\\x{" in pattern else pattern)
        except Exception:  # noqa: BLE001 -- whatever the library cannot read, it has no value for us
            raise _NoValueError from None
        return text

    @staticmethod
    def _number(nodes: list[dict[str, Any]], *, whole: bool) -> int | float:
        lows = [node["minimum"] for node in nodes if "minimum" in node] + [
            node["exclusiveMinimum"] + 1 for node in nodes if "exclusiveMinimum" in node
        ]
        highs = [node["maximum"] for node in nodes if "maximum" in node] + [
            node["exclusiveMaximum"] - 1 for node in nodes if "exclusiveMaximum" in node
        ]
        step = next((node["multipleOf"] for node in nodes if "multipleOf" in node), None)
        value = max(lows) if lows else min([1, *highs])
        if not whole and lows and highs and value > min(highs):
            value = (max(lows) - 1 + min(highs) + 1) / 2
        if step:
            value = -(-value // step) * step
        return int(value) if whole else value


def _of_member(nodes: list[dict[str, Any]], name: str) -> list[Any]:
    found = [node["properties"][name] for node in nodes if name in node.get("properties", {})]
    if not found:
        found = [node["additionalProperties"] for node in nodes if "additionalProperties" in node]
    return found or [{"type": "string"}]
