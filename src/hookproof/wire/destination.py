"""Where traffic may go: loopback, or a host that the user allowed and proved to be theirs.

Law: a name is resolved once, every address that it has is checked, and only the checked address is ever connected to.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from asyncio import BaseTransport
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from hookproof.model.errors import IllFormedError, UnreachableError

_PORTS = {"http": 80, "https": 443}
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
_FORBIDDEN = tuple(
    ipaddress.ip_network(text)
    for text in ("0.0.0.0/8", "100.100.100.200/32", "168.63.129.16/32", "fd00:ec2::/32", "fd20:ce::254/128")  # metadata of clouds
)
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
Resolver = Callable[[str, int], list[str]]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, kw_only=True)
class Caps:
    """The most that may be sent: requests a second, connections, bytes a second, requests in all, seconds in all. 0 means no bound."""

    requests_per_second: float = 0.0
    connections: int = 0
    bytes_per_second: float = 0.0
    requests: int = 20_000
    seconds: float = 3600.0

    def within(self, rate: float, seconds: float) -> Caps:
        """Give these caps with at most that rate of requests, unless it is 0, and that many seconds, unless they are 0."""
        slower = min(rate, self.requests_per_second or rate) if rate else self.requests_per_second
        return replace(self, requests_per_second=slower, seconds=seconds or self.seconds)

    def __str__(self) -> str:
        """Say it in words."""
        told = [f"at most {self.requests:,} requests", f"begun within {self.seconds:g} s"]
        told += [f"{self.requests_per_second:g} requests/s" if self.requests_per_second else "no rate limit on this machine"]
        told += [f"{self.bytes_per_second / 1e6:g} MB/s"] if self.bytes_per_second else []
        told += [f"{self.connections} connections"] if self.connections else []
        return ", ".join(told)


LOCAL = Caps()
FOREIGN = Caps(requests_per_second=20.0, connections=8, bytes_per_second=5e6)


@dataclass(frozen=True, kw_only=True)
class Destination:
    """A checked origin: ``host`` as named, the one ``address`` to connect to, ``port``, and what may be sent there.

    ``foreign``: it is somebody's host by name or address, not this machine, so whoever owns it must have agreed. ``others`` are further
    checked addresses of the host, for whoever finds that nobody listens at the first.
    """

    scheme: str
    host: str
    address: str
    port: int
    caps: Caps
    foreign: bool = False
    others: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Name the host and where it is."""
        named = _at(self.host, self.port)
        return named if self.host == self.address else f"{named} ({self.address})"


def require_peer(place: Destination, transport: BaseTransport) -> None:
    """Raise ``UnreachableError``, and drop the connection, if it does not lead to the checked address; nothing was written to it yet."""
    peer = transport.get_extra_info("peername")
    if peer is None:
        raise ConnectionResetError
    if _unmapped(peer[0]) != _unmapped(place.address):
        transport.close()
        raise UnreachableError(place.host, f"the connection led to {peer[0]} instead of the checked {place.address}")


def resolved(host: str, port: int) -> list[str]:
    """Ask the system for every address of a host."""
    try:
        return list(dict.fromkeys(str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
    except OSError as error:
        raise UnreachableError(host, f"the name cannot be resolved ({error})", remedy="Mend the URL.") from None


def allowed_place(text: str) -> str:
    """Give ``HOST`` or ``HOST:PORT`` as written by whoever allows it, in lower case and an address in its shortest form.

    Raises ``IllFormedError`` for anything else: no URL, no pattern, no range.
    """
    found = re.fullmatch(r"(\[[^\[\]]+\]|[^:\[\]]+)(?::([0-9]{1,5}))?", text, re.ASCII)
    bare, port = (found[1], found[2]) if found else (text, None)
    host = _canonical(bare.strip("[]").lower()) if found or text.count(":") > 1 else None
    if host is None or (port is not None and not 0 < int(port) < 65536):  # noqa: PLR2004 -- the last port
        remedy = "Give it as HOST or HOST:PORT, for example hooks.example.com:8443 or [2001:db8::1]:443."
        raise IllFormedError("--allow-host", f"{text!r} names no host", remedy=remedy)
    return host if port is None else _at(host, int(port))


def _canonical(host: str) -> str | None:
    """Give an address in its shortest form, a name as it is, None for what is neither; a name that only looks like an address is none."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        last = host.rpartition(".")[2]
        return host if _NAME.fullmatch(host) and not re.fullmatch(r"[0-9]+|0x[0-9a-f]*", last) else None


def _at(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def destination(url: str, *, allowed: Collection[str] = (), resolver: Resolver = resolved, flag: str = "URL") -> Destination:
    """Check where a URL leads; raise ``IllFormedError`` for a host that is neither loopback nor allowed, or has a forbidden address.

    ``allowed`` holds what ``allowed_place`` gives; ``flag`` is named in errors. The name is resolved here, once.
    """
    scheme, host, port = _origin(url, flag)
    foreign = not _local_name(host)
    listed = host in allowed or _at(host, port) in allowed
    if foreign and not listed:
        remedy = f"Traffic stays on this machine unless you allow it: --allow-host {_at(host, port)}, with a challenge by --challenge-env."
        raise IllFormedError(flag, f"{host!r} is not on this machine", remedy=remedy)
    addresses = [host] if _is_address(host) else [address.partition("%")[0] for address in resolver(host, port)]
    if not addresses:
        raise UnreachableError(host, "the name has no address", remedy="Mend the URL.")
    for address in addresses:
        _check(flag, host, address)
    home = [_plain(address).is_loopback for address in addresses]
    if not all(home) and (any(home) or not foreign):
        cause = f"{host!r} leads to this machine and elsewhere" if any(home) else f"{host!r} leads away from this machine"
        raise IllFormedError(flag, cause, remedy="Name a host that is one place.")
    return Destination(
        scheme=scheme,
        host=host,
        address=addresses[0],
        port=port,
        caps=FOREIGN if foreign else LOCAL,
        foreign=foreign,
        others=tuple(addresses[1:]),
    )


def _origin(url: str, flag: str) -> tuple[str, str, int]:
    try:
        parts = urlsplit(url)
        host, port = _canonical((parts.hostname or "").lower()), parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:  # a port that is no number, or half of an IPv6 address
        host, port = None, 0
    if host is None or not port:
        raise IllFormedError(flag, f"{url!r} is not an http or https URL", remedy="Give it as http://HOST:PORT.")
    return parts.scheme, host, port


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _local_name(host: str) -> bool:
    """Whether a host is localhost or a loopback address; any other name may lead elsewhere tomorrow."""
    if _is_address(host):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost" or host.endswith(".localhost")


def _unmapped(address: str) -> Address:
    """Give an address as a socket of either family tells it."""
    found = ipaddress.ip_address(address.partition("%")[0])
    return getattr(found, "ipv4_mapped", None) or found


def _plain(address: str) -> Address:
    """Give the address that is meant: of one that is wrapped into IPv6, the wrapped one."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found in _TRANSLATED:
            return ipaddress.IPv4Address(found.packed[-4:])
        return found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1] or found
    return found


def _check(flag: str, host: str, address: str) -> None:
    plain = _plain(address)
    reserved = plain.is_reserved and not plain.is_loopback
    if plain.is_link_local or plain.is_multicast or plain.is_unspecified or reserved or any(plain in net for net in _FORBIDDEN):
        raise IllFormedError(flag, f"{host!r} leads to {address}, where nothing may be sent", remedy="Name another host.")
