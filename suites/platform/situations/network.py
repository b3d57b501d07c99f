"""Names that lead inside, names that change their mind, and certificates that are wrong: nothing may be sent there.

What the names lead to is answered for by the target's own test interface, so every connection stays on this machine.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from hookproof.staging.cast import OK, Endpoint, Tenant
from hookproof.staging.situation import situation
from hookproof.staging.stage import Stage
from hookproof.wire.certificates import HOSTS, SELF_SIGNED, authority

PUBLIC = "192.31.196.{}"
"""Public addresses of a block that was set aside to sink stray traffic (RFC 7535)."""
LOOKUPS = 4
"""Events, so that whoever looks a name up for each delivery gets all of its answers."""
INSIDE = {
    "ten": "10.0.0.1",
    "twelve": "172.16.0.1",
    "sixteen": "192.168.0.1",
    "loopback": "127.0.0.1",
    "another-loopback": "127.8.8.8",
    "link-local": "169.254.169.254",
    "unspecified": "0.0.0.0",  # noqa: S104 -- a name that leads there, nothing is bound
    "loopback-six": "::1",
    "unique-local-six": "fd00::1",
    "link-local-six": "fe80::1",
    "mapped": "::ffff:10.0.0.1",
    "mapped-loopback": "::ffff:127.0.0.1",
}


@situation(needs=("emit",))
def network(stage: Stage) -> None:
    """Deliver to names that lead to public, private and changing addresses, and to every kind of certificate."""
    tenant = stage.tenant()
    event = stage.kinds(2)[1].name
    opened, names, routes = [], {}, {}
    if stage.offers("network"):
        routes = {PUBLIC.format(77): _door(stage, "outside"), **dict.fromkeys(INSIDE.values(), _door(stage, "inside"))}
        names = _answers() | {host: [[PUBLIC.format(80 + number)]] for number, host in enumerate(HOSTS.values())}
        stage.tools.platform.network(names, routes, authority())
    secured = {kind: stage.endpoint(tenant, [event], host=host, certificate=kind) for kind, host in _certificates(stage).items()}
    for number, kind in enumerate(HOSTS):
        if kind in secured:
            routes[PUBLIC.format(80 + number)] = urlsplit(secured[kind].url).port or 0
    if stage.offers("network"):
        stage.tools.platform.network(names, routes, authority())
        opened = [_named(stage, tenant, event, host, answers) for host, answers in _answers().items()]
    stage.emit_all(tenant, [(event, None)] * LOOKUPS)
    stage.settle(tenant)
    _await(stage, opened, secured)
    stage.canary(tenant)
    if stage.offers("network"):
        stage.tools.platform.network({}, {}, "")


def _answers() -> dict[str, list[list[str]]]:
    """Give the names with their lists of addresses, one for each lookup."""
    outside = PUBLIC.format(77)
    changing = {f"changing-{count}.hookproof.test": [*[[outside]] * count, [INSIDE["ten"]]] for count in (1, 2, 3)}
    inside = {f"{kind}.hookproof.test": [[address]] for kind, address in INSIDE.items()}
    return {"outside.hookproof.test": [[outside]], **inside, **changing, "both.hookproof.test": [[outside, INSIDE["ten"]]]}


def _door(stage: Stage, name: str) -> int:
    """Open a port of its own where connections end that are meant for addresses of one kind."""
    return urlsplit(stage.tools.listener.open_endpoint(f"{name} door", (), then=OK, own_port=True, situation=stage.situation)).port or 0


def _named(stage: Stage, tenant: Tenant, event: str, host: str, answers: list[list[str]]) -> Endpoint:
    found = stage.endpoint(tenant, [event], host=host)
    stage.note("leads", endpoint=found.name, host=host, answers=answers, inside="inside door", outside="outside door")
    return found


def _certificates(stage: Stage) -> dict[str, str]:
    """Give the host to name for each kind of certificate that can be shown to this target."""
    return {SELF_SIGNED: "", **(HOSTS if stage.offers("network") else {})}


def _await(stage: Stage, opened: list[Endpoint], secured: dict[str, Endpoint]) -> None:
    """Wait for what must come, and for each certificate until somebody looked at it; note what handshakes ended how."""
    if opened and opened[0].accepted:
        stage.arrived(opened[:1], LOOKUPS)
    for kind, endpoint in secured.items():
        stage.note("certificate", endpoint=endpoint.name, kind=kind)
        if not endpoint.accepted:
            continue
        stage.tools.listener.wait_met(endpoint.name, 0.0 if stage.virtual else stage.profile.patience)
        for reason in stage.tools.listener.broken_handshakes(endpoint.name):
            stage.note("handshake", endpoint=endpoint.name, reason=reason)
