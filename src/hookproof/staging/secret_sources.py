"""Where secrets come from: a named variable, or a file that nobody else can read; never the command line.

Law: no message of this module shows what it refuses, because it may be a secret.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Sequence
from pathlib import Path

from hookproof.model.errors import IllFormedError

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_MOST = 1 << 16
"""Bytes of a secret file."""

_SECRET = re.compile(
    r"(?<![A-Za-z0-9])(whsec_|whsk_|whpk_|sk_live_|sk_test_|rk_live_|rk_test_|ghp_|github_pat_|xox[abp]-|AKIA)[A-Za-z0-9+/_=-]{8,}"
    r"|(?i:bearer\s+\S{8,})"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|//[^/?#\s@]+:[^/?#\s@]+@"
    r"|(?i:[?&](token|secret|key|api_?key|signature|sig|password|access_token)=)[^&\s]{8,}"
)
_BEARING = re.compile(r"--?(secret|signing[-_]secret|webhook[-_]secret|api[-_]key|apikey|token|password|challenge)(=.*)?", re.DOTALL)
_INSTEAD = (
    "Put it into a variable (--secret-env, --api-key-env, --challenge-env) or a file (--secret-file): every process here reads arguments."
)


def refuse_secrets(words: Sequence[str]) -> None:
    """Raise ``IllFormedError``, naming the place but not the text, if a command line holds what looks like a secret."""
    for number, word in enumerate(words, start=1):
        flag = _BEARING.fullmatch(word)
        if flag is not None:
            raise IllFormedError("the command line", f"--{flag[1]} would take a secret", place=f"word {number}", remedy=_INSTEAD)
        if _SECRET.search(word):
            raise IllFormedError("the command line", "it holds what looks like a secret", place=f"word {number}", remedy=_INSTEAD)


def secret_from(variable: str | None, file: str | Path | None) -> str | None:
    """Give the secret of a variable or a file, None if neither is named.

    Raises ``IllFormedError`` if both are, if the variable is empty, or if the file is empty, unreadable or open to others.
    """
    if variable is not None and file is not None:
        raise IllFormedError("--secret-file", "--secret-env is given too", remedy="Give one of them.")
    if variable is not None:
        return of_variable("--secret-env", variable)
    return None if file is None else _of_file(Path(file))


def of_variable(flag: str, variable: str) -> str:
    """Give what a variable holds; raise ``IllFormedError`` if that is nothing, or if this can be no variable's name."""
    value = os.environ.get(named(flag, variable), "")
    if not value.strip():
        raise IllFormedError(flag, f"the environment variable {variable} is empty or not set", remedy=f"Set {variable}.")
    return value


def named(flag: str, variable: str) -> str:
    """Give the name back; raise ``IllFormedError``, without showing it, if it can be no variable's name."""
    if not _VARIABLE.fullmatch(variable):
        raise IllFormedError(flag, "this is no name of a variable", remedy="Name the variable; never give the secret itself.")
    return variable


def _of_file(path: Path) -> str:
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise IllFormedError("--secret-file", "it is no plain file", place=str(path), remedy="Name a file.")
            if found.st_mode & _OTHERS:
                mode = f"{stat.S_IMODE(found.st_mode):04o}"
                raise IllFormedError(
                    "--secret-file", f"its mode is {mode}: others may read it", place=str(path), remedy=f"chmod 600 {path}"
                )
            raw = file.read(_MOST + 1)
    except OSError as error:
        cause = f"it cannot be read ({error.strerror})"
        raise IllFormedError("--secret-file", cause, place=str(path), remedy="Mend the path.") from None
    try:
        text = raw.decode().strip("\r\n")
    except UnicodeDecodeError:
        text = ""
    if not text.strip() or "\n" in text or len(raw) > _MOST:
        raise IllFormedError("--secret-file", "it does not hold one line of text", place=str(path), remedy="Put the secret there, alone.")
    return text
