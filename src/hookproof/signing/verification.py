"""Whether a strict receiver takes a delivery: fields once each, time written plainly and near the present, one tag right.

Law: entries of a list that are foreign or malformed are passed over; what stands in doubt is refused.
"""

from __future__ import annotations

from collections.abc import Sequence

from hookproof.model.transcript import HeaderPairs
from hookproof.signing.scheme import Scheme


def refusal(scheme: Scheme, secrets: Sequence[str], fields: HeaderPairs, body: bytes, *, now: float, tolerance: float) -> str | None:
    """Say why a delivery is refused at the moment ``now`` (Unix seconds) under any of the secrets; None if it is taken.

    Times are judged where the scheme signs one.
    """
    needed = {name.lower() for name, _ in scheme.fields("i", "1", ["t"])}
    for name in sorted(needed):
        values = [value for key, value in fields if key.lower() == name]
        if len(values) != 1 or not values[0]:
            return f"{name} is missing, empty or repeated"
    signed = scheme.read(fields)
    stamp = scheme.stamp
    if stamp is not None and stamp.signed:
        seconds = stamp.seconds(signed.timestamp or "")
        if seconds is None:
            return "the timestamp is not plainly written"
        if abs(now - seconds) > tolerance:
            return "the timestamp is too old or too new"
    for secret in secrets:
        if any(scheme.key.sizes is not None and len(key) not in scheme.key.sizes for key in scheme.keys(secret).values()):
            return "a key is too short or too long"
    if not any(scheme.match(secret, signed, body) for secret in secrets):
        return "no signature is right"
    return None
