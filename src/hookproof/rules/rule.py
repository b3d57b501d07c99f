"""What a rule is: a name, what it needs to be observable, and a pure function from what was seen to a judgement.

Law: the decorator returns a value and registers nothing; ``catalogue`` scans the folder.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hookproof.model.capabilities import Capabilities
from hookproof.model.contract import Contract, Event, Role
from hookproof.model.verdict import Judgement
from hookproof.rules.view import View


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a rule is told besides the recording: the contract, the clause's parameters, the declared capabilities.

    ``event`` is set for rules that judge per event.
    """

    contract: Contract
    parameters: Mapping[str, Any]
    capabilities: Capabilities
    event: Event | None = None


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule.

    ``situations``: the staged situations whose recording it judges (empty: all). ``needs``: capabilities without which it can see
    nothing. ``parameters``: the clause parameters that it understands, ``optional`` those of them that may be left out. ``per_event``:
    one judgement for each event type.
    """

    name: str
    promise: str
    situations: tuple[str, ...]
    needs: tuple[str, ...]
    parameters: frozenset[str]
    optional: frozenset[str]
    per_event: bool
    judge: Callable[[View, Terms], Judgement]

    @property
    def role(self) -> Role:
        """The role whose suite stages what it judges."""
        return Role.RECEIVER if self.judge.__module__.rpartition(".")[2].startswith("receiving") else Role.PLATFORM


def rule(
    *situations: str,
    needs: tuple[str, ...] = (),
    parameters: tuple[str, ...] = (),
    optional: tuple[str, ...] = (),
    per_event: bool = False,
) -> Callable[[Callable[[View, Terms], Judgement]], Rule]:
    """Turn a function into a ``Rule`` value named like it, with dashes; its docstring's first line says what it checks."""

    def make(function: Callable[[View, Terms], Judgement]) -> Rule:
        return Rule(
            name=function.__name__.replace("_", "-"),
            promise=(function.__doc__ or "").strip().split("\n")[0],
            situations=situations,
            needs=needs,
            parameters=frozenset((*parameters, *optional)),
            optional=frozenset(optional),
            per_event=per_event,
            judge=function,
        )

    return make
