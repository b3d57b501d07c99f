"""What the reference's tests share: one platform for all that leave no trace outside their tenant, a receiver, a tenant each."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from hookproof.reference.platform import ReferencePlatform
from tests.reference.capture import Capture
from tests.reference.contract_value import CONTRACT
from tests.reference.tenant import MASTER, Tenant


@pytest.fixture(scope="session")
def platform() -> Iterator[ReferencePlatform]:
    """Give a platform on virtual time that waits at most 0.3 s for an answer."""
    with ReferencePlatform(CONTRACT, api_key=MASTER, real_timeout_cap=1.5) as started:
        yield started


@pytest.fixture(scope="session")
def client(platform: ReferencePlatform) -> Iterator[httpx.Client]:
    """Give a client without keys."""
    with httpx.Client(base_url=platform.url, timeout=20) as opened:
        yield opened


@pytest.fixture
def tenant(client: httpx.Client) -> Tenant:
    """Give a tenant of its own."""
    return Tenant(client)


@pytest.fixture
def capture() -> Iterator[Capture]:
    """Give a receiver of its own."""
    with Capture() as started:
        yield started
