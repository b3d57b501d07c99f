"""Laws of secrets: they come from a variable or a closed file, and whatever is wrong, no message shows one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookproof.model.errors import IllFormedError
from hookproof.staging.options import read_options
from hookproof.staging.secret_sources import of_variable, refuse_secrets, secret_from

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"


def closed(path: Path, raw: bytes = SECRET.encode() + b"\n", mode: int = 0o600) -> str:
    """Write a file of a mode."""
    path.write_bytes(raw)
    path.chmod(mode)
    return str(path)


def test_a_secret_comes_from_one_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable or a file gives it, without its line end; neither gives none; both are refused."""
    monkeypatch.setenv("ONE", SECRET)
    assert secret_from("ONE", None) == secret_from(None, closed(tmp_path / "s")) == SECRET
    assert secret_from(None, closed(tmp_path / "s", SECRET.encode(), 0o400)) == SECRET
    assert secret_from(None, None) is None
    with pytest.raises(IllFormedError, match="--secret-env is given too"):
        secret_from("ONE", tmp_path / "s")


@given(mode=st.integers(0o400, 0o777).filter(lambda mode: mode & 0o077 and mode & 0o400))
def test_no_file_that_others_may_use_is_read(tmp_path_factory: pytest.TempPathFactory, mode: int) -> None:
    """Any right of group or others refuses the file, and the message tells the mode, not the text."""
    path = tmp_path_factory.mktemp("open") / "s"
    with pytest.raises(IllFormedError, match="others may read it") as caught:
        secret_from(None, closed(path, mode=mode))
    assert SECRET not in str(caught.value)
    assert f"{mode:04o}" in str(caught.value)


@pytest.mark.parametrize("raw", [b"", b"\n", b"one\ntwo\n", b"\xff\xfe", b"x" * 70_000])
def test_a_file_holds_one_line_of_text(tmp_path: Path, raw: bytes) -> None:
    """An empty file, several lines, no text or a huge one is no secret."""
    with pytest.raises(IllFormedError, match="one line of text"):
        secret_from(None, closed(tmp_path / "s", raw))


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    """A missing file, a folder and a pipe that nobody writes to are errors of use; none of them is waited for."""
    os.mkfifo(tmp_path / "pipe", 0o600)
    for path in (tmp_path / "missing", tmp_path, tmp_path / "pipe"):
        with pytest.raises(IllFormedError, match="--secret-file"):
            secret_from(None, path)


