"""Signatures of deliveries: present, right, fresh, one secret per endpoint, and rotation; secrets are never shown."""

from __future__ import annotations

import base64
import hmac
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hookproof.model.capabilities import Capabilities
from hookproof.model.verdict import Judgement
from hookproof.rules.catalogue import RULES
from hookproof.rules.rule import Terms
from hookproof.rules.view import Readings, View
from tests.rules.contract_value import CONTRACT
from tests.rules.outcomes import broken, kept, unseen, void
from tests.rules.recording import Recording, secret_text, standard_headers

SIGNED, VALID, SECONDS, FRESH = (
    "deliveries-are-signed",
    "signatures-verify",
    "timestamps-are-whole-seconds",
    "timestamps-are-of-the-attempt",
)
ID, OWN, BOTH, END = (
    "signed-id-is-the-event-id",
    "each-endpoint-has-its-secret",
    "both-secrets-sign-during-overlap",
    "old-secret-ends-with-overlap",
)
DAY = 86_400


def hex_headers(key: bytes, body: bytes, seconds: int, *, bare: bool = False) -> dict[str, str]:
    """Sign in the companion's forms by ``hmac`` alone."""
    if bare:
        return {"X-Devotel-Signature": hmac.digest(key, body, "sha256").hex()}
    return {"X-Devotel-Signature": f"t={seconds},v1={hmac.digest(key, b'%d.' % seconds + body, 'sha256').hex()}"}


def signed(headers: Any = None, **capabilities: Any) -> Recording:
    """Deliver one event to an endpoint with a secret; ``headers`` makes the headers from (recording, body, event id)."""
    recording = Recording("signatures", **capabilities)
    recording.subscribe("e1")
    emission = recording.emit()
    body = recording.body(emission)
    recording.attempt("e1", emission, headers=None if headers is None else headers(recording, body, str(emission.event_id)))
    return recording


def discreet(judgement: Judgement, recording: Recording) -> Judgement:
    """No secret is shown in a judgement."""
    shown = repr(judgement)
    for endpoint in recording.endpoints.values():
        assert secret_text(str(endpoint.secret)).removeprefix("whsec_") not in shown
    return judgement


@pytest.mark.parametrize("rule", [SIGNED, VALID, SECONDS, FRESH, ID])
@pytest.mark.parametrize("time", ["virtual", "real"])
def test_an_honest_signature_is_kept(rule: str, time: str) -> None:
    """What the official library signs keeps every promise."""
    recording = signed(time=time)
    kept(recording.judge(rule), recording.records[-1])


def test_the_scheme_and_key_that_were_seen_are_named() -> None:
    """All legal schemes and key readings verify, and the report names the one that was seen."""
    assert signed().judge(VALID).reading == "standard-webhooks, key: base64-decoded"
    text = secret_text("secret of e1")
    bare = text.removeprefix("whsec_")
    for key, reading in ((text.encode(), "whole text"), (bare.encode(), "text without prefix")):
        recording = signed(lambda r, body, _id, key=key: hex_headers(key, body, int(r.clock())))
        assert kept(recording.judge(VALID)).reading == f"devotel-t-v1, key: {reading}"
        assert recording.judge(SIGNED).reading == "devotel-t-v1"
        kept(recording.judge(SECONDS))
        unseen(recording.judge(ID))
        recording = signed(lambda _r, body, _id, key=key: hex_headers(key, body, 0, bare=True))
        assert kept(recording.judge(VALID)).reading == f"devotel-body-hex, key: {reading}"
        unseen(recording.judge(SECONDS))


def test_a_declared_scheme_is_the_only_legal_one() -> None:
    """A target that declares a scheme is held to it; an unknown one is our gap, none in the contract is no promise."""
    recording = signed(signing={"profile": "devotel-t-v1"})
    broken(recording.judge(SIGNED), "none of x-devotel-signature", recording.records[-1])
    unseen(recording.judge(VALID))
    kept(recording.judge(VALID, schemes=["standard-webhooks"]))
    unseen(signed(signing={"profile": "rot13"}).judge(SIGNED), "does not know the declared scheme 'rot13'")
    bare = replace(CONTRACT, policy=replace(CONTRACT.policy, signing=None))
    void(Recording("signatures", contract=bare).judge(SIGNED))


