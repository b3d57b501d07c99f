"""Which changes are made to the judge's sources, one at a time.

Law: what is left out is left out here and by name: annotations and docstrings (they are not run), ``is`` for ``==`` (it tries the
interpreter's interning), and replacements of operators that die of the same tests as one that is made.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

COMPARISONS = {
    "Eq": ("NotEq", "LtE", "GtE"),
    "NotEq": ("Eq", "Lt", "Gt"),
    "Lt": ("LtE", "GtE", "NotEq"),
    "Gt": ("GtE", "LtE", "NotEq"),
    "LtE": ("Lt", "Gt", "Eq"),
    "GtE": ("Gt", "Lt", "Eq"),
}
"""What each comparison is replaced by: its neighbours and its contrary; the others die of the same tests."""

COSMIC = (
    "AddNot",
    "ReplaceAndWithOr",
    "ReplaceOrWithAnd",
    "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue",
    "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak",
    "ExceptionReplacer",
    "NumberReplacer",
    "RemoveDecorator",
    "ZeroIterationForLoop",
    "ReplaceUnaryOperator_Delete_Not",
    "ReplaceUnaryOperator_Delete_USub",
    "ReplaceBinaryOperator_Add_Sub",
    "ReplaceBinaryOperator_Sub_Add",
    "ReplaceBinaryOperator_Mul_Div",
    "ReplaceBinaryOperator_Div_Mul",
    "ReplaceBinaryOperator_FloorDiv_Mul",
    "ReplaceBinaryOperator_Mod_Mul",
    "ReplaceBinaryOperator_Pow_Mul",
    "ReplaceBinaryOperator_LShift_RShift",
    "ReplaceBinaryOperator_BitAnd_BitOr",
    "ReplaceBinaryOperator_BitOr_BitAnd",
    "ReplaceComparisonOperator_Is_IsNot",
    "ReplaceComparisonOperator_IsNot_Is",
    *(f"ReplaceComparisonOperator_{a}_{b}" for a, instead in COMPARISONS.items() for b in instead),
)
"""The operators of cosmic-ray's core that are used."""

ORDERING = {f"ReplaceComparisonOperator_{a}_{b}" for a, instead in (("Eq", ("LtE", "GtE")), ("NotEq", ("Lt", "Gt"))) for b in instead}
"""Made only before a number or a length: an order of texts means nothing here."""

_NUMBER = re.compile(r"\s*(?:[0-9]|len\()")

SPEAKING = {"broke", "not_observed", "not_applicable", "JsonFault", "read_as"}
"""Calls whose texts are for people."""

WORDS = {"missing", "message", "sentence", "what", "promised", "names", "span", "state", "named", "_worded", "reason"}
"""Names that hold texts for people."""

WORDING = {"_short", "_worded", "_brief", "_why", "_characters_hint"}
"""Functions that only word texts for people."""


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One change: ``span`` are offsets in characters; ``change`` is the new text there, None where cosmic-ray makes it.

    ``kind`` is ``logic``, ``string`` (a text that the program reads) or ``message`` (a text for people; counted apart).
    """

    module: str
    operator: str
    occurrence: int
    line: int
    column: int
    text: str
    repeat: int
    kind: str = "logic"
    span: tuple[int, int] = (0, 0)
    change: str | None = None

    @property
    def key(self) -> str:
        """What names the mutant as long as its line stays, wherever the line moves."""
        return f"{self.module}|{self.operator}|{self.text}|{self.repeat}"

    def mutate(self, source: str) -> str:
        """Give the whole module with the change."""
        if self.change is not None:
            return source[: self.span[0]] + self.change + source[self.span[1] :]
        operator = import_module("cosmic_ray.plugins").get_operator(f"core/{self.operator}")()
        changed: str = import_module("cosmic_ray.mutating").mutate_code(source, operator, self.occurrence)
        return changed


def mutants(path: Path, module: str) -> list[Mutant]:
    """Give every mutant of a module in the order of its lines."""
    source = path.read_text()
    lines = source.splitlines()
    seen: Counter[tuple[str, str]] = Counter()
    found = []
    places = sorted([*_cosmic(source), *_ours(source)], key=lambda place: (place[2], place[3], place[0], place[1]))
    for operator, occurrence, line, column, kind, span, change in places:
        text = lines[line - 1].strip()
        found.append(
            Mutant(
                module=module,
                operator=operator,
                occurrence=occurrence,
                line=line,
                column=column,
                text=text,
                repeat=seen[operator, text],
                kind=kind,
                span=span,
                change=change,
            )
        )
        seen[operator, text] += 1
    return found


Span = tuple[tuple[int, int], tuple[int, int]]
Place = tuple[str, int, int, int, str, tuple[int, int], str | None]


def _cosmic(source: str) -> Iterator[Place]:
    tree = import_module("cosmic_ray.ast")
    plugins = import_module("cosmic_ray.plugins")
    nodes = list(tree.ast_nodes(tree.get_ast(source)))
    unrun = list(_annotations(ast.parse(source)))
    spoken = list(_wording(ast.parse(source)))
    lines = source.splitlines()
    for name in COSMIC:
        operator = plugins.get_operator(f"core/{name}")()
        positions = [place for node in nodes for place in operator.mutation_positions(node)]
        for occurrence, (start, end) in enumerate(positions):
            if _within(start, unrun) or (name in ORDERING and not _NUMBER.match(lines[end[0] - 1][end[1] :])):
                continue
            yield name, occurrence, start[0], start[1], "message" if _within(start, spoken) else "logic", (0, 0), None


def _within(place: tuple[int, int], spans: list[Span]) -> bool:
    return any(low <= place < high for low, high in spans)


def _wording(tree: ast.AST) -> Iterator[Span]:
    """Give what only words a text for people: formatted texts, and functions that do nothing else."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.FunctionDef) and node.name in WORDING):
            yield (node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0)


