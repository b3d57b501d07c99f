"""The last words of a run call nothing conforming that did not end well."""

from __future__ import annotations

import pytest

from hookproof.reporting.closing import closed

OTHERS = "does not conform: 2 generated requests or interactions failed, which are no clauses; they are named above"
BODY = "family  kept\nenvelope   6\n"


@pytest.mark.parametrize(
    ("said", "cause", "known", "others", "end"),
    [
        ("conforms: 0 MUST broken", "", 0, 0, ["conforms: 0 MUST broken"]),
        ("conforms: 0 MUST broken", "interrupted", 0, 0, ["stopped early: interrupted"]),
        ("conforms: 0 MUST broken", "", 0, 2, [OTHERS]),
        ("conforms: 0 MUST broken", "interrupted", 0, 2, ["stopped early: interrupted"]),
        ("does not conform: 1 MUST broken", "interrupted", 1, 0, [
            "does not conform: 1 MUST broken",
            "of these 1 broken MUST are listed in --known-failures and do not fail the run",
            "stopped early: interrupted",
        ]),
        ("undecided: 1 MUST was not observed", "", 0, 0, ["undecided: 1 MUST was not observed"]),
    ],
)  # fmt: skip
def test_the_last_words_follow_from_everything_that_failed(said: str, cause: str, known: int, others: int, end: list[str]) -> None:
    """What was judged stays; the conforming line goes where the run was stopped, or where something that is no clause failed."""
    assert closed(f"{BODY}{said}\n", said=said, cause=cause, known=known, others=others).splitlines() == [*BODY.splitlines(), *end]


def test_a_cause_cannot_write_to_the_terminal() -> None:
    """What a target said is shown in printable characters."""
    assert "\x1b" not in closed(BODY + "conforms\n", said="conforms", cause="\x1b[31mno", known=0, others=0)
