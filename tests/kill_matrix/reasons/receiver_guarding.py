"""Why flaws of receivers are found that let in what they never looked at."""

from __future__ import annotations

from dataclasses import replace

from hookproof.model.contract import Clause, Contract, Role, Source
from hookproof.model.transcript import Exchange
from hookproof.model.verdict import Level
from hookproof.rules.view import View
from tests.kill_matrix.posts import answered, case, taken, value
from tests.kill_matrix.reason import Case, promising


def _asks_first(contract: Contract) -> Contract:
    clause = Clause(
        id="orbit/receiver/leave-to-send",
        level=Level.SHOULD,
        roles=(Role.RECEIVER,),
        promise="Only senders who are known get leave to send.",
        source=Source(document="CloudEvents HTTP 1.1 Web Hooks for Event Delivery", section="4 Abuse protection"),
        rule="strangers-get-no-leave-to-send",
    )
    return replace(promising(contract, clause), policy=replace(contract.policy, consent=True))


def _declares_https(contract: Contract) -> Contract:
    clause = Clause(
        id="orbit/receiver/https-only",
        level=Level.SHOULD,
        roles=(Role.RECEIVER,),
        promise="Where https is declared nothing is accepted without TLS.",
        source=Source(document="a contract of this test", section="transport"),
        rule="plain-http-is-not-accepted",
    )
    return promising(contract, clause)


def _answer(x: Exchange, name: str) -> str:
    return next((found for key, found in x.response_headers if key.lower() == name), "")


def _granted(origin: str | None) -> Case:
    def says(_view: View, x: Exchange) -> bool:
        return x.method == "OPTIONS" and _answer(x, "webhook-allowed-origin") == (origin or value(x, "webhook-request-origin"))

    return replace(case(taken(says), receiver__leave_to_send="was given leave to send"), judged_by=_asks_first)


CASES = {
    "bombs-are-expanded": replace(
        case(
            taken(lambda _v, x: value(x, "content-encoding") == "gzip" and len(x.request_body) < 1 << 17),
            robustness__compressed_bodies="a thousand times as large inside got status 200",
        ),
        profile="hostile",
    ),
    "field-names-in-one-case": case(
        answered(401, lambda _v, x: not any(name.startswith("webhook-") for name, _ in x.request_headers)),
        verification__field_case="(field-case) got status 401",
    ),
    "plain-http-too": replace(
        case(taken(lambda _v, x: x.fault == "without-tls"), receiver__https_only="in plain HTTP got status 200"),
        judged_by=_declares_https,
        tls=True,
    ),
    "anybody-may-send": _granted("*"),
    "whoever-asks-may-send": _granted(None),
}
