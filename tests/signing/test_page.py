"""The page of signatures says what the schemes, the vectors and the list of disagreements say."""

from __future__ import annotations

from hookproof.signing.schemes import SCHEMES
from tests.signing.page import PAGE, page


def test_the_page_is_generated_from_the_schemes() -> None:
    """Whoever changes a scheme, a vector or a disagreement writes the page anew: python -m tests.signing.page."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_scheme_has_a_row() -> None:
    """Each scheme that a contract can name stands in the table once."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    for name in SCHEMES:
        assert sum(line.startswith(f"| `{name}` |") for line in lines) == 1, name
