"""Pacts of a contract made, and any pact verified against a platform: what joins the pact room with target, listener and stage.

Law: an interaction that the target cannot be asked is told with the capability that it lacks; it is never passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from hookproof.model.contract import Contract, Role
from hookproof.model.errors import IllFormedError
from hookproof.pact.consumer import Consumer, whole_consumer
from hookproof.pact.contents import Message, message
from hookproof.pact.pactfile import HTTP, MESSAGE, Entry, PactFile, parsed_pact
from hookproof.pact.partner import adapted
from hookproof.pact.prompter import Prompts
from hookproof.pact.subscriptions import STATES, Ask, asks
from hookproof.pact.verification import Checked, verified
from hookproof.pact.writing import document
from hookproof.staging.options import RunOptions, read_options
from hookproof.staging.pact_events import event_of, example_body, outbox
from hookproof.staging.pact_states import NEEDS, Accounts
from hookproof.staging.session import Session
from hookproof.staging.stage import Stage

SITUATION = "pacts"


def interactions(contract: Contract, consumer: Consumer) -> tuple[Ask | Message, ...]:
    """Give everything that a consumer's pact holds, in a stable order."""
    told = asks(contract) if consumer.subscriptions else ()
    events = ((contract.events[name], reads) for name, reads in sorted(consumer.reads.items()))
    return (*told, *(message(contract, event, example_body(contract, event), reads) for event, reads in events))


def pact_of(contract: Contract, consumer: Consumer) -> PactFile:
    """Make the pact of a consumer."""
    text = document(consumer.name, consumer.provider, interactions(contract, consumer))
    return parsed_pact(text, f"{consumer.name}-{consumer.provider}.json")


def spread(contract: Contract, most: int) -> frozenset[str]:
    """Choose at most so many events that differ as much as the contract tells: one of each group first, in a stable order."""
    groups: dict[str, list[str]] = {}
    for name, event in sorted(contract.events.items()):
        groups.setdefault(f"{event.group}/{bool(event.bare)}", []).append(name)
    turns = (names[turn] for turn in range(max(map(len, groups.values()), default=0)) for names in groups.values() if turn < len(names))
    return frozenset(list(turns)[:most])


def examined(
    options: RunOptions, contract: Contract, pact: PactFile, withheld: Callable[[Entry], str] = lambda _: ""
) -> tuple[Checked, ...]:
    """Verify a pact against the target that the options name, or the embedded reference; one result for each interaction, in order.

    ``withheld`` says why an interaction is not to be tried, empty if it is. Raises ``IllFormedError`` for a pact that names unknown
    states or events, ``UnreachableError`` if there is no target.
    """
    quiet = replace(options, role=Role.PLATFORM.value, results=None, transcript=None, reports=None, known_failures=frozenset())
    session = Session(quiet, contract)
    session.aborted = SITUATION  # it has no verdicts of its own
    pact = adapted(pact, session.contract)
    events = _events(session.contract, pact)
    try:
        session.open({})
        stage: Stage = session.run.tools.enter(SITUATION)
        reasons = {entry.id: withheld(entry) or _lacking(stage, entry) for entry in pact.entries}
        tried = pact.only(lambda entry: not reasons[entry.id])
        found = {checked.id: _scrubbed(checked, stage.tools.secrets) for checked in _verified(stage, tried, events)}
    finally:
        if session.opened:
            session.run.tools.leave()
        session.close()
    return tuple(found.get(entry.id) or Checked(id=entry.id, unobserved=reasons[entry.id]) for entry in pact.entries)


def _verified(stage: Stage, tried: PactFile, events: Mapping[str, str]) -> tuple[Checked, ...]:
    accounts = Accounts(stage)
    sent = outbox(stage, {events[entry.id]: entry for entry in tried.entries if entry.kind == MESSAGE})
    try:
        return verified(tried, stage.tools.platform.url, Prompts(state=accounts.set_up, message=sent.produce))
    finally:
        accounts.forget()


def _lacking(stage: Stage, entry: Entry) -> str:
    """Say which capability the target would need."""
    needs = ["emit"] if entry.kind == MESSAGE else [NEEDS[state] for state in entry.states if state in NEEDS]
    missing = next((need for need in needs if not stage.offers(need)), None)
    return f"needs {missing}" if missing else ""


def _events(contract: Contract, pact: PactFile) -> dict[str, str]:
    """Give the event of each message by its id; refuse what cannot be asked of any platform under this contract."""
    found: dict[str, str] = {}
    for entry in pact.entries:
        unknown = next((state for state in entry.states if entry.kind == HTTP and state not in STATES), None)
        if unknown is not None:
            remedy = f"States that can be set up: {', '.join(STATES)}."
            raise IllFormedError(pact.subject, f"the provider state {unknown!r} is unknown", place=entry.id, remedy=remedy)
        if entry.kind == MESSAGE:
            event = event_of(contract, entry)
            if event is None:
                remedy = "Name an event in the contents, as the description or as the key."
                raise IllFormedError(pact.subject, f"{contract.name} has no such event", place=entry.id, remedy=remedy)
            if event in found.values():
                cause = f"there are several messages of {event!r}"
                raise IllFormedError(pact.subject, cause, place=entry.id, remedy="Put further ones into a pact file of their own.")
            found[entry.id] = event
    return found


def _scrubbed(checked: Checked, secrets: Mapping[str, str]) -> Checked:
    """Keep the values of secrets out of what is shown."""
    faults = checked.faults
    for name, value in secrets.items():
        faults = tuple(fault.replace(value, f"{{{{{name}}}}}") for fault in faults)
    return replace(checked, faults=faults)


def broken_at(url: str, *, api_key: str, contract: Contract, events: Iterable[str] | None = None) -> frozenset[str]:
    """Verify our own pact of a contract against a platform; give the ids of the interactions that failed.

    ``events`` limits the messages; every HTTP interaction is always verified.
    """
    chosen = None if events is None else frozenset(events)
    options = replace(read_options({"profile": "quick"}), target=url, api_key=api_key)
    consumer = whole_consumer(contract)
    limited = {name: reads for name, reads in consumer.reads.items() if chosen is None or name in chosen}
    found = examined(options, contract, pact_of(contract, replace(consumer, reads=limited)))
    return frozenset(checked.id for checked in found if checked.faults)
