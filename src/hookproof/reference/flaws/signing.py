"""Flaws of signing: what is covered, with which key, in which words, and when."""

from __future__ import annotations

from dataclasses import replace

from hookproof.reference.conduct import Conduct, HeaderPairs, Sending
from hookproof.reference.departures import Flaw


def _unsigned_retries(conduct: Conduct) -> Conduct:
    def headers(sending: Sending) -> HeaderPairs:
        pairs = conduct.headers(sending)
        return pairs if sending.number == 1 else [pair for pair in pairs if "signature" not in pair[0].lower()]

    return replace(conduct, headers=headers)


FLAWS = (
    Flaw(
        id="unsigned-retries",
        row="P013",
        title="Only the first attempt is signed.",
        conduct=_unsigned_retries,
        breaks=("signature/signed",),
    ),
)
