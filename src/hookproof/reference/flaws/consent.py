"""Flaws of consent: receivers that are not asked, answers that are taken for consent, and rates that are not kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hookproof.reference.conduct import Conduct
from hookproof.reference.consent import Consenting, Grant
from hookproof.reference.departures import Flaw
from hookproof.reference.outcomes import Outcome


def _part(part: type) -> Callable[[Conduct], Conduct]:
    return lambda conduct: replace(conduct, parts=(part, *conduct.parts))


class _Heedless(Consenting):
    async def granted(self, url: str, now: int) -> Grant:
        found = self._grants[url] = Grant(allowed=True, rate=None, at=now)
        return found


class _TakesAnyAnswer(Consenting):
    def consents(self, outcome: Outcome) -> bool:
        return super().consents(outcome) or outcome.status == 200  # noqa: PLR2004 -- OK


class _TakesAnyOrigin(Consenting):
    def consents(self, outcome: Outcome) -> bool:
        return super().consents(outcome) or "webhook-allowed-origin" in outcome.fields


class _Hasty(Consenting):
    def paced(self, url: str, grant: Grant, now: int) -> int | None:
        return super().paced(url, replace(grant, rate=None), now)


class _PerSecond(Consenting):
    def paced(self, url: str, grant: Grant, now: int) -> int | None:
        return super().paced(url, replace(grant, rate=60 * grant.rate if grant.rate else None), now)


FLAWS = (
    Flaw(
        id="consent-is-not-asked",
        row="P083",
        title="Deliveries are sent to whoever was registered.",
        conduct=_part(_Heedless),
        breaks=("network/consent",),
        implies=("network/granted-rate",),
    ),
    Flaw(
        id="any-answer-is-consent",
        row="P083",
        title="A status of 200 is taken for consent.",
        conduct=_part(_TakesAnyAnswer),
        breaks=("network/consent",),
    ),
    Flaw(
        id="another-senders-consent-is-taken",
        row="P083",
        title="That some origin is allowed is enough, whichever it is.",
        conduct=_part(_TakesAnyOrigin),
        breaks=("network/consent",),
    ),
    Flaw(
        id="granted-rate-is-ignored",
        row="P084",
        title="Deliveries are sent as fast as they come, whatever rate was granted.",
        conduct=_part(_Hasty),
        breaks=("network/granted-rate",),
    ),
    Flaw(
        id="granted-rate-is-taken-per-second",
        row="P084",
        title="The rate is taken for requests a second.",
        conduct=_part(_PerSecond),
        breaks=("network/granted-rate",),
    ),
)
