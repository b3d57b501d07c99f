"""The secrets of a run by name: those that we give follow from the run's salt, those that the target makes are learnt from its answers.

Law: a value never leaves this process; what is recorded of a secret that the target made is its name, its form and its size.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hookproof.signing.scheme import BASE64_INSIDE, decoded_secret, throwaway_secret

ISSUED = "issued secret"
"""How names of secrets begin that the target made; they cannot be made again from the run's salt."""
SERIALISED = "whsec_ and base64"
"""The form in which Standard Webhooks writes a secret."""
_ENOUGH = 16
"""Secrets; of fewer it is not said what varies among them."""


def give(secrets: dict[str, str], salt: str, endpoint: str, number: int) -> str:
    """Make the secret that we give for an endpoint and tell its name; every other one is base64 even when it was decoded."""
    name = f"{BASE64_INSIDE if number % 2 else 'secret'} of {endpoint}"
    secrets[name] = throwaway_secret(salt, name)
    return name


def learn(secrets: dict[str, str], answer: bytes, endpoint: str) -> None:
    """Learn a secret that the target made itself, before anything of its answer is recorded."""
    shown = _shown(answer)
    if shown and shown not in secrets.values() and not set("*…") & set(shown) and "..." not in shown:
        secrets[f"{ISSUED} for {endpoint}"] = shown


def in_force(secrets: Mapping[str, str], recorded: bytes, ours: str) -> str:
    """Give the name of the secret that signs: the one that the recorded answer names, else the one that we gave."""
    if ISSUED in secrets:
        return ISSUED
    named = _shown(recorded)
    name = named[2:-2] if named.startswith("{{") and named.endswith("}}") else ""
    return name if name in secrets else ours


def _shown(answer: bytes) -> str:
    return member_in(answer, "signing_secret") or member_in(answer, "secret")


def member_in(raw: bytes, name: str) -> str:
    """Find a member of a new endpoint in the target's answer, in ``data`` or at the top; empty if there is none."""
    try:
        document = json.loads(raw)
    except ValueError:
        return ""
    inner = document.get("data", document) if isinstance(document, dict) else {}
    found = inner.get(name) if isinstance(inner, dict) else None
    return str(found) if isinstance(found, str | int) else ""


def described(value: str) -> dict[str, Any]:
    """Tell of a secret its form, and how many bytes it holds if the form is known."""
    key = decoded_secret(value) if value.startswith("whsec_") else None
    return {"form": "another" if key is None else SERIALISED, "bytes": None if key is None else len(key)}


def bits_at_most(values: Sequence[str]) -> float | None:
    """Bound what can be random in each of many secrets of one size, in bits: as many bytes as vary, each of the values seen.

    None where there are too few to tell.
    """
    keys = {key for value in values if value.startswith("whsec_") and (key := decoded_secret(value)) is not None}
    size = max((len(key) for key in keys), key=lambda size: sum(len(key) == size for key in keys), default=0)
    alike = [key for key in keys if len(key) == size]
    if len(alike) < _ENOUGH:
        return None
    varying = [place for place in zip(*alike, strict=True) if len(set(place)) > 1]
    letters = {byte for place in varying for byte in place}
    return len(varying) * math.log2(len(letters)) if letters else 0.0


def noted(made: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the notes to be taken of the secrets that a target made, by endpoint: one of each, and one of all."""
    first: dict[str, str] = {}
    for endpoint, value in made.items():
        twin = first.setdefault(value, endpoint)
        yield "issued-secret", {"endpoint": endpoint, "same_as": "" if twin == endpoint else twin, **described(value)}
    if made:
        yield "issued-secrets", {"count": len(made), "bits_at_most": bits_at_most(list(made.values()))}
