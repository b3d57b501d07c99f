"""A command is run without a shell, with bounded time and output, and sees no secret of ours."""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path

import pytest

from hookproof.adapters.effects_command import CommandTeller
from hookproof.model.errors import CapabilityError, HookproofError, IllFormedError, UnreachableError
from hookproof.ports import Asked

FEW = [Asked(event_id=f"evt_{number}", event_type="rose.bloomed") for number in range(3)]
SECRET = "whsec_c2VjcmV0LW9mLXRoaXMtdGVzdA=="


def python(code: str, *words: str) -> tuple[str, ...]:
    """Give a command that runs this code."""
    return sys.executable, "-c", code, *words


def failed(code: str, *words: str, kind: type[HookproofError] = CapabilityError, **how: float) -> str:
    """Ask a command that must be an error; give its line."""
    with pytest.raises(kind) as caught:
        CommandTeller(python(code, *words), withheld=(SECRET,), **how).effect("evt_1")
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("--effects-command: ")
    return str(caught.value)


LAST = "import sys; print(int(sys.argv[1:] == ['a b', 'evt_1']))"
INSIDE = "import sys; print(int(sys.argv[1:] == ['id=evt_1;', '$HOME', '`id`']))"


def test_the_id_comes_last_or_in_its_place_and_no_shell_reads_it() -> None:
    """Words stay words, whatever stands in them."""
    assert CommandTeller(python(LAST, "a b")).effect("evt_1").count == 1
    assert CommandTeller(python(INSIDE, "id={id};", "$HOME", "`id`")).effect("evt_1").count == 1
    assert CommandTeller(python(LAST, "a b")).effect("$(touch x)").count == 0


SURROUNDINGS = """
import json, os
content = {name: value for name, value in os.environ.items() if name.startswith("HOOKPROOF_") or "whsec_" in value or name == "PLAIN"}
print(json.dumps({"count": 1, "content": content}))
"""


def test_the_environment_names_the_event_and_holds_no_secret_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables of ours, and every variable with a secret in its value, are not handed on; all others are."""
    for name, value in {"HOOKPROOF_API_KEY": "k", "PARTNER_SECRET": SECRET, "BOTH": f"x{SECRET}y", "PLAIN": "seen"}.items():
        monkeypatch.setenv(name, value)
    seen = CommandTeller(python(SURROUNDINGS), withheld=(SECRET, "")).effects(FEW[:1])[0]
    assert seen.content == {"PLAIN": "seen", "HOOKPROOF_EVENT_ID": "evt_0", "HOOKPROOF_EVENT_TYPE": "rose.bloomed"}


BATCH = """
import json, os, sys
with open(sys.argv[2], "a") as calls:
    calls.write("x")
for number, line in enumerate(open(sys.argv[1])):
    print(json.dumps({"event_id": line.strip(), "count": number}))
"""


def test_one_process_tells_of_many(tmp_path: Path) -> None:
    """With a file of ids a single process is started, however many are asked of, and none for nobody."""
    calls = tmp_path / "calls"
    teller = CommandTeller(python(BATCH, "{ids}", str(calls)))
    assert teller.effects([]) == []
    many = [Asked(event_id=f"evt_{number}") for number in range(500)]
    assert [seen.count for seen in teller.effects(many)] == list(range(500))
    assert calls.read_text(encoding="utf-8") == "x"


def test_without_a_file_each_event_is_asked_of_by_itself() -> None:
    """The answers are in the order of the questions."""
    assert [seen.count for seen in CommandTeller(python("import sys; print(sys.argv[1][4:])")).effects(FEW)] == [0, 1, 2]


def test_a_failing_command_is_one_error_with_what_it_complained_of() -> None:
    """Status and the end of standard error are shown on one line, without the secret that it may know too."""
    said = failed(f"import sys; print(1); print('\\n no table\\n', '{SECRET}', '{SECRET[6:]}', file=sys.stderr); sys.exit(3)")
    assert "it ended with status 3: no table … …." in said
    assert "it wrote nothing to standard error" in failed("import sys; sys.exit(1)")
    assert "ended by signal 9" in failed("import os; os.kill(os.getpid(), 9)")


def test_much_complaint_is_cut_and_does_not_block() -> None:
    """A megabyte on standard error neither stops the command nor fills the line; with status 0 it is no failure."""
    assert len(failed("import sys; sys.stderr.write('x' * 1_000_000); sys.exit(1)")) < 600
    assert CommandTeller(python("import sys; sys.stderr.write('x' * 1_000_000); print(1)")).effect("evt_1").count == 1


def test_a_command_that_never_ends_is_ended() -> None:
    """With everything that it started, and within its time."""
    began = time.monotonic()
    assert "was not over after 0.5 s" in failed("import time; time.sleep(600)", kind=UnreachableError, seconds=0.5)
    child = f"import subprocess; subprocess.Popen([{sys.executable!r}, '-c', 'import time; time.sleep(600)']); print(1)"
    assert "was not over after 0.5 s" in failed(child, kind=UnreachableError, seconds=0.5)
    assert "was not over after 0.5 s" in failed(
        "import os, time; os.close(1); os.close(2); time.sleep(600)", kind=UnreachableError, seconds=0.5
    )
    assert time.monotonic() - began < 300


def test_a_command_that_says_too_much_is_ended() -> None:
    """Endless output is an error, not a memory."""
    assert "writes more than" in failed("while True: print('x' * 65_536)")


def test_what_cannot_be_started_is_an_error_of_use() -> None:
    """It names the program."""
    for words in (("/no/such/program",), (__file__,), ("",)):
        with pytest.raises(IllFormedError, match="cannot be started") as caught:
            CommandTeller(words).effect("evt_1")
        assert shlex.quote(words[0]).strip("'") in str(caught.value)
