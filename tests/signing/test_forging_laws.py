"""What is forged under any scheme: every fault is refused by a strict receiver, every oddity taken, and neither is made by guessing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hookproof.generate.deliveries import Crafted, signed
from hookproof.generate.forging import ACCEPTABLE, FAULTS, ODDITIES, Workshop
from hookproof.signing.scheme import Scheme
from hookproof.signing.schemes import SCHEMES
from hookproof.signing.verification import refusal
from tests.signing.secrets_of import checking_secret, signing_secret

ALL = pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
FEW = settings(max_examples=10, deadline=None)  # for each of many schemes, on hosts of any speed
NOW = 1_700_000_000
RAWS = st.binary(min_size=32, max_size=32).filter(any)  # a key of zeros is the empty key to HMAC
BODIES = st.sampled_from([b'{"id":"evt_1","n":1}', '{"id":"évt","n":"x"}'.encode(), b'{"a":[1,2,3],"b":"text"}'])


def shop(scheme: Scheme, raw: bytes, body: bytes) -> Workshop:
    """A workshop around a correct delivery."""
    secret = signing_secret(scheme, raw)
    made = Crafted(event_id="evt_2KWPBgLlAfxdpx2AI54pPJ85f4W", event_type="a", body=body, timestamp=str(NOW))
    return Workshop(scheme=scheme, secret=secret, made=signed(made, scheme, [secret]))


def said(own: Workshop, raw: bytes, crafted: Crafted) -> str | None:
    """Why a strict receiver refuses what was crafted, if it does."""
    held = checking_secret(own.scheme, raw)
    return refusal(own.scheme, [held], crafted.fields, crafted.body, now=NOW, tolerance=300)


@ALL
@FEW
@given(raw=RAWS, body=BODIES)
def test_every_fault_is_refused(scheme: Scheme, raw: bytes, body: bytes) -> None:
    """The correct delivery is taken, and with any one fault it is not; each scheme has faults of most kinds."""
    own = shop(scheme, raw, body)
    assert said(own, raw, own.made) is None
    taken = [name for name, forge in FAULTS.items() for crafted in forge(own) if said(own, raw, crafted) is None]
    assert taken == []
    made = {name for name, forge in FAULTS.items() if list(forge(own))}
    assert made >= {"no-signature", "empty-signature", "malformed-signature", "wrong-key", "cut-tag", "altered-body", "decoded-text"}
    assert ("stale" in made) is scheme.timestamped


@ALL
@FEW
@given(raw=RAWS, body=BODIES)
def test_every_oddity_is_taken(scheme: Scheme, raw: bytes, body: bytes) -> None:
    """A correct signature that only looks odd is taken under every scheme that can have it."""
    own = shop(scheme, raw, body)
    refused = {name: said(own, raw, crafted) for name, forge in ODDITIES.items() for crafted in forge(own) if said(own, raw, crafted)}
    assert refused == {}
    assert list(ODDITIES["field-case"](own))


@ALL
@FEW
@given(raw=RAWS, body=BODIES)
def test_what_is_open_is_made_without_a_crash(scheme: Scheme, raw: bytes, body: bytes) -> None:
    """What official libraries answer differently is made for every scheme, and differs from the correct delivery."""
    own = shop(scheme, raw, body)
    for forge in ACCEPTABLE.values():
        assert all(crafted != own.made for crafted in forge(own))


def test_the_two_forms_of_standard_webhooks_are_mixed_up_on_purpose() -> None:
    """A right tag under the other form's version is a downgrade in both directions, and so is an HMAC under the public key."""
    symmetric, asymmetric = (shop(SCHEMES[name], b"k" * 32, b"{}") for name in ("standard-webhooks", "standard-webhooks-v1a"))
    values = [dict(crafted.fields)["webhook-signature"] for crafted in FAULTS["downgraded"](symmetric)]
    assert f"v1a,{symmetric.tag()}" in values
    values = [dict(crafted.fields)["webhook-signature"] for crafted in FAULTS["downgraded"](asymmetric)]
    assert f"v1,{asymmetric.tag()}" in values
    assert len([value for value in values if value.startswith("v1,")]) == 2
