"""Our checks for Schemathesis, and Schemathesis driven over a contract's subscription API. The only place that knows Schemathesis.

``SCHEMATHESIS_HOOKS=hookproof.schemathesis_hooks st run …`` registers the checks and hooks by importing this.
"""

from hookproof.schemathesis_hooks import checks, hooks

__all__ = ["checks", "hooks"]