def _annotations(tree: ast.AST) -> Iterator[Span]:
    for node in ast.walk(tree):
        for name in ("annotation", "returns"):
            found = getattr(node, name, None)
            if isinstance(found, ast.expr):
                yield (found.lineno, found.col_offset), (found.end_lineno or 0, found.end_col_offset or 0)


class _Ours:
    """What cosmic-ray does not try: membership, conditions of comprehensions, dropped calls, texts."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.starts = [0]
        for line in source.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))
        self.places: list[tuple[str, ast.AST, str, tuple[int, int], str]] = []

    def span(self, node: Any) -> tuple[int, int]:  # noqa: ANN401 -- any node that has a place
        """Give where a node stands, in characters."""
        return self._offset(node.lineno, node.col_offset), self._offset(node.end_lineno, node.end_col_offset)

    def _offset(self, line: int, column: int) -> int:
        start = self.starts[line - 1]
        return start + len(self.source[start : self.starts[line]].encode()[:column].decode())

    def add(self, operator: str, node: ast.AST, change: str, span: tuple[int, int] | None = None, kind: str = "logic") -> None:
        """Note one change."""
        self.places.append((operator, node, kind, span or self.span(node), change))

    def visit(self, node: ast.AST, *, spoken: bool, docstring: bool = False) -> None:
        """Walk the tree; ``spoken`` says that texts below are for people."""
        if isinstance(node, ast.Compare):
            self._membership(node)
        elif isinstance(node, ast.comprehension):
            for condition in node.ifs:
                for change in ("True", "False"):
                    self.add(f"Condition_{change}", condition, change)
            if not node.ifs:
                self.add("ZeroIterationComprehension", node.iter, "[]")
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            self.add("DropCall", node, "pass")
        elif isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            if not docstring:
                self._text(node, spoken=spoken)
            return
        self._below(node, spoken=spoken)

    def _below(self, node: ast.AST, *, spoken: bool) -> None:
        if isinstance(node, ast.FunctionDef):
            spoken = node.name in WORDING
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            spoken = spoken or name in SPEAKING
        elif isinstance(node, ast.Assign):
            spoken = spoken or any(isinstance(n, ast.Name) and n.id in WORDS for t in node.targets for n in ast.walk(t))
        elif isinstance(node, ast.keyword):
            spoken = spoken or node.arg in WORDS
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    bare = isinstance(child, ast.Constant) and isinstance(node, ast.Expr)
                    self.visit(child, spoken=spoken, docstring=bare)

    def _membership(self, node: ast.Compare) -> None:
        left: ast.expr = node.left
        for operator, right in zip(node.ops, node.comparators, strict=True):
            if isinstance(operator, ast.In | ast.NotIn):
                span = self.span(left)[1], self.span(right)[0]
                between = self.source[slice(*span)]
                swapped = between.replace("not in", "in") if isinstance(operator, ast.NotIn) else between.replace("in", "not in")
                self.add("SwapMembership", left, swapped, span)
            left = right

    def _text(self, node: ast.AST, *, spoken: bool) -> None:
        written = self.source[slice(*self.span(node))]
        many = isinstance(node, ast.JoinedStr) or spoken
        change = '""' if many and written not in ('""', "''") else f'("XX" {written})' if written[:1] not in "fb" else '""'
        self.add("Text", node, change, kind="message" if many else "string")


def _ours(source: str) -> Iterator[Place]:
    walk = _Ours(source)
    walk.visit(ast.parse(source), spoken=False)
    counts: Counter[str] = Counter()
    for operator, node, kind, span, change in walk.places:
        line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        yield operator, counts[operator], line, column, kind, span, change
        counts[operator] += 1
