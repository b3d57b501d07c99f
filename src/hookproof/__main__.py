"""The command ``hookproof``, also as ``python -m hookproof``: whoever stops it while it is still being read sees no traceback."""

from __future__ import annotations

import sys


def main() -> None:
    """Read the command line's module and open it; status 2 if that is interrupted, as for any other interrupted run."""
    try:
        from hookproof.cli import main as opened  # noqa: PLC0415 -- reading it takes a moment, in which Ctrl-C may come
    except KeyboardInterrupt:
        sys.exit(2)
    opened()


if __name__ == "__main__":
    main()
