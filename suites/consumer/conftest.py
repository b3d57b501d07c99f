"""Glue: the items, fixtures and the last line of these suites."""

from __future__ import annotations

from hookproof.pytest_consumer import (
    checked,
    consumed,
    pact_run,
    pytest_generate_tests,
    pytest_runtest_makereport,
    pytest_sessionfinish,
    pytest_terminal_summary,
)

__all__ = [
    "checked",
    "consumed",
    "pact_run",
    "pytest_generate_tests",
    "pytest_runtest_makereport",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
]
