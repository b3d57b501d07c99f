"""One kind of target per module, each behind the protocols of ``ports``."""
