"""Signatures of deliveries: present, right over the raw bytes, fresh on each attempt, one secret per endpoint, rotation.

Law: secrets are made again from the run's salt and their names; the scheme is the declared one, else the first of the contract's
that the delivery shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from hookproof.model.transcript import Attempt
from hookproof.model.verdict import Judgement, Observations, not_applicable, not_observed
from hookproof.rules.rule import Terms, rule
from hookproof.rules.timing import GRACE_SECONDS, NANO
from hookproof.rules.view import View, seconds_of
from hookproof.signing.diagnosis import diagnose
from hookproof.signing.scheme import MISSING, Scheme, Signed, throwaway_secret
from hookproof.signing.schemes import SCHEMES

_ZONE = 900
"""Seconds; offsets of time zones are whole numbers of quarter hours."""
_SECONDS = re.compile(r"[1-9][0-9]{8,10}", re.ASCII)
_ONE_FOR_ALL = "issued secret"
"""The secret that who runs the suite gave for the whole target; whether others have it too was his choice."""
_EVERYWHERE = ("catalog", "retries", "truncation", "values", "signatures", "subscriptions")


def _schemes(terms: Terms) -> tuple[Scheme, ...]:
    named = terms.parameters.get("schemes")
    if named is None:
        signing = terms.contract.policy.signing
        declared = terms.capabilities.signing
        named = [declared] if declared else (signing.schemes if signing else ())
    return tuple(SCHEMES[name] for name in named if name in SCHEMES)


def _reader(view: View, schemes: tuple[Scheme, ...]) -> Callable[[Attempt], tuple[Scheme, Signed] | None]:
    """Give a function that tells the first scheme that an attempt shows and what its headers claim; read once for all rules."""
    known = view.readings.signed.setdefault(tuple(scheme.name for scheme in schemes), {})

    def shown(attempt: Attempt) -> tuple[Scheme, Signed] | None:
        if attempt.id not in known:
            fields = view.fields(attempt)
            scheme = next((scheme for scheme in schemes if scheme.present(fields)), None)
            known[attempt.id] = None if scheme is None else (scheme, scheme.read(fields))
        found: tuple[Scheme, Signed] | None = known[attempt.id]
        return found

    return shown


def _secret(view: View, name: str) -> str:
    return view.readings.secrets.get(name) or throwaway_secret(view.transcript.header.salt, name)


def _unknown(terms: Terms) -> Judgement | None:
    if _schemes(terms):
        return None
    declared = terms.capabilities.signing
    return not_observed(f"this suite does not know the declared scheme {declared!r}") if declared else not_applicable("no scheme named")


@rule(*_EVERYWHERE, optional=("schemes",))
def deliveries_are_signed(view: View, terms: Terms) -> Judgement:
    """Every attempt carries a well-formed signature header, retries included."""
    if (unknown := _unknown(terms)) is not None:
        return unknown
    seen = Observations(missing="nothing was delivered to an endpoint with a secret")
    schemes = _schemes(terms)
    read = _reader(view, schemes)
    for attempt in view.attempts:
        if not view.secret_names(attempt) or attempt.id in view.veiled:
            continue
        shown = read(attempt)
        if shown is None:
            wanted = ", ".join(sorted({s.header for s in schemes}))
            seen.broke(f"the attempt carries none of {wanted}", attempt.id, excerpt=attempt.head)
        elif shown[1].fault is not None:
            seen.broke(shown[1].fault, attempt.id, excerpt=attempt.head)
        else:
            seen.saw(attempt.id)
            seen.read_as(shown[0].name)
    return seen.conclude()


@rule(*_EVERYWHERE, optional=("schemes",))
def signatures_verify(view: View, terms: Terms) -> Judgement:
    """Every signature verifies over the exact bytes received, with a secret of that endpoint; rotation says when which."""
    if (unknown := _unknown(terms)) is not None:
        return unknown
    seen = Observations(missing="no signed delivery was seen")
    schemes = _schemes(terms)
    read = _reader(view, schemes)
    for attempt in view.attempts:
        shown, names = read(attempt), view.secret_names(attempt)
        if not names or not view.exact(attempt):
            continue
        if shown is None:
            odd = next((scheme.header for scheme in schemes if scheme.header in view.fields(attempt)), None)
            if odd is not None:
                seen.broke(f"{odd} has none of the promised forms", attempt.id, excerpt=attempt.head)
            continue
        scheme, signed = shown
        if not scheme.mac.symmetric and not any(scheme.keys(_secret(view, name)) for name in names):
            continue  # who signs with a key pair did not tell the public half
        reading = next((found for name in names if (found := scheme.match(_secret(view, name), signed, attempt.body))), None)
        if reading is None:
            seen.broke(_why(view, scheme, signed, attempt, names[0]), attempt.id, excerpt=attempt.head)
        else:
            seen.saw(attempt.id)
            seen.read_as(f"{scheme.name}, key: {reading}")
    return seen.conclude()


def _why(view: View, scheme: Scheme, signed: Signed, attempt: Attempt, name: str) -> str:
    """Word a failed verification; most helpful when a known mistake explains it."""
    if signed.fault is not None and signed.fault.endswith(MISSING):
        return f"{scheme.header} cannot be verified: {signed.fault}"
    explained = diagnose(
        attempt.header(scheme.header) or "",
        _secret(view, name),
        message_id=signed.message_id or "",
        timestamp=signed.timestamp or "",
        body=attempt.body,
    )
    return f"{scheme.header} does not verify: {explained}"


@rule(*_EVERYWHERE, optional=("schemes",))
def timestamps_are_whole_seconds(view: View, terms: Terms) -> Judgement:
    """The signed timestamp is an integer number of Unix seconds."""
    seen = Observations(missing="no delivery with a signed timestamp was seen")
    schemes = _schemes(terms)
    read = _reader(view, schemes)
    for attempt in view.attempts:
        shown = read(attempt)
        if shown is None or not shown[0].timestamped:
            continue
        text = shown[1].timestamp
        if text is not None and _SECONDS.fullmatch(text):
            seen.saw(attempt.id)
        else:
            what = "missing" if text is None else f"{text!r}, not whole Unix seconds"
            seen.broke(f"the timestamp is {what}", attempt.id, excerpt=attempt.head)
    return seen.conclude()


@rule("retries", "signatures", optional=("schemes",))
def timestamps_are_of_the_attempt(view: View, terms: Terms) -> Judgement:
    """The signed timestamp is the time of this attempt on the target's clock, within one second, also on retries."""
    seen = Observations(missing="no delivery with a signed timestamp was seen")
    schemes = _schemes(terms)
    read = _reader(view, schemes)
    for attempt in view.attempts:
        shown = read(attempt)
        text = shown[1].timestamp if shown is not None and shown[0].timestamped else None
        window = _attempt_window(view, terms, attempt)
        if text is None or not _SECONDS.fullmatch(text) or window is None:
            continue
        if int(window[0]) - 1 <= int(text) <= int(window[1]) + 1:
            seen.saw(attempt.id)
        else:
            off = int(text) - int(window[1])
            zone = ", as local time taken for UTC does" if _looks_local(off) else ""
            seen.broke(f"the timestamp lies {off:+.0f} s from the moment of the attempt{zone}", attempt.id, excerpt=attempt.head)
    return seen.conclude(grade=terms.capabilities.grade)


