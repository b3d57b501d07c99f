"""Laws of where traffic may go: this machine, or one host that was named for this run; never anywhere else, however it is spelt."""

from __future__ import annotations

import contextlib
import ipaddress
from asyncio import BaseTransport
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hookproof.model.errors import IllFormedError, UnreachableError
from hookproof.wire.destination import FOREIGN, LOCAL, Address, Destination, Resolver, allowed_place, destination, require_peer

LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
NAMES = st.builds(lambda labels, last: ".".join([*labels, last]), st.lists(LABEL, max_size=3), st.from_regex(r"[a-z]{2,8}", fullmatch=True))
NAMES = NAMES.filter(lambda name: name != "localhost")
ADDRESSES: st.SearchStrategy[Address] = st.ip_addresses()
PORTS = st.integers(1, 65_535)
NOWHERE = ["169.254.169.254", "0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255", "100.100.100.200", "168.63.129.16",  # noqa: S104 -- refused
           "::", "fe80::1", "ff02::1", "fd00:ec2::254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1"]  # fmt: skip


def to(*addresses: str) -> Resolver:
    """A resolver that always gives these."""
    return lambda _host, _port: list(addresses)


def nobody(host: str, _port: int) -> list[str]:
    """A resolver that must not be asked."""
    raise AssertionError(host)


@given(NAMES, PORTS, st.sampled_from(["http", "https"]))
def test_no_name_is_resolved_unless_it_was_allowed(name: str, port: int, scheme: str) -> None:
    """A name that nobody allowed is refused before anybody is asked where it is."""
    with pytest.raises(IllFormedError, match="not on this machine"):
        destination(f"{scheme}://{name}:{port}/x", resolver=nobody)


@given(ADDRESSES.filter(lambda address: not address.is_loopback), PORTS)
def test_no_foreign_address_is_reached_unless_it_was_allowed(address: Address, port: int) -> None:
    """An address beyond loopback is refused."""
    host = f"[{address}]" if address.version == 6 else str(address)
    with pytest.raises(IllFormedError, match="not on this machine"):
        destination(f"http://{host}:{port}", resolver=nobody)


@given(NAMES, PORTS, PORTS)
def test_a_host_is_allowed_at_all_ports_or_at_one(name: str, port: int, other: int) -> None:
    """HOST allows each port, HOST:PORT that one and no other, and neither a host under it nor one beside it."""
    assert destination(f"http://{name}:{port}", allowed=[allowed_place(name)], resolver=to("203.0.113.9")).caps == FOREIGN
    found = destination(f"http://{name}:{port}", allowed=[allowed_place(f"{name}:{port}")], resolver=to("203.0.113.9"))
    assert (found.host, found.port, found.address, found.foreign) == (name, port, "203.0.113.9", True)
    if other != port:
        with pytest.raises(IllFormedError):
            destination(f"http://{name}:{other}", allowed=[allowed_place(f"{name}:{port}")], resolver=nobody)
    for near in (f"x.{name}", f"{name}x", f"{name}.example"):
        with pytest.raises(IllFormedError):
            destination(f"http://{near}:{port}", allowed=[allowed_place(name)], resolver=nobody)


@given(ADDRESSES, PORTS)
def test_addresses_are_allowed_however_they_are_spelt(address: Address, port: int) -> None:
    """An allowed address is the same in its short and its long form."""
    long = f"[{address.exploded}]" if address.version == 6 else str(address)
    assert allowed_place(long) == str(address)
    assert allowed_place(f"{long}:{port}") == (f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}")


@given(st.text(max_size=40))
@example("*")
@example("*.example.com")
@example("10.0.0.0/8")
@example("http://example.com")
@example("example.com:0")
@example("example.com:65536")
@example("example.com:")
@example("user@example.com")
@example("0x7f.1")
@example("2130706433")
@example("[::1")
@example("::1]:80")
@example("a..b")
@example("")
def test_what_is_allowed_is_one_host_or_an_error(text: str) -> None:
    """Whatever is written behind --allow-host, it is a host that a URL can name, or an error of use; never a pattern."""
    try:
        place = allowed_place(text)
    except IllFormedError:
        return
    assert not set(place) & set("*/@ \t\n?#\\")
    bracketed = place if ":" not in place or place.startswith("[") or place.count(":") == 1 else f"[{place}]"
    found = destination(f"http://{bracketed}", allowed=[place], resolver=to("203.0.113.9")) if not _local(place) else None
    assert found is None or found.foreign


