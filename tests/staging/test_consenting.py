"""Laws of consent: nothing is written to somebody else's host before it agreed, and nothing but itself and this machine is asked."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpcore
import httpx
import pytest

from hookproof import wire
from hookproof.adapters.bounded import Leave, bounded_client
from hookproof.adapters.receiver import HttpReceiver
from hookproof.model.errors import HookproofError, IllFormedError, UnreachableError
from hookproof.ports import Outgoing
from hookproof.staging.consenting import Consent
from hookproof.wire.certificates import HOSTS, TRUSTED, authority
from hookproof.wire.destination import FOREIGN
from hookproof.wire.heads import request_head
from hookproof.wire.ownership import CHALLENGE_PATH
from hookproof.wire.sender import Sender
from tests.staging.partner import ADDRESS, CHALLENGE, NAME, Partner, Reply, honest, partner, resolver

PEM = Path(wire.__file__).parent / "pem"


def consent(*names: str, challenge: str = CHALLENGE) -> Consent:
    """Everything that a user may say, with a resolver of ours."""
    return Consent(names or (NAME,), challenge, resolver=resolver())


def test_a_host_that_agreed_is_sent_to_at_its_checked_address() -> None:
    """The name is resolved once, the challenge is fetched first, and deliveries follow to that very address under its caps."""
    lookups: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        lookups.append(host)
        return [ADDRESS if len(lookups) == 1 else "127.0.0.3"]

    with partner() as host:
        allowed = Consent((NAME,), CHALLENGE, resolver=resolve)
        place = allowed.target(host.url())
        assert (place.address, place.caps, place.foreign) == (ADDRESS, FOREIGN, True)
        with Sender(place, allowance=allowed.allowance) as sender:
            head = request_head(host.url(), (), 2)
            assert [reply.status for reply in sender.send([Outgoing(head=head, body=b"{}")] * 3)] == [200] * 3
        assert allowed.look(host.url("/other"), "URL").address == ADDRESS
        assert host.asked == [f"GET {CHALLENGE_PATH}", *["POST /hooks"] * 3]
    assert lookups == [NAME]


def answering(status: int, body: bytes, **fields: str) -> Callable[[str, str], Reply]:
    """A host that answers the challenge so."""
    return lambda method, path: (status, fields, body) if path == CHALLENGE_PATH else honest(method, path)


REFUSALS = {
    "another text": answering(200, b"something else that is long enough to be one"),
    "a part of it": answering(200, CHALLENGE[:-1].encode()),
    "more than it": answering(200, CHALLENGE.encode() * 2),
    "not found": answering(404, CHALLENGE.encode()),
    "elsewhere": answering(302, CHALLENGE.encode(), Location=f"http://{ADDRESS}/"),
    "nothing": answering(200, b""),
    "in another case": answering(200, CHALLENGE.upper().encode()),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_host_that_does_not_agree_gets_nothing_but_the_question(name: str) -> None:
    """Whatever is answered but the very text with a 200, the run ends with one line, after one request."""
    with partner(REFUSALS[name]) as host:
        with pytest.raises(IllFormedError, match="does not answer with the challenge"):
            consent().target(host.url())
        assert host.asked == [f"GET {CHALLENGE_PATH}"]


@pytest.mark.parametrize("challenge", ["", "short", "x" * 31, "ü" * 40, " " + "x" * 40, "x" * 40 + "\n"])
def test_a_challenge_that_anybody_could_serve_is_none(challenge: str) -> None:
    """Without a long plain text nothing is sent, not even the question."""
    with partner() as host:
        with pytest.raises(IllFormedError, match="a challenge of at least 32"):
            consent(challenge=challenge).target(host.url())
        assert host.asked == []


def test_a_host_that_was_not_allowed_is_not_connected_to() -> None:
    """Another name or port than the allowed one gets no connection, and is not even looked up."""
    with partner() as host:
        for names, url in (((NAME,), host.url(name="other.test")), ((f"{NAME}:1",), host.url()), ((), host.url())):
            with pytest.raises(IllFormedError, match="--allow-host"):
                Consent(names, CHALLENGE, resolver=resolver("nobody")).target(url)
        assert host.connections == []


def test_what_is_asked_beside_lies_on_the_same_host_or_here() -> None:
    """The control URL may be on the receiver's host, where it proves itself at its own port, or on this machine; nowhere else."""
    with partner() as host, partner() as second:
        allowed = Consent((NAME, "third.test"), CHALLENGE, resolver=resolver(NAME, "third.test"))
        place = allowed.target(host.url())
        assert allowed.beside(second.url("/control"), "--control-url", place).port == second.port
        assert second.asked == [f"GET {CHALLENGE_PATH}"]
        assert not allowed.beside("http://127.0.0.1:9/x", "--control-url", place).foreign
        with pytest.raises(IllFormedError, match="is neither the receiver's host"):
            allowed.beside(second.url(name="third.test"), "--control-url", place)
        here = allowed.look("http://127.0.0.1:9", "URL")
        with pytest.raises(IllFormedError, match="neither the receiver's host"):
            allowed.beside(host.url(), "--control-url", here)


