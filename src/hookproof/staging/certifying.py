"""Opens a run that judges a receiver: contract, target (or the embedded reference), sender, recorder, files.

Law: deliveries go to the one origin that was checked; the secret comes from a named variable and is never recorded.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace

from hookproof.adapters.receiver import HttpReceiver
from hookproof.model.capabilities import Capabilities
from hookproof.model.contract import Contract, Role
from hookproof.model.errors import IllFormedError, UnreachableError
from hookproof.reference.receiver.life import ReferenceReceiver
from hookproof.signing.scheme import Scheme, throwaway_secret
from hookproof.signing.schemes import SCHEMES
from hookproof.staging.delivering import SECRET, Mailroom
from hookproof.staging.options import RunOptions
from hookproof.staging.run import Run
from hookproof.staging.session import Session
from hookproof.staging.situation import Situation
from hookproof.wire.destination import destination
from hookproof.wire.sender import Sender


class ReceiverSession(Session):
    """One run against a receiver."""

    def open(self, situations: Mapping[str, Situation], progress: Callable[[str], None] | None = None) -> None:
        """Reach the target, ask its capabilities, open the sender and the files."""
        receiver, secret = self._receiver()
        capabilities = self._offered(receiver, secret)
        recorder = self._recorder(self._header(receiver, capabilities))
        tools = Mailroom(
            contract=self.contract,
            capabilities=capabilities,
            receiver=receiver,
            sender=self._stack.enter_context(Sender(destination(receiver.url))),
            plain=self._plain(receiver.url),
            recorder=recorder,
            profile=self.options.profile,
            seed=self.options.seed,
            scheme=self._scheme(capabilities),
            secrets={SECRET: secret} if secret else {},
        )
        if progress is not None:
            tools.progress = progress
        self._run = Run(tools, situations)

    def _receiver(self) -> tuple[HttpReceiver, str]:
        url, key, secret = self.options.target, self.options.api_key, self.options.secret or ""
        if url is None:
            key, secret = secrets.token_urlsafe(24), throwaway_secret(secrets.token_hex(8), SECRET)
            url = self._stack.enter_context(ReferenceReceiver(self.contract, api_key=key, secrets=(secret,))).url
        receiver = HttpReceiver(url, api_key=key, control_url=self.options.control_url, timeout=self.options.profile.answer)
        self._stack.callback(receiver.close)
        return receiver, secret

    def _plain(self, url: str) -> Sender | None:
        """Open a sender that speaks plain HTTP at the declared port of an https receiver, and at no other."""
        place = destination(url)
        return self._stack.enter_context(Sender(replace(place, scheme="http"))) if place.scheme == "https" else None

    def _offered(self, receiver: HttpReceiver, secret: str) -> Capabilities:
        """Join what the target says with what we know: without its secret no signature of ours can be right."""
        found = self._capabilities(receiver)
        if not secret:
            return replace(found, signing=None)
        signing = self.contract.policy.signing
        return found if found.signing or signing is None else replace(found, signing=signing.schemes[0])

    def _scheme(self, capabilities: Capabilities) -> Scheme | None:
        name = capabilities.signing
        if name is not None and name not in SCHEMES:
            raise IllFormedError("signing", f"unknown scheme {name!r}", remedy=f"Known: {', '.join(SCHEMES)}.")
        return None if name is None else SCHEMES[name]

    def _silence(self) -> UnreachableError | None:
        """Say nothing: a receiver speaks only when it is spoken to."""
        return None


def session_for(options: RunOptions, contract: Contract) -> Session:
    """Give the session of the role that the options name."""
    return ReceiverSession(options, contract) if options.role == Role.RECEIVER.value else Session(options, contract)


def roles(options: RunOptions) -> tuple[RunOptions, ...]:
    """Give the options of each role that a run judges: both references without a target, else the one that is named."""
    if options.target is not None or options.role:
        return (replace(options, role=options.role or Role.PLATFORM.value),)
    results = options.results and options.results.with_suffix(f".receiver{options.results.suffix}")
    transcript = options.transcript and options.transcript / Role.RECEIVER.value
    receiver = replace(options, role=Role.RECEIVER.value, results=results, transcript=transcript)
    return replace(options, role=Role.PLATFORM.value), receiver
