"""What waits behind an untaken event of its key is not called lost where order is promised."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from hookproof.judge import items
from hookproof.model.contract import Clause, Contract, Role, Source
from hookproof.model.verdict import Level, Outcome
from hookproof.reference.conduct import Conduct
from hookproof.reference.dispatch import Dispatcher
from hookproof.reference.ordering import PROMISE
from hookproof.reference.records import Delivery, Scope
from tests.suites.courtroom import courtroom, orbit


def ordered(*keys: str) -> Contract:
    """Orbit, which promises an order by each of these members too."""
    made = [
        Clause(
            id=f"orbit/sequences/order-{number}",
            level=Level.MUST,
            roles=(Role.PLATFORM,),
            promise="in order",
            source=Source(document="test", section="all"),
            rule=PROMISE,
            parameters={"key": key},
        )
        for number, key in enumerate(keys)
    ]
    return replace(orbit(), clauses=(*orbit().clauses, *made))


class _Losing(Dispatcher):
    """Loses what goes to some endpoints."""

    def schedule(self, scope: Scope, deliveries: Iterable[Delivery]) -> None:
        """Drop what every third endpoint is due."""
        super().schedule(scope, [each for each in deliveries if each.endpoint.seq % 3])


@pytest.mark.parametrize(
    ("conduct", "outcome"), [(Conduct(), Outcome.KEPT), (Conduct(parts=(_Losing,)), Outcome.BROKEN)], ids=["right", "losing"]
)
def test_who_waits_for_its_turn_is_not_lost(conduct: Conduct, outcome: Outcome) -> None:
    """The reference keeps order and every other promise of routing; whoever loses events is found all the same."""
    contract = ordered("agent_id")
    chosen = [item for item in items(contract, Role.PLATFORM) if item.clause.id == "orbit/fan-out/named"]
    with courtroom(judged_by=contract, conduct=conduct) as run:
        assert {run.verdict(item).outcome for item in chosen} == {outcome}


def test_every_promised_key_is_put_to_the_test() -> None:
    """Of two clauses that promise an order by different members, both are observed."""
    contract = ordered("agent_id", "conversation_id")
    chosen = [item for item in items(contract, Role.PLATFORM) if item.clause.rule == PROMISE]
    with courtroom(judged_by=contract) as run:
        assert [run.verdict(item).outcome for item in chosen] == [Outcome.KEPT, Outcome.KEPT]
