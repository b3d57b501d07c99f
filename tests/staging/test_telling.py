"""Who tells of effects is one source, checked before the run, for a receiver behind a URL."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hookproof.adapters.effects_command import CommandTeller
from hookproof.adapters.effects_url import UrlTeller
from hookproof.model.errors import IllFormedError
from hookproof.staging.consenting import Consent
from hookproof.staging.options import read_options
from hookproof.staging.telling import EffectsSource, open_witness
from hookproof.wire.effects_sink import EffectsSink

TARGET = {"target": "http://127.0.0.1:8080", "role": "receiver"}


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide whatever variables of ours are set around the tests."""
    for name in [name for name in os.environ if name.startswith("HOOKPROOF_")]:
        monkeypatch.delenv(name)


def source(**flags: str) -> EffectsSource | None:
    """Read the options of a run against a receiver."""
    return read_options({**TARGET, **flags}).effects


def test_nobody_tells_unless_somebody_is_named() -> None:
    """Then effects are asked of the control profile, if there is one."""
    assert source() is None


def test_each_kind_is_read() -> None:
    """A command in words, a URL with its place for the id, a sink with host and port."""
    command, url, sink = source(effects_command="a 'b c' {ids}"), source(effects_url="http://127.0.0.1/x"), source(effects_sink="[::1]:99")
    assert command is not None
    assert command == EffectsSource(command=("a", "b c", "{ids}"))
    assert url is not None
    assert url.place is not None
    assert url.place.template == "http://127.0.0.1/x?event_id={id}"
    assert sink == EffectsSource(sink=("::1", 99))
    assert [each.flag for each in (command, url, sink) if each] == ["--effects-command", "--effects-url", "--effects-sink"]


def test_variables_and_a_profile_file_name_a_source_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """But no file starts a command: whoever gets one from elsewhere runs nothing by reading it."""
    file = tmp_path / "target.toml"
    file.write_text('effects_url = "http://127.0.0.1/x"\n', encoding="utf-8")
    assert source(target_profile=str(file)) == source(effects_url="http://127.0.0.1/x")
    file.write_text('effects_sink = "127.0.0.1:99"\n', encoding="utf-8")
    assert source(target_profile=str(file)) == EffectsSource(sink=("127.0.0.1", 99))
    file.write_text('effects_command = "true"\n', encoding="utf-8")
    with pytest.raises(IllFormedError, match="effects_command"):
        source(target_profile=str(file))
    monkeypatch.setenv("HOOKPROOF_EFFECTS_COMMAND", "true")
    assert source() == EffectsSource(command=("true",))


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"effects_command": "a", "effects_url": "http://127.0.0.1/"}, "--effects-url: effects are told by --effects-command already"),
        ({"effects_command": "a 'b"}, "--effects-command: .*quotation"),
        ({"effects_command": " "}, "--effects-command: it is empty"),
        ({"effects_url": "nowhere"}, "--effects-url: 'nowhere' is not"),
        ({"effects_sink": "suites/receiver"}, "--effects-sink: 'suites/receiver' is not HOST:PORT on this machine"),
        ({"effects_sink": "127.0.0.1"}, "--effects-sink"),
        ({"effects_sink": "127.0.0.1:65536"}, "--effects-sink"),
        ({"effects_sink": "127.0.0.1:-1"}, "--effects-sink"),
        ({"effects_sink": "0.0.0.0:99"}, "on this machine"),
        ({"effects_sink": "192.0.2.1:99"}, "on this machine"),
        ({"effects_sink": "example.test:99"}, "on this machine"),
    ],
)
def test_what_cannot_be_is_an_error_of_use(flags: dict[str, str], words: str) -> None:
    """One clear error that names the option."""
    with pytest.raises(IllFormedError, match=words):
        source(**flags)


@pytest.mark.parametrize("asked", [{"role": "platform"}, {"role": ""}, {"target": None}])
def test_only_a_receiver_behind_a_url_has_effects_to_tell_of(asked: dict[str, str | None], monkeypatch: pytest.MonkeyPatch) -> None:
    """A platform has none, and the embedded reference has its control profile."""
    monkeypatch.setenv("HOOKPROOF_API_KEY", "k")
    with pytest.raises(IllFormedError, match="only a receiver behind a URL"):
        read_options({**TARGET, **asked, "effects_command": "true"})


def test_each_kind_is_opened(tmp_path: Path) -> None:
    """Nothing is asked and nothing started by opening."""
    consent = Consent((), "")
    mark = tmp_path / "mark"
    consent.target("http://127.0.0.1:9")
    kinds = []
    for flags in ({"effects_command": f"touch {mark}"}, {"effects_url": "http://127.0.0.1:9/x"}, {"effects_sink": "127.0.0.1:0"}):
        chosen = source(**flags)
        assert chosen is not None
        witness = open_witness(chosen, consent, withheld=(), seconds=1.0)
        kinds.append(type(witness))
        witness.close()
    assert kinds == [CommandTeller, UrlTeller, EffectsSink]
    assert not mark.exists()


@pytest.mark.parametrize("url", ["http://192.0.2.1/x", "POST http://example.test/x", "http://169.254.169.254/{id}"])
def test_effects_are_asked_for_on_this_machine_or_the_receivers_host(url: str) -> None:
    """Anywhere else is refused before a name is resolved or anything is sent."""

    def resolver(host: str, _port: int) -> list[str]:
        assert host == "127.0.0.1"
        return [host]

    consent = Consent((), "", resolver=resolver)
    consent.target("http://127.0.0.1:9")
    chosen = source(effects_url=url)
    assert chosen is not None
    with pytest.raises(IllFormedError, match=r"--effects-url: .* is not on this machine"):
        open_witness(chosen, consent, withheld=(), seconds=1.0)
