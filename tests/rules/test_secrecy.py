"""What a delivery must not hold: smuggled fields, tokens of other addresses, secrets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookproof.model.transcript import Attempt, Emission
from hookproof.rules.secrecy import HOSTILE, SMUGGLED, smuggled
from tests.rules.outcomes import broken, kept, unseen
from tests.rules.recording import Recording

FIELDS, TOKENS, SECRETS = "values-do-not-become-fields", "credentials-stay-with-their-endpoint", "deliveries-hold-no-secrets"
ONE, TWO, THREE = "a" * 32, "b" * 32, "c" * 32
PLACES = ("identifier", "description", "address")


def hostile() -> tuple[Recording, Emission]:
    """A recording in which an event with line ends in its identifiers was accepted."""
    recording = Recording("hostile")
    recording.subscribe("e1")
    return recording, recording.emit(data={"leaf": 1, "id": smuggled("identifier", "\r\n")}, purpose=HOSTILE)


def head(value: str) -> bytes:
    """A head in which a value stands as it is."""
    return f"POST /t/e1 HTTP/1.1\r\nHost: h\r\nX-Told: {value}\r\nContent-Length: 2\r\n\r\n".encode()


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("end", ["\r\n", "\r", "\n", "\r\n\r\n"])
def test_a_value_that_breaks_out_is_broken(place: str, end: str) -> None:
    """Whatever a receiver may take for the end of a line, a field of ours behind it is broken and its place named."""
    recording, emission = hostile()
    attempt = recording.attempt("e1", emission, head=head(smuggled(place, end)))
    broken(recording.judge(FIELDS), "became a header field", attempt)


def test_a_head_that_was_cut_at_a_bare_line_feed_is_broken() -> None:
    """The reader stops at a bare LF; that our value stood right before it is enough."""
    recording, emission = hostile()
    whole = head(smuggled("description", "\n"))
    seen = whole[: whole.index(b"hookproof-description\n") + len(b"hookproof-description\n")]
    attempt = recording.attempt("e1", emission, malformed="line ends with a bare LF", head=seen)
    broken(recording.judge(FIELDS), "an endpoint's description", attempt)


@pytest.mark.parametrize(
    "clean",
    [
        lambda value: value.replace("\r\n", " "),
        lambda value: value.replace("\r\n", "%0D%0A"),
        lambda value: value.replace("\r\n", ""),
        lambda value: value.partition("\r\n")[0],
    ],
    ids=["spaced", "encoded", "dropped", "cut"],
)
@pytest.mark.parametrize("place", PLACES)
def test_a_cleaned_value_is_legal(clean: Callable[[str], str], place: str) -> None:
    """However the line ends were defused, the delivery is kept, and it is the evidence."""
    recording, emission = hostile()
    attempt = recording.attempt("e1", emission, head=head(clean(smuggled(place, "\r\n"))))
    kept(recording.judge(FIELDS), attempt)


def test_without_a_hostile_delivery_nothing_is_said() -> None:
    """Plain deliveries prove nothing; a refused description is told as a reading."""
    recording, emission = hostile()
    recording.exchange(status=422, purpose=HOSTILE)
    recording.emit(refused=400, purpose=HOSTILE)
    unseen(recording.judge(FIELDS))
    recording.attempt("e1", recording.emit(), head=head("x"))
    unseen(recording.judge(FIELDS))
    recording.attempt("e1", emission, head=head("x"))
    assert kept(recording.judge(FIELDS)).reading == "line ends are refused with 422; line ends are refused with 400"


def test_a_plain_event_at_a_hostile_endpoint_is_evidence() -> None:
    """Where identifiers with line ends are refused, deliveries to an endpoint whose description was taken still show something."""
    recording = Recording("hostile")
    taken = recording.exchange(purpose=HOSTILE)
    recording.subscribe("e1")
    recording.records[-1] = replace(recording.endpoints["e1"], exchange=taken.id)
    emission = recording.emit()
    attempt = recording.attempt("e1", emission, head=head("x"))
    kept(recording.judge(FIELDS), attempt)


@given(value=st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=60))
def test_no_text_within_a_line_is_taken_for_a_field(value: str) -> None:
    """A value that stays on its line is never blamed, even if it speaks our field's name."""
    recording, emission = hostile()
    recording.attempt("e1", emission, head=head(f"{value}{SMUGGLED}: {value}"))
    kept(recording.judge(FIELDS))


