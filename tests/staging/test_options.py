"""What a user asked for: flags before variables before the profile file, and one clear error for what cannot be."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from hookproof.contracts import overridden
from hookproof.model.errors import IllFormedError
from hookproof.staging.options import read_options
from hookproof.staging.profile import PROFILES
from hookproof.staging.session import read_contract

TARGET = "http://127.0.0.1:8080"
OTHER = "http://127.0.0.1:8081"


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide whatever variables of ours are set around the tests."""
    for name in [name for name in os.environ if name.startswith("HOOKPROOF_")]:
        monkeypatch.delenv(name)


def profile_file(folder: Path, text: str) -> str:
    """Write a target profile."""
    (folder / "target.toml").write_text(text, encoding="utf-8")
    return str(folder / "target.toml")


def test_nothing_asked_for_means_the_embedded_reference() -> None:
    """Without flags, variables or files the embedded references of both roles are judged by orbit, as in CI, with seed 0."""
    options = read_options({})
    assert (options.target, options.contract, options.role, options.adapter) == (None, "orbit", "", "http")
    assert (options.profile, options.seed, options.listen) == (PROFILES["ci"], 0, ("127.0.0.1", 0))
    assert (options.results, options.transcript, options.known_failures) == (None, None, frozenset())
    assert not options.require_complete


SOURCES = [
    ("target", "url", TARGET, OTHER, "http://127.0.0.1:8082", "target"),
    ("control_url", "control_url", f"{TARGET}/a", f"{TARGET}/b", f"{TARGET}/c", "control_url"),
    ("contract", "contract", "one", "two", "three", "contract"),
    ("public_url", "public_url", f"{TARGET}/a", f"{TARGET}/b", f"{TARGET}/c", "public_url"),
]


