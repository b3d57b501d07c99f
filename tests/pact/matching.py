"""Values before matchers, judged by Pact itself: one message for many pairs, each under a member of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from pact import Pact

from hookproof.pact.matchers import Matched
from hookproof.pact.pactfile import parsed_pact
from hookproof.pact.prompter import Produced, Prompts
from hookproof.pact.verification import verified
from hookproof.pact.writing import text_of

NOBODY = "http://127.0.0.1:9"
"""No HTTP interaction is verified, so nobody is asked there."""


def refused(pairs: Sequence[tuple[Matched, Any]]) -> list[bool]:
    """Say of each pair whether the matchers refuse the value."""
    pact = Pact("consumer", "provider")
    shown = {f"p{number}": said.example for number, (said, _) in enumerate(pairs)}
    rules = {path.replace("$", f"$.p{number}", 1): rule for number, (said, _) in enumerate(pairs) for path, rule in said.rules.items()}
    pact.upon_receiving("pairs", "Async").with_body(json.dumps(shown), "application/json").with_matching_rules({"body": rules})
    sent = json.dumps({f"p{number}": value for number, (_, value) in enumerate(pairs)}).encode()

    def message(_name: str) -> Produced:
        return Produced(body=sent, fields={"content-type": "application/json"})

    (told,) = verified(parsed_pact(text_of(pact), "pairs"), NOBODY, Prompts(state=lambda _name, _parameters: {}, message=message))
    places = [re.match(r"\$\.p(\d+)(?=[.:\[])", fault) for fault in told.faults]
    assert all(places), told.faults
    wrong = {int(place[1]) for place in places if place}
    return [number in wrong for number in range(len(pairs))]
