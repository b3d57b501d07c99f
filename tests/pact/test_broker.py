"""A broker gets the credentials that the environment names, and nobody else does; what it answers otherwise is one error.

Law: neither messages nor results hold a credential.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from hookproof.cli import door, guarded
from hookproof.model.errors import IllFormedError, UnreachableError
from hookproof.pact.consumer import whole_consumer
from hookproof.pact.pactfile import HTTP
from hookproof.staging.pact_broker import PASSWORD, TOKEN, URL, USERNAME, broker
from hookproof.staging.pacts import pact_of
from hookproof.staging.session import read_contract

SECRET = "credential-that-nobody-may-see"


@dataclass
class Fake:
    """A broker: its pages by path, and what it was asked."""

    url: str = ""
    pages: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, str, str, bytes]] = field(default_factory=list)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Fake]:
    """Open a broker with one small pact, and name it in the environment."""
    found = Fake()

    class Answering(BaseHTTPRequestHandler):
        def answer(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            found.asked.append((self.command, self.path, self.headers.get("Authorization", ""), raw))
            page = found.pages.get(self.path)
            content = page if isinstance(page, bytes) else json.dumps(page).encode()
            self.send_response(404 if page is None else 200)
            self.end_headers()
            self.wfile.write(content)

        do_GET = answer  # noqa: N815 -- http.server looks for this name
        do_POST = answer  # noqa: N815 -- the same

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=lambda: server.serve_forever(0.02))
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    for name in (TOKEN, USERNAME, PASSWORD):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(URL, found.url)
    pact = pact_of(read_contract("orbit"), whole_consumer(read_contract("orbit")))
    small = pact.only(lambda entry: entry.kind == HTTP and entry.description in ("create a webhook", "read a webhook"))
    results = {"_links": {"pb:publish-verification-results": {"href": f"{found.url}/results"}}}
    found.pages = {
        "/pacts/provider/orbit/latest": {"_links": {"pb:pacts": [{"href": f"{found.url}/pact"}]}},
        "/pact": {**json.loads(small.text()), **results},
        "/results": {},
    }
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_pacts_are_fetched_verified_and_told(fake: Fake, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """Without a file the broker's pacts are verified, and the result is told for the version that is named; the token is shown nowhere."""
    monkeypatch.setenv(TOKEN, SECRET)
    words = ["pact", "verify", "--profile", "quick", "--provider-version", "1.2"]
    assert guarded(lambda: door.main(words, standalone_mode=False)) == 0
    out, err = capfd.readouterr()
    assert out.endswith("2 kept, 0 broken, 0 not observed\n")
    assert {authorization for _, _, authorization, _ in fake.asked} == {f"Bearer {SECRET}"}
    assert json.loads(fake.asked[-1][3]) == {"success": True, "providerApplicationVersion": "1.2"}
    assert SECRET not in out + err


def test_names_and_passwords_are_sent(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name and a password go to the broker as basic credentials, and not beside a token."""
    monkeypatch.setenv(USERNAME, "ada")
    monkeypatch.setenv(PASSWORD, SECRET)
    with broker() as opened:
        assert opened is not None
        assert [len(pact.entries) for pact in opened.pacts("orbit")] == [2]
    assert {authorization for _, _, authorization, _ in fake.asked} == {"Basic " + base64.b64encode(f"ada:{SECRET}".encode()).decode()}
    monkeypatch.setenv(TOKEN, SECRET)
    with pytest.raises(IllFormedError) as refused, broker():
        pass
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("pages", "words"),
    [
        ({}, "answered 404"),
        ({"/pacts/provider/orbit/latest": b"<html>"}, "something else"),
        ({"/pacts/provider/orbit/latest": {"_links": {"pb:pacts": [{"href": "http://127.0.0.2:1/pact"}]}}}, "another host"),
        ({"/pacts/provider/orbit/latest": {"_links": {"pb:pacts": [{}]}}}, "links"),
        ({"/pacts/provider/orbit/latest": {"_links": {"pb:pacts": [{"href": "/pact"}]}, "/pact": {}}}, "404"),
    ],
)
def test_what_is_no_broker_is_one_error(fake: Fake, monkeypatch: pytest.MonkeyPatch, pages: dict[str, Any], words: str) -> None:
    """Refusals, pages of another kind and links that lead elsewhere are errors; credentials follow no such link."""
    monkeypatch.setenv(TOKEN, SECRET)
    fake.pages = pages
    with broker() as opened:
        assert opened is not None
        with pytest.raises(IllFormedError, match=words) as refused:
            opened.pacts("orbit")
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    ["http://ada:pw-of-ada@127.0.0.1:1", "http://example.test", "ftp://127.0.0.1", "nonsense", "http://127.0.0.1:99999", "http://[::1"],
)
def test_addresses_that_cannot_be_are_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials in the address, plain HTTP to another machine and what is no address are refused, and not repeated with a password."""
    monkeypatch.setenv(URL, url)
    with pytest.raises(IllFormedError) as refused, broker():
        pass
    assert "pw-of-ada" not in str(refused.value)


def test_no_broker_and_one_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing named is no broker; one that does not answer is unreachable."""
    monkeypatch.delenv(URL, raising=False)
    with broker() as nobody:
        assert nobody is None
    monkeypatch.setenv(URL, "http://127.0.0.1:9")
    with broker() as away:
        assert away is not None
        with pytest.raises(UnreachableError):
            away.pacts("orbit")
