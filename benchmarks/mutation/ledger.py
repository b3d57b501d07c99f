"""How far an earlier result still holds: what a mutant's fate rests on, and on which of our tests.

Law: a mutant of a module can change only what imports that module; so its fate rests on that, on whatever that imports, on what the tests
share, and on the tests that were tried. A rule that does not import the module is judged the same with it and without it.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path


def digest(paths: Iterable[Path]) -> str:
    """Give a digest over names and contents."""
    whole = hashlib.sha256()
    for path in paths:
        whole.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return "sha256:" + whole.hexdigest()


def _imports(text: str, known: Iterable[str]) -> set[str]:
    found = {node.module for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom) and node.module}
    several = {
        f"{node.module}.{alias.name}" for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    return (found | several) & set(known)


def _rules(text: str) -> set[str]:
    """Give the names of the rules that a module makes."""
    return {
        node.name.replace("_", "-")
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef)
        and any(isinstance(d, ast.Call) and isinstance(d.func, ast.Name) and d.func.id == "rule" for d in node.decorator_list)
    }


class Ledger:
    """Who imports whom among the modules under change, and the digests of files."""

    def __init__(self, root: Path, modules: Mapping[str, Path], files: Iterable[str]) -> None:
        """Read the modules and the tests."""
        self.modules = modules
        self._imports = {name: _imports(path.read_text(), modules) for name, path in modules.items()}
        for name in ("hookproof.rules.catalogue", "hookproof.judge"):  # they import every rule by scanning
            self._imports[name] = set(modules) - {"hookproof.judge"}
        tests = root / "tests" / "rules"
        shared = [path for path in sorted(tests.glob("*.py")) if not path.name.startswith("test_")]
        self._shared = [*shared, *sorted(tests.glob("*.json"))]
        self.files = {file: digest([root / file])[:23] for file in files}
        self.touched = {name: self._touched(name) for name in modules}
        """The rules whose judgements a mutant of a module can change, None for all that there are."""

    def _closure(self, name: str, links: Mapping[str, set[str]]) -> set[str]:
        found, open_ = {name}, [name]
        while open_:
            fresh = links[open_.pop()] - found
            found |= fresh
            open_.extend(fresh)
        return found

    def dependents(self, module: str) -> set[str]:
        """Give the modules that import a module, directly or not, and itself; what scans the folder is left out unless it is named."""
        scanning = {"hookproof.rules.catalogue", "hookproof.judge"}
        named = _imports(self.modules["hookproof.judge"].read_text(), self.modules) - {"hookproof.rules.catalogue"}
        used = {
            name: {other for other, wanted in self._imports.items() if name in wanted and (other not in scanning or name in named)}
            for name in self.modules
        }
        return self._closure(module, used)

    def basis(self, module: str) -> str:
        """Give a digest of all that the fate of a module's mutants rests on, but for the files of tests."""
        rests = set[str]()
        for name in self.dependents(module):
            rests |= self._closure(name, self._imports)
        return digest([*(self.modules[name] for name in sorted(rests)), *self._shared])

    def _touched(self, module: str) -> list[str] | None:
        reached = self.dependents(module)
        if reached & {"hookproof.judge", "hookproof.rules.catalogue"}:
            return None
        return sorted(name for other in reached for name in _rules(self.modules[other].read_text()))