def _looks_local(off: int) -> bool:
    """Whether an offset in seconds is that of a time zone, give or take the seconds that a clock reading may be off."""
    return abs(off) > _ZONE - 2 and min(off % _ZONE, -off % _ZONE) <= 2  # noqa: PLR2004 -- seconds


def _attempt_window(view: View, terms: Terms, attempt: Attempt) -> tuple[float, float] | None:
    if terms.capabilities.time != "virtual":
        arrival = attempt.accepted_wall / NANO
        return arrival - 2.0, arrival
    window = view.virtual_window(attempt)
    if window is not None:
        return window
    emission = view.named(attempt)
    now = seconds_of(emission.clock) if emission is not None and emission.clock else None
    return None if now is None else (now, now)


@rule("signatures", optional=("schemes",))
def signed_id_is_the_event_id(view: View, terms: Terms) -> Judgement:
    """The id in the signed headers is the envelope's id and holds no dot."""
    seen = Observations(missing="no signed delivery with an id header was seen")
    schemes = _schemes(terms)
    read = _reader(view, schemes)
    for attempt in view.attempts:
        shown, event_id = read(attempt), view.body(attempt).event_id
        signed_id = shown[1].message_id if shown is not None and shown[0].names_event else None
        if signed_id is None or event_id is None:
            continue
        if signed_id != event_id:
            seen.broke(f"the signed id is {signed_id!r}, the envelope's {event_id!r}", attempt.id, excerpt=attempt.head)
        elif "." in signed_id:
            seen.broke(f"the signed id {signed_id!r} holds a dot", attempt.id, excerpt=attempt.head)
        else:
            seen.saw(attempt.id)
    return seen.conclude()


