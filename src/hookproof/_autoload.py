"""Loads the pytest plugin in foreign projects only when they ask for the installed suites (``--pyargs hookproof.suites``).

An always-loaded plugin would break projects that have a ``--target`` option of their own.
"""

from __future__ import annotations

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """Import the plugin when an argument names our suites."""
    if any(argument.startswith("hookproof.suites") for argument in args):
        early_config.pluginmanager.import_plugin("hookproof.pytest_plugin")
