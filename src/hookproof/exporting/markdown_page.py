"""The catalog of a contract in Markdown (CommonMark with tables).

Law: no text of a contract is read as Markdown or HTML, but what it quotes between backticks is shown as code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from hookproof.exporting.catalog import Entry, Member, entries, judged, pieces, visible
from hookproof.exporting.deliveries import unsaid
from hookproof.exporting.document import Exported
from hookproof.exporting.fields import fields_of
from hookproof.exporting.prose import PROVENANCES, answers
from hookproof.model.contract import Contract

_MEANT = re.compile(r"[\\`*_{}\[\]<>!~&$]")
_LEADING = re.compile(r"^([0-9]{0,9})([-+#=.):])")
"""What begins a list, a heading or a definition where a line begins."""


def markdown(contract: Contract) -> Exported:
    """Write the contract as one Markdown page."""
    return Exported(text="\n".join(_lines(contract)) + "\n", unsaid=unsaid(contract))


def plain(words: str) -> str:
    """Give words so that Markdown shows them as they are, on one line, and quoted code as code."""
    shown = visible(" ".join(words.split()))
    text = "".join(code(piece) if quoted else _MEANT.sub(r"\\\g<0>", piece) for quoted, piece in pieces(shown))
    return _LEADING.sub(r"\1\\\2", text)


def code(words: str) -> str:
    """Give words as code, on one line."""
    shown = visible(" ".join(words.split()))
    fence = _fence(shown, 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}" if shown else ""


def _fence(text: str, least: int) -> str:
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    return "`" * max(least, longest + 1)


def _lines(contract: Contract) -> Iterator[str]:
    groups = entries(contract)
    catalog = "Events of other names are legal too." if contract.open_catalog else "No other events are legal."
    yield from (f"# {plain(contract.title)}", "")
    yield from (f"Contract {code(contract.name)}, revision {plain(contract.revision)}, {code(contract.digest)}.", "")
    yield from (f"{len(contract.events)} events in {len(groups)} groups. {catalog} Read from:", "")
    yield from (f"- {plain(str(source) if source.section else source.document)}" for source in contract.sources)
    yield from ("", "## Contents", "")
    for group, listed in groups.items():
        yield f"- {plain(group)}: {', '.join(f'[{code(entry.event.name)}](#event-{entry.key})' for entry in listed)}"
    yield from ("- [Delivery](#delivery)", "- [Clauses](#clauses)", "")
    yield from _delivery(contract)
    yield from ("## Events", "", "Where payloads are known from:", "")
    yield from (f"- **{provenance.value}**: {words}" for provenance, words in PROVENANCES.items())
    for group, listed in groups.items():
        yield from ("", f"### {plain(group)}")
        for entry in listed:
            yield from _event(entry)
    yield from _clauses(contract)


def _delivery(contract: Contract) -> Iterator[str]:
    yield from ('<a id="delivery"></a>', "", "## Delivery", "")
    yield from (f"- {code(status)}: {plain(words)}" for status, words in answers(contract).items())
    fields = [field for event in list(contract.events.values())[:1] for field in fields_of(contract, event)]
    if fields:
        rows = ((code(field.name), "yes" if field.required else "", plain(field.description)) for field in fields)
        yield ""
        yield from _table(("header field", "promised", "meaning"), rows)
    yield from ("", "What no schema can say:", "", *(f"- {plain(sentence)}" for sentence in unsaid(contract)), "")


def _event(entry: Entry) -> Iterator[str]:
    marks = " ".join(f"**{mark}**" for mark in entry.marks)
    yield from ("", f'<a id="event-{entry.key}"></a>', "", f"#### {code(entry.event.name)}", "")
    yield from (f"{plain(entry.event.title)} {marks}", "", plain(entry.event.description), "")
    yield from (f"- {plain(remark)}" for remark in entry.remarks)
    if entry.members:
        yield ""
        yield from _table(("member of the payload", "value", "required", "meaning"), map(_row, entry.members))
    for sample in entry.samples:
        fence = _fence(sample, 3)
        yield from ("", f"{fence}json", sample, fence)


def _row(member: Member) -> tuple[str, ...]:
    return code(member.path), plain(member.kind), "yes" if member.required else "", plain(member.meaning)


def _clauses(contract: Contract) -> Iterator[str]:
    yield from ("", '<a id="clauses"></a>', "", "## Clauses", "")
    rows = ((code(c.id), c.level.value, plain(f"{c.promise} ({c.source}; {judged(c)})")) for c in contract.clauses)
    yield from _table(("clause", "level", "promise"), rows)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        cells = (cell.replace("|", "\\|") for cell in row)
        yield f"| {' | '.join(cells)} |"