def credentials() -> tuple[Recording, list[Attempt]]:
    """A recording of a delivery to each of two endpoints with tokens, none of which is told to the other."""
    recording = Recording("credentials")
    for endpoint, token in (("e1", ONE), ("e2", TWO)):
        recording.subscribe(endpoint)
        recording.note("token", endpoint=endpoint, token=token)
    return recording, [
        recording.attempt(endpoint, recording.emit(), target=f"/{path * 32}/{endpoint}?token={token}", head=f"?token={token}\r\n".encode())
        for endpoint, path, token in (("e1", "d", ONE), ("e2", "e", TWO))
    ]


def test_a_token_stays_with_its_endpoint() -> None:
    """Deliveries that carry their own tokens only are kept, with all of them as evidence."""
    recording, attempts = credentials()
    kept(recording.judge(TOKENS), *attempts)


@pytest.mark.parametrize("foreign", [ONE, "d" * 32], ids=["token", "path"])
def test_a_token_of_another_address_is_broken(foreign: str) -> None:
    """What stands in the address of one endpoint only, in query or path, is broken in the head of another's delivery."""
    recording, _ = credentials()
    culprit = recording.attempt("e2", recording.emit(), head=f"Referer: http://h/{foreign}/e1\r\n".encode())
    broken(recording.judge(TOKENS), "carries a token from the address of e1", culprit)


def test_what_addresses_share_is_nobodys() -> None:
    """A path that a tunnel puts before every address belongs to no endpoint, and unknown digits are no token."""
    recording = Recording("credentials")
    attempts = []
    for endpoint in ("e1", "e2"):
        recording.subscribe(endpoint)
        shared = f"/{THREE}/{'0' * 31}{endpoint[1]}/{endpoint}"
        attempts.append(recording.attempt(endpoint, recording.emit(), target=shared, head=f"{shared} traceparent: {'f' * 32}".encode()))
    kept(recording.judge(TOKENS), *attempts)


def test_one_endpoint_alone_shows_nothing() -> None:
    """Without a second address there is nothing that could be mixed up."""
    recording = Recording("credentials")
    recording.subscribe("e1")
    recording.note("token", endpoint="e1", token=ONE)
    recording.attempt("e1", recording.emit(), target=f"/{TWO}/e1", head=b"")
    unseen(recording.judge(TOKENS))


def test_a_secret_in_a_delivery_is_broken() -> None:
    """A note that a secret stood in an attempt breaks the promise; attempts without one are kept, where a secret was known."""
    recording = Recording("catalog")
    recording.attempt("e0", recording.emit(), headers={})
    unseen(recording.judge(SECRETS))
    recording.subscribe("e1")
    fine = recording.attempt("e1", recording.emit())
    kept(recording.judge(SECRETS), fine)
    leaking = recording.attempt("e1", recording.emit())
    note = recording.note("hidden", attempt=leaking.id, names=["secret of e2"], places=["head", "body"])
    judgement = broken(recording.judge(SECRETS), "holds 'secret of e2' in its head and body", leaking, note)
    assert fine.id not in judgement.evidence


def test_an_altered_attempt_is_not_called_badly_signed() -> None:
    """What we altered ourselves says nothing of its signature, whatever it looks like now."""
    recording = Recording("signatures")
    recording.subscribe("e1")
    emission = recording.emit()
    good = recording.attempt("e1", emission)
    altered = recording.attempt("e1", emission, headers={**recording.signed("e1", emission, b"x"), "webhook-signature": "{{name}}"})
    rules = ("deliveries-are-signed", "signatures-verify")
    for name in rules:
        broken(recording.judge(name), "", altered)
    recording.note("hidden", attempt=altered.id, names=["secret of e1"], places=["head"])
    for name in rules:
        assert altered.id not in kept(recording.judge(name), good).evidence


