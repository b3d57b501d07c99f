"""Where traffic may go: loopback, or a host that the user allowed and proved to be theirs.

Law: a name is resolved once, every address that it has is checked, and only the checked address is ever connected to.
"""

from __future__ import annotations

import hmac
import ipaddress
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from hookproof.model.errors import IllFormedError, UnreachableError

CHALLENGE_PATH = "/.well-known/hookproof-challenge"
_LEAST_CHALLENGE = 32
_PORTS = {"http": 80, "https": 443}
Resolver = Callable[[str, int], list[str]]


@dataclass(frozen=True, kw_only=True)
class Caps:
    """The most that may be sent: requests a second, connections, bytes a second, requests in all. 0 means no bound."""

    requests_per_second: float = 0.0
    connections: int = 0
    bytes_per_second: float = 0.0
    requests: int = 20_000

    def __str__(self) -> str:
        """Say it in words."""
        if not self.requests_per_second:
            return f"at most {self.requests:,} requests, no rate limit on this machine"
        rate = f"{self.requests_per_second:g} requests/s, {self.bytes_per_second / 1e6:g} MB/s"
        return f"at most {self.requests:,} requests, {rate}, {self.connections} connections"


LOCAL = Caps()
FOREIGN = Caps(requests_per_second=20.0, connections=8, bytes_per_second=5e6)


@dataclass(frozen=True, kw_only=True)
class Destination:
    """A checked origin: ``host`` as named, the one ``address`` to connect to, ``port``, and what may be sent there."""

    scheme: str
    host: str
    address: str
    port: int
    caps: Caps


def resolved(host: str, port: int) -> list[str]:
    """Ask the system for every address of a host."""
    try:
        return list(dict.fromkeys(str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
    except OSError as error:
        raise UnreachableError(host, f"the name cannot be resolved ({error})", remedy="Mend the URL.") from None


def destination(url: str, *, allowed: Collection[str] = (), resolver: Resolver = resolved) -> Destination:
    """Check where a URL leads; raise ``IllFormedError`` for a host that is neither loopback nor allowed, or has a forbidden address.

    ``allowed`` holds ``HOST`` or ``HOST:PORT``.
    """
    parts = urlsplit(url)
    host, port = (parts.hostname or "").lower(), parts.port or _PORTS[parts.scheme]
    addresses = resolver(host, port)
    loopback = all(ipaddress.ip_address(address).is_loopback for address in addresses)
    listed = host in allowed or f"{host}:{port}" in allowed
    if not addresses or not ((loopback and not _public_name(host)) or listed):
        remedy = "Traffic stays on this machine unless the host is named by --allow-host and serves your challenge."
        raise IllFormedError("URL", f"{host!r} is not on this machine", remedy=remedy)
    for address in addresses:
        _check(host, address)
    caps = LOCAL if loopback and not _public_name(host) else FOREIGN
    return Destination(scheme=parts.scheme, host=host, address=addresses[0], port=port, caps=caps)


def _public_name(host: str) -> bool:
    """Whether a host is named by something else than localhost or an address: such a name may lead elsewhere tomorrow."""
    if host == "localhost" or host.endswith(".localhost"):
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return True
    return False


def _check(host: str, address: str) -> None:
    found = ipaddress.ip_address(address)
    plain = getattr(found, "ipv4_mapped", None) or found
    if plain.is_link_local or plain.is_multicast or plain.is_unspecified or (plain.is_reserved and not plain.is_loopback):
        raise IllFormedError("URL", f"{host!r} leads to {address}, where nothing may be sent", remedy="Name another host.")


def prove_ownership(place: Destination, challenge: str, *, patience: float = 10.0) -> None:
    """Fetch the challenge from the host and compare; raise ``IllFormedError`` unless it is exactly what the user chose."""
    where = f"{place.scheme}://{place.host}:{place.port}{CHALLENGE_PATH}"
    if len(challenge) < _LEAST_CHALLENGE:
        raise IllFormedError(
            "--challenge-env",
            f"a challenge of at least {_LEAST_CHALLENGE} characters is needed to send to {place.host!r}",
            remedy=f"Choose a random text, put it into the named variable, and let {where} answer exactly that text.",
        )
    address = f"[{place.address}]" if ":" in place.address else place.address
    try:
        with httpx.Client(timeout=patience, follow_redirects=False, trust_env=False) as client:
            answer = client.get(
                f"{place.scheme}://{address}:{place.port}{CHALLENGE_PATH}",
                headers={"Host": f"{place.host}:{place.port}"},
                extensions={"sni_hostname": place.host},
            )
    except httpx.HTTPError as error:
        raise UnreachableError(where, f"it does not answer ({type(error).__name__})", remedy="Serve the challenge there.") from None
    if answer.status_code != 200 or not hmac.compare_digest(answer.content.strip(), challenge.encode()):  # noqa: PLR2004 -- OK
        raise IllFormedError(where, "it does not answer with the challenge", remedy="Let it answer exactly the text in --challenge-env.")