def test_which_schemes_are_asked_for_changes_nothing_for_others() -> None:
    """One view judges two clauses with overlapping scheme lists, each by its own list."""
    recording = signed(lambda _r, body, _id: hex_headers(secret_text("secret of e1").encode(), body, 0, bare=True))
    view = View(recording.transcript(), CONTRACT)
    for schemes, outcome in ((["devotel-t-v1"], "broken"), (["devotel-t-v1", "devotel-body-hex"], "kept"), (["devotel-t-v1"], "broken")):
        terms = Terms(contract=CONTRACT, parameters={"schemes": schemes}, capabilities=Capabilities())
        assert RULES[VALID].judge(view, terms).outcome == outcome


@pytest.mark.parametrize("value", ["", "AAAA", "v1=00", "sha256=" + "0" * 64])
def test_a_provider_header_of_another_form_does_not_go_unseen(value: str) -> None:
    """A header that fits none of the promised forms is broken, not skipped; one that is absent says nothing here."""
    recording = signed(lambda *_: {"X-Devotel-Signature": value})
    broken(recording.judge(VALID, schemes=["devotel-t-v1", "devotel-body-hex"]), "none of the promised forms", recording.records[-1])
    unseen(signed(lambda *_: {}).judge(VALID, schemes=["devotel-t-v1", "devotel-body-hex"]))


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp"])
def test_a_signature_without_id_or_timestamp_is_broken(name: str) -> None:
    """What is signed must be shown: the signature header alone cannot be verified, and the report says what is missing."""

    def headers(recording: Recording, body: bytes, event_id: str) -> dict[str, str]:
        honest = standard_headers(["secret of e1"], event_id, int(recording.clock()), body)
        return {key: value for key, value in honest.items() if key != name}

    recording = signed(headers)
    broken(recording.judge(SIGNED), f"{name} is missing", recording.records[-1])
    broken(recording.judge(VALID), f"cannot be verified: {name} is missing", recording.records[-1])


@pytest.mark.parametrize("value", ["", "v1,abc", "v1", "v2,x", "v1,{tag} v1,{tag} ", "v1={tag}", "{tag}", "v1,{tag}  v1,{tag}", "v1,{url}"])
def test_a_malformed_signature_header_is_broken(value: str) -> None:
    """A header that is not a list of versioned tags is broken on that attempt, and the tag is not shown."""

    def headers(recording: Recording, body: bytes, event_id: str) -> dict[str, str]:
        honest = standard_headers(["secret of e1"], event_id, int(recording.clock()), body)
        tag = honest["webhook-signature"].removeprefix("v1,")
        return {**honest, "webhook-signature": value.replace("{tag}", tag).replace("{url}", "-_" + tag[2:])}

    recording = signed(headers)
    judgement = broken(recording.judge(SIGNED), "webhook-signature", recording.records[-1])
    tag = recording.signed("e1", next(r for r in recording.records if r.id.startswith("m")), b"")  # type: ignore[arg-type] # emission
    assert tag["webhook-signature"][4:] not in judgement.reason


@pytest.mark.parametrize("entry", ["v1a,c2lnbmF0dXJl", "v2,x", "v10,abc"])
def test_unknown_versions_beside_a_good_tag_are_legal(entry: str) -> None:
    """Entries of other versions, before or after, leave the good one valid."""
    for order in (0, 1):

        def headers(recording: Recording, body: bytes, event_id: str, order: int = order) -> dict[str, str]:
            honest = standard_headers(["secret of e1"], event_id, int(recording.clock()), body)
            parts = [entry, honest["webhook-signature"]]
            return {**honest, "webhook-signature": " ".join(parts[::-1] if order else parts)}

        recording = signed(headers)
        kept(recording.judge(SIGNED))
        kept(recording.judge(VALID))


def test_a_signature_with_an_empty_key_is_broken() -> None:
    """Whoever lost the secret and signs with nothing is found out, in every scheme."""

    def empty(recording: Recording, body: bytes, event_id: str) -> dict[str, str]:
        seconds = int(recording.clock())
        tag = base64.b64encode(hmac.digest(b"", f"{event_id}.{seconds}.".encode() + body, "sha256")).decode()
        return {"webhook-id": event_id, "webhook-timestamp": str(seconds), "webhook-signature": f"v1,{tag}"}

    def stamped(recording: Recording, body: bytes, _event_id: str) -> dict[str, str]:
        return hex_headers(b"", body, int(recording.clock()))

    def bare(_recording: Recording, body: bytes, _event_id: str) -> dict[str, str]:
        return hex_headers(b"", body, 0, bare=True)

    for made in (empty, stamped, bare):
        recording = signed(made)
        kept(recording.judge(SIGNED))
        broken(recording.judge(VALID), "does not verify", recording.records[-1])


