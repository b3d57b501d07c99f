"""A program that serves the tests' contract as the command line will: prints its URL, ends on SIGTERM."""

from __future__ import annotations

import sys
from pathlib import Path

from hookproof.reference.serve import serve_platform
from tests.reference.contract_value import CONTRACT
from tests.reference.tenant import MASTER


def announce(url: str) -> None:
    """Tell the test."""
    sys.stdout.write(url + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    serve_platform(
        CONTRACT,
        port=0,
        time="virtual",
        time_scale=1.0,
        api_key=MASTER,
        database=Path(sys.argv[1]) if len(sys.argv) > 1 else None,
        ready=announce,
        real_timeout_cap=10.0,
    )