@pytest.mark.parametrize(("flag", "member", "by_flag", "by_variable", "by_file", "attribute"), SOURCES, ids=[s[0] for s in SOURCES])
def test_flags_win_over_variables_and_these_over_the_file(
    *, flag: str, member: str, by_flag: str, by_variable: str, by_file: str, attribute: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flag wins over ``HOOKPROOF_…``, and this over the profile file."""
    monkeypatch.setenv("HOOKPROOF_API_KEY", "k")
    file = profile_file(tmp_path, f'{member} = "{by_file}"\n')
    assert getattr(read_options({"target_profile": file}), attribute) == by_file
    monkeypatch.setenv(f"HOOKPROOF_{flag.upper()}", by_variable)
    assert getattr(read_options({"target_profile": file, flag: None}), attribute) == by_variable
    assert getattr(read_options({"target_profile": file, flag: by_flag}), attribute) == by_flag


def test_variables_give_numbers_and_addresses_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Profile, seed and listener come from variables as they do from flags."""
    for name, value in (("PROFILE", "nightly"), ("SEED", "-3"), ("LISTEN", "[::1]:99")):
        monkeypatch.setenv(f"HOOKPROOF_{name}", value)
    options = read_options({})
    assert (options.profile.name, options.seed, options.listen) == ("nightly", -3, ("::1", 99))


def test_the_key_comes_from_the_named_variable_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile file or a flag names the variable that holds the key; the default variable is then not looked at."""
    monkeypatch.setenv("HOOKPROOF_API_KEY", "the default")
    monkeypatch.setenv("OTHER_KEY", "the other")
    file = profile_file(tmp_path, f'url = "{TARGET}"\napi_key_env = "OTHER_KEY"\n')
    assert read_options({"target_profile": file}).api_key == "the other"
    assert read_options({"target": TARGET}).api_key == "the default"
    with pytest.raises(IllFormedError, match="MISSING_KEY is empty or not set"):
        read_options({"target_profile": file, "api_key_env": "MISSING_KEY"})


def test_known_failures_are_lines(tmp_path: Path) -> None:
    """Known failures are ids one a line; blank lines and comments are none."""
    (tmp_path / "known").write_text("# why\n\n  orbit/a/b  \r\norbit/c/d:event.x\n", encoding="utf-8")
    assert read_options({"known_failures": str(tmp_path / "known")}).known_failures == {"orbit/a/b", "orbit/c/d:event.x"}


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "role": ({"role": "postman"}, "--role: 'postman' is no role"),
    "adapter": ({"adapter": "carrier pigeon"}, "--adapter: unknown adapter"),
    "profile": ({"profile": "hasty"}, "--profile: unknown profile 'hasty'"),
    "key": ({"target": TARGET}, "--api-key-env: the environment variable HOOKPROOF_API_KEY"),
    "seed": ({"seed": "1.5"}, "--seed: '1.5' is not a whole number"),
    "no seed": ({"seed": ""}, "--seed: '' is not"),
    "address": ({"listen": "8080"}, "--listen: '8080' is not HOST:PORT"),
    "port": ({"listen": "127.0.0.1:65536"}, "is not HOST:PORT"),
    "superscript": ({"listen": "127.0.0.1:²"}, "is not HOST:PORT"),
    "negative port": ({"listen": "127.0.0.1:-1"}, "is not HOST:PORT"),
    "known failures missing": ({"known_failures": "/nonexistent"}, "/nonexistent: cannot be read"),
    "known failures folder": ({"known_failures": "/"}, "/: cannot be read"),
    "file missing": ({"target_profile": "/nonexistent"}, "/nonexistent: cannot be read"),
    "file is a folder": ({"target_profile": "/"}, "/: cannot be read"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_is_named(case: str) -> None:
    """Each wrong value is an error that names its flag or file."""
    flags, words = WRONG[case]
    with pytest.raises(IllFormedError) as caught:
        read_options(flags)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"url = ", "is not TOML"),
        (b"url = '\xff'", "is not TOML"),
        (b"url = 1\n", "/url"),
        (b"surprise = 1\n", "surprise"),
        (b"api_key_env = 'not a name'\n", "/api_key_env"),
        (b"api_key = 'the key itself'\n", "api_key"),
    ],
)
def test_a_wrong_profile_file_is_named(raw: bytes, words: str, tmp_path: Path) -> None:
    """A profile file that is no TOML, or says what its schema does not know, is an error that names file and member, not the value."""
    (tmp_path / "target.toml").write_bytes(raw)
    with pytest.raises(IllFormedError) as caught:
        read_options({"target_profile": str(tmp_path / "target.toml")})
    assert words in str(caught.value)
    assert "target.toml" in str(caught.value)
    assert "the key itself" not in str(caught.value)


def test_known_failures_that_are_no_text_are_named(tmp_path: Path) -> None:
    """A file of known failures that is not UTF-8 is an error of use."""
    (tmp_path / "known").write_bytes(b"\xff\n")
    with pytest.raises(IllFormedError, match="is not UTF-8 text"):
        read_options({"known_failures": str(tmp_path / "known")})


def test_a_profile_declares_what_the_target_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Capabilities, signing scheme, other routes and an issued secret of a target profile reach the run."""
    monkeypatch.setenv("ISSUED", "whsec_given_out_of_band")
    file = tmp_path / "target.toml"
    file.write_text(
        'secret_env = "ISSUED"\nsigning = "devotel-t-v1"\n[capabilities]\njitter_ratio = 0.2\n'
        '[overrides.paths]\ncreateWebhook = "/hooks"\n[overrides.statuses]\ncreateWebhook = 200\n'
    )
    options = read_options({"target_profile": str(file)})
    assert options.secret == "whsec_given_out_of_band"
    assert options.capabilities == {"jitter_ratio": 0.2, "signing": "devotel-t-v1"}
    changed = overridden(read_contract("orbit"), options.overrides, subject="test")
    assert "200" in changed.subscription_api["paths"]["/hooks"]["post"]["responses"]
    with pytest.raises(IllFormedError, match="no operation 'nope'"):
        overridden(read_contract("orbit"), {"paths": {"nope": "/x"}}, subject="test")


def test_hosts_beyond_loopback_cannot_be_allowed(tmp_path: Path) -> None:
    """A profile that allows other hosts is refused, because nothing would honour it."""
    file = tmp_path / "target.toml"
    file.write_text('allowed_hosts = ["example.com"]\n')
    with pytest.raises(IllFormedError, match="loopback"):
        read_options({"target_profile": str(file)})
