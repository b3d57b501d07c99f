"""Whether a host agreed to be tested: it answers at a well-known path with the very text that its owner was told to choose.

Law: one request, to the checked address; no status, redirect or likeness stands for the text, and no certificate of another host is taken.
"""

from __future__ import annotations

import hmac
import socket
import ssl

from hookproof.model.errors import IllFormedError, UnreachableError
from hookproof.ports import Outgoing
from hookproof.wire.destination import Destination
from hookproof.wire.heads import request_head
from hookproof.wire.sender import Sender

CHALLENGE_PATH = "/.well-known/hookproof-challenge"
LEAST_CHALLENGE = 32
"""Characters; a shorter text might stand there by chance."""


def challenge_url(place: Destination) -> str:
    """Give where a host must answer with the challenge."""
    host = f"[{place.host}]" if ":" in place.host else place.host
    port = "" if place.port == {"http": 80, "https": 443}.get(place.scheme) else f":{place.port}"
    return f"{place.scheme}://{host}{port}{CHALLENGE_PATH}"


def require_challenge(place: Destination, challenge: str) -> None:
    """Raise ``IllFormedError`` unless a challenge was chosen that nobody guesses and a header could carry."""
    if len(challenge) < LEAST_CHALLENGE or not challenge.isascii() or not challenge.isprintable() or challenge != challenge.strip():
        raise IllFormedError(
            "--challenge-env",
            f"to send to {place.host!r}, a challenge of at least {LEAST_CHALLENGE} printable ASCII characters is needed",
            remedy=f"Choose a random text, put it into the named variable, and let {challenge_url(place)} answer exactly that text.",
        )


def require_certificate(place: Destination, *, patience: float = 10.0, trusted: ssl.SSLContext | None = None) -> None:
    """Shake hands with an https host and send nothing; raise ``IllFormedError`` unless its certificate is valid for the host as named."""
    if place.scheme != "https":
        return
    context = trusted or ssl.create_default_context()
    try:
        with (
            socket.create_connection((place.address, place.port), timeout=patience) as plain,
            context.wrap_socket(plain, server_hostname=place.host),
        ):
            return
    except ssl.SSLCertVerificationError as error:
        cause = f"its certificate is not valid for {place.host!r}: {error.verify_message}"
        remedy = "Serve one that is; authorities of your own are named by the variable SSL_CERT_FILE."
        raise IllFormedError(str(place), cause, remedy=remedy) from None
    except OSError as error:
        cause = f"no TLS connection can be made ({type(error).__name__})"
        raise UnreachableError(str(place), cause, remedy="Start it, or mend the URL.") from None


def prove_ownership(place: Destination, challenge: str, *, patience: float = 10.0, trusted: ssl.SSLContext | None = None) -> None:
    """Fetch the challenge from the host and compare; raise ``IllFormedError`` unless it is exactly what the user chose."""
    require_challenge(place, challenge)
    where = challenge_url(place)
    head = request_head(where, (("User-Agent", "hookproof"), ("Accept", "text/plain"), ("Connection", "close")), None, method="GET")
    with Sender(place, trusted=trusted) as sender:
        reply = sender.send([Outgoing(head=head, fresh=True, patience=patience)])[0]
    if not reply.status:
        raise UnreachableError(where, f"it does not answer ({reply.failure})", remedy="Serve the challenge there.")
    if reply.status != 200 or not hmac.compare_digest(reply.body.strip(), challenge.encode()):  # noqa: PLR2004 -- OK
        cause = f"it does not answer with the challenge (status {reply.status})"
        raise IllFormedError(where, cause, remedy="Let it answer exactly the text in --challenge-env, without a redirect.")
