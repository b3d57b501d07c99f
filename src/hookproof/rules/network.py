"""Where a platform lets itself be sent: not inside a network, not where a name led after it was checked, not to whom it cannot know.

Law: that nothing came means something only where a name that differs in its address alone was delivered to, and a canary came later;
that a certificate was refused is shown by the handshake that the platform itself broke off.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable

from hookproof.model.transcript import Attempt, Note
from hookproof.model.verdict import Judgement, Observations
from hookproof.rules.routing import later_canary
from hookproof.rules.rule import Terms, rule
from hookproof.rules.view import View

_CONTROL = "trusted"


def _attempts(view: View, note: Note) -> tuple[Attempt, ...]:
    return view.by_endpoint.get(str(note.facts.get("endpoint")), ())


def _named(view: View, name: str) -> Iterable[Note]:
    return (note for note in view.notes if note.name == name)


def _leads(note: Note) -> tuple[list[list[str]], set[str]]:
    """Give the answers of a name, and the addresses of its last answer: where it leads in the end."""
    answers = note.facts.get("answers") or [[]]
    return answers, set(answers[-1])


def _witness(view: View, note: Note) -> str | None:
    """Give a canary that came after the event that was due at the note's endpoint or would have been, if the hook works."""
    later = (emission for emission in view.accepted if emission.at > note.at and emission.purpose != "canary")
    return next((canary for emission in later if (canary := later_canary(view, emission)) is not None), None)


def _delivered_outside(view: View) -> Attempt | None:
    """Give the delivery to the name that leads outside for ever: the control, and the proof that the hook works."""
    for note in _named(view, "leads"):
        answers, _ = _leads(note)
        came = [attempt for attempt in _attempts(view, note) if attempt.door == note.facts.get("outside")]
        if len(answers) == 1 and len(answers[0]) == 1 and came:
            return came[0]
    return None


@rule("network", needs=("emit", "network"))
def names_do_not_lead_inside(view: View, _terms: Terms) -> Judgement:
    """A name that resolves to a private, loopback or link-local address is never delivered to."""
    seen = Observations(missing="the name that leads to a public address was not delivered to, so nothing is said of the others")
    control = _delivered_outside(view)
    for note in _named(view, "leads"):
        answers, _ = _leads(note)
        if len(answers) > 1 or len(answers[0]) != 1:
            continue
        came = _attempts(view, note)
        inside = [attempt for attempt in came if attempt.door != note.facts.get("outside")]
        canary = _witness(view, note)
        if inside:
            seen.broke(f"a name that leads to {answers[0][0]} was delivered to", note.id, inside[0].id, excerpt=inside[0].head)
        elif control is not None and canary is not None and not came:
            seen.saw(note.id, control.id, canary)
    return seen.conclude()


@rule("network", needs=("emit", "network"))
def checked_addresses_are_connected_to(view: View, _terms: Terms) -> Judgement:
    """A name that resolves to a public address first and to a private one later, or to both, never leads to the private one."""
    seen = Observations(missing="the name that leads to a public address was not delivered to, so nothing is said of the others")
    control = _delivered_outside(view)
    for note in _named(view, "leads"):
        answers, last = _leads(note)
        if len(answers) == 1 and len(last) == 1:
            continue
        came = _attempts(view, note)
        inside = [attempt for attempt in came if attempt.door == note.facts.get("inside")]
        canary = _witness(view, note)
        if inside:
            told = f"after {len(answers) - 1} other answers" if len(answers) > 1 else "among others"
            seen.broke(f"a name that leads inside {told} was delivered to there", note.id, inside[0].id, excerpt=inside[0].head)
        elif control is not None and canary is not None:
            seen.saw(note.id, control.id, canary, *(attempt.id for attempt in came[:1]))
    return seen.conclude()


@rule("network", needs=("emit",), parameters=("kinds",))
def bad_certificates_are_refused(view: View, terms: Terms) -> Judgement:
    """Nothing is sent to who shows a certificate that is untrusted, expired or another host's, neither through TLS nor without."""
    seen = Observations(missing="the target broke off no handshake because of such a certificate, and sent nothing there")
    vouched = [note for note in _named(view, "certificate") if note.facts.get("kind") == _CONTROL]
    control = next((attempt.id for note in vouched for attempt in _attempts(view, note)), "")
    for note in _named(view, "certificate"):
        kind = note.facts.get("kind")
        if kind not in terms.parameters["kinds"]:
            continue
        came = _attempts(view, note)
        broken = [each for each in _named(view, "handshake") if each.facts.get("endpoint") == note.facts.get("endpoint")]
        for attempt in came[:1]:
            how = f"through TLS, though the certificate is {kind}" if attempt.tls else "in plain HTTP to an https address"
            seen.broke(f"a delivery was sent {how}", note.id, attempt.id, excerpt=attempt.head)
        if broken and not came and (control or not vouched):
            seen.saw(note.id, broken[0].id, *filter(None, [control]))
            seen.read_as(str(broken[0].facts.get("reason")))
    return seen.conclude()


@rule("disclosure", needs=("emit",))
def answers_are_not_shown(view: View, _terms: Terms) -> Judgement:
    """What an endpoint answers is not shown in the delivery log, where whoever registered a foreign address could read it."""
    seen = Observations(missing="no delivery log was read that lists a delivery whose answer bears a mark")
    for note in _named(view, "mark"):
        mark, came = str(note.facts.get("text")).encode(), _attempts(view, note)
        written = (mark, base64.b64encode(mark), mark.hex().encode())
        due = [str(emission.event_id).encode() for emission in view.due.get(str(note.facts.get("endpoint")), ())]
        for log in view.exchanges:
            if log.operation != "listDeliveries" or not log.accepted or log.at < note.at or not came:
                continue
            if any(text in log.response_body for text in written):
                seen.broke(f"the delivery log shows what {came[0].endpoint} answered", log.id, came[0].id, excerpt=log.response_body)
            elif any(event_id in log.response_body for event_id in due):
                seen.saw(log.id, came[0].id)
    return seen.conclude()
