"""Schemathesis before the target: one run of it over the subscription API, told apart by phase and operation.

Law: what it makes lies in tenants of its own, which are gone afterwards, or in an account that held nothing; an answer is blamed at the
level of the clause behind the check.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from hookproof.model.contract import Clause, Contract
from hookproof.model.errors import HookproofError
from hookproof.model.verdict import Level
from hookproof.ports import Scope
from hookproof.rules.management import operations
from hookproof.staging.cast import OK
from hookproof.staging.stage import Tools

if TYPE_CHECKING:
    from hookproof.schemathesis_hooks.exploring import Explored, Finding, Tried
    from hookproof.staging.session import Session

_GENERATING = ("coverage", "fuzzing")
_EXAMPLES, _STATEFUL = "examples", "stateful"
_KEY_ASKED, _KEY_ASKED_EVERYWHERE = "a-key-is-required", "a-key-is-required-everywhere"
_DESCRIBED = "answers-match-the-description"
_RULES = {
    "unknown_names_are_refused": "unknown-names-are-refused",
    "refusals_create_nothing": "refusals-create-nothing",
    "secrets_are_shown_once": "secrets-are-shown-once",
    "other_tenants_are_shut_out": "other-tenants-are-shut-out",
    "deleting_twice_is_deleting_once": "deleted-endpoints-are-gone",
    "use_after_free": "deleted-endpoints-are-gone",
    "ignored_auth": _KEY_ASKED_EVERYWHERE,
}
"""The rule of the clause behind a check; behind all others is the description itself."""
_CRASH = "not_a_server_error"
"""The one check that needs no clause: no reading of any document lets a request bring the platform down."""


@dataclass(frozen=True, kw_only=True)
class Probe:
    """One phase of Schemathesis for one operation; the stateful phase goes over all of them."""

    phase: str
    operation: str

    @property
    def id(self) -> str:
        """Its name, for ever."""
        return self.phase if self.operation == self.phase else f"{self.operation}-{self.phase}"


def probes(contract: Contract) -> tuple[Probe, ...]:
    """Give what can be probed: nothing of a description that is ours alone, examples only where there are any."""
    if not contract.subscription_api or contract.subscription_api.get("x-assumed"):
        return ()
    found = [(name, _shows_example(operation)) for _, _, name, operation in operations(contract)]
    every = [Probe(phase=_EXAMPLES, operation=name) for name, shown in found if shown]
    every += [Probe(phase=phase, operation=name) for phase in _GENERATING for name, _ in found]
    return (*every, Probe(phase=_STATEFUL, operation=_STATEFUL))


def _shows_example(operation: Mapping[str, Any]) -> bool:
    media = operation.get("requestBody", {}).get("content", {}).values()
    return any("examples" in each or "example" in each for each in media)


@dataclass(frozen=True, kw_only=True)
class Blame:
    """One finding with the clause behind its check, if there is one, the weight that it has, and how often it was made."""

    finding: Finding
    clause: Clause | None
    level: Level
    times: int


def behind(check: str, operation: str, contract: Contract) -> tuple[Clause | None, Level]:
    """Give the clause behind a check of an operation, and how binding it is: SHOULD where only the description says it."""
    rule = _RULES.get(check, _DESCRIBED)
    if rule == _KEY_ASKED_EVERYWHERE and operation == "createWebhook":
        rule = _KEY_ASKED
    clause = next((each for each in contract.clauses if each.rule == rule), None)
    return clause, Level.MUST if check == _CRASH else clause.level if clause is not None else Level.SHOULD


@dataclass(frozen=True, kw_only=True)
class Exploration:
    """What came of it: ``explored``, or why nothing was observed."""

    contract: Contract
    explored: Explored | None
    missing: str = ""
    reproduce: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    def tried(self, probe: Probe) -> Tried | None:
        """Give what a phase did to an operation; None if it did nothing."""
        found = None if self.explored is None else self.explored.trials.get((probe.phase, probe.operation))
        return found if found is not None and (found.requests or found.errors) else None

    def blames(self, probe: Probe) -> list[Blame]:
        """Give what was found there, the heaviest first."""
        tried = self.tried(probe)
        found = []
        for finding in tried.findings.values() if tried is not None else ():
            clause, level = behind(finding.check, finding.operation, self.contract)
            found.append(Blame(finding=finding, clause=clause, level=level, times=tried.failures[finding.check] if tried else 0))
        return sorted(found, key=lambda blame: (blame.level is not Level.MUST, blame.finding.check))


_explored: WeakKeyDictionary[Session, Exploration] = WeakKeyDictionary()


def exploration_of(session: Session) -> Exploration:
    """Give what Schemathesis found in a run that is open, letting it go to work when first asked."""
    if session not in _explored:
        _explored[session] = _explore(session)
    return _explored[session]


def _explore(session: Session) -> Exploration:
    tools: Tools = session.run.tools
    if not tools.capabilities.scopes and not _empty(tools):
        return Exploration(contract=session.contract, explored=None, missing="needs scopes, or an account without endpoints")
    from hookproof.schemathesis_hooks.exploring import explore  # noqa: PLC0415 -- costs a second, for runs that come to it
    from hookproof.schemathesis_hooks.settings import Settings  # noqa: PLC0415 -- as above

    tools.progress("exploring the subscription API")
    with _tenants(tools) as (own, other):
        settings = Settings(api_key=own.api_key, other_key=other.api_key, contract=session.contract, endpoint=_nowhere(tools))
        how = {"seed": session.options.seed, "examples": tools.profile.explored}
        explored = explore(session.contract.subscription_api, tools.platform.url, settings, **how)
    named = {f"explored {number}": value for number, value in enumerate(sorted(explored.secrets), start=1)}
    keys = {"own": own.api_key, "other": other.api_key}
    known = {**named, **{f"{name} key of Schemathesis": value for name, value in keys.items() if value}}
    reproduce = tools.recorder.header.reproduce
    return Exploration(contract=session.contract, explored=explored, secrets=known, reproduce=reproduce)


def _nowhere(tools: Tools) -> str:
    """Give an address of ours that refuses connections."""
    url = tools.listener.open_endpoint("schemathesis", (), then=OK, own_port=True)
    tools.listener.close_port("schemathesis")
    return url


@contextmanager
def _tenants(tools: Tools) -> Iterator[tuple[Scope, Scope]]:
    """Open two tenants; without scopes, the credential's only one and nobody."""
    opened: list[Scope] = []
    try:
        if tools.capabilities.scopes:
            for name in ("schemathesis-main", "schemathesis-stranger"):
                opened.append(tools.platform.open_scope(name))
                tools.secrets[f"key of {name}"] = opened[-1].api_key
            yield opened[0], opened[1]
        else:
            yield Scope(id="", api_key=tools.api_key), Scope(id="", api_key="")
    finally:
        for scope in opened:
            with suppress(HookproofError):
                tools.platform.close_scope(scope)


def _empty(tools: Tools) -> bool:
    """Whether the credential's account holds no endpoint."""
    path = next((path for path, _, name, _ in operations(tools.contract) if name == "listWebhooks"), None)
    if path is None:
        return False
    listing = tools.platform.call("GET", path, api_key=tools.api_key, body=None)
    return listing.status == 200 and b'"data":[]' in listing.response_body.replace(b" ", b"")  # noqa: PLR2004 -- OK
