"""Pacts made from a contract, and any pact verified against a platform. The only place that knows Pact.

Law: a pact states one consumer's needs and no byte-exact promise; what its matchers cannot say is listed, never dropped in silence.
"""

from __future__ import annotations

import os

os.environ["PACT_DO_NOT_TRACK"] = "true"  # before Pact is imported anywhere: its core reports home otherwise
