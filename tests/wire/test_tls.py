"""Endpoints that speak TLS: who comes through it, who breaks it off, and who does not speak it."""

from __future__ import annotations

import socket
import ssl
from urllib.parse import urlsplit

import pytest

from hookproof.model.transcript import Answer
from hookproof.wire.certificates import EXPIRED, HOSTS, SELF_SIGNED, TRUSTED, WRONG_HOST, authority, shown
from hookproof.wire.listener import CaptureListener

REQUEST = b"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


def spoken(url: str, context: ssl.SSLContext | None, host: str = "127.0.0.1") -> bytes:
    """Post to an endpoint, through TLS if there is a context, and give what came back."""
    parts = urlsplit(url)
    with socket.create_connection(("127.0.0.1", parts.port or 0), timeout=5) as plain:
        line = plain if context is None else context.wrap_socket(plain, server_hostname=host)
        with line:
            line.sendall(REQUEST.replace(b"{path}", parts.path.encode()))
            return line.makefile("rb").read()


def trusting(*, check: bool = True) -> ssl.SSLContext:
    """Trust the authority of the test certificates and nobody else."""
    context = ssl.create_default_context(cadata=authority())
    if not check:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def opened(listener: CaptureListener, kind: str) -> str:
    """Open an endpoint with a certificate."""
    return listener.open_endpoint(kind, (), then=Answer(status=204), certificate=kind)


def test_a_request_through_tls_is_recorded_with_its_version(listener: CaptureListener) -> None:
    """What comes through a right certificate is recorded as any other request, and that it was secured."""
    url = opened(listener, TRUSTED)
    assert url.startswith("https://127.0.0.1:")
    assert spoken(url, trusting(), HOSTS[TRUSTED]).startswith(b"HTTP/1.1 204 ")
    assert listener.wait([TRUSTED], 1, 5)
    (attempt,) = listener.attempts([TRUSTED])
    assert (attempt.body, attempt.door, attempt.malformed) == (b"{}", TRUSTED, None)
    assert attempt.tls.startswith("TLSv1.")
    assert listener.broken_handshakes(TRUSTED) == ()


@pytest.mark.parametrize("kind", [SELF_SIGNED, WRONG_HOST, EXPIRED])
def test_a_handshake_that_is_broken_off_is_told_of(listener: CaptureListener, kind: str) -> None:
    """Who verifies the certificate goes away; nothing is recorded but that he began and why he went."""
    url = opened(listener, kind)
    with pytest.raises(ssl.SSLCertVerificationError):
        spoken(url, trusting(), HOSTS.get(kind, "127.0.0.1"))
    assert listener.wait_met(kind, 5)
    assert listener.attempts([kind]) == ()
    (reason,) = listener.broken_handshakes(kind)
    assert "ALERT" in reason


@pytest.mark.parametrize("kind", [SELF_SIGNED, WRONG_HOST, EXPIRED])
def test_who_does_not_verify_comes_in(listener: CaptureListener, kind: str) -> None:
    """A certificate that is wrong in one way works for those who do not look."""
    assert spoken(opened(listener, kind), trusting(check=False)).startswith(b"HTTP/1.1 204 ")


def test_plain_http_at_a_tls_port_is_seen(listener: CaptureListener) -> None:
    """Who falls back to plain HTTP is recorded without TLS, not turned away."""
    assert spoken(opened(listener, SELF_SIGNED), None).startswith(b"HTTP/1.1 204 ")
    assert [attempt.tls for attempt in listener.attempts([SELF_SIGNED])] == [""]


def test_a_peer_without_a_word_is_no_handshake(listener: CaptureListener) -> None:
    """Connecting and going says nothing of certificates, and the port lives on."""
    url = opened(listener, TRUSTED)
    socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=5).close()
    assert spoken(url, trusting(), HOSTS[TRUSTED]).startswith(b"HTTP/1.1 204 ")
    assert listener.broken_handshakes(TRUSTED) == ()


def test_the_shared_port_has_no_name(listener: CaptureListener) -> None:
    """Only endpoints with a port of their own name the door that a request came by, whatever endpoint it was for."""
    own = listener.open_endpoint("own", (), then=Answer(), own_port=True)
    shared = listener.open_endpoint("shared", (), then=Answer())
    for url, by in ((own, own), (shared, shared), (shared, own)):
        spoken(urlsplit(url)._replace(netloc=urlsplit(by).netloc).geturl(), None)
    came = [(attempt.endpoint, attempt.door) for attempt in listener.attempts(["own", "shared"])]
    assert came == [("own", "own"), ("shared", ""), ("shared", "own")]


def test_an_unknown_certificate_is_refused() -> None:
    """Only the certificates that are shipped can be shown."""
    with pytest.raises(KeyError):
        shown("../key")
