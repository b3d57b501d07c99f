"""Secrets in what is recorded: hidden however JSON spells them, everything else byte for byte."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookproof.staging.hiding import hidden

SECRETS = {"secret of e1": "whsec_ab/cd+efgh"}


@pytest.mark.parametrize("shown", [b"whsec_ab/cd+efgh", rb"whsec_ab\/cd+efgh", rb"whsec_ab\u002fcd\u002Befgh", rb"\u0077hsec_ab/cd+efgh"])
def test_a_secret_is_hidden_however_it_is_escaped(shown: bytes) -> None:
    """Plain, with escaped slashes or with Unicode escapes, a secret leaves only its name, and the text stays JSON."""
    text = hidden(rb'{"a": "x\\u0041 \u0022 \n", "secret": "' + shown + b'"}', SECRETS)
    assert json.loads(text) == {"a": 'x\\u0041 " \n', "secret": "{{secret of e1}}"}


@given(raw=st.binary(max_size=60) | st.text(max_size=40).map(lambda text: json.dumps(text).encode()))
def test_bytes_without_a_secret_are_not_touched(raw: bytes) -> None:
    """What holds no secret is recorded exactly as it crossed the wire."""
    assert hidden(raw, SECRETS) == raw
