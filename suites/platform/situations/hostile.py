"""Values with line ends in them, each with a header field of our own behind it: whoever copies one into a head sends that field."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from hookproof.model.contract import Event
from hookproof.rules.secrecy import HOSTILE, smuggled
from hookproof.staging.cast import Endpoint, Tenant
from hookproof.staging.situation import situation
from hookproof.staging.stage import Stage

LINE_ENDS = ("\r\n", "\n", "\r")


def identifiers(event: Event) -> list[str]:
    """Name the members of an event's example that identify something and may be any text."""
    properties = event.schema.get("properties", {})
    free = {name for name, schema in properties.items() if schema.get("type") == "string" and not {"format", "enum", "const"} & set(schema)}
    return [name for name, value in event.examples[0].items() if name in free and isinstance(value, str) and name.endswith("id")]


@situation(needs=("emit",))
def hostile(stage: Stage) -> None:
    """Describe endpoints, address one and identify events with line ends; a refusal is fine."""
    tenant = stage.tenant()
    event = next((each for each in stage.kinds(200) if identifiers(each)), stage.kinds(2)[1])
    address = "?note=" + quote(smuggled("address", " HTTP/1.1\r\n"), safe="")
    opened = [
        stage.endpoint(tenant, [event.name]),
        *(_described(stage, tenant, event, end) for end in LINE_ENDS),
        stage.endpoint(tenant, [event.name], query=address, purpose=HOSTILE),
    ]
    plain = stage.emit(tenant, event.name)
    emitted = stage.emit_all(tenant, [(event.name, _identified(event, end)) for end in LINE_ENDS], purpose=HOSTILE)
    taken = [emission for emission in (plain, *emitted) if emission.event_id is not None]
    stage.arrived([endpoint for endpoint in opened if endpoint.accepted], len(taken) * sum(endpoint.accepted for endpoint in opened))
    stage.canary(tenant)


def _described(stage: Stage, tenant: Tenant, event: Event, end: str) -> Endpoint:
    return stage.endpoint(tenant, [event.name], also={"description": smuggled("description", end)}, purpose=HOSTILE)


def _identified(event: Event, end: str) -> dict[str, Any]:
    return {**event.examples[0], **dict.fromkeys(identifiers(event), smuggled("identifier", end))}
