"""Judges' defects in rules and judge: they let too much pass (J01, J03 to J05, J08, J10) or fail who is honest (J15 to J20, J22)."""

from __future__ import annotations

from typing import Any

from hookproof import judge
from hookproof.model import verdict
from hookproof.model.transcript import Answer
from hookproof.rules import bodies, http_form, receiving, retries, routing, schedule, subscribing, timing, view
from hookproof.rules import received as deliveries
from hookproof.signing import scheme, standard_webhooks, timestamped_hex
from tests import test_judge as judged
from tests.degenerate import test_uniform_answers as uniform
from tests.judge_defects import laws
from tests.judge_defects.seeding import Defect, law, source
from tests.rules import test_http_form as formed
from tests.rules import test_payload as shaped
from tests.rules import test_receiving as received
from tests.rules import test_retries as retrying
from tests.rules import test_routing as fan_out
from tests.rules import test_schedule as scheduling
from tests.rules import test_signature as signing
from tests.rules import test_subscribing as subscribed
from tests.signing import test_schemes as schemes

REAL: dict[str, Any] = {"time": "real"}
OTHER: dict[str, Any] = {"rule": subscribed.UNKNOWN, "events": ["never.listed"], "status": 500}

TROUBLES: tuple[dict[str, Any], ...] = ({"status": 429}, {"mode": "never"})

