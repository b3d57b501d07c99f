"""Where a run may send and ask: each origin checked once, its owner's consent proven, one allowance for all of it.

Law: nothing is written to a host beside this machine before it answered with the challenge; whatever else is asked for a receiver lies on
the receiver's own host or on this machine.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Sequence
from dataclasses import replace

from hookproof.adapters.bounded import Leave
from hookproof.model.errors import IllFormedError
from hookproof.wire.allowance import Allowance
from hookproof.wire.destination import Destination, Resolver, allowed_place, destination, resolved
from hookproof.wire.ownership import prove_ownership, require_certificate, require_challenge

_KNOCK = 3.0
"""Seconds in which one of several addresses of a host must take a connection."""


class Consent:
    """Everywhere that one run may go.

    ``allowed``: hosts as the user wrote them; ``challenge``: what foreign hosts must answer. Raises ``IllFormedError`` for a host that
    cannot be read.
    """

    def __init__(
        self,
        allowed: Sequence[str],
        challenge: str,
        *,
        resolver: Resolver = resolved,
        trusted: ssl.SSLContext | None = None,
        rate: float = 0.0,
        seconds: float = 0.0,
    ) -> None:
        self._allowed = [allowed_place(text) for text in allowed]
        self._challenge = challenge
        self._resolver = resolver
        self._rate, self._seconds = rate, seconds
        self._trusted = trusted
        self._places: dict[tuple[str, int], Destination] = {}
        self._pause = threading.Event()
        self.allowance = Allowance()
        self._place: Destination | None = None

    @property
    def place(self) -> Destination:
        """The receiver's own origin, once ``target`` was asked for it."""
        assert self._place is not None, "target() comes first"
        return self._place

    @property
    def trusted(self) -> ssl.SSLContext | None:
        """Who vouches for the hosts' certificates; None means the system's authorities."""
        return self._trusted

    def look(self, url: str, flag: str) -> Destination:
        """Check where a URL leads, and write nothing; a host that was looked at is not resolved again."""
        found = destination(url, allowed=self._allowed, resolver=self._known, flag=flag)
        found = replace(found, caps=found.caps.within(self._rate, self._seconds))
        return self._places.setdefault((found.host, found.port), found)

    def _known(self, host: str, port: int) -> list[str]:
        same = [place.address for place in self._places.values() if place.host == host]
        return same[:1] or self._resolver(host, port)

    def target(self, url: str) -> Destination:
        """Check the receiver's own URL and have the consent of its owner proven; from now on its caps bind everything."""
        place = self._settled(self.look(url, "URL"))
        self.allowance = Allowance(place.caps)
        require_certificate(place, trusted=self._trusted)
        self._prove(place)
        self._place = place
        return place

    def beside(self, url: str, flag: str, target: Destination) -> Destination:
        """Check the URL of something else that is asked, and have the consent of its owner proven if it is at another port."""
        place = self.near(url, flag, target)
        if (place.host, place.port) != (target.host, target.port):
            self._prove(place)
        return place

    def near(self, url: str, flag: str, target: Destination) -> Destination:
        """Look where a URL leads; raise ``IllFormedError`` unless it is on the target's host or on this machine."""
        place = self.look(url, flag)
        if place.foreign and place.host != target.host:
            cause = f"{place.host!r} is neither the receiver's host {target.host!r} nor this machine"
            raise IllFormedError(flag, cause, remedy="Serve it there or here.")
        return place

    def _prove(self, place: Destination) -> None:
        if place.foreign:
            require_challenge(place, self._challenge)
            self.allowance.take(1)
            prove_ownership(place, self._challenge, trusted=self._trusted)

    def _settled(self, place: Destination) -> Destination:
        """Choose, of the checked addresses, the first that takes a connection; nothing is written."""
        for address in place.others:
            try:
                socket.create_connection((place.address, place.port), timeout=_KNOCK).close()
            except OSError:
                place = replace(place, address=address)
            else:
                break
        self._places[(place.host, place.port)] = place
        return place

    def leave(self) -> Leave:
        """Give the client that asks questions its leave: foreign hosts that were looked at, and the caps that deliveries have too."""
        return Leave(addresses={place.host: place.address for place in self._places.values() if place.foreign}, turn=self._turn)

    def _turn(self, size: int) -> None:
        self.allowance.take(1)
        wait = max(self.allowance.turn(), self.allowance.passage(size))
        if wait:
            self._pause.wait(wait)
