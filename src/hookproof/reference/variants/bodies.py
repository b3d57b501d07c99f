"""Bodies that say the same in another way: spelling, order, further members, dates, and other readings of 256 KB."""

from __future__ import annotations

from datetime import timedelta, timezone

from hookproof.reference.departures import Variant
from hookproof.reference.variants.spelling import (
    ASCII,
    INDENTED,
    KB,
    SPACED,
    SPACED_ASCII,
    UTF8,
    Body,
    as_escapes,
    as_go,
    as_php,
    moment,
    writing,
)

LIMIT, FLAG = "truncation/limit", "envelope/truncated-only-when-cut"


def _reversed(body: Body) -> Body:
    return {name: dict(reversed(list(body[name].items()))) if name == "data" else body[name] for name in reversed(body)}


def _more(body: Body) -> Body:
    data = {**body["data"], "added_later": {"deep": [1, None, {}]}}
    return {"api_version": "2027-01", **body, "data": data, "attempt": None, "livemode": False}


def _unflagged(body: Body) -> Body:
    return {**body, "truncated": False}


def _india(at: int) -> str:
    return moment(at).astimezone(timezone(timedelta(hours=5, minutes=30))).isoformat()


def _marquesas(at: int) -> str:
    return moment(at).astimezone(timezone(timedelta(hours=-9, minutes=-30))).isoformat(timespec="milliseconds")


SPELLINGS = (
    Variant(
        id="escaped-markup-measured-whole",
        title="Writes what could be markup as escapes, and measures the whole envelope.",
        conduct=writing(dump=as_go, whole=True),
        readings={LIMIT: "262,144 bytes of envelope"},
    ),
    Variant(
        id="escaped-slashes",
        title="Writes ASCII alone, and slashes behind backslashes.",
        conduct=writing(dump=as_php),
        readings={LIMIT: "262,144 bytes of data, compact ASCII"},
    ),
    Variant(
        id="every-letter-escaped",
        title="Writes every letter, of names of members too, as an escape in capitals; measures what it means.",
        conduct=writing(dump=as_escapes, measure=UTF8),
        readings={LIMIT: "262,144 bytes of data, compact UTF-8"},
    ),
    Variant(
        id="spaces-and-reordered-members",
        title="Writes spaces after commas and colons, and members in reverse order.",
        conduct=writing(dump=SPACED, change=_reversed),
        readings={LIMIT: "262,144 bytes of data, spaced UTF-8"},
    ),
    Variant(
        id="indented-with-a-line-end",
        title="Indents bodies and ends them with a line end.",
        conduct=writing(dump=lambda value: INDENTED(value) + b"\n", measure=UTF8),
        readings={LIMIT: "262,144 bytes of data, compact UTF-8"},
    ),
    Variant(
        id="blanks-around-the-body",
        title="Puts every kind of JSON white space around the body.",
        conduct=writing(dump=lambda value: b"\r\n\t " + UTF8(value) + b" \t\r\n", measure=UTF8),
        readings={LIMIT: "262,144 bytes of data, compact UTF-8"},
    ),
)

MEASURES = (
    Variant(
        id="measures-ascii",
        title="Writes and measures ASCII with escapes.",
        conduct=writing(dump=ASCII),
        readings={LIMIT: "262,144 bytes of data, compact ASCII"},
    ),
    Variant(
        id="the-smaller-limit",
        title="Takes 256 KB for 256,000 bytes of data.",
        conduct=writing(limit=KB),
        readings={LIMIT: "256,000 bytes of data, compact UTF-8"},
    ),
    Variant(
        id="the-smaller-limit-of-the-envelope",
        title="Takes 256 KB for 256,000 bytes of the whole envelope.",
        conduct=writing(limit=KB, whole=True),
        readings={LIMIT: "256,000 bytes of envelope", "truncation/original-bytes": "size of envelope"},
    ),
    Variant(
        id="spaced-envelope",
        title="Writes spaces and measures them in the whole envelope.",
        conduct=writing(dump=SPACED, whole=True),
        readings={LIMIT: "262,144 bytes of envelope, spaced UTF-8", "truncation/original-bytes": "size of envelope"},
    ),
    Variant(
        id="spaced-ascii-envelope",
        title="Writes spaces and escapes and measures them in the whole envelope, against 256,000 bytes.",
        conduct=writing(dump=SPACED_ASCII, whole=True, limit=KB),
        readings={LIMIT: "256,000 bytes of envelope, spaced ASCII"},
    ),
)

MEMBERS = (
    Variant(
        id="further-members",
        title="Adds members to the envelope and to every payload.",
        conduct=writing(change=_more),
        readings={LIMIT: "262,144 bytes of data"},
    ),
    Variant(
        id="false-flags",
        title="Says truncated: false of every whole payload.",
        conduct=writing(change=_unflagged, whole=True),
        readings={LIMIT: "262,144 bytes of envelope", FLAG: "flag sent as false"},
    ),
)

DATES = (
    Variant(
        id="dates-in-milliseconds",
        title="Writes created_at with milliseconds and +00:00.",
        conduct=writing(stamp=lambda at: moment(at).isoformat(timespec="milliseconds")),
    ),
    Variant(
        id="dates-in-nanoseconds",
        title="Writes created_at with nine digits.",
        conduct=writing(stamp=lambda at: moment(at).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")),
    ),
    Variant(
        id="dates-in-small-letters",
        title="Writes created_at in whole seconds with a small t and z.",
        conduct=writing(stamp=lambda at: moment(at).strftime("%Y-%m-%dt%H:%M:%Sz")),
    ),
    Variant(id="dates-in-india", title="Writes created_at at +05:30.", conduct=writing(stamp=_india)),
    Variant(id="dates-in-the-marquesas", title="Writes created_at at -09:30.", conduct=writing(stamp=_marquesas)),
    Variant(
        id="dates-without-hyphens",
        title="Writes created_at in the basic format of ISO 8601.",
        conduct=writing(stamp=lambda at: moment(at).strftime("%Y%m%dT%H%M%S.%fZ")),
    ),
    Variant(
        id="dates-with-a-comma",
        title="Writes created_at with a comma before the fraction, as ISO 8601 prefers.",
        conduct=writing(stamp=lambda at: moment(at).strftime("%Y-%m-%dT%H:%M:%S,%f+00:00")),
    ),
)

VARIANTS = (*SPELLINGS, *MEASURES, *MEMBERS, *DATES)
