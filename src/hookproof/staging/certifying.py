"""Opens a run that judges a receiver: contract, target (or the embedded reference), sender, recorder, files.

Law: deliveries go to the one origin that was checked; the secret comes from a named variable and is never recorded.
"""

from __future__ import annotations

import secrets
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from hookproof.adapters.receiver import HttpReceiver, Witness
from hookproof.model.capabilities import Capabilities
from hookproof.model.contract import Contract, Role
from hookproof.model.errors import CapabilityError, HookproofError, IllFormedError, UnreachableError
from hookproof.reference.receiver.life import ReferenceReceiver
from hookproof.reporting.rehearsal import Rehearsal
from hookproof.signing.scheme import Scheme, throwaway_secret
from hookproof.signing.schemes import SCHEMES
from hookproof.staging.asking import late, require_zero
from hookproof.staging.consenting import Consent
from hookproof.staging.delivering import SECRET, UNBOUND, WORK, Mailroom
from hookproof.staging.options import RunOptions
from hookproof.staging.recorder import RunRecorder
from hookproof.staging.rehearsing import EMBEDDED, EVERYTHING, Understudy, absent, rehearse
from hookproof.staging.run import Run
from hookproof.staging.session import Session
from hookproof.staging.situation import Situation
from hookproof.staging.telling import open_witness
from hookproof.wire.allowance import SPENT, Allowance
from hookproof.wire.destination import Destination, Resolver, resolved
from hookproof.wire.effects_sink import EffectsSink
from hookproof.wire.ownership import challenge_url, require_challenge
from hookproof.wire.sender import Sender


