"""Hookproof decides whether a webhook implementation keeps its promises.

Rooms, from the bottom up: ``model`` (nouns), ``signing``, ``ports``, ``rules``, ``contracts`` and ``judge`` (pure), then
``wire``, ``generate``, ``adapters``, ``reference``, ``reporting`` (the outside), ``staging`` (joins them) and the doors
``pytest_plugin`` and ``cli``.
"""

__version__ = "0.1.0"