DEFECTS = (
    Defect(
        id="J01",
        name="any error is taken for the promised refusal",
        seed=source(subscribing, "if exchange.status in (401, 403) and controls:", "if exchange.status >= 400 and controls:"),
        laws=(law(subscribed.test_a_key_is_required, "none"),),
    ),
    Defect(
        id="J01",
        name="a server error is taken for the refusal of a name",
        seed=source(subscribing, "refused = exchange.status == UNPROCESSABLE or ", "refused = exchange.status >= 400 or "),
        laws=(
            law(subscribed.test_what_must_be_refused_and_is_not_is_broken, **OTHER),
            law(subscribed.test_an_unknown_name_is_refused_with_the_promised_status),
        ),
    ),
    Defect(
        id="J01",
        name="a crash or a silence is taken for a receiver's refusal",
        seed=source(
            receiving,
            "lambda exchange: _FIRST <= exchange.status <= _LAST",
            "lambda exchange: exchange.status >= _FIRST or exchange.status == 0",
        ),
        laws=tuple(law(received.test_not_every_failure_is_a_refusal, status) for status in (500, 0)),
    ),
    Defect(
        id="J01",
        name="a crash or a silence is taken for a client error",
        seed=source(
            receiving,
            "        if not _FIRST <= exchange.status <= _LAST:\n            seen.broke(",
            "        if _LEAST <= exchange.status < _FIRST:\n            seen.broke(",
        ),
        laws=tuple(law(received.test_what_is_not_accepted_and_how_it_is_answered_are_two_promises, status) for status in (500, 0)),
    ),
    Defect(
        id="J03",
        name="a missing capability makes a promise inapplicable",
        seed=source(
            judge, 'return not_observed(f"needs ', 'return __import__("hookproof.model.verdict", fromlist="x").not_applicable(f"needs '
        ),
        laws=(law(judged.test_a_lacking_capability_is_named),),
    ),
    Defect(
        id="J03",
        name="what lacks a capability is left out in silence",
        seed=source(
            judge,
            "if only is None or item.id in only)",
            "if (only is None or item.id in only) and all(map(court.capabilities.offers, item.rule.needs)))",
        ),
        laws=(law(judged.test_a_lacking_capability_is_named),),
    ),
    Defect(
        id="J03",
        name="what needs a failed situation is left out in silence",
        seed=source(
            judge,
            "if only is None or item.id in only)",
            "if (only is None or item.id in only) and not set(item.rule.situations) & set(court._failed))",
        ),
        laws=(law(judged.test_a_failed_staging_is_named_with_its_reason),),
    ),
    Defect(
        id="J04",
        name="a refusal needs no accepted controls",
        seed=source(
            subscribing,
            "        return None\n    return [before[-1], after[0]]",
            "        pass\n    return [*before[-1:], *after[:1]] or [exchange]",
        ),
        laws=(
            law(subscribed.test_a_refusal_counts_between_two_controls_only, subscribed.UNKNOWN, ["never.listed"], 422),
            law(subscribed.test_a_key_is_required, "wrong"),
            law(uniform.test_no_single_answer_keeps_a_promise, status=422, body=b'{"error": {"code": "no", "message": "no"}}'),
        ),
    ),
    Defect(
        id="J04",
        name="another tenant is shut out of what is not there at all",
        seed=source(
            subscribing,
            "        elif before and after:\n            seen.saw(before[-1].id, exchange.id, after[0].id)\n            seen.read_as(",
            "        else:\n            seen.saw(exchange.id)\n            seen.read_as(",
        ),
        laws=(law(subscribed.test_other_tenants_are_shut_out_of_what_exists, "GET"),),
    ),
    Defect(
        id="J04",
        name="a receiver that is down or refuses everything refuses rightly",
        seed=source(deliveries, "    before, after = controls(view, seen)\n    if not before", '    return ""\n    if not before'),
        laws=(
            law(received.test_who_refuses_everything_or_is_down_proves_nothing, 400, 401, 202, ""),
            law(received.test_who_refuses_everything_or_is_down_proves_nothing, 400, None, 202, ""),
        ),
    ),
    Defect(
        id="J05",
        name="all of nothing was kept",
        seed=source(verdict, "if not self.evidence:", "if False:"),
        laws=(
            law(judged.test_nothing_seen_is_never_kept_or_broken, staged=False),
            law(judged.test_nothing_seen_is_never_kept_or_broken, staged=True),
            laws.a_run_of_nothing_is_not_observed,
        ),
    ),
    Defect(
        id="J08",
        name="an empty key verifies everything",
        seed=source(
            scheme, "for reading, key in self.keys(secret).items():", 'for reading, key in [*self.keys(secret).items(), ("none", b"")]:'
        ),
        laws=(law(signing.test_a_signature_with_an_empty_key_is_broken),),
    ),
    Defect(
        id="J08",
        name="no tags at all are all right",
        seed=source(scheme, "if any(hmac.compare_digest", "if all(hmac.compare_digest"),
        laws=(law(schemes.test_malformed_headers_have_a_fault_that_stays_short, "v1,"),),
    ),
    Defect(
        id="J08",
        name="an issued secret that is empty counts as known",
        seed=source(view, "bool(self.readings.secrets.get(secret))", "secret in self.readings.secrets"),
        laws=(law(signing.test_an_issued_secret_that_is_empty_is_no_secret),),
    ),
    Defect(
        id="J10",
        name="silence is believed without a canary",
        seed=source(
            timing,
            "        if emission is not None and emission.started_at >= _ended(last) and between(view, terms, last, first) "
            ">= seconds:\n"
            "            return first.id\n"
            "    return None",
            "        return first.id\n    return last.id",
        ),
        laws=(
            law(scheduling.test_silence_without_any_canary_is_never_kept),
            law(retrying.test_a_success_with_a_witnessed_silence_ends_the_schedule, REAL),
            law(retrying.test_a_canary_of_another_tenant_is_no_witness),
        ),
    ),
    Defect(
        id="J10",
        name="a canary from before the due moment is a witness",
        seed=source(timing, " and between(view, terms, last, first) >= seconds:", ":"),
        laws=(
            law(retrying.test_a_canary_before_the_due_moment_is_no_witness, REAL, 29),
            law(scheduling.test_too_few_sends_are_broken_with_a_witness_only),
        ),
    ),
    Defect(
        id="J10",
        name="an event that did not arrive yet is called lost",
        seed=source(
            routing,
            "    if canary is None or canary.emission is None or canary.emission.started_at < emission.done_at:\n"
            "        return None\n"
            "    return canary.ids[0]",
            "    return emission.id",
        ),
        laws=(law(fan_out.test_a_subscriber_gets_its_events, ("rose.bloomed", "rose.faded"), "explicit"),),
    ),
    Defect(
        id="J15",
        name="a transport repeat is a scheduled send",
        seed=source(timing, "if kept and _repeats(view, terms, kept[-1], attempt):", "if False:"),
        laws=(law(retrying.test_a_transport_repeat_is_no_retry, "close"), law(retrying.test_a_transport_repeat_is_no_retry, "reset")),
    ),
    Defect(
        id="J16",
        name="Retry-After is demanded exactly",
        seed=source(
            http_form,
            "too_early(wait, asked, replace(terms.capabilities, jitter_ratio=0.0)):",
            "(too_early(wait, asked, replace(terms.capabilities, jitter_ratio=0.0)) or wait.most > asked * 1.01):",
        ),
        laws=(law(formed.test_retry_after_is_a_lower_bound_and_nothing_more, 503, {"time": "virtual"}),),
    ),
    Defect(
        id="J16",
        name="a wait after Retry-After is held against the schedule",
        seed=source(schedule, ' and not any(name.lower() == "retry-after" for name, _ in attempt.answer.headers)', ""),
        laws=(law(scheduling.test_what_is_not_plain_failure_is_not_a_schedule),),
    ),
    Defect(
        id="J17",
        name="a longer wait after a time-out or a 429 is held against the schedule",
        seed=source(schedule, 'answer_class(attempt.answer) == "5xx" and not any', "not any"),
        laws=tuple(
            law(scheduling.test_whoever_backs_off_after_more_than_a_plain_failure_is_not_judged, Answer(**more)) for more in TROUBLES
        ),
    ),
    Defect(
        id="J18",
        name="one redelivery of an answered event is a defect",
        seed=source(retries, "if len(later) > 1:", "if later:"),
        laws=(law(retrying.test_one_redelivery_is_legal_and_named_two_are_not),),
    ),
    Defect(
        id="J19",
        name="whoever does not retry a 4xx is broken",
        seed=source(
            retries,
            '            again = "retried" if retried else "not retried"',
            '            again = "retried" if retried else seen.broke("not retried", first.id)',
        ),
        laws=(law(retrying.test_an_open_question_is_reported_and_never_broken, 404),),
    ),
    Defect(
        id="J20",
        name="an entry of another version beside a good one is a fault",
        seed=source(standard_webhooks, " and not _FOREIGN.fullmatch(entry)]", "]"),
        laws=(
            law(schemes.test_a_rotation_list_verifies_with_either_secret_in_any_place),
            law(signing.test_unknown_versions_beside_a_good_tag_are_legal, "v2,x"),
        ),
    ),
    Defect(
        id="J20",
        name="a secret without its prefix is refused",
        seed=source(
            standard_webhooks,
            "decoded = decoded_secret(secret)",
            'decoded = decoded_secret(secret) if secret.startswith("whsec_") else None',
        ),
        laws=(laws.a_secret_without_its_prefix_is_taken,),
    ),
    Defect(
        id="J20",
        name="one legal reading of a secret is demanded where the document is silent",
        seed=source(timestamped_hex, 'readings = {"whole text": secret.encode()}', "readings = dict[str, bytes]()"),
        laws=(law(signing.test_the_scheme_and_key_that_were_seen_are_named),),
    ),
    Defect(
        id="J20",
        name="a receiver is blamed for an answer on which official libraries differ",
        seed=source(receiving, "            seen.read_as(", '            seen.broke("accepted", exchange.id)\n            seen.read_as('),
        laws=(law(received.test_where_libraries_differ_the_answer_is_reported_and_never_blamed, 202),),
    ),
    Defect(
        id="J22",
        name="attempts are taken in the order of their records",
        seed=source(
            view,
            "return tuple(sorted(self._each(Attempt), key=lambda attempt: attempt.accepted_at))",
            "return tuple(self._each(Attempt))",
        ),
        laws=(law(judged.test_the_order_in_which_records_were_written_changes_nothing, "retries"),),
    ),
    Defect(
        id="J22",
        name="two contracts share the compiled schemas of the first",
        seed=source(
            bodies,
            "_KNOWN.get(id(contract))\n    if found is None or found.contract is not contract:\n        found = _KNOWN[id(contract)] =",
            "_KNOWN.get(0)\n    if found is None:\n        found = _KNOWN[0] =",
        ),
        laws=(law(shaped.test_two_contracts_are_judged_each_by_its_own_schemas),),
    ),
)