@pytest.mark.parametrize("value", [None, "", "  "])
def test_an_empty_variable_is_an_error(value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is not set, or empty, is named; the run does not go on without a secret."""
    monkeypatch.delenv("NOT_SET", raising=False)
    if value is not None:
        monkeypatch.setenv("NOT_SET", value)
    with pytest.raises(IllFormedError, match="NOT_SET is empty or not set"):
        secret_from("NOT_SET", None)


@given(st.text(min_size=1, max_size=40).filter(lambda text: not text.isidentifier()))
def test_a_secret_in_the_place_of_a_name_is_not_shown(text: str) -> None:
    """Whoever gives the secret itself where a variable's name belongs is told so, without it."""
    for flag in ("--secret-env", "--challenge-env"):
        with pytest.raises(IllFormedError) as caught:
            of_variable(flag, text)
        told = str(caught.value)
        assert (
            len(text) < 3 or text not in told or text in "this is no name of a variable. Name the variable; never give the secret itself."
        )


TELLING = [
    SECRET, f"--secret-env={SECRET}", "--secret", "--secret=abc", "--api-key", "--api-key=abc", "--api_key=x", "--token", "--password=x",
    "sk_live_0123456789abcdef", "Bearer abcdefgh12345678", "http://user:password@127.0.0.1/", "http://127.0.0.1/?token=0123456789",
    "http://127.0.0.1/?a=b&api_key=0123456789", "-----BEGIN PRIVATE KEY-----", "--challenge=x", "--webhook-secret", "whsk_AAAAAAAAAAAAAAAA",
]  # fmt: skip
HARMLESS = [
    "--secret-env", "RECEIVER_SECRET", "--secret-file", "/run/secrets/hook", "--api-key-env=KEY", "--challenge-env", "CHALLENGE", "-k",
    "orbit/verification/no-secret", "orbit/signature/secret-per-endpoint", "http://127.0.0.1:9000/webhooks", "--allow-host",
    "hooks.example.com:8443",
    "--seed", "0", "--effects-url", "http://127.0.0.1:9/effects?event_id={id}", "whsec_", "--token-ring", "http://[::1]:80/@x",
    "secret-as-text", "--flaw", "secret-logged", "key-in-hex-in-a-field",
]  # fmt: skip


@pytest.mark.parametrize("word", TELLING)
def test_a_command_line_that_holds_a_secret_is_refused_unseen(word: str) -> None:
    """What looks like a secret, or a flag that would take one, is refused by its place; the text is not repeated."""
    with pytest.raises(IllFormedError, match="the command line: word 2") as caught:
        refuse_secrets(["certify", word])
    assert SECRET not in str(caught.value)
    assert "0123456789" not in str(caught.value)


def test_names_and_addresses_are_no_secrets() -> None:
    """Names of variables, files, clauses, flaws and hosts pass."""
    refuse_secrets(HARMLESS)


def test_options_say_how_the_same_run_is_repeated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What names the secret is repeated in the command that reproduces a case, and the secret is not."""
    monkeypatch.setenv("ONE", SECRET)
    monkeypatch.setenv("CHALLENGE", "x" * 40)
    flags = {"target": "http://127.0.0.1:9", "role": "receiver", "secret_env": "ONE"}
    options = read_options({**flags, "allow_host": ["a.test", "b.test:1"], "challenge_env": "CHALLENGE"})
    assert options.again == " --secret-env ONE --allow-host a.test --allow-host b.test:1 --challenge-env CHALLENGE"
    assert (options.allow_hosts, options.challenge, options.secret) == (("a.test", "b.test:1"), "x" * 40, SECRET)
    file = closed(tmp_path / "a secret")
    assert read_options({**flags, "secret_env": None, "secret_file": file}).again == f" --secret-file '{file}'"


def test_hosts_are_allowed_by_typing_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """An allowed host needs a challenge and a receiver; no variable that lies about allows one."""
    monkeypatch.setenv("CHALLENGE", "x" * 40)
    monkeypatch.setenv("HOOKPROOF_API_KEY", "k")
    receiver = {"target": "http://127.0.0.1:9", "role": "receiver"}
    with pytest.raises(IllFormedError, match="must prove that it agrees"):
        read_options({**receiver, "allow_host": ["a.test"]})
    with pytest.raises(IllFormedError, match="only a receiver"):
        read_options({"target": "http://127.0.0.1:9", "allow_host": ["a.test"], "challenge_env": "CHALLENGE"})
    monkeypatch.setenv("HOOKPROOF_ALLOW_HOST", "a.test")
    assert read_options(receiver).allow_hosts == ()


def test_a_receiver_without_control_profile_needs_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a key a receiver is a black box; a key's variable that is named must hold one all the same."""
    monkeypatch.delenv("HOOKPROOF_API_KEY", raising=False)
    assert read_options({"target": "http://127.0.0.1:9", "role": "receiver"}).api_key == ""
    with pytest.raises(IllFormedError, match="MISSING is empty or not set"):
        read_options({"target": "http://127.0.0.1:9", "role": "receiver", "api_key_env": "MISSING"})


def test_reports_give_every_file_its_name(tmp_path: Path) -> None:
    """A folder for reports names results and transcript in it, and what is named apart stays where it was named."""
    options = read_options({"reports": str(tmp_path / "r")})
    assert (options.results, options.transcript) == (tmp_path / "r" / "results.ndjson", tmp_path / "r")
    assert read_options({"reports": str(tmp_path), "results": "elsewhere"}).results == Path("elsewhere")
