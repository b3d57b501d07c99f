"""Laws of commands that send a request again: a real curl writes the very bytes that were sent, or no such command is given."""

from __future__ import annotations

import shlex
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hookproof.model.transcript import Exchange
from hookproof.reporting.resending import PLAINLY, resend, resend_text
from hookproof.wire.heads import request_head
from tests.suites.mailroom import mailroom

CURL = shutil.which("curl")
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Capture:
    """Takes one connection after the other and keeps every byte of the last one."""

    def __init__(self) -> None:
        self.expected = 0
        self.got = b""
        self._whole = threading.Event()

    def take(self, peer: socket.socket) -> None:
        """Read what is expected, answer, and read on until the peer is gone."""
        with peer:
            got = bytearray()
            peer.settimeout(5)
            while len(got) < self.expected and (part := peer.recv(65_536)):
                got += part
            peer.sendall(ANSWER)
            peer.shutdown(socket.SHUT_WR)
            while part := peer.recv(65_536):
                got += part
        self.got = bytes(got)
        self._whole.set()

    def result(self) -> bytes:
        """Wait for the end of the connection and give its bytes."""
        assert self._whole.wait(10)
        self._whole.clear()
        return self.got


@contextmanager
def capturing() -> Iterator[tuple[Capture, str]]:
    """Capture at a port of this machine; gives also its URL."""
    capture, over = Capture(), threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                peer, _ = listener.accept()
                if over.is_set():
                    peer.close()
                    return
                capture.take(peer)

        thread = threading.Thread(target=accept)
        thread.start()
        port = listener.getsockname()[1]
        try:
            yield capture, f"http://127.0.0.1:{port}/hooks"
        finally:
            over.set()
            socket.create_connection(("127.0.0.1", port)).close()
            thread.join()


@pytest.fixture(scope="module")
def captured() -> Iterator[tuple[Capture, str]]:
    """Give one capture for all tests."""
    with capturing() as made:
        yield made


def written(exchange: Exchange, url: str, capture: Capture, folder: Path) -> bytes | None:
    """Run the command that is printed for an exchange and give what it wrote; None if there is none."""
    found = resend(exchange, url)
    at = {ending: folder / f"{exchange.id}.{ending}" for ending in found.files}
    for ending, raw in found.files.items():
        at[ending].write_bytes(raw)
    text = resend_text(exchange, found, at, stale_after=300)
    if found.command is None:
        assert "not by curl" in text
        return None
    command = text.splitlines()[0].removeprefix("resend: ")
    assert len(shlex.split(command)) > 3
    if CURL is None:
        return by_hand(command)
    capture.expected = len(exchange.request_head) + len(exchange.request_body)
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, timeout=20, check=False)
    assert done.returncode == 0, done.stderr
    return capture.result()


def by_hand(command: str) -> bytes:
    """Read a command as curl documents it, where there is no curl to run it."""
    words = shlex.split(command)
    if "<" in words:
        return Path(words[words.index("<") + 1]).read_bytes()
    url = urlsplit(words[-1])
    fields = Path(next(w for w in words if w.startswith("@") and w.endswith(".fields"))[1:]).read_bytes().splitlines()
    body = Path(words[words.index("--data-binary") + 1][1:]).read_bytes()
    target = (
        words[words.index("--request-target") + 1] if "--request-target" in words else f"{url.path}{'?' + url.query if url.query else ''}"
    )
    head = [f"{words[words.index('-X') + 1]} {target} HTTP/1.1".encode(), f"Host: {url.netloc}".encode(), *fields]
    return b"\r\n".join([*head, f"Content-Length: {len(body)}".encode(), b"", body])


def exchange(url: str, fields: tuple[tuple[str, str], ...], body: bytes, **more: str) -> Exchange:
    """Make the record of a request."""
    head = request_head(url, fields, len(body), method=more.get("method", "POST"), target=more.get("target"))
    return Exchange(
        id="x1", situation="s", at=0, scope="", method=more.get("method", "POST"), path="", key="none", request_headers=fields,
        request_body=body, status=200, response_headers=(), response_body=b"", started_at=0, done_at=0, request_head=head,
        fault=more.get("fault", ""),
    )  # fmt: skip


NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,12}", fullmatch=True)
VALUES = st.text([chr(code) for code in (*range(0x20, 0x7F), *range(0xA0, 0x100))], max_size=30)
TARGETS = st.from_regex(r"/[!-~]{0,20}", fullmatch=True)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fields=st.lists(st.tuples(NAMES, VALUES), max_size=5),
    body=st.binary(max_size=200),
    method=st.sampled_from(["POST", "PUT", "DELETE", "PATCH"]),
    target=TARGETS,
)
def test_curl_writes_what_was_sent(
    captured: tuple[Capture, str], tmp_path: Path, fields: list[tuple[str, str]], body: bytes, method: str, target: str
) -> None:
    """Whatever stood in fields, body and target, the printed command writes the same bytes again, or says that it cannot."""
    capture, url = captured
    told = exchange(url, tuple(fields), body, method=method, target=target)
    again = written(told, url, capture, tmp_path)
    assert again in (None, told.request_head + told.request_body)
    if again is None:
        assert b"\xff" in told.request_head + told.request_body


def test_every_kind_of_delivery_can_be_sent_again(captured: tuple[Capture, str], tmp_path: Path) -> None:
    """Of each fault and purpose of a whole run one delivery is sent again by its command, byte for byte, chunked and odd ones too."""
    capture, url = captured
    with mailroom() as run:
        for name in run.situations:
            if all(run.tools.capabilities.offers(need) for need in run.situations[name].needs):
                run._stage(name)
        records = [x for x in run.tools.recorder.transcript().records if isinstance(x, Exchange) and len(x.request_body) < 1 << 20]
        old = urlsplit(run.tools.receiver.url).netloc.encode()
    kinds = {(x.fault, x.purpose): x for x in records}
    assert len(kinds) > 60
    refused = []
    for each in kinds.values():
        here = replace(each, request_head=each.request_head.replace(b"Host: " + old, b"Host: " + urlsplit(url).netloc.encode(), 1))
        again = written(here, url, capture, tmp_path)
        assert again in (None, here.request_head + here.request_body), each.fault or each.purpose
        refused += [each.fault] if again is None else []
    assert set(refused) <= {"invalid-utf-8"}, refused


def test_what_cannot_be_sent_again_says_why(tmp_path: Path) -> None:
    """A body that was not recorded whole, and raw bytes through TLS, get no command; without TLS the plain one leads to the same port."""
    url = "https://partner.test:8443/hooks"
    told = exchange(url, (("Transfer-Encoding", "chunked"),), b"0\r\n\r\n")
    at = {"raw": tmp_path / "x1.raw"}
    assert "too long" in resend_text(told, resend(told, url, whole=False), {}, stale_after=0)
    assert "curl cannot write these bytes" in resend_text(told, resend(told, url), at, stale_after=0)
    plain = exchange(url, (), b"{}", fault=PLAINLY)
    found = resend(plain, url)
    assert found.command is not None
    assert "http://partner.test:8443/hooks" in found.command({"fields": tmp_path / "f", "body": tmp_path / "b"})


def test_the_command_says_when_it_is_stale(tmp_path: Path) -> None:
    """The command says for how long the receiver will take its signed moment."""
    told = exchange("http://127.0.0.1:9/", (), b"{}")
    found = resend(told, "http://127.0.0.1:9/")
    text = resend_text(told, found, {ending: tmp_path / ending for ending in found.files}, stale_after=300)
    assert "stale 300 s after it was sent" in text
