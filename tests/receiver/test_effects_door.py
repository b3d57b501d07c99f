"""Whoever names a command that cannot tell gets one line and a status, and nothing is sent."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.degenerate.servers import Asked, Reply, always, said

SECRET = "whsec_c2VjcmV0LW9mLXRoZS1lZmZlY3RzLWRvb3I="
COMPLAINT = f"import sys; sys.stderr.write({chr(27) + '[31mno table' + chr(10) + '::error::' + SECRET!r}); sys.exit(3)"


@pytest.mark.parametrize(
    ("flags", "status", "words"),
    [
        (("--effects-command", f"{shlex.quote(sys.executable)} FOLDER/complaint.py"), 4, r"it ended with status 3: \u{1b}[31mno table"),
        (("--effects-command", shlex.join([sys.executable, "-c", "print(1)"])), 4, "an event that was never sent took effect 1 times"),
        (("--effects-url", "http://192.0.2.1/effects"), 4, "'192.0.2.1' is not on this machine"),
    ],
)
def test_what_cannot_tell_of_effects_ends_the_run_before_it_begins(flags: tuple[str, ...], status: int, words: str, tmp_path: Path) -> None:
    """One printable line that names the option and holds no secret; the receiver gets no delivery."""
    seen: list[Asked] = []
    (tmp_path / "complaint.py").write_text(COMPLAINT, encoding="utf-8")

    def answer(asked: Asked) -> Reply:
        seen.append(asked)
        return said(200, {})

    with always(answer)() as url:
        ended = subprocess.run(
            [
                sys.executable,
                "-c",
                "from hookproof.cli import main; main()",
                "certify",
                url,
                "--secret-env",
                "DOOR_SECRET",
                "--profile",
                "quick",
                "--reports",
                str(tmp_path / "reports"),
                *(word.replace("FOLDER", str(tmp_path)) for word in flags),
            ],
            env={**os.environ, "DOOR_SECRET": SECRET},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    lines = [line for line in (ended.stdout + ended.stderr).splitlines() if words in line]
    assert ended.returncode == status, ended.stdout
    assert len(lines) == 1, ended.stdout
    assert flags[0] in lines[0]
    assert "\x1b[31m" not in ended.stdout
    assert SECRET not in ended.stdout + ended.stderr
    assert not [asked for asked in seen if asked.method == "POST"]
