"""Judges' defects at the doors: on the wire, on the clock, in reports and exit codes (J02, J06, J07, J09, J11 to J14, J21, J23 to J25)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast
from xml.etree.ElementTree import ParseError

from hookproof import judge, pytest_plugin
from hookproof.adapters import bounded, http
from hookproof.model import codec
from hookproof.model.verdict import not_observed
from hookproof.reporting import markup, results, tally, text
from hookproof.rules import http_form, timing
from hookproof.signing import standard_webhooks
from hookproof.staging import recorder, run, session
from hookproof.wire import connection, ledger, listener, request_head, turn
from tests import test_judge as judged
from tests import test_plugin_door as plugin
from tests.adapters import test_http_adapter as adapter
from tests.judge_defects import laws
from tests.judge_defects.seeding import Defect, Surroundings, law, source
from tests.reporting import test_markup as marking
from tests.reporting import test_results as result_files
from tests.reporting import test_terminal as terminal
from tests.reporting import test_text as texts
from tests.rules import test_http_form as formed
from tests.rules import test_schedule as scheduling
from tests.rules import test_signature as signing
from tests.signing import test_schemes as schemes
from tests.staging import test_recorder as recording
from tests.wire import test_listener as listening

HOSTILE = "\x00\x1b]0;x\x07 \ud800 \u2028"
UNSEEN = [terminal.verdict(terminal.STOPS, terminal.KEPT), terminal.verdict(terminal.SIGNED, not_observed("x"))]
PORTS = cast("dict[str, Any]", listener.CaptureListener.__init__.__kwdefaults__)
REAL: dict[str, Any] = {"time": "real"}


def heard(name: str) -> Any:
    """Make a law of one of the listener's tests."""

    def ask(_around: Surroundings) -> None:
        with listener.CaptureListener() as started:
            getattr(listening, name)(started)

    return ask


def waiting(around: Surroundings) -> None:
    """Ask how often who waits is woken."""
    with listener.CaptureListener() as started:
        listening.test_waiting_does_not_poll(started, around.patch)


def rerunning(around: Surroundings) -> None:
    """Ask CI to try again what failed."""
    honest = Path.read_text
    around.patch.setattr(Path, "read_text", lambda path, *told: honest(path, *told).replace("coverage run -m pytest", "pytest --reruns 2"))


def unmarked(around: Surroundings) -> None:
    """Let the plugin of a child leave the statement of a stopped run as it is."""
    around.patch.setattr(
        plugin, "BUG", plugin.BUG + "\nfrom hookproof import pytest_plugin\npytest_plugin.statement = lambda *_, **__: ''\n"
    )


