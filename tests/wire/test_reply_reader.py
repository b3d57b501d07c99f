"""Laws of the reader of answers, without sockets; h11 and httptools as second opinions on what is legal."""

from __future__ import annotations

import itertools
import re

import h11
import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookproof.wire.reply_reader import AnswerBounds, ReplyReader
from hookproof.wire.request_head import MalformedError

TIGHT = AnswerBounds(head=200, kept=24, read=60)
Told = tuple[str, int, tuple[tuple[str, str], ...], bytes, bool]

OK = b"HTTP/1.1 200 OK\r\n"
LEGAL: dict[str, bytes] = {
    "length": OK + b"Content-Length: 5\r\nX-a: \xfc \r\n\r\nhello",
    "nothing": OK + b"content-length:0\r\n\r\n",
    "no reason": b"HTTP/1.1 299 \r\nContent-Length: 0\r\n\r\n",
    "no reason, no space": b"HTTP/1.1 299\r\nContent-Length: 0\r\n\r\n",
    "chunked": OK + b"Transfer-Encoding: Chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: v\r\n\r\n",
    "until close": OK + b"X: y\r\n\r\nall there is",
    "until close, empty": OK + b"\r\n",
    "old": b"HTTP/1.0 404 No\r\nContent-Length: 2\r\n\r\nno",
    "close": OK + b"Connection: Foo, Close\r\nContent-Length: 2\r\n\r\nok",
    "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "not modified": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 900\r\n\r\n",
    "interim": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" + OK + b"Content-Length: 1\r\n\r\nx",
    "same length twice": OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nok",
    "length list": OK + b"Content-Length: 2, 2\r\n\r\nok",
    "folded": OK + b"X: a\r\n \t b\r\nContent-Length: 0\r\n\r\n",
}
FAULTS: dict[str, bytes] = {
    "other protocol": b"220 mail.example.test ESMTP\r\n",
    "noise": b"\x16\x03\x01\x02",
    "empty line first": b"\r\n" + LEGAL["length"],
    "other version": b"HTTP/2.0 200 OK\r\n\r\n",
    "short status": b"HTTP/1.1 20 OK\r\n\r\n",
    "status out of range": b"HTTP/1.1 099 Low\r\n\r\n",
    "status is no number": b"HTTP/1.1 2x0 OK\r\n\r\n",
    "bare LF": b"HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n",
    "only bare LF": b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
    "bare CR": OK + b"X: a\rb\r\nContent-Length: 0\r\n\r\n",
    "nul": OK + b"X: a\x00\r\nContent-Length: 0\r\n\r\n",
    "no colon": OK + b"Content-Length\r\n\r\n",
    "space before colon": OK + b"Content-Length : 0\r\n\r\n",
    "folded first": OK + b" X: a\r\n\r\n",
    "other length": OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nok",
    "signed length": OK + b"Content-Length: +2\r\n\r\nok",
    "empty length": OK + b"Content-Length: \r\n\r\n",
    "digits of another script": OK + "Content-Length: ²\r\n\r\nok".encode("latin-1"),
    "length and coding": OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "other coding": OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "coding in 1.0": b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunk size": OK + b"Transfer-Encoding: chunked\r\n\r\n0x2\r\nhi\r\n",
    "chunk end": OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhixx0\r\n\r\n",
    "trailer": OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\nbad trailer\r\n\r\n",
    "switch": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    "large head": OK + b"X: " + b"x" * 200 + b"\r\n\r\n",
    "endless interim": b"HTTP/1.1 100 Continue\r\n\r\n" * 9,
}


def read(parts: list[bytes], *, method: bytes = b"POST", bounds: AnswerBounds = TIGHT) -> Told:
    """Give what a reader makes of the parts and the end of the stream: how it ended, the answer, and whether the line lasts."""
    reader = ReplyReader(method, bounds)
    try:
        whole = [reader.push(part) for part in parts]
        lasts = reader.reusable and reader.whole
        ended = reader.end()
    except MalformedError:
        return "malformed", 0, (), b"", False
    assert whole == sorted(whole), "what is whole stays whole"
    if not ended:
        return "closed", 0, (), b"", False
    return "whole", reader.status, reader.headers, bytes(reader.body), lasts


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    """Cut data at these offsets."""
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges) if start < end]


