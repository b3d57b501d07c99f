"""Who tells of effects inside a receiver: a command, a URL or a sink that the user named; without any, the control profile if there is one.

Law: one source at most, checked before the run; it must say of an event that was never sent that it took no effect.
"""

from __future__ import annotations

import ipaddress
import shlex
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from hookproof.adapters.effects_command import CommandTeller
from hookproof.adapters.effects_url import EffectsPlace, UrlTeller, effects_place
from hookproof.adapters.receiver import Witness
from hookproof.model.errors import IllFormedError
from hookproof.staging.consenting import Consent
from hookproof.wire.effects_sink import EffectsSink

COMMAND, URL, SINK = "--effects-command", "--effects-url", "--effects-sink"
ANYWHERE = "127.0.0.1:0"
"""Where a sink listens if nobody says."""


@dataclass(frozen=True, kw_only=True)
class EffectsSource:
    """What the user named: ``command`` in words, ``place`` of a URL, or ``sink`` with host and port; exactly one of them."""

    command: tuple[str, ...] = ()
    place: EffectsPlace | None = None
    sink: tuple[str, int] | None = None

    @property
    def flag(self) -> str:
        """The option by which it was named."""
        return COMMAND if self.command else URL if self.place is not None else SINK


def effects_source(pick: Callable[[str], Any], *, target: str | None, role: str) -> EffectsSource | None:
    """Read the options about effects; raise ``IllFormedError`` for several, for none that can be understood, and for no receiver."""
    given = {flag: pick(flag.strip("-").replace("-", "_")) for flag in (COMMAND, URL, SINK)}
    named = [flag for flag, text in given.items() if text is not None]
    if not named:
        return None
    flag, text = named[0], str(given[named[0]])
    if len(named) > 1:
        raise IllFormedError(named[1], f"effects are told by {flag} already", remedy="Name one source of effects.")
    if target is None or role != "receiver":
        raise IllFormedError(flag, "only a receiver behind a URL has effects to tell of", remedy="Give --target URL and --role receiver.")
    if flag == COMMAND:
        return EffectsSource(command=_words(text))
    return EffectsSource(place=effects_place(text)) if flag == URL else EffectsSource(sink=_address(text))


def _words(text: str) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise IllFormedError(COMMAND, f"{text!r} cannot be split into words ({error})", remedy="Close every quote.") from None
    if not words:
        raise IllFormedError(COMMAND, "it is empty", remedy='Give a program and its arguments, for example "python effects.py {ids}".')
    return words


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    try:
        local = host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        local = False
    if not local or not port.isascii() or not port.isdecimal() or int(port) > 65_535:  # noqa: PLR2004 -- the last port
        raise IllFormedError(SINK, f"{text!r} is not HOST:PORT on this machine", remedy="Give for example 127.0.0.1:8098 (port 0: any).")
    return host.strip("[]"), int(port)


def open_witness(source: EffectsSource, consent: Consent, *, withheld: Collection[str], seconds: float) -> Witness:
    """Open a source, a URL only where consent allows. ``withheld``: values that a command may not see; ``seconds`` bounds each question."""
    if source.sink is not None:
        return EffectsSink(*source.sink)
    if source.place is None:
        return CommandTeller(source.command, withheld=withheld, seconds=seconds)
    consent.beside(source.place.origin, URL, consent.place)
    return UrlTeller(source.place, seconds=seconds, leave=consent.leave())
