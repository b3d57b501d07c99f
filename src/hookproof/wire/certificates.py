"""The certificates that the listener shows: one that is right, and one for each way of being wrong.

Law: all share one published key that guards nothing; their authority can sign no more and is good for ``hookproof.test`` alone.
"""

from __future__ import annotations

import ssl
from functools import cache
from importlib import resources

SELF_SIGNED, TRUSTED, WRONG_HOST, EXPIRED = "self-signed", "trusted", "wrong-host", "expired"
HOSTS = {kind: f"{kind}.hookproof.test" for kind in (TRUSTED, WRONG_HOST, EXPIRED)}
"""The host by which each is to be reached, once its authority is trusted; the self-signed one is reached by address."""


def authority() -> str:
    """Give the certificate of the authority, in PEM."""
    return (resources.files(__package__) / "pem" / "authority.pem").read_text("ascii")


@cache
def shown(kind: str) -> ssl.SSLContext:
    """Make the server's side of TLS with one certificate; ``KeyError`` for an unknown kind."""
    if kind not in (SELF_SIGNED, *HOSTS):
        raise KeyError(kind)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    folder = resources.files(__package__) / "pem"
    with resources.as_file(folder / f"{kind}.pem") as chain, resources.as_file(folder / "key.pem") as key:
        context.load_cert_chain(chain, key)
    return context