@pytest.mark.parametrize("name", ["signatures-verify", "bodies-are-strict-json", "envelopes-have-their-shape"])
def test_what_is_no_message_has_no_body_to_judge(name: str) -> None:
    """Bytes that are not one HTTP message break the form alone."""
    recording = Recording("catalog")
    recording.subscribe("e1")
    recording.attempt("e1", recording.emit(), malformed="both lengths", body=b"{")
    unseen(recording.judge(name))
    broken(recording.judge("requests-are-well-formed"), "both lengths")


def test_the_place_is_shown_with_sixty_bytes_before_it() -> None:
    """An excerpt begins sixty bytes before what was found, or at the beginning of the head."""
    for before in (0, 30, 60, 61, 100):
        recording, emission = hostile()
        shown = b"x" * before + b"\nX-Hookproof-Smuggled: identifier\r\n\r\n"
        recording.attempt("e1", emission, head=shown)
        assert broken(recording.judge(FIELDS), "").findings[0].excerpt == shown[max(0, before - 60) :]
        recording, _ = credentials()
        shown = b"y" * before + ONE.encode() + b"\r\n"
        recording.attempt("e2", recording.emit(), head=shown)
        assert broken(recording.judge(TOKENS), "").findings[0].excerpt == shown[max(0, before - 60) :]


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("identifier", "what stood in an identifier of the event became a header field"),
        ("description", "what stood in an endpoint's description became a header field"),
        ("address", "what stood in an endpoint's URL became a header field"),
        ("elsewhere", "what stood in elsewhere became a header field"),
    ],
)
def test_the_place_of_a_hostile_value_is_named(place: str, words: str) -> None:
    """In words for the three that we stage, as it was sent for any other."""
    recording, emission = hostile()
    recording.attempt("e1", emission, head=head(smuggled(place, "\r\n")))
    assert broken(recording.judge(FIELDS), "").reason == words


def test_only_hostile_requests_tell_how_line_ends_are_refused() -> None:
    """Other refusals, and hostile requests that were accepted, are no readings; nor is an endpoint of another request evidence."""
    recording = Recording("hostile")
    plain = recording.exchange(status=201)
    recording.exchange(status=409)
    recording.exchange(status=201, purpose=HOSTILE)
    recording.subscribe("e1")
    recording.records[-1] = replace(recording.endpoints["e1"], exchange=plain.id)
    recording.attempt("e1", recording.emit(), head=head("x"))
    unseen(recording.judge(FIELDS))
    emission = recording.emit(data={"leaf": 1, "id": "x"}, purpose=HOSTILE)
    recording.attempt("e1", emission, head=head("x"))
    assert kept(recording.judge(FIELDS)).reading == ""


def test_a_token_in_the_query_is_no_part_of_the_path() -> None:
    """What somebody wrote behind the question mark of a target does not make a token the endpoint's."""
    recording, _ = credentials()
    for endpoint in ("e1", "e2"):
        recording.attempt(endpoint, recording.emit(), target=f"/{endpoint}?x={THREE}", head=f"?x={THREE}".encode())
    kept(recording.judge(TOKENS))
    recording.attempt("e1", recording.emit(), target=f"/e1?x={TWO}", head=b"")
    leak = recording.attempt("e1", recording.emit(), head=TWO.encode())
    broken(recording.judge(TOKENS), "the address of e2", leak)


def test_only_a_note_of_hiding_tells_of_a_secret() -> None:
    """Other notes about an attempt say nothing of secrets in it."""
    recording = Recording("catalog")
    recording.subscribe("e1")
    attempt = recording.attempt("e1", recording.emit())
    recording.note("seen", attempt=attempt.id, names=["secret of e1"], places=["head"])
    kept(recording.judge(SECRETS), attempt)
