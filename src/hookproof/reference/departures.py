"""Ways in which the reference departs from plain honesty: a flaw breaks a promise on purpose, a variant is odd but legal.

Law: a departure is a value and changes nothing until it is applied; flaws are applied only where the environment allows them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module

from hookproof.model.contract import Contract, Role
from hookproof.model.errors import IllFormedError
from hookproof.reference.conduct import Conduct
from hookproof.reference.receiver.reception import Reception
from hookproof.reference.timekeeping import Timekeeping

ALLOWING = "HOOKPROOF_ALLOW_FLAWS"
"""The variable that must be ``1`` before any flaw works."""


def _same_contract(contract: Contract) -> Contract:
    return contract


def _same_conduct(conduct: Conduct) -> Conduct:
    return conduct


def _same_timekeeping(timekeeping: Timekeeping) -> Timekeeping:
    return timekeeping


def _same_reception(reception: Reception) -> Reception:
    return reception


@dataclass(frozen=True, kw_only=True)
class Departure:
    """One way to depart: what the platform believes was promised (``contract``) and how it behaves (``conduct``), each from the honest one.

    ``conduct`` is called once for every process of the platform, so what its closures remember is lost in a restart; ``reception`` is
    the same for receivers. ``id`` is words joined by dashes, for ever.
    """

    id: str
    title: str
    contract: Callable[[Contract], Contract] = _same_contract
    conduct: Callable[[Conduct], Conduct] = _same_conduct
    reception: Callable[[Reception], Reception] = _same_reception
    role: Role = Role.PLATFORM


@dataclass(frozen=True, kw_only=True)
class Flaw(Departure):
    """A promise broken on purpose.

    ``row``: the known defect that it stands for (``P013``). ``breaks``: the clauses that must be found broken, without the provider's
    name (``signature/signed``). ``implies``: clauses that may be broken as a consequence. ``needs``: hooks (capabilities) without which
    nobody can see it.
    """

    row: str
    breaks: tuple[str, ...]
    implies: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Variant(Departure):
    """An odd but legal way. ``readings``: words that the judge must use of it, by clause; ``warned``: the SHOULDs that it breaks.

    ``timekeeping`` is the time that it keeps if not the one that it was told. ``partial``: it lets so little be seen that clauses stay
    unobserved.
    """

    readings: Mapping[str, str] = field(default_factory=dict)
    warned: frozenset[str] = frozenset()
    timekeeping: Callable[[Timekeeping], Timekeeping] = _same_timekeeping
    partial: bool = False


@dataclass(frozen=True, kw_only=True)
class Departures:
    """The departures of one platform, by id."""

    flaws: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()

    def found(self) -> tuple[Departure, ...]:
        """Look every name up; raise ``IllFormedError`` for an unknown one, and for any flaw where flaws are not allowed."""
        if self.flaws and os.environ.get(ALLOWING) != "1":
            remedy = f"Set {ALLOWING}=1 where a broken platform does no harm."
            raise IllFormedError("--flaw", "flaws are switched off", place=self.flaws[0], remedy=remedy)
        flaws = [_named(name, "flaw", _catalogue("flaws", "FLAWS")) for name in self.flaws] if self.flaws else []
        variants = [_named(name, "variant", _catalogue("variants", "VARIANTS")) for name in self.variants] if self.variants else []
        return (*variants, *flaws)

    def applied(self, contract: Contract, conduct: Conduct) -> tuple[Contract, Conduct]:
        """Apply all, variants first, to an honest platform."""
        for departure in self.found():
            contract, conduct = departure.contract(contract), departure.conduct(conduct)
        return contract, conduct

    def timed(self, timekeeping: Timekeeping) -> Timekeeping:
        """Give the time that the platform keeps."""
        for departure in self.found():
            timekeeping = departure.timekeeping(timekeeping) if isinstance(departure, Variant) else timekeeping
        return timekeeping

    def received(self, reception: Reception) -> Reception:
        """Apply all, variants first, to an honest receiver."""
        for departure in self.found():
            reception = departure.reception(reception)
        return reception


def _catalogue(room: str, name: str) -> Mapping[str, Departure]:
    """Read a catalogue only when it is asked for: its modules build on the platform, which builds on this."""
    found: Mapping[str, Departure] = getattr(import_module(f"hookproof.reference.{room}.catalogue"), name)
    return found


def _named(name: str, kind: str, catalogue: Mapping[str, Departure]) -> Departure:
    if name not in catalogue:
        raise IllFormedError(f"--{kind}", f"there is no {kind} of that name", place=name, remedy=f"Known: {', '.join(sorted(catalogue))}.")
    return catalogue[name]