def test_an_issued_secret_that_is_empty_is_no_secret() -> None:
    """Without the value of a secret that the target issued nothing is said of signatures, neither kept nor broken."""
    recording = Recording("signatures")
    recording.subscribe("e1", secret="issued secret for e1")
    recording.attempt("e1", recording.emit())
    capabilities = Capabilities.from_json(dict(recording.capabilities), subject="test")
    for given in ({}, {"issued secret for e1": ""}):
        view = View(recording.transcript(), CONTRACT, Readings(given))
        unseen(RULES[VALID].judge(view, Terms(contract=CONTRACT, parameters={}, capabilities=capabilities)))


@pytest.mark.parametrize("arrived", [b'{"id": "evt_m2"}', b"", b"\xff"])
def test_other_bytes_than_the_signed_ones_are_broken(arrived: bytes) -> None:
    """A signature over other bytes than those that arrived is broken, and no secret is shown."""
    recording = Recording("signatures")
    recording.subscribe("e1")
    emission = recording.emit()
    body = recording.body(emission)
    culprit = recording.attempt("e1", emission, body=arrived, headers=recording.signed("e1", emission, body))
    discreet(broken(recording.judge(VALID), "none of the known recipes", culprit), recording)


def test_a_retry_must_be_signed_anew() -> None:
    """A retry without signature is broken, and one with the time of the first attempt is not fresh, on either clock."""
    for time in ("virtual", "real"):
        recording = Recording("retries", time=time)
        recording.subscribe("e1")
        emission = recording.emit()
        body = recording.body(emission)
        recording.attempt("e1", emission, 500)
        old = recording.signed("e1", emission, body)
        recording.elapse(30)
        stale = recording.attempt("e1", emission, headers=old)
        kept(recording.judge(VALID), stale)
        broken(recording.judge(FRESH), "-30 s from the moment", stale)
        bare = recording.attempt("e1", emission, headers={})
        broken(recording.judge(SIGNED), "carries none of", bare)


@pytest.mark.parametrize("off", [-7200, -5, 2, 3600])
def test_a_timestamp_of_another_moment_is_broken(off: int) -> None:
    """Local time, and anything beyond a second of slack, is not the moment of the attempt."""
    recording = signed(lambda r, body, event_id: standard_headers(["secret of e1"], event_id, int(r.clock()) + off, body))
    judgement = broken(recording.judge(FRESH), f"{off:+d} s", recording.records[-1])
    assert ("local time" in judgement.reason) is (abs(off) >= 900)


@pytest.mark.parametrize("text", ["1790000000000", "1790000000.5", "2026-09-21T14:13:20Z", "+1790000000", "01790000000", "", "١٧٩٠٠٠٠٠٠٠"])
def test_a_timestamp_is_whole_seconds(text: str) -> None:
    """Milliseconds, fractions, ISO text, signs, zeros in front and other digits are broken and not judged for freshness."""
    recording = signed(lambda *_: {"webhook-id": "x", "webhook-timestamp": text, "webhook-signature": "v1,x"})
    broken(recording.judge(SECONDS), "not whole Unix seconds", recording.records[-1])
    unseen(recording.judge(FRESH))


@pytest.mark.parametrize(("signed_id", "envelope_id"), [("other", "evt"), ("a.b", "a.b")])
def test_the_signed_id_is_the_envelope_id_without_a_dot(signed_id: str, envelope_id: str) -> None:
    """Another id in the header, or an id that holds the separator, is broken."""
    recording = Recording("signatures")
    recording.subscribe("e1")
    emission = recording.emit(event_id=envelope_id)
    headers = standard_headers(["secret of e1"], signed_id, int(recording.clock()), recording.body(emission))
    culprit = recording.attempt("e1", emission, headers=headers)
    broken(recording.judge(ID), repr(signed_id), culprit)


