"""What holds for every test, however the tests were started."""

from __future__ import annotations

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as shells start what runs in the background; every child would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)
