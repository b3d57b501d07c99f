"""The way out of the reference: what it looks up, what it refuses to connect to, whom it trusts, and what the plan replaces."""

from __future__ import annotations

import asyncio
import ssl

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookproof.reference.network import Network, is_public, normal, trusting
from hookproof.reference.platform import ReferencePlatform
from hookproof.wire.certificates import authority
from tests.reference.contract_value import CONTRACT

PUBLIC = "192.31.196.77"
PRIVATE = (
    *("10.0.0.1", "172.16.0.1", "192.168.255.255", "127.0.0.1", "127.9.9.9", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1"),  # noqa: S104 -- refused, not bound
    *("::1", "::", "fd00::1", "fe80::1", "ff02::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::a00:1", "2002:a00:1::1"),
)


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_inside_is_not_public_however_it_is_written(address: str) -> None:
    """Private, local, shared and multicast addresses are refused, also mapped into IPv6, and a name never leads to them."""
    assert not is_public(address)
    assert not Network().permits("name.test", address)


@given(st.ip_addresses(network="192.31.196.0/24") | st.ip_addresses(network="8.0.0.0/8") | st.ip_addresses(network="2a00::/16"))
def test_public_addresses_are_permitted_to_names_and_literals(address: object) -> None:
    """Whatever belongs to the public network may be connected to."""
    assert Network().permits("name.test", str(address))
    assert Network().permits(str(address), str(address))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "[::1]", "localhost"])
def test_this_machine_is_reached_where_the_url_says_so(host: str) -> None:
    """In a test environment a literal loopback address is legal, and other private literals are not."""
    assert Network().permits(host, normal(host) or "127.0.0.1")
    assert not Network().permits("10.0.0.1", "10.0.0.1")


def test_a_planned_name_has_its_answers_in_turn() -> None:
    """Each lookup gives the next list, and the last one for ever."""
    network = Network()
    network.plan({"a.test": [[PUBLIC], ["10.0.0.1", "10.0.0.2"]]}, {}, "")

    async def looked_up() -> list[list[str]]:
        return [list(await network.resolve("a.test")) for _ in range(4)]

    assert asyncio.run(looked_up()) == [[PUBLIC], *[["10.0.0.1", "10.0.0.2"]] * 3]


@pytest.mark.parametrize("answers", [["10.0.0.1"], [PUBLIC, "10.0.0.1"], [], [PUBLIC]])
def test_what_is_not_public_or_not_routed_is_not_connected_to(answers: list[str]) -> None:
    """One private address among the answers refuses all, and what a planned name led to never leaves this machine."""
    network = Network()
    network.plan({"a.test": [answers]}, {"10.0.0.1": 9}, "")
    with pytest.raises(ConnectionRefusedError):
        asyncio.run(network.connect("a.test", 9, secure=False))


def test_a_route_leads_to_a_port_of_this_machine() -> None:
    """What is connected to is the planned port, whatever the URL says."""

    async def met() -> str:
        arrived = asyncio.Event()

        async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            arrived.set()
            writer.close()

        server = await asyncio.start_server(greet, "127.0.0.1", 0)
        network = Network()
        network.plan({"a.test": [[PUBLIC]]}, {PUBLIC: server.sockets[0].getsockname()[1]}, "")
        _, writer = await network.connect("a.test", 80, secure=False)
        await asyncio.wait_for(arrived.wait(), 5)
        peer = str(writer.get_extra_info("peername")[0])
        writer.close()
        server.close()
        return peer

    assert asyncio.run(met()) == "127.0.0.1"


def test_trust_is_in_the_systems_authorities_and_the_planned_ones() -> None:
    """Chains and hosts are verified, with and without further authorities, and what is no certificate is refused."""
    for context in (Network().trust(), trusting(authority())):
        assert context.check_hostname
        assert context.verify_mode is ssl.CERT_REQUIRED
    with pytest.raises(ssl.SSLError):
        Network().plan({}, {}, "no certificate")


PLANS = {
    "names that are no object": {"names": []},
    "a name that somebody may own": {"names": {"example.com": [["10.0.0.1"]]}},
    "a name without answers": {"names": {"a.test": []}},
    "an answer that is no address": {"names": {"a.test": [["a.test"]]}},
    "an answer that is no list": {"names": {"a.test": ["10.0.0.1"]}},
    "a route from a name": {"routes": {"a.test": 80}},
    "a route to no port": {"routes": {"10.0.0.1": 0}},
    "a route to a truth": {"routes": {"10.0.0.1": True}},
    "authorities that are none": {"authorities": "-----BEGIN"},
    "authorities that are no text": {"authorities": 7},
}


def test_the_control_interface_plans_and_refuses() -> None:
    """A whole plan is taken, each faulty one is refused by name, and without the master key nothing is planned."""
    with ReferencePlatform(CONTRACT, api_key="master") as platform:
        url = f"{platform.url}/conformance/v1/network"
        with httpx.Client(headers={"X-API-Key": "master"}) as client:
            plan = {"names": {"a.test": [[PUBLIC]]}, "routes": {PUBLIC: 9}, "authorities": authority()}
            assert client.post(url, json=plan).status_code == 204
            assert client.post(url, json={}).status_code == 204
            for fault, faulty in PLANS.items():
                assert client.post(url, json=faulty).status_code == 422, fault
            assert client.post(url, json=plan, headers={"X-API-Key": "other"}).status_code == 401
