"""Why flaws of the way out are found."""

from __future__ import annotations

from collections.abc import Callable

from hookproof.model.contract import Clause, Contract, Role, Source
from hookproof.model.transcript import Attempt, Exchange, Note, Record
from hookproof.model.verdict import Level
from hookproof.rules.view import View
from tests.kill_matrix.reason import Case, Reason, Shown, promising

UNHOOKED = {"network": False}


def _noted(view: View, endpoint: str, name: str) -> Note:
    return next(note for note in view.notes if note.name == name and note.facts["endpoint"] == endpoint)


def _led(inside: Callable[[list[list[str]]], bool], *, public: str = "192.31.196.") -> Shown:
    """The delivery came by the door of private addresses, at an endpoint whose name has such answers."""

    def shown(view: View, record: Record) -> bool:
        if not isinstance(record, Attempt) or record.door != "inside door":
            return False
        answers = _noted(view, record.endpoint, "leads").facts["answers"]
        return inside(answers) and not all(address.startswith(public) for listed in answers for address in listed)

    return shown


def _certified(*kinds: str, plain: bool = False) -> Shown:
    """The delivery came to a certificate of one of these kinds, without TLS or through it."""

    def shown(view: View, record: Record) -> bool:
        if not isinstance(record, Attempt) or bool(record.tls) is plain:
            return False
        return _noted(view, record.endpoint, "certificate").facts["kind"] in kinds

    return shown


def _shows_a_mark(view: View, record: Record) -> bool:
    marks = [note.facts["text"].encode() for note in view.notes if note.name == "mark"]
    return isinstance(record, Exchange) and any(mark in record.response_body for mark in marks)


def _keeps_answers_to_itself(contract: Contract) -> Contract:
    clause = Clause(
        id=f"{contract.name}/subscription-api/answers-not-shown",
        level=Level.SHOULD,
        roles=(Role.PLATFORM,),
        promise="What an endpoint answers is nobody's business but the platform's.",
        source=Source(document="a contract of this test", section="answers"),
        rule="answers-are-not-shown",
    )
    return promising(contract, clause)


SINGLE = _led(lambda answers: len(answers) == 1 and len(answers[0]) == 1)
CHANGING = _led(lambda answers: len(answers) > 1)
ONE_OF_TWO = _led(lambda answers: len(answers) == 1 and len(answers[0]) == 2)


def _inside(shown: Shown) -> Reason:
    return Reason(clause="network/private-addresses", words="was delivered to", shown=shown)


def _rebound(words: str, shown: Shown) -> Reason:
    return Reason(clause="network/rebinding", words=words, shown=shown)


def _identity(kind: str) -> Case:
    reason = Reason(clause="network/certificate-identity", words=f"though the certificate is {kind}", shown=_certified(kind))
    return Case(reasons=(reason,), withheld=UNHOOKED)


def _untrusted(words: str, shown: Shown) -> Case:
    return Case(reasons=(Reason(clause="network/untrusted-certificates", words=words, shown=shown),))


CASES = {
    "names-are-not-checked": Case(reasons=(_inside(SINGLE), _rebound("leads inside", CHANGING)), withheld=UNHOOKED),
    "ipv6-is-not-checked": Case(
        reasons=(_inside(_led(lambda answers: ":" in answers[0][0])),),
        withheld=UNHOOKED,
    ),
    "addresses-are-checked-by-prefix": Case(
        reasons=(_inside(_led(lambda answers: answers[0][0] in ("169.254.169.254", "0.0.0.0", "127.8.8.8"))),),  # noqa: S104 -- an answer
        withheld=UNHOOKED,
    ),
    "names-are-checked-when-registered": Case(reasons=(_rebound("leads inside", CHANGING),), withheld=UNHOOKED),
    "names-are-looked-up-twice": Case(reasons=(_rebound("after 1 other answers", CHANGING),), withheld=UNHOOKED),
    "first-address-is-checked": Case(reasons=(_rebound("among others", ONE_OF_TWO),), withheld=UNHOOKED),
    "answers-are-shown": Case(
        reasons=(Reason(clause="subscription-api/answers-not-shown", words="shows what", shown=_shows_a_mark),),
        judged_by=_keeps_answers_to_itself,
    ),
    "certificates-are-not-verified": _untrusted("through TLS", _certified("self-signed")),
    "hosts-of-certificates-are-not-compared": _identity("wrong-host"),
    "expired-certificates-are-taken": _identity("expired"),
    "tls-failures-fall-back-to-plain-http": _untrusted("in plain HTTP", _certified("self-signed", plain=True)),
}