def test_each_endpoint_has_a_secret_of_its_own() -> None:
    """Deliveries that verify only with their own secret are kept; one that verifies with a neighbour's is broken."""
    recording = Recording("signatures")
    recording.subscribe("e1")
    emission = recording.emit()
    recording.attempt("e1", emission)
    unseen(recording.judge(OWN), "fewer than two")
    recording.subscribe("e2")
    good = recording.attempt("e2", emission)
    kept(recording.judge(OWN), good)
    bad = recording.attempt("e2", emission, headers=recording.signed("e2", emission, recording.body(emission), "secret of e1"))
    discreet(broken(recording.judge(OWN), "verifies with another endpoint's secret", bad), recording)


def test_a_secret_that_was_given_to_two_endpoints_is_broken() -> None:
    """Endpoints with one secret are told apart by nobody; only a secret that we were given for the whole target may serve all."""
    for secret, judged in (("issued secret for e1", broken), ("issued secret", None)):
        recording = Recording("signatures")
        for endpoint in ("e1", "e2"):
            recording.subscribe(endpoint, secret=secret)
        emission = recording.emit()
        for endpoint in ("e1", "e2"):
            recording.attempt(endpoint, emission, headers=recording.signed(endpoint, emission, recording.body(emission), secret))
        view = View(recording.transcript(), CONTRACT, Readings({secret: secret_text(secret)}))
        judgement = RULES[OWN].judge(view, Terms(contract=CONTRACT, parameters={}, capabilities=Capabilities()))
        if judged is None:
            unseen(judgement)
        else:
            judged(judgement, "were given one secret", recording.records[-1])


def rotated(passed: float, *names: str, **capabilities: Any) -> Recording:
    """Rotate a secret, let so many seconds pass and deliver, signed with the named secrets."""
    recording = Recording("signatures", **capabilities)
    recording.subscribe("e1", secret="old")
    recording.change("e1", "rotated", secret="new")
    recording.elapse(passed)
    emission = recording.emit()
    recording.attempt("e1", emission, headers=recording.signed("e1", emission, recording.body(emission), *names))
    return recording


@pytest.mark.parametrize("capabilities", [{"time": "virtual"}, {"time": "scaled", "time_scale": 100.0}], ids=lambda c: str(c["time"]))
def test_both_secrets_sign_during_the_overlap_and_the_new_one_after(capabilities: dict[str, Any]) -> None:
    """During the overlap both must verify, in any order; after it the new one only; each rule is silent in the other's time."""
    for names in (("new", "old"), ("old", "new")):
        recording = rotated(60, *names, **capabilities)
        kept(recording.judge(BOTH), recording.records[-1])
        unseen(recording.judge(END))
    broken(rotated(60, "new", **capabilities).judge(BOTH), "the old secret")
    broken(rotated(60, "old", **capabilities).judge(BOTH), "the new secret")
    recording = rotated(DAY * 1.01, "new", **capabilities)
    kept(recording.judge(END), recording.records[-1])
    unseen(recording.judge(BOTH))
    for passed, rule in ((60, BOTH), (DAY * 1.01, END)):  # signed with neither, the fault is not one of rotation
        unseen(rotated(passed, "neither", **capabilities).judge(rule))
        broken(rotated(passed, "neither", **capabilities).judge(VALID), "does not verify")
        kept(rotated(passed, "old", **capabilities).judge(VALID))
    broken(rotated(DAY * 1.01, "new", "old", **capabilities).judge(END), "still verifies with the old")
    broken(rotated(DAY * 1.01, "old", **capabilities).judge(END), "does not verify with the new")


def test_an_attempt_on_the_way_through_the_end_of_the_overlap_says_nothing() -> None:
    """On a virtual clock an attempt inside an advance across the end may lie on either side: neither rule judges it."""
    recording = Recording("signatures")
    recording.subscribe("e1", secret="old")
    recording.change("e1", "rotated", secret="new")
    emission = recording.emit()
    with recording.advancing(DAY * 1.01):
        recording.attempt("e1", emission, headers=recording.signed("e1", emission, recording.body(emission), "new"))
    unseen(recording.judge(BOTH))
    unseen(recording.judge(END))


def test_endpoints_without_secret_or_rotation_promise_nothing() -> None:
    """Where no secret was set nothing must be signed, and without rotation there is no overlap."""
    recording = signed()
    recording.records[0] = replace(recording.records[0], secret=None)  # type: ignore[call-arg] # the first record is a subscription
    for rule in (SIGNED, VALID, BOTH, END, OWN):
        unseen(recording.judge(rule))