@rule("signatures", optional=("schemes",))
def each_endpoint_has_its_secret(view: View, terms: Terms) -> Judgement:
    """A delivery to one endpoint never verifies with the secret of another, and no two endpoints are given one secret."""
    seen = Observations(missing="fewer than two endpoints with secrets of their own got deliveries")
    schemes = _schemes(terms)
    read = _reader(view, schemes)
    every = sorted({(s.endpoint, s.secret) for s in view.subscriptions if s.secret})
    for attempt in view.attempts:
        shown, own = read(attempt), view.secret_names(attempt)
        others = [name for endpoint, name in every if endpoint != attempt.endpoint and name not in own]
        shared = next((endpoint for endpoint, name in every if endpoint != attempt.endpoint and name in own and name != _ONE_FOR_ALL), None)
        if shown is None or not own or not (others or shared) or not view.exact(attempt):
            continue
        scheme, signed = shown
        if shared is not None and scheme.match(_secret(view, own[0]), signed, attempt.body):
            seen.broke(f"{attempt.endpoint} and {shared} were given one secret, {own[0]!r}, and it signs here", attempt.id)
            continue
        foreign = next((name for name in others if scheme.match(_secret(view, name), signed, attempt.body)), None)
        if foreign is not None:
            seen.broke(f"a delivery to {attempt.endpoint} verifies with another endpoint's secret {foreign!r}", attempt.id)
        elif scheme.match(_secret(view, own[0]), signed, attempt.body):
            seen.saw(attempt.id)
    return seen.conclude()


def _rotated(view: View, terms: Terms) -> list[tuple[Attempt, Scheme, Signed, tuple[str, ...], tuple[float, float]]]:
    """Give attempts at rotated endpoints with the least and most promised seconds since the last rotation."""
    found = []
    schemes = _schemes(terms)
    read = _reader(view, schemes)
    for attempt in view.attempts:
        rotations = [s for s in view.history.get(attempt.endpoint, ()) if s.action == "rotated" and s.at <= attempt.accepted_at]
        shown = read(attempt)
        if not rotations or shown is None or not view.exact(attempt):
            continue
        if terms.capabilities.time == "virtual":
            then, now = view.virtual_at(rotations[-1].scope, rotations[-1].at), view.virtual_window(attempt)
            passed = (now[0] - then[1], now[1] - then[0]) if then and now else (0.0, 0.0)
        else:
            gap = (attempt.accepted_at - rotations[-1].at) / NANO
            passed = gap * terms.capabilities.time_scale, (gap + GRACE_SECONDS) * terms.capabilities.time_scale
        found.append((attempt, *shown, view.secret_names(attempt), passed))
    return found


@rule("signatures", needs=("emit",), optional=("schemes",))
def both_secrets_sign_during_overlap(view: View, terms: Terms) -> Judgement:
    """Right after a rotation a delivery verifies with the new secret and with the old one."""
    seen = Observations(missing="no delivery arrived between a rotation and the end of its overlap")
    overlap = terms.contract.policy.signing.overlap_seconds if terms.contract.policy.signing else 0
    for attempt, scheme, signed, names, passed in _rotated(view, terms):
        if passed[1] >= overlap or len(names) < 2:  # noqa: PLR2004 -- new and old
            continue
        wrong = [name for name in names[:2] if scheme.match(_secret(view, name), signed, attempt.body) is None]
        if len(wrong) == 2:  # noqa: PLR2004 -- with neither the fault is not one of rotation, and another promise tells of it
            continue
        if wrong:
            which = "the new" if wrong[0] == names[0] else "the old"
            seen.broke(f"during the overlap a delivery does not verify with {which} secret", attempt.id, excerpt=attempt.head)
        else:
            seen.saw(attempt.id)
    return seen.conclude(grade=terms.capabilities.grade)


@rule("signatures", needs=("emit", "time"), optional=("schemes",))
def old_secret_ends_with_overlap(view: View, terms: Terms) -> Judgement:
    """After the overlap a delivery verifies with the new secret only."""
    seen = Observations(missing="no delivery arrived after the end of a rotation's overlap")
    overlap = terms.contract.policy.signing.overlap_seconds if terms.contract.policy.signing else 0
    for attempt, scheme, signed, names, passed in _rotated(view, terms):
        if passed[0] <= overlap * 1.001 or len(names) < 2:  # noqa: PLR2004 -- new and old
            continue
        new, old = (scheme.match(_secret(view, name), signed, attempt.body) is not None for name in names[:2])
        if old and not new:
            seen.broke(
                "after the overlap a delivery does not verify with the new secret, only with the old", attempt.id, excerpt=attempt.head
            )
        elif old:
            seen.broke("after the overlap a delivery still verifies with the old secret", attempt.id, excerpt=attempt.head)
        elif new:
            seen.saw(attempt.id)
    return seen.conclude(grade=terms.capabilities.grade)
