"""A whole run of Schemathesis: nothing is found of the reference, everything that was made is gone, and flaws are found."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hookproof.adapters.http import HttpPlatform
from hookproof.ports import Scope
from hookproof.reference.departures import ALLOWING, Departures
from hookproof.reference.platform import ReferencePlatform
from hookproof.schemathesis_hooks.exploring import explore
from hookproof.schemathesis_hooks.settings import Settings
from hookproof.staging.exploring import probes
from hookproof.staging.session import read_contract
from tests.schemathesis_hooks.booth import KEY, OTHER_KEY, Booth, opened
from tests.suites.courtroom import orbit

ROOT = Path(__file__).resolve().parents[2]
MASTER = "key-of-this-whole-test"


@pytest.fixture
def tenants(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Scope, Scope]]:
    """Open a reference with the flaws that the test names, and two tenants there."""
    monkeypatch.setenv(ALLOWING, "1")
    name, flaws = getattr(request, "param", ("orbit", ()))
    with ReferencePlatform(read_contract(name), api_key=MASTER, departures=Departures(flaws=flaws)) as reference:
        platform = HttpPlatform(reference.url, api_key=MASTER)
        try:
            yield reference.url, platform.open_scope("own"), platform.open_scope("other")
        finally:
            platform.close()


@pytest.mark.parametrize("tenants", [("orbit", ()), ("standard_webhooks", ())], indirect=True, ids=["orbit", "standard_webhooks"])
def test_nothing_is_found_of_the_reference(tenants: tuple[str, Scope, Scope], request: pytest.FixtureRequest) -> None:
    """Every phase tries every operation of the reference, finds nothing, and leaves nothing."""
    url, own, other = tenants
    contract = read_contract(request.node.callspec.id)
    settings = Settings(api_key=own.api_key, other_key=other.api_key, contract=contract)
    trials = explore(contract.subscription_api, url, settings, seed=7, examples=2).trials
    assert {key: (tried.errors, tried.findings) for key, tried in trials.items() if tried.errors or tried.findings} == {}
    for probe in probes(contract):
        assert trials[probe.phase, probe.operation].requests, probe.id
    left = httpx.get(f"{url}/api/v1/webhooks", headers={"X-API-Key": own.api_key}).json()["data"]
    assert left == []


def test_a_dropped_connection_is_told() -> None:
    """A platform that answers nothing has findings or errors in every phase, never silence that looks like success."""

    class Dropping(Booth):
        def answer(self, request: object) -> tuple[int, object]:
            raise ConnectionAbortedError(str(request))

    with opened(Dropping()) as url:
        trials = explore(
            orbit().subscription_api, url, Settings(api_key=KEY, other_key=OTHER_KEY, contract=orbit()), seed=1, examples=1
        ).trials
    assert any(tried.errors or tried.findings for tried in trials.values())
    assert not any(tried.accepted for tried in trials.values())


@pytest.mark.parametrize("tenants", [("orbit", ()), ("orbit", ("one-listed-name-is-enough",))], indirect=True, ids=["honest", "flawed"])
def test_the_checks_work_from_the_command_line_of_schemathesis(
    tenants: tuple[str, Scope, Scope], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """``st run`` with our hooks passes the reference, fails a flaw by our check, shows no key and leaves nothing."""
    url, own, other = tenants
    (tmp_path / "schemathesis.toml").write_text('headers = { X-API-Key = "${HOOKPROOF_API_KEY}" }\n', encoding="utf-8")
    told = {"HOOKPROOF_API_KEY": own.api_key, "HOOKPROOF_OTHER_API_KEY": other.api_key, "HOOKPROOF_CONTRACT": "orbit"}
    told |= {"SCHEMATHESIS_HOOKS": "hookproof.schemathesis_hooks", "PYTHONPATH": str(ROOT / "src"), "NO_PROXY": "*"}
    words = ["run", str(ROOT / "contracts/orbit/subscription-api.openapi.yaml"), "--url", url, "--phases", "examples", "--seed", "1"]
    words += ["--include-operation-id", "createWebhook", "--continue-on-failure"]
    done = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", *words], cwd=tmp_path, env={**os.environ, **told}, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip
    flawed = request.node.callspec.id == "flawed"
    assert done.returncode == int(flawed), done.stdout + done.stderr
    assert ("unknown_names_are_refused" in done.stdout) is flawed
    assert own.api_key not in done.stdout + done.stderr
    assert httpx.get(f"{url}/api/v1/webhooks", headers={"X-API-Key": own.api_key}).json()["data"] == []
