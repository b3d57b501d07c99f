"""The doors of ``hookproof pact``: exit codes, one clear line, and nothing verified is never success."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hookproof.cli import door, guarded
from hookproof.reference.departures import ALLOWING, Departures
from hookproof.reference.platform import ReferencePlatform
from tests.suites.courtroom import KEY, orbit

Told = tuple[int, str, str]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Told]:
    """Give what runs a command in an empty folder: its status, what it says, what it complains of."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOOKPROOF_API_KEY", KEY)

    def said(*words: str) -> Told:
        status = guarded(lambda: door.main(["pact", *words], standalone_mode=False))
        return (status, *capsys.readouterr())

    return said


@pytest.fixture
def pactfile(say: Callable[..., Told]) -> Path:
    """Give the pact file of a small consumer."""
    assert say("init", "shop", "--event", "contact.*ated")[0] == 0
    assert say("write", "shop.pact.yaml", "--out", "pacts")[0] == 0
    return Path("pacts/shop-orbit.json")


def test_init_write_verify(say: Callable[..., Told], pactfile: Path) -> None:
    """From nothing to a verified pact in three commands; a file that is there is left as it is."""
    status, out, err = say("verify", str(pactfile), "--profile", "quick")
    assert (status, err) == (0, "")
    assert out.endswith(" kept, 0 broken, 0 not observed\n")
    assert "shop of orbit" in out
    status, _, err = say("init", "shop")
    assert (status, err) == (4, "hookproof: shop.pact.yaml: it is there already. Name another file with --out.\n")


def test_a_broken_pact_tells_promised_and_seen(say: Callable[..., Told], pactfile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A platform that takes unknown events fails with status 1 and the two statuses; what it lacks is counted, and may be demanded."""
    monkeypatch.setenv(ALLOWING, "1")
    with ReferencePlatform(orbit(), api_key=KEY, departures=Departures(flaws=("accepts-unlisted-names",))) as reference:
        status, out, _ = say("verify", str(pactfile), "--target", reference.url, "--profile", "quick")
    assert status == 1
    assert "BROKEN  http/create a webhook for an unknown event" in out
    assert "status: promised 422, seen 201" in out
    assert KEY not in out
    with ReferencePlatform(orbit(), api_key=KEY) as reference:
        black_box = ("verify", str(pactfile), "--target", reference.url, "--control-url", f"{reference.url}/nothing")
        status, out, _ = say(*black_box, "--require-complete")
    assert "not observed  message/contact.created: needs emit" in out


def test_nothing_verified_is_no_success(say: Callable[..., Told], pactfile: Path) -> None:
    """An empty pact exits 5, an ill-formed one 4, an absent target 6, no file at all 4, each with one line."""
    document: dict[str, Any] = json.loads(pactfile.read_text())
    Path("empty.json").write_text(json.dumps({**document, "interactions": []}))
    Path("ill.json").write_text("{}")
    entry = next(each for each in document["interactions"] if each["type"] == "Synchronous/HTTP")
    Path("unreadable.json").write_text(json.dumps({**document, "interactions": [{**entry, "response": {"status": "two hundred"}}]}))
    for words, expected in (
        (("empty.json",), 5),
        (("ill.json",), 4),
        (("unreadable.json",), 4),
        ((str(pactfile), "--target", "http://127.0.0.1:9"), 6),
        ((str(pactfile), "--target", "http://example.test"), 4),
        ((str(pactfile), "--contract", "nosuch"), 4),
        ((), 4),
    ):
        status, _, err = say("verify", *words)
        assert (status, err.count("\n")) == (expected, 1), (words, err)


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (("init", "a b"), "does not match"),
        (("init", "c", "--event", "nothing.*"), "has no event"),
        (("init", "c", "--out", "/proc/nothing/c"), "cannot be written"),
        (("write", "nosuch.yaml"), "cannot be read"),
    ],
)
def test_what_cannot_be_is_one_line(say: Callable[..., Told], words: tuple[str, ...], cause: str) -> None:
    """Ill input is one line with status 4, and no file is left behind."""
    status, _, err = say(*words)
    assert (status, err.count("\n"), cause in err) == (4, 1, True), err
    assert list(Path().iterdir()) == []
