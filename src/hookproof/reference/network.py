"""How the reference reaches receivers: a name is looked up once, every address is checked, and only a checked one is connected to.

Law: loopback is allowed where a URL says so itself, because the reference runs in test environments; no name leads there. What the
control interface plans for names replaces the resolver for them, and their connections stay on this machine.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar

HOME = "127.0.0.1"
_LOCAL_NAMES = ("localhost",)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Network:
    """The way out. ``plan`` lets names and connections be answered for by the control interface."""

    def __init__(self) -> None:
        self._answers: dict[str, deque[tuple[str, ...]]] = {}
        self._routes: dict[str, int] = {}
        self._authorities = ""
        self._trust: ssl.SSLContext | None = None

    def plan(self, answers: Mapping[str, Iterable[Sequence[str]]], routes: Mapping[str, int], authorities: str) -> None:
        """Answer these names with these lists of addresses in turn, the last for ever.

        A connection to an address of ``routes`` that such a name led to goes to that port of this machine instead. ``authorities``:
        certificates in PEM to be trusted besides the usual ones; ``ssl.SSLError`` if they are none. Replaces the plan before.
        """
        if authorities:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=authorities)
        self._answers = {name: deque(tuple(listed) for listed in lists) for name, lists in answers.items()}
        self._routes = {normal(address): port for address, port in routes.items()}
        self._authorities, self._trust = authorities, None

    async def connect(self, host: str, port: int, *, secure: bool) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a connection to where a URL points; raise ``OSError`` if it cannot or must not be."""
        addresses = await self.resolve(host)
        refused = [address for address in addresses if not self.permits(host, address)]
        if refused or not addresses:
            raise ConnectionRefusedError(f"{host} leads to {', '.join(refused) or 'nowhere'}")
        return await self.dial(host, addresses[0], port, secure=secure)

    async def resolve(self, host: str) -> Sequence[str]:
        """Look a host up: a literal is itself, a planned name has its answers, any other is asked of the system."""
        literal = normal(host)
        if literal:
            return (literal,)
        if host in self._answers:
            listed = self._answers[host]
            return listed.popleft() if len(listed) > 1 else listed[0]
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(each[4][0]).partition("%")[0] for each in found))

    def permits(self, host: str, address: str) -> bool:
        """Whether a host may lead to an address: to a public one, or to this machine if the URL says so itself."""
        if normal(host) or host in _LOCAL_NAMES:
            return ipaddress.ip_address(address).is_loopback or is_public(address)
        return is_public(address)

    async def dial(self, host: str, address: str, port: int, *, secure: bool) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to one address; what a planned name led to stays on this machine."""
        if host in self._answers:
            routed = self._routes.get(normal(address))
            if routed is None and not ipaddress.ip_address(address).is_loopback:
                raise ConnectionRefusedError(f"no route is planned to {address}")
            address, port = HOME, routed or port
        trust = self.trust() if secure else None
        return await asyncio.open_connection(address, port, ssl=trust, server_hostname=host if secure else None)

    def trust(self) -> ssl.SSLContext:
        """Give the client's side of TLS, which verifies chain, host and time."""
        self._trust = self._trust or trusting(self._authorities)
        return self._trust


NETWORK: ContextVar[Network] = ContextVar("NETWORK")
"""The network of the platform whose attempt this is."""


def trusting(authorities: str) -> ssl.SSLContext:
    """Make a context that trusts the system's authorities and these in PEM."""
    context = ssl.create_default_context()
    if authorities:
        context.load_verify_locations(cadata=authorities)
    return context


def normal(text: str) -> str:
    """Give an address literal in its usual form; empty if it is none."""
    try:
        return str(ipaddress.ip_address(text.strip("[]").partition("%")[0]))
    except ValueError:
        return ""


def is_public(address: str) -> bool:
    """Whether an address belongs to the public network, also when it is written inside another."""
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF)
        found = inner or found
    return found.is_global and not found.is_multicast