@pytest.mark.parametrize("data", LEGAL.values(), ids=LEGAL)
def test_every_single_cut_reads_the_same(data: bytes) -> None:
    """A legal answer is whole, wherever its bytes are cut once, and one byte at a time."""
    whole = read([data])
    assert whole[0] == "whole"
    assert all(read([data[:at], data[at:]]) == whole for at in range(1, len(data)))
    assert read([data[at : at + 1] for at in range(len(data))]) == whole


@given(
    data=st.sampled_from([*LEGAL.values(), *FAULTS.values()]),
    behind=st.sampled_from([b"", b"x", LEGAL["length"], b"y" * 90]),
    method=st.sampled_from([b"POST", b"HEAD", b"CONNECT"]),
    kept=st.integers(0, 400),
    cuts=st.lists(st.integers(0, 400), max_size=8),
)
def test_any_split_reads_the_same(data: bytes, behind: bytes, method: bytes, kept: int, cuts: list[int]) -> None:
    """Any split of any stream, also a faulty, a cut or a surplus one, gives the same answer or the same fault."""
    data = (data + behind)[: kept or None]
    assert read(split(data, cuts), method=method) == read([data], method=method)


@given(
    head=st.sampled_from([b"", OK, OK + b"Transfer-Encoding: chunked\r\n\r\n", OK + b"Content-Length: 70\r\n\r\n"]),
    noise=st.binary(max_size=120) | st.text("0123456789abcdef\r\n;: ", max_size=120).map(str.encode),
    cuts=st.lists(st.integers(0, 200), max_size=6),
)
def test_noise_never_crashes(head: bytes, noise: bytes, cuts: list[int]) -> None:
    """Arbitrary bytes, also behind a legal beginning, end in an answer or in a fault, the same for any split."""
    assert read(split(head + noise, cuts)) == read([head + noise] if head + noise else [])


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_no_answer_is_malformed(name: str) -> None:
    """A fault of framing or form is told as such, never taken for an answer or for a connection that broke off."""
    assert read([FAULTS[name]])[0] == "malformed"


def test_a_cut_answer_is_none() -> None:
    """An answer whose end is missing is not whole, unless the end of the connection is its end."""
    assert all(read([data[:-1]])[0] == "closed" for name, data in LEGAL.items() if "until" not in name)
    assert all(read([data])[0] == "whole" for name, data in LEGAL.items() if "until" in name)
    assert read([])[0] == "closed"