def _local(place: str) -> bool:
    return place.startswith(("127.", "localhost", "::1", "[::1]")) or ".localhost" in place


@pytest.mark.parametrize("text", ["*", "*.example.com", "10.0.0.0/8", "http://example.com", "example.com:0", "example.com:65536", "0x7f.1",
                                  "2130706433", "127.1", "", "a b", "user@example.com"])  # fmt: skip
def test_no_pattern_range_or_riddle_is_a_host(text: str) -> None:
    """Patterns, ranges, URLs, bad ports and numbers that only resolvers read as addresses are refused."""
    with pytest.raises(IllFormedError, match="--allow-host"):
        allowed_place(text)


@given(st.text(max_size=60))
def test_no_url_makes_it_fall(text: str) -> None:
    """Any text is a checked destination on this machine, or an error of use or of reach."""
    for url in (text, f"http://{text}", f"https://{text}:80/"):
        with contextlib.suppress(IllFormedError, UnreachableError):
            assert destination(url, resolver=to("127.0.0.1")).caps == LOCAL


@pytest.mark.parametrize("address", NOWHERE)
@pytest.mark.parametrize("beside", [(), ("203.0.113.9",)])
def test_nothing_is_sent_where_nothing_belongs(address: str, beside: tuple[str, ...]) -> None:
    """An allowed name of which one address is link-local, multicast, unspecified, reserved or a cloud's own is refused, wrapped or not."""
    for addresses in ((address, *beside), (*beside, address)):
        with pytest.raises(IllFormedError, match="nothing may be sent"):
            destination("http://partner.test", allowed=["partner.test"], resolver=to(*addresses))


def test_a_name_is_one_place() -> None:
    """A name that leads here and elsewhere is refused, as is a localhost that leads away; one that has no address is unreachable."""
    with pytest.raises(IllFormedError, match="to this machine and elsewhere"):
        destination("http://partner.test", allowed=["partner.test"], resolver=to("203.0.113.9", "127.0.0.1"))
    with pytest.raises(IllFormedError, match="away"):
        destination("http://localhost", resolver=to("203.0.113.9"))
    with pytest.raises(UnreachableError, match="no address"):
        destination("http://partner.test", allowed=["partner.test"], resolver=to())


def test_an_allowed_name_on_this_machine_is_foreign_all_the_same() -> None:
    """A name that leads here today may lead elsewhere tomorrow: caps and proof are those of a foreign host."""
    found = destination("http://partner.test:80", allowed=["partner.test"], resolver=to("127.0.0.2"))
    assert (found.foreign, found.caps, found.address) == (True, FOREIGN, "127.0.0.2")


class Transport(BaseTransport):
    """A connection of which only the peer is known."""

    def __init__(self, peer: str | None) -> None:
        self.peer, self.closed = peer, False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Give the peer."""
        assert default is None
        assert name == "peername"
        return None if self.peer is None else (self.peer, 80)

    def close(self) -> None:
        """Note it."""
        self.closed = True


@given(ADDRESSES, ADDRESSES)
@example(ipaddress.ip_address("0.0.0.0"), ipaddress.ip_address("2002::"))  # noqa: S104 -- a peer in 6to4 is another peer
def test_only_the_checked_address_is_a_peer(checked: Address, peer: Address) -> None:
    """A connection whose peer is not the checked address is closed before anything is written; how it is written does not matter."""
    place = Destination(scheme="http", host="partner.test", address=str(checked), port=80, caps=FOREIGN, foreign=True)
    for told in (checked.exploded, *([f"::ffff:{checked}"] if checked.version == 4 else [])):
        require_peer(place, Transport(told))
    if checked != peer and checked != getattr(peer, "ipv4_mapped", None) and peer != getattr(checked, "ipv4_mapped", None):
        other = Transport(str(peer))
        with pytest.raises(UnreachableError, match="instead of the checked"):
            require_peer(place, other)
        assert other.closed
    with pytest.raises(ConnectionResetError):
        require_peer(place, Transport(None))
