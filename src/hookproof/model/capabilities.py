"""What a target declares that it can do, and what the contract leaves open and the target fixes.

Law: absent means cannot; an unknown member is ignored; a member of the wrong type is an error that names it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hookproof.model.errors import IllFormedError


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """The control profile's ``/capabilities`` document (see ``control-api.openapi.yaml``); defaults describe a black box (L0).

    ``emit``: ``pipeline``, ``sample`` (bypasses the retry engine) or ``none``. ``time``: ``virtual``, ``scaled`` or ``real``;
    ``time_scale`` divides delays when scaled and is 1 otherwise. ``jitter_ratio``: declared symmetric jitter, 0 to 1.
    ``answer_timeout_seconds``: real seconds after which a send gives up waiting for its answer here, 0 if that is not told.
    """

    roles: tuple[str, ...] = ("platform",)
    implementation: Mapping[str, Any] = field(default_factory=dict)
    environment: str = "test"
    contract: str | None = None
    emit: str = "none"
    time: str = "real"
    time_scale: float = 1.0
    inspect: bool = False
    lifecycle: tuple[str, ...] = ()
    effects: bool = False
    faults: bool = False
    scopes: bool = False
    signing: str | None = None
    scheduler_resolution_seconds: float = 0.0
    jitter_ratio: float = 0.0
    poll_interval_seconds: float = 0.0
    answer_timeout_seconds: float = 0.0
    idempotency: bool = False
    configuration: bool = False
    log: bool = False
    network: bool = False

    def offers(self, need: str) -> bool:
        """Whether a need named by a rule is met: ``emit``, ``retry``, ``time``, ``restart``, ``kill``, ``scopes``, ``inspect``…."""
        return {
            "emit": self.emit in ("pipeline", "sample"),
            "retry": self.emit == "pipeline",
            "time": self.time in ("virtual", "scaled"),
            "restart": "restart" in self.lifecycle,
            "kill": "kill" in self.lifecycle,
            "power-cut": "power-cut" in self.lifecycle,
            "signing": self.signing is not None,
            "jitter": self.jitter_ratio > 0,
            "timeout": self.time == "real" or self.answer_timeout_seconds > 0,
            "idempotency": self.idempotency,
            "configuration": self.configuration,
            "log": self.log,
            "network": self.network,
            "inspect": self.inspect,
            "effects": self.effects,
            "faults": self.faults,
            "scopes": self.scopes,
        }.get(need, False)

    @property
    def grade(self) -> str:
        """The evidence grade of timing verdicts: ``virtual``, ``scaled`` or ``real``."""
        return self.time

    def to_json(self) -> dict[str, Any]:
        """Give the document form, as in results and transcripts."""
        document = {name: getattr(self, name) for name in self.__dataclass_fields__}
        document["roles"], document["lifecycle"] = list(self.roles), list(self.lifecycle)
        document["implementation"] = dict(self.implementation)
        document["signing"] = {"profile": self.signing} if self.signing else None
        return document

    @classmethod
    def from_json(cls, document: object, *, subject: str, scopes: bool = True) -> Capabilities:
        """Read the document; raise ``IllFormedError`` naming ``subject`` and the member for a value of the wrong type or range."""
        if not isinstance(document, dict):
            raise IllFormedError(subject, "the capabilities document is not a JSON object", remedy="See the control profile guide.")
        known = {name: document[name] for name in cls.__dataclass_fields__ if document.get(name) is not None}
        known.setdefault("scopes", scopes)
        if "signing" in known:
            known["signing"] = known["signing"].get("profile") if isinstance(known["signing"], dict) else known["signing"]
        for name, value in known.items():
            _check_member(subject, name, value)
        if known.get("time", "real") != "scaled":
            known["time_scale"] = 1.0  # a scale without scaled time scales nothing
        for name in ("roles", "lifecycle"):
            if name in known:
                known[name] = tuple(known[name])
        return cls(**known)


_CHOICES = {
    "emit": ("pipeline", "sample", "none"),
    "time": ("virtual", "scaled", "real"),
}
_LISTS = ("roles", "lifecycle")
_FLAGS = ("inspect", "effects", "faults", "scopes", "idempotency", "configuration", "log", "network")
_NUMBERS = ("time_scale", "scheduler_resolution_seconds", "jitter_ratio", "poll_interval_seconds", "answer_timeout_seconds")
_TEXTS = ("environment", "contract", "signing")


def _check_member(subject: str, name: str, value: Any) -> None:  # noqa: ANN401 -- it is any JSON value until it was checked
    numeric = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    legal = {
        **dict.fromkeys(_CHOICES, isinstance(value, str) and value in _CHOICES.get(name, ())),
        **dict.fromkeys(_LISTS, isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)),
        **dict.fromkeys(_FLAGS, isinstance(value, bool)),
        **dict.fromkeys(_NUMBERS, numeric and value >= 0),
        **dict.fromkeys(_TEXTS, isinstance(value, str)),
        "implementation": isinstance(value, dict),
    }[name]
    if not legal or (name == "time_scale" and not value) or (name == "jitter_ratio" and value > 1):
        allowed = f" It must be one of {', '.join(_CHOICES[name])}." if name in _CHOICES else ""
        raise IllFormedError(subject, f"{value!r} is not a legal value", place=name, remedy="Mend the document." + allowed)