class ReceiverSession(Session):
    """One run against a receiver. Whatever is asked for it beside its own URL goes through ``consent.beside`` first."""

    resolver: Resolver = staticmethod(resolved)
    trusted: ssl.SSLContext | None = None

    def __init__(self, options: RunOptions, contract: Contract) -> None:
        super().__init__(options, contract)
        self.consent = Consent(
            options.allow_hosts,
            options.challenge,
            resolver=self.resolver,
            trusted=self.trusted,
            rate=options.rate,
            seconds=options.deadline,
        )

    def open(self, situations: Mapping[str, Situation], progress: Callable[[str], None] | None = None) -> None:
        """Reach the target, have the consent of its owner proven, ask its capabilities, open the sender and the files."""
        receiver, secret = self._receiver()
        place = self.consent.place
        capabilities = self._offered(receiver, secret)
        recorder = self._recorder(self._header(receiver, capabilities))
        tools = Mailroom(
            contract=self.contract,
            capabilities=capabilities,
            receiver=receiver,
            sender=self._sender(place),
            plain=self._sender(replace(place, scheme="http")) if place.scheme == "https" else None,
            most_at_once=self.consent.allowance.abreast(UNBOUND),
            recorder=recorder,
            profile=self.options.profile,
            seed=self.options.seed,
            scheme=self._scheme(capabilities, secret),
            secrets={SECRET: secret} if secret else {},
            patience=WORK if self.options.target is None else self.options.profile.patience,
            batches_known=self.options.effects is None,
        )
        if progress is not None:
            tools.progress = progress
        self._run = Run(tools, situations)
        tools.read_clock()

    def _made(self) -> Mapping[str, str]:
        return {} if self._run is None else self._run.tools.secrets

    def _reproduce(self) -> str:
        target = f" {self.options.target}" if self.options.target else ""
        chosen = f"--contract {self.options.contract} --profile {self.options.profile.name} --seed {self.options.seed}"
        return f"hookproof certify{target} {chosen}{self.options.again}"

    def _receiver(self) -> tuple[HttpReceiver, str]:
        url, key, secret = self.options.target, self.options.api_key, self.options.secret or ""
        if url is None:
            key, secret = secrets.token_urlsafe(24), throwaway_secret(secrets.token_hex(8), SECRET)
            url = self._stack.enter_context(ReferenceReceiver(self.contract, api_key=key, secrets=(secret,))).url
        else:
            looked = self.consent.look(url, "URL")
            tuple(self._places(looked))  # whatever is refused is refused before anybody is asked anything
            self.announce(f"deliveries go to {looked}: {looked.caps}")
        place = self.consent.target(url)
        control = self.options.control_url
        if control is not None:
            self.consent.beside(control, "--control-url", place)
        witness, patience = self._witness(secret), self.options.profile.answer
        receiver = HttpReceiver(url, api_key=key, control_url=control, witness=witness, timeout=patience, leave=self.consent.leave())
        self._stack.callback(receiver.close)
        return receiver, secret

    def _witness(self, secret: str) -> Witness | None:
        """Open who tells of effects, if the user named somebody; say where a sink listens before anything is sent."""
        source, withheld = self.options.effects, (self.options.api_key, secret, self.options.challenge)
        if source is None:
            return None
        witness = open_witness(source, self.consent, withheld=withheld, seconds=self.options.profile.answer)
        self._stack.callback(witness.close)
        if isinstance(witness, EffectsSink):
            self.announce(f"effects are counted at {witness.url}")
        require_zero(source.flag, witness.effect(f"evt_{secrets.token_hex(10)}"))
        return witness

    def _sender(self, place: Destination) -> Sender:
        """Open a sender to the checked origin: of an https receiver also one that speaks plain HTTP at its port, and at no other."""
        return self._stack.enter_context(Sender(place, trusted=self.consent.trusted, allowance=self.consent.allowance))

    def _offered(self, receiver: HttpReceiver, secret: str) -> Capabilities:
        """Join what the target says with what we know: without its secret no signature of ours can be right."""
        found = self._capabilities(receiver)
        if self.options.effects is not None:
            found = replace(found, effects=True)
        if not self.contract.recognisable:
            found = replace(found, effects=False)  # of an event that nothing names nobody can be asked
        if not secret:
            return replace(found, signing=None)
        signing = self.contract.policy.signing
        return found if found.signing or signing is None else replace(found, signing=signing.schemes[0])

    def _scheme(self, capabilities: Capabilities, secret: str) -> Scheme | None:
        """Give the scheme that is declared; raise ``IllFormedError``, without showing it, for a secret that cannot sign by it."""
        name = capabilities.signing
        if name is not None and name not in SCHEMES:
            raise IllFormedError("signing", f"unknown scheme {name!r}", remedy=f"Known: {', '.join(SCHEMES)}.")
        scheme = None if name is None else SCHEMES[name]
        if scheme is not None and secret:
            try:
                scheme.sign([secret], "evt_0", "0", b"")
            except ValueError:
                cause = f"it is no secret with which {name} can sign"
                remedy = f"It must be {scheme.key.name}; another scheme is declared by `signing` in a target profile."
                raise IllFormedError("the secret of --secret-env or --secret-file", cause, remedy=remedy) from None
        return scheme

    def _final_error(self) -> HookproofError | None:
        """Find also what took effect after it was judged: nothing that was kept may stand against it."""
        error = super()._final_error()
        if self._run is None or self.aborted is not None:
            return error
        try:
            found = late(self._run.tools)
        except HookproofError as lost:
            found, error = [], lost
        if found:
            more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
            remedy = "Let it work once and in time, or give it more time by --profile."
            error = CapabilityError(self._run.tools.receiver.url, found[0] + more, remedy=remedy)
        if error is None or any(verdict.fails for verdict in self.verdicts()):
            return None  # a MUST that was broken says more; what came late is in the transcript
        self.aborted = str(error)
        return error

    def _finish(self, run: Run[Any]) -> None:
        """Judge also what was not sent because the caps were reached: it was not observed."""
        if self.consent.allowance.spent:
            run.give_up(self.aborted or SPENT)
            for item in self.items():
                if self.chosen is None or item.id in self.chosen:
                    run.verdict(item)
        super()._finish(run)

    def rehearse(self, situations: Mapping[str, Situation], wanted: Iterable[str]) -> Rehearsal:
        """Tell what ``open`` and the wanted situations would send; nothing is, and a name is all that is looked up."""
        url = self.options.target or EMBEDDED
        place, receiver = self.consent.look(url, "URL"), absent(url)
        allowance = Allowance(place.caps)
        signing, given = self.contract.policy.signing, bool(self.options.secret) or self.options.target is None
        scheme = None if signing is None or not given else self.options.capabilities.get("signing", signing.schemes[0])
        offered = Capabilities.from_json(
            {**EVERYTHING.to_json(), **self.options.capabilities, "signing": scheme}, subject="--target-profile"
        )
        tools = Mailroom(
            contract=self.contract,
            capabilities=offered,
            receiver=receiver,
            sender=Understudy(allowance),
            plain=Understudy(allowance) if place.scheme == "https" else None,
            most_at_once=allowance.abreast(UNBOUND),
            recorder=RunRecorder(self._header(receiver, offered)),
            profile=self.options.profile,
            seed=self.options.seed,
            scheme=self._scheme(offered, self.options.secret or ""),
            secrets={SECRET: self.options.secret or throwaway_secret("dry run", SECRET)} if given else {},
        )
        return Rehearsal(
            target=self.options.target or "the embedded receiver",
            places=tuple(self._places(place)),
            caps=str(place.caps),
            most=place.caps.requests,
            per_second=place.caps.requests_per_second,
            portions=rehearse(tools, situations, wanted),
        )

    def _places(self, place: Destination) -> Iterator[str]:
        """Name everything that a run connects to; raise ``IllFormedError`` for what it may not."""
        if self.options.target is None:
            yield "127.0.0.1, at any port"
            return
        yield f"{place}, for deliveries"
        control, effects = self.options.control_url, self.options.effects
        below = control or f"{self.options.target.rstrip('/')}/conformance/v1"
        asked = place if control is None else self.consent.near(control, "--control-url", place)
        yield f"{asked}, for questions below {below}"
        if effects is not None and effects.place is not None:
            yield f"{self.consent.near(effects.place.origin, effects.flag, place)}, for effects"
        if place.foreign:
            require_challenge(place, self.options.challenge)
            yield f"{challenge_url(place)} first, which must answer with the text of --challenge-env"

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
    reports = options.reports and options.reports / Role.RECEIVER.value
    receiver = replace(options, role=Role.RECEIVER.value, results=results, transcript=transcript, reports=reports)
    return replace(options, role=Role.PLATFORM.value), receiver