DEFECTS = (
    Defect(
        id="J02",
        name="what was not observed passes",
        seed=source(pytest_plugin, "        pytest.skip(f", "        str(f"),
        laws=(laws.unobserved_is_not_green,),
    ),
    Defect(
        id="J02",
        name="a complete run may leave a MUST unobserved",
        seed=source(pytest_plugin, "return 7 if undecided(verdicts, require_complete=session.options.require_complete) else 0", "return 0"),
        laws=(laws.unobserved_is_not_green,),
    ),
    Defect(
        id="J02",
        name="the statement counts the unobserved as kept",
        seed=source(
            tally,
            "kept, broken, unseen = must[Outcome.KEPT], must[Outcome.BROKEN], must[Outcome.NOT_OBSERVED]",
            "kept, broken, unseen = must[Outcome.KEPT] + must[Outcome.NOT_OBSERVED], must[Outcome.BROKEN], 0",
        ),
        laws=(law(terminal.test_undecided_is_said_only_where_completeness_is_required),),
    ),
    Defect(
        id="J05",
        name="a run that observed nothing exits 0",
        seed=source(pytest_plugin, "        return 5", "        return 0"),
        laws=(laws.a_run_of_nothing_fails,),
    ),
    Defect(
        id="J05",
        name="nothing observed is called conforming",
        seed=source(tally, "if not any(verdict.outcome in", "if verdicts and not all(verdict.outcome in"),
        laws=(laws.a_run_of_nothing_fails,),
    ),
    Defect(
        id="J06",
        name="control characters go into JUnit files",
        seed=source(markup, 'return _NOT_XML.sub(lambda match: f"\\\\u{{{ord(match[0]):x}}}", text)', "return text"),
        laws=tuple(law(marking.test_any_text_made_safe_is_xml, text=character) for character in ("\x00", "\x1b", "\ud800")),
        noticed=(ParseError, UnicodeEncodeError),
    ),
    Defect(
        id="J06",
        name="a target's text reaches reports as it is",
        seed=source(text, "return _ESCAPED.sub(_escape, text)", "return text"),
        laws=(law(texts.test_nothing_shown_can_be_obeyed, text=HOSTILE),),
    ),
    Defect(
        id="J06",
        name="a results file without its end is read as whole",
        seed=source(
            results,
            "    raise torn(path, len(verdicts) + 1)",
            "    return Results(header=header, verdicts=tuple(verdicts), footer=ResultsFooter(kept=0, broken=0, "
            "not_applicable=0, not_observed=0, transcript_digest=None, complete=True))",
        ),
        laws=(lambda around: result_files.test_a_file_torn_anywhere_is_refused(around.folder, recording.header()),),
    ),
    Defect(
        id="J07",
        name="signing and verifying share a key that was not decoded",
        seed=source(standard_webhooks, "decoded = decoded_secret(secret)", 'decoded = secret.removeprefix("whsec_").encode()'),
        laws=(
            law(schemes.test_published_vectors_verify_and_anything_else_does_not, *schemes.VECTORS[0]),
            law(schemes.test_the_official_library_agrees, key=b"k" * 24, message_id="i", seconds=1_700_000_000, body="b"),
            law(signing.test_an_honest_signature_is_kept, signing.VALID, "virtual"),
        ),
    ),
    Defect(id="J09", name="CI runs again what failed", seed=rerunning, laws=(laws.nothing_is_run_again,)),
    Defect(
        id="J09",
        name="a run stages and judges again until nothing is missing",
        seed=source(run, "        self._staged.add(name)\n        self._judge = None\n", "        self._judge = None\n"),
        laws=(law(recording.test_a_situation_is_staged_once),),
    ),
    Defect(
        id="J11",
        name="our client follows redirects",
        seed=source(bounded, "follow_redirects=False", "follow_redirects=True"),
        laws=(law(adapter.test_redirects_are_answers, 302), law(adapter.test_redirects_are_answers, 308)),
    ),
    Defect(
        id="J11",
        name="our client decompresses answers",
        seed=source(http, 'content = b"".join(answer.iter_raw())\n', 'content = b"".join(answer.iter_bytes())\n'),
        laws=(law(adapter.test_answers_are_kept_undecoded),),
    ),
    Defect(
        id="J11",
        name="our client goes through the proxies of the environment",
        seed=source(
            bounded, "transport=_Transport(seconds, leave),\n        follow_redirects=False,\n        trust_env=False,", "trust_env=True,"
        ),
        laws=(lambda around: adapter.test_proxies_of_the_environment_are_ignored(around.patch),),
    ),
    Defect(
        id="J12",
        name="our client keeps the last of two fields of one name",
        seed=source(http, "for name, value in pairs)", "for name, value in dict(pairs).items())"),
        laws=(law(adapter.test_a_judged_call_carries_what_it_was_given_and_is_recorded_without_key),),
    ),
    Defect(
        id="J12",
        name="our listener merges fields of one name",
        seed=source(
            request_head,
            "request.headers = tuple(pairs)",
            "request.headers = tuple({name.lower(): (name, value) for name, value in pairs}.values())",
        ),
        laws=(heard("test_bytes_are_kept_as_sent"),),
    ),
    Defect(
        id="J12",
        name="the rule counts fields after they were merged",
        seed=source(http_form, "names = [name.lower() for name, _ in attempt.headers]", "names = list(view.fields(attempt))"),
        laws=(
            law(
                formed.test_a_request_of_another_form_is_broken,
                formed.FORM,
                {"headers": (("Webhook-Id", "a"), ("webhook-id", "a"))},
                "sent twice",
            ),
            law(formed.test_a_signature_is_sent_once_whatever_its_name),
        ),
    ),
    Defect(
        id="J13",
        name="a wait that is late under load is broken",
        seed=source(
            timing,
            '    if capabilities.time != "virtual":\n        return False\n    most',
            "    wait = Wait(least=wait.most, most=wait.most, before=wait.before, after=wait.after)\n    most",
        ),
        laws=(
            law(scheduling.test_whoever_waits_long_enough_is_never_too_early, extra=[0.5, 5.0, 20.0], capabilities=REAL),
            law(
                scheduling.test_whoever_waits_long_enough_is_never_too_early,
                extra=[0.0, 0.0, 90.0],
                capabilities={"time": "scaled", "time_scale": 7.0},
            ),
        ),
    ),
    Defect(
        id="J14",
        name="the wait begins when our answer was written",
        seed=source(
            timing,
            "anchor = first.answer_started_at if first.answer_started_at is not None else first.accepted_at",
            "anchor = first.answer_done_at or first.accepted_at",
        ),
        laws=tuple(law(scheduling.test_the_wait_begins_before_the_first_byte_of_our_answer, grade) for grade in scheduling.GRADES[1:]),
    ),
    Defect(
        id="J14",
        name="the start of our answer is stamped after it was written",
        seed=source(
            turn,
            "            self.started_at = monotonic_ns()\n        self.line.transport.write(wire)\n        self.done_at = monotonic_ns()",
            "            pass\n"
            "        self.line.transport.write(wire)\n"
            "        self.done_at = monotonic_ns()\n"
            "        self.started_at = monotonic_ns()",
        ),
        laws=(heard("test_stamps_are_in_order"),),
    ),
    Defect(
        id="J21",
        name="waits are measured on the wall clock",
        seed=source(
            timing, "    gap = (second.accepted_at - anchor) / NANO", "    gap = (second.accepted_wall - first.accepted_wall) / NANO"
        ),
        laws=tuple(law(scheduling.test_a_step_of_the_wall_clock_changes_nothing, grade, -86_400) for grade in scheduling.GRADES[1:]),
    ),
    Defect(
        id="J21",
        name="our listener stamps by the wall clock",
        seed=source(
            connection,
            "return Stamp(next(self._intake.arrivals), now, time_ns())",
            "return Stamp(next(self._intake.arrivals), time_ns(), time_ns())",
        ),
        laws=(laws.stamps_do_not_follow_the_wall_clock,),
    ),
    Defect(
        id="J21",
        name="our recorder stamps by the wall clock",
        seed=source(
            recorder,
            'record = make(f"{prefix}{self._numbers[prefix]}", time.monotonic_ns())',
            'record = make(f"{prefix}{self._numbers[prefix]}", time.time_ns())',
        ),
        laws=(laws.records_do_not_follow_the_wall_clock,),
    ),
    Defect(
        id="J22",
        name="our listener expects one port to be free",
        seed=lambda around: around.patch.setitem(PORTS, "port", laws.free_port()),
        laws=(laws.two_listeners_are_no_trouble,),
    ),
    Defect(
        id="J23",
        name="what is unfinished when the listener closes is lost",
        seed=source(
            connection,
            "            self._turn.stop(closed_at)\n            self._turn = None\n        while not self._deaf:",
            "            self._turn = None\n        while False:",
        ),
        laws=(law(listening.test_closing_records_what_is_unfinished),),
    ),
    Defect(
        id="J23",
        name="who waits for many is woken by the first",
        seed=source(
            ledger,
            "sum(len(tally.attempts) for tally in tallies) >= count",
            "sum(len(tally.attempts) for tally in tallies) >= min(count, 1)",
        ),
        laws=(waiting,),
    ),
    Defect(
        id="J23",
        name="a situation ends before its held answers are recorded",
        seed=source(
            run, '            stage.leave()\n            stage.note("end")', '            stage.note("end")\n            stage.leave()'
        ),
        laws=(laws.what_is_released_at_the_end_is_judged,),
    ),
    Defect(
        id="J24",
        name="a run that was stopped leaves files that look complete",
        seed=source(session, "                complete=self.aborted is None,\n", "                complete=True,\n"),
        laws=(laws.an_unfinished_run_says_so_in_its_files,),
    ),
    Defect(
        id="J24",
        name="a recording that was stopped is closed as complete",
        seed=source(
            session, "self._writer.close(complete=self.aborted is None, aborted=self.aborted)", "self._writer.close(complete=True)"
        ),
        laws=(laws.an_unfinished_run_says_so_in_its_files,),
    ),
    Defect(
        id="J24",
        name="a stopped run is called conforming",
        seed=unmarked,
        laws=(lambda around: plugin.test_a_bug_of_ours_is_neither_a_verdict_nor_conformance(around.folder),),
    ),
    Defect(
        id="J24",
        name="conformance is stated though a MUST that was required is unobserved",
        seed=source(tally, "    if undecided(verdicts, require_complete=require_complete):", "    if False:"),
        laws=(law(terminal.test_undecided_is_said_only_where_completeness_is_required),),
    ),
    Defect(
        id="J25",
        name="the live judge goes on with what it saw before",
        seed=source(run, "        self._staged.add(name)\n        self._judge = None\n", "        self._staged.add(name)\n"),
        laws=(laws.live_and_offline_agree,),
    ),
    Defect(
        id="J25",
        name="a recording loses which events were canaries",
        seed=source(codec, "for member in _members(noun.__class__)}", 'for member in _members(noun.__class__) if member.key != "purpose"}'),
        laws=(laws.live_and_offline_agree,),
    ),
    Defect(
        id="J25",
        name="one body on its own is judged by fewer laws",
        seed=source(
            judge,
            "    body, found = violations(raw, contract)\n",
            '    body, found = violations(raw, contract)\n    found = [v for v in found if v.rule != "creation-times-have-a-zone"]\n',
        ),
        laws=(
            laws.bodies_are_judged_alike,
            law(
                judged.test_a_body_is_checked_on_its_own_by_the_same_laws,
                body=b'{"id":"i","type":"rose.bloomed","created_at":"noon","data":{"leaf":1}}',
            ),
        ),
    ),
)
