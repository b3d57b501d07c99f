"""What a user asked for, checked: flags, environment variables and the target profile file, in one frozen value.

Law: flags win over ``HOOKPROOF_*`` variables, these over the profile file; secrets come from named variables only.
"""

from __future__ import annotations

import math
import os
import shlex
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hookproof.contracts import load_format_schema
from hookproof.model.errors import IllFormedError
from hookproof.rules.bodies import schema_faults, validator
from hookproof.staging.profile import PROFILES, Profile
from hookproof.staging.secret_sources import named, of_variable, secret_from
from hookproof.staging.telling import EffectsSource, effects_source

DEFAULT_CONTRACT = "orbit"
_REACHING = ("target_profile", "control_url", "api_key_env", "secret_env", "secret_file", "allow_host", "challenge_env",
             "effects_command", "effects_url", "effects_sink", "rate", "deadline")  # fmt: skip
"""Options without which the same target could not be judged in the same way."""
RESULTS_NAME = "results.ndjson"
DEFAULT_KEY_VARIABLE = "HOOKPROOF_API_KEY"


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """A run as asked for. ``target`` None means the embedded reference. Paths are as given, relative to the working folder.

    ``secret`` is a signing secret that the target issued out of band; ``capabilities`` what the target profile declares beside the
    target itself; ``overrides`` its other paths and statuses. ``allow_hosts`` are hosts beside this machine to which a receiver's
    deliveries may go, once they answered with ``challenge``; ``dry_run`` sends nothing; ``reports`` is a folder for all that is written.
    ``again`` repeats on a command line what was said of how to reach the target.
    ``effects``: who tells of effects inside a receiver, instead of its control profile. ``rate``: requests a second that it gets at most,
    ``deadline``: seconds after which no more are sent to it; 0 means what its place allows.
    """

    target: str | None
    contract: str
    role: str
    control_url: str | None
    adapter: str
    api_key: str
    listen: tuple[str, int]
    public_url: str | None
    profile: Profile
    seed: int
    results: Path | None
    transcript: Path | None
    require_complete: bool
    known_failures: frozenset[str]
    secret: str | None = None
    capabilities: Mapping[str, Any] = field(default_factory=dict)
    overrides: Mapping[str, Any] = field(default_factory=dict)
    allow_hosts: tuple[str, ...] = ()
    challenge: str = field(default="", repr=False)
    dry_run: bool = False
    again: str = ""
    reports: Path | None = None
    effects: EffectsSource | None = None
    rate: float = 0.0
    deadline: float = 0.0


def read_options(flags: Mapping[str, Any]) -> RunOptions:
    """Join flags, environment and profile file; raise ``IllFormedError`` naming the flag for anything that cannot be."""
    given = _profile_file(flags.get("target_profile") or os.environ.get("HOOKPROOF_TARGET_PROFILE"))

    def pick(name: str, default: Any = None) -> Any:  # noqa: ANN401 -- options have many types
        value = flags.get(name)
        if value is None:
            value = os.environ.get(f"HOOKPROOF_{name.upper()}")
        return value if value is not None else given.get({"target": "url"}.get(name, name), default)

    target = pick("target")
    role = pick("role", "")
    if role not in ("", "platform", "receiver"):
        raise IllFormedError("--role", f"{role!r} is no role", remedy="Choose platform or receiver.")
    adapter = pick("adapter", "http")
    if adapter != "http":
        raise IllFormedError("--adapter", f"unknown adapter {adapter!r}", remedy="This version has one: http.")
    profile = PROFILES.get(pick("profile", "ci"))
    if profile is None:
        raise IllFormedError("--profile", f"unknown profile {pick('profile')!r}", remedy=f"Choose one of {', '.join(PROFILES)}.")
    allowed, challenge = _foreign(flags, role)
    reports = _path(flags.get("reports"))
    variable = pick("api_key_env", DEFAULT_KEY_VARIABLE)
    key = os.environ.get(named("--api-key-env", variable), "")
    if target is not None and not key and (role != "receiver" or pick("api_key_env") is not None):
        raise IllFormedError(
            "--api-key-env", f"the environment variable {variable} is empty or not set", remedy=f"Set {variable} to the target's API key."
        )
    return RunOptions(
        target=target,
        contract=pick("contract", DEFAULT_CONTRACT),
        role=role,
        control_url=pick("control_url"),
        adapter=adapter,
        api_key=key,
        listen=_address(pick("listen", "127.0.0.1:0")),
        public_url=pick("public_url"),
        profile=profile,
        seed=_number("--seed", pick("seed", 0)),
        results=_path(flags.get("results")) or (reports and reports / RESULTS_NAME),
        transcript=_path(flags.get("transcript")) or reports,
        allow_hosts=allowed,
        challenge=challenge,
        dry_run=bool(flags.get("dry_run")),
        again=_again(flags),
        reports=reports,
        require_complete=bool(flags.get("require_complete")),
        known_failures=_known_failures(pick("known_failures")),
        secret=secret_from(*_sources(flags, pick)),
        capabilities=_declared(given),
        overrides=given.get("overrides", {}),
        effects=effects_source(pick, target=target, role=role),
        rate=_amount("--rate", pick("rate"), role),
        deadline=_amount("--deadline", pick("deadline"), role),
    )