@pytest.mark.parametrize(
    ("off", "local"),
    [
        *((sign * seconds, True) for sign in (1, -1) for seconds in (899, 900, 902, 1802, 3598, 3600, 20_700)),
        *((sign * seconds, False) for sign in (1, -1) for seconds in (2, 450, 897, 903, 1797, 1803, 3597, 3603)),
    ],
)
def test_an_offset_of_whole_quarters_of_an_hour_looks_like_local_time(off: int, *, local: bool) -> None:
    """Give or take two seconds, a quarter of an hour at the least; what is said of the offset follows from it alone."""
    recording = signed(lambda r, body, event_id: standard_headers(["secret of e1"], event_id, int(r.clock()) + off, body))
    more = ", as local time taken for UTC does" if local else ""
    assert broken(recording.judge(FRESH), "").reason == f"the timestamp lies {off:+d} s from the moment of the attempt{more}"


@pytest.mark.parametrize(("off", "fine"), [(-4, False), (-3, True), (0, True), (1, True), (2, False)])
def test_a_timestamp_may_lag_by_the_way_and_both_roundings(off: int, *, fine: bool) -> None:
    """In real time a delivery was made up to two seconds before it arrived, and a second of slack lies on either side."""
    recording = signed(lambda r, body, event_id: standard_headers(["secret of e1"], event_id, int(r.clock()) + off, body), time="real")
    judgement = recording.judge(FRESH)
    kept(judgement) if fine else broken(judgement, f"lies {off:+d} s")


def thrice(passed: float, *names: str, gap: float = 0.0, **capabilities: Any) -> Recording:
    """Rotate a secret twice with a gap in between, let so many seconds pass and deliver, signed with the named secrets."""
    recording = Recording("signatures", **capabilities)
    recording.subscribe("e1", secret="oldest")
    recording.change("e1", "rotated", secret="old")
    recording.elapse(gap)
    recording.change("e1", "rotated", secret="new")
    recording.elapse(passed)
    recording.change("e1", "updated", "rose.bloomed", "rose.faded")
    emission = recording.emit()
    recording.attempt("e1", emission, headers=recording.signed("e1", emission, recording.body(emission), *names))
    return recording


@pytest.mark.parametrize("capabilities", [{"time": "virtual"}, {"time": "scaled", "time_scale": 100.0}], ids=lambda c: str(c["time"]))
def test_the_last_rotation_counts_and_the_two_newest_secrets(capabilities: dict[str, Any]) -> None:
    """An overlap begins anew with each rotation, not with other changes, and the oldest secret of three plays no part in it."""
    recording = thrice(60, "new", "old", gap=2 * DAY, **capabilities)
    kept(recording.judge(BOTH), recording.records[-1])
    unseen(recording.judge(END))
    unseen(thrice(60, "oldest", gap=2 * DAY, **capabilities).judge(BOTH))
    broken(thrice(60, "oldest", "new", gap=2 * DAY, **capabilities).judge(BOTH), "does not verify with the old secret")
    recording = thrice(DAY * 1.01, "new", "oldest", **capabilities)
    kept(recording.judge(END), recording.records[-1])
    unseen(recording.judge(BOTH))
    unseen(thrice(DAY * 1.01, "oldest", **capabilities).judge(END))


def test_a_rotation_to_the_first_known_secret_has_no_old_one() -> None:
    """Where the secret of before is not known to us nothing is said of either, and later endpoints are judged all the same."""
    for passed, rule in ((60, BOTH), (DAY * 1.01, END)):
        recording = Recording("signatures")
        recording.subscribe("lonely")
        recording.records[-1] = recording.endpoints["lonely"] = replace(recording.endpoints["lonely"], secret=None)
        recording.change("lonely", "rotated", secret="new")
        recording.subscribe("e1", secret="old")
        recording.change("e1", "rotated", secret="new")
        recording.elapse(passed)
        emission = recording.emit()
        body = recording.body(emission)
        recording.attempt("lonely", emission, headers=recording.signed("lonely", emission, body, "new"))
        unseen(recording.judge(rule))
        names = ("new", "old") if rule == BOTH else ("new",)
        judged = recording.attempt("e1", emission, headers=recording.signed("e1", emission, body, *names))
        assert kept(recording.judge(rule)).evidence == (judged.id,)


@pytest.mark.parametrize(("passed", "during", "after"), [(DAY - 1, True, False), (DAY, False, False), (DAY * 1.0009, False, False)])
def test_the_end_of_the_overlap_is_spared_by_a_thousandth(passed: float, *, during: bool, after: bool) -> None:
    """At the promised end and up to a thousandth after it nothing is said of the old secret; before it both must sign."""
    recording = rotated(passed, "new", "old")
    assert (recording.judge(BOTH).outcome == "kept") is during
    assert (recording.judge(END).outcome == "broken") is after


