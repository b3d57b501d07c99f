"""Sentences about a contract that several formats show."""

from __future__ import annotations

from hookproof.model.contract import Contract, Event, Provenance

PROVENANCES = {
    Provenance.DOCUMENTED: "from the provider's own sample",
    Provenance.SHARED_SHAPE: "takes the shape of another event's sample",
    Provenance.CATALOG_ONLY: "known by name only",
    Provenance.SAMPLE: "a sample of our own",
    Provenance.INFERRED: "inferred from recorded bodies",
}
"""What each provenance means."""


def about(contract: Contract) -> str:
    """Say what a document is and what it was made from, in Markdown."""
    catalog = "Events of other names are legal too." if contract.open_catalog else "No other events are legal."
    read = "; ".join(source.document for source in contract.sources)
    return (
        f"The webhooks of {contract.title} as contract `{contract.name}`, revision {contract.revision}, promises them. "
        f"{len(contract.events)} events. {catalog} Read from: {read}. `{contract.digest}`"
    )


def remarks(event: Event) -> list[str]:
    """Say what is special about an event: where its payload is known from, and what replaces or repeats it."""
    found = [f"Payload {PROVENANCES[event.provenance]}."]
    if not event.catalog:
        found.append("Missing from the provider's own list.")
    if event.deprecated is not None:
        found.append(f"Deprecated: use {event.deprecated}.")
    if event.alias_of is not None:
        found.append(f"Another name of {event.alias_of}.")
    if event.variants:
        found.append(f"Comes in several shapes: {', '.join(event.variants)}.")
    if event.bare:
        found.append(f"Comes without envelope, known by its members {', '.join(event.bare)}.")
    found += [f"{total} is the sum of {', '.join(parts)}." for total, parts in event.relations.items()]
    return found


def answers(contract: Contract) -> dict[str, str]:
    """Say what each class of answers means to the platform, by status (``2XX``, ``204``, ``default``)."""
    policy = contract.policy
    taken = f"Taken: the event is not sent again.{_assumed(contract, 'success')}"
    found = {word.upper(): taken for word in policy.success if word[:1].isdigit()}
    late = f" No answer within {policy.timeout_seconds:g} seconds counts alike." if "timeout" in policy.failure else ""
    return {**found, "default": f"Not taken.{late}{_assumed(contract, 'failure')}"}


def _assumed(contract: Contract, *parts: str) -> str:
    return " This is assumed, no document says it." if set(parts) & set(contract.policy.assumed) else ""


def schedules(contract: Contract, event: Event) -> list[str]:
    """Say how often an event is sent that is not taken: one sentence for each legal schedule."""
    assumed = _assumed(contract, "retry", "assignments")
    return [
        f"Sent again after {', '.join(f'{delay:g}' for delay in policy.delays)} seconds ({' or '.join(policy.sends)}).{assumed}"
        for policy in contract.policy.policies_for(event.name)
    ]