def _sources(flags: Mapping[str, Any], pick: Callable[[str], Any]) -> tuple[str | None, str | None]:
    """Give the variable and the file that hold the secret; a flag of one kind wins over what is said elsewhere of the other."""
    file, variable = flags.get("secret_file"), flags.get("secret_env")
    return (variable, file) if variable or file else (pick("secret_env"), pick("secret_file"))


def _foreign(flags: Mapping[str, Any], role: str) -> tuple[tuple[str, ...], str]:
    """Give allowed hosts and challenge: typed for this run, never from a file or a variable that is lying about."""
    hosts, variable = tuple(flags.get("allow_host") or ()), flags.get("challenge_env")
    if hosts and role != "receiver":
        raise IllFormedError("--allow-host", "only a receiver can be on another host", remedy="A platform is judged on loopback.")
    if hosts and variable is None:
        raise IllFormedError("--allow-host", "the host must prove that it agrees", remedy="Name a variable with --challenge-env.")
    return hosts, of_variable("--challenge-env", variable) if variable is not None else ""


def _again(flags: Mapping[str, Any]) -> str:
    words = []
    for name in _REACHING:
        value = flags.get(name)
        for each in value if isinstance(value, list | tuple) else [value] if value else []:
            words += [f"--{name.replace('_', '-')}", str(each)]
    return "".join(f" {shlex.quote(word)}" for word in words)


def _declared(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the capabilities that a profile declares, its signing scheme included."""
    signing = given.get("signing")
    return {**given.get("capabilities", {}), **({"signing": signing} if signing is not None else {})}


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None


def _number(flag: str, text: Any) -> int:  # noqa: ANN401 -- a flag's value, a variable's text or a file's number
    try:
        return int(text)
    except ValueError:
        raise IllFormedError(flag, f"{text!r} is not a whole number", remedy="Give one, for example 0.") from None


def _amount(flag: str, text: Any, role: str) -> float:  # noqa: ANN401 -- a flag's value, a variable's text or a file's number
    if text is None:
        return 0.0
    if role == "platform":
        raise IllFormedError(flag, "only what is sent to a receiver has one", remedy="Leave it out, or use it with `hookproof certify`.")
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not (math.isfinite(found) and found > 0):
        raise IllFormedError(flag, f"{text!r} is no number above 0", remedy="Give one, for example 30.")
    return found


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:  # noqa: PLR2004 -- the last port
        raise IllFormedError("--listen", f"{text!r} is not HOST:PORT", remedy="Give for example 127.0.0.1:8099 (port 0: any).")
    return host.strip("[]"), int(port)


def _profile_file(name: str | None) -> Mapping[str, Any]:
    if name is None:
        return {}
    try:
        document = tomllib.loads(Path(name).read_text(encoding="utf-8"))
    except OSError as error:
        raise IllFormedError(name, f"cannot be read ({error.strerror})", remedy="Mend --target-profile.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise IllFormedError(name, f"is not TOML: {error}", remedy="Mend the file.") from None
    if document.get("allowed_hosts"):
        cause = "traffic goes to loopback addresses only, unless --allow-host names another host for this run"
        raise IllFormedError(name, cause, place="allowed_hosts", remedy="Remove the key.")
    faults = schema_faults(validator(load_format_schema("target-profile")), document)
    if faults:
        raise IllFormedError(name, faults[0][1], place=faults[0][0], remedy="See the guide on target profiles.")
    return document


def _known_failures(name: str | None) -> frozenset[str]:
    if name is None:
        return frozenset()
    try:
        lines = Path(name).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise IllFormedError(name, f"cannot be read ({error.strerror})", remedy="Mend --known-failures.") from None
    except UnicodeDecodeError as error:
        raise IllFormedError(name, f"is not UTF-8 text: {error.reason}", remedy="Mend --known-failures.") from None
    return frozenset(line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#"))