def test_questions_go_to_the_checked_address_and_are_counted() -> None:
    """The control profile of a foreign host is asked at the address that was checked, out of the same allowance; other hosts never."""
    with partner() as host:
        allowed = consent()
        allowed.target(host.url())
        receiver = HttpReceiver(host.url(), api_key="", leave=allowed.leave())
        before = allowed.allowance.sent
        assert receiver.capabilities().roles == ("receiver",)
        receiver.close()
        assert allowed.allowance.sent == before + 1
        assert host.asked[-1] == "GET /hooks/conformance/v1/capabilities"
        with pytest.raises(IllFormedError, match="not on this machine"):
            HttpReceiver("http://other.test/", api_key="", leave=allowed.leave())


class Elsewhere(httpcore.NetworkBackend):
    """A network in which every connection leads to one other place."""

    def __init__(self, address: str) -> None:
        self.address = address

    def connect_tcp(self, host: str, port: int, *_told: Any, **_more: Any) -> httpcore.NetworkStream:
        """Connect, but not there."""
        assert host == ADDRESS
        return httpcore.SyncBackend().connect_tcp(self.address, port)


def asked_through(host: Partner, address: str) -> httpx.Response:
    """Ask a host whose checked address is ADDRESS, in a network where every connection leads to ``address``."""
    with bounded_client(5.0, Leave(addresses={NAME: ADDRESS})) as client:
        transport: Any = client._transport
        lent = transport._lend()
        lent._pool._network_backend._inner = Elsewhere(address)
        transport._take_back(lent)
        return client.get(host.url())


def test_a_question_that_would_lead_elsewhere_is_not_asked() -> None:
    """The peer of each connection is compared with the checked address once more: nothing is written to any other."""
    with partner() as host:
        assert asked_through(host, ADDRESS).status_code == 404
    with partner(at="127.0.0.3") as host:
        with pytest.raises(httpx.ConnectError, match="did not lead to the checked"):
            asked_through(host, "127.0.0.3")
        assert host.asked == []


def contexts(name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's certificate, and trust in the authority of our test certificates."""
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(PEM / f"{name}.pem", PEM / "key.pem")
    return served, ssl.create_default_context(cadata=authority())


def test_an_https_host_is_known_by_its_name() -> None:
    """The certificate is verified against the host as named, though the connection goes to an address."""
    served, trusted = contexts("trusted")
    name = HOSTS[TRUSTED]
    with partner(certificate=served) as host:
        allowed = Consent((name,), CHALLENGE, resolver=resolver(name), trusted=trusted)
        assert allowed.target(host.url(name=name, scheme="https")).scheme == "https"
        assert host.asked == [f"GET {CHALLENGE_PATH}"]


@pytest.mark.parametrize("kind", ["wrong-host", "expired", "self-signed"])
def test_no_certificate_of_another_host_is_taken(kind: str) -> None:
    """A certificate for another name, out of date or of nobody's is refused in one line that says so, and nothing is asked."""
    served, trusted = contexts(kind)
    with partner(certificate=served) as host:
        allowed = Consent((NAME,), CHALLENGE, resolver=resolver(), trusted=trusted)
        with pytest.raises(IllFormedError, match="certificate is not valid for"):
            allowed.target(host.url(scheme="https"))
        assert host.asked == []


def test_a_host_that_is_not_there_is_unreachable() -> None:
    """Nobody listening, or no TLS where https is named, is exit 6 and no verdict."""
    with partner() as host:
        with pytest.raises(UnreachableError) as caught:
            consent().target(host.url(scheme="https"))
        assert caught.value.exit_code == 6
    with pytest.raises(UnreachableError):
        consent().target(host.url())


def test_of_several_addresses_the_first_that_listens_is_used() -> None:
    """Where nobody listens at the first checked address, the next one is tried, without anything being written."""
    with partner() as host:
        allowed = Consent((NAME,), CHALLENGE, resolver=lambda _host, _port: ["127.0.0.7", ADDRESS])
        assert allowed.target(host.url()).address == ADDRESS


def test_every_refusal_is_one_line() -> None:
    """Errors of consent are one line for people."""
    with pytest.raises(HookproofError) as caught:
        consent().target("http://other.test/")
    assert "\n" not in str(caught.value)


def redirecting(method: str, path: str) -> Reply:
    """Agree, and send every delivery on."""
    return honest(method, path) if path == CHALLENGE_PATH else (307, {"Location": "http://127.0.0.9/"}, b"")


def test_no_redirect_is_followed() -> None:
    """A receiver that redirects is shown its redirect as the answer; nothing goes where it points."""
    with partner(redirecting) as host:
        allowed = consent()
        place = allowed.target(host.url())
        with Sender(place, allowance=allowed.allowance) as sender:
            (reply,) = sender.send([Outgoing(head=request_head(host.url(), (), 0))])
        assert reply.status == 307
        assert len(host.asked) == 2


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables that name proxies change nothing: challenge, deliveries and questions go straight to the checked address."""
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with partner() as host:
        allowed = consent()
        place = allowed.target(host.url())
        with Sender(place, allowance=allowed.allowance) as sender:
            assert sender.send([Outgoing(head=request_head(host.url(), (), 0))])[0].status == 200
        receiver = HttpReceiver(host.url(), api_key="", leave=allowed.leave())
        receiver.capabilities()
        receiver.close()
        assert len(host.asked) == 3