def test_an_overlap_is_measured_by_what_may_have_passed_at_most() -> None:
    """On a busy host a delivery that came a little before the end may have been made after it."""
    for early, seen in ((0.3, True), (0.2, False)):
        recording = Recording("signatures", time="real")
        recording.subscribe("e1", secret="old")
        change = recording.change("e1", "rotated", secret="new")
        emission = recording.emit()
        arrived = change.at + round((DAY - early) * 10**9)
        headers = recording.signed("e1", emission, recording.body(emission), "new", "old")
        recording.attempt("e1", emission, headers=headers, accepted_at=arrived)
        assert (recording.judge(BOTH).outcome == "kept") is seen


def test_without_a_moved_clock_no_time_has_passed() -> None:
    """On a virtual clock that nobody moved a delivery right after a rotation lies in the overlap."""
    recording = Recording("signatures")
    recording.subscribe("e1", secret="old")
    recording.change("e1", "rotated", secret="new")
    emission = recording.emit()
    recording.attempt("e1", emission, headers=recording.signed("e1", emission, recording.body(emission), "new"))
    broken(recording.judge(BOTH), "the old secret")
    unseen(recording.judge(END))


def test_an_odd_attempt_hides_no_bad_one() -> None:
    """Attempts outside the overlap, or signed with neither secret, do not end the search."""
    for rule, passed, first in ((BOTH, 60, "neither"), (END, DAY * 1.01, None)):
        recording = Recording("signatures")
        recording.subscribe("e1", secret="old")
        recording.change("e1", "rotated", secret="new")
        emission = recording.emit()
        body = recording.body(emission)
        if first is None:
            recording.attempt("e1", emission, headers=recording.signed("e1", emission, body, "new", "old"))
        recording.elapse(passed)
        if first is not None:
            recording.attempt("e1", emission, headers=recording.signed("e1", emission, body, first))
        bad = recording.attempt("e1", emission, headers=recording.signed("e1", emission, body, "old"))
        broken(recording.judge(rule), "does not verify with the new secret", bad)


def test_a_shared_secret_signs_where_it_is_the_newest() -> None:
    """Two endpoints that were given one secret are told at the delivery that it signs, though both had others before."""
    recording = Recording("signatures")
    for endpoint in ("e1", "e2"):
        recording.subscribe(endpoint, secret=f"own of {endpoint}")
        recording.change(endpoint, "rotated", secret="shared")
    emission = recording.emit()
    culprit = recording.attempt("e1", emission)
    broken(recording.judge(OWN), "e1 and e2 were given one secret, 'shared', and it signs here", culprit)


@pytest.mark.parametrize(
    ("told", "forged", "outcome"), [(True, False, kept), (True, True, broken), (False, False, None), (False, True, None)]
)
def test_a_key_pair_is_judged_where_its_public_half_is_known(told: bool, forged: bool, outcome: Any) -> None:  # noqa: FBT001 -- a table
    """Who signs with a private key is verified by the public one; where that was not told nothing is said, neither kept nor broken."""
    pair = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
    public = "whpk_" + base64.b64encode(pair.public_key().public_bytes_raw()).decode()
    recording = Recording("signatures")
    recording.subscribe("e1", secret="issued secret for e1")
    emission = recording.emit()
    body, seconds = recording.body(emission), int(recording.clock())
    tag = base64.b64encode(pair.sign(f"{emission.event_id}.{seconds}.".encode() + (b"x" if forged else body))).decode()
    headers = {"webhook-id": str(emission.event_id), "webhook-timestamp": str(seconds), "webhook-signature": f"v1a,{tag}"}
    attempt = recording.attempt("e1", emission, headers=headers)
    known = public if told else secret_text("of nobody")
    view = View(recording.transcript(), CONTRACT, Readings({"issued secret for e1": known}))
    terms = Terms(contract=CONTRACT, parameters={"schemes": ["standard-webhooks-v1a"]}, capabilities=Capabilities())
    judgement = RULES[VALID].judge(view, terms)
    if outcome is None:
        unseen(judgement)
    else:
        outcome(judgement, *(["does not verify", attempt] if outcome is broken else [attempt]))