def test_only_what_can_go_on_does() -> None:
    """A connection lasts after answers with an end of their own that do not forbid it, and with nothing behind them."""
    ends = {"until close", "until close, empty", "old", "close"}
    assert {name for name, data in LEGAL.items() if not read([data])[4]} == ends
    assert not any(read([data + b"x"])[4] or read([data, b"x"])[4] for data in LEGAL.values())
    assert not read([b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n"])[4]


def test_fields_are_kept_as_they_came() -> None:
    """Order, case, repetition and every byte of a value survive; only blanks around it go, and a folded value is one."""
    answer = read([OK + b"x-B: 1\r\nX-b:\t\xfc;  \r\nX-b: a\r\n \t b\r\nContent-Length: 0\r\n\r\n"])
    assert answer[2] == (("x-B", "1"), ("X-b", "\xfc;"), ("X-b", "a b"), ("Content-Length", "0"))


def test_content_is_decoded_and_bounded() -> None:
    """Content comes without framing; beyond one bound it is read but not kept, beyond the next the answer counts as whole."""
    assert read([LEGAL["chunked"]])[3] == b"abcde"
    assert read([OK + b"Content-Length: 60\r\n\r\n" + b"x" * 60]) == ("whole", 200, (("Content-Length", "60"),), b"x" * 24, True)
    for endless in (b"Content-Length: 999\r\n\r\n", b"X: y\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\nfff\r\n"):
        reader = ReplyReader(b"POST", TIGHT)
        reader.push(OK + endless)
        assert not reader.push(b"x" * 60)
        assert reader.push(b"x")
        assert (bytes(reader.body), reader.reusable) == (b"x" * 24, False)


@pytest.mark.parametrize(("method", "body"), [(b"HEAD", b""), (b"CONNECT", b""), (b"GET", b"hello")])
def test_some_methods_have_answers_without_content(method: bytes, body: bytes) -> None:
    """The answer to HEAD, and a good one to CONNECT, end with their heads."""
    reader = ReplyReader(method)
    assert reader.push(LEGAL["length"].removesuffix(b"hello") + body)
    assert (bytes(reader.body), reader.reusable) == (body, method != b"CONNECT")


# --- second opinions ----------------------------------------------------------------------------------------------------------------

NAMES = st.from_regex(re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,9}", re.ASCII), fullmatch=True).map(lambda name: f"X-{name}")
VALUES = st.text([chr(code) for code in (*range(0x21, 0x7F), *range(0xA1, 0x100))], max_size=12)


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """Make a legal final answer, with interim ones before it."""
    body = draw(st.binary(max_size=40))
    status = draw(st.sampled_from([200, 201, 204, 299, 301, 304, 400, 404, 410, 429, 500, 503]))
    framing = "none" if status in (204, 304) else draw(st.sampled_from(["length", "chunked", "close"]))
    fields = [f"{draw(NAMES)}:{draw(st.sampled_from(['', ' ', chr(9)]))}{draw(VALUES)}" for _ in range(draw(st.integers(0, 4)))]
    if draw(st.booleans()):
        fields.append(f"Connection: {draw(st.sampled_from(['close', 'keep-alive', 'Close, x']))}")
    content = body
    if framing == "length":
        fields.insert(0, f"Content-Length: {len(body)}")
    elif framing == "chunked":
        fields.append("Transfer-Encoding: chunked")
        parts = split(body, draw(st.lists(st.integers(0, 40), max_size=3)))
        content = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    elif framing == "none":
        content = b""
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" * draw(st.integers(0, 2))
    reason = draw(st.sampled_from(["OK", "Some Words", ""]))
    return interim + "\r\n".join([f"HTTP/1.1 {status} {reason}", *fields, "", ""]).encode("latin-1") + content


def told_by_h11(data: bytes) -> tuple[int, tuple[tuple[str, str], ...], bytes, bool]:
    """Read by h11."""
    parser = h11.Connection(h11.CLIENT)
    parser.send(h11.Request(method="POST", target="/", headers=[("Host", "h")]))
    parser.send(h11.EndOfMessage())
    parser.receive_data(data)
    fields: tuple[tuple[str, str], ...] = ()
    status, body, ended = 0, b"", False
    while True:
        event = parser.next_event()
        if event is h11.NEED_DATA:
            parser.receive_data(b"")
            ended = True
        elif isinstance(event, h11.Response):
            status = event.status_code
            fields = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in event.headers.raw_items())
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            return status, fields, body, parser.their_state is h11.DONE and not ended


class Heard:
    """Callbacks of httptools."""

    def __init__(self) -> None:
        self.body = b""
        self.fields: list[tuple[str, str]] = []

    def on_message_begin(self) -> None:
        """Forget an interim answer."""
        self.fields.clear()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a field."""
        self.fields.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_body(self, body: bytes) -> None:
        """Keep content."""
        self.body += body


@given(data=answers())
def test_legal_answers_read_as_others_read_them(data: bytes) -> None:
    """Of a legal answer h11 and httptools say the same: status, fields as sent, content; and h11 whether the connection lasts."""
    ended, status, fields, body, lasts = read([data], bounds=AnswerBounds())
    assert (ended, status, fields, body, lasts) == ("whole", *told_by_h11(data))
    heard = Heard()
    parser = httptools.HttpResponseParser(heard)
    parser.feed_data(data)
    assert (parser.get_status_code(), tuple(heard.fields), heard.body) == (status, fields, body)
