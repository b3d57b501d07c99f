"""What an import did, for people: in the terminal in short, in the contract's README.md in full."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hookproof.importing.assembling import Imported
from hookproof.importing.notes import Kind, Note, grouped

_SHOWN = 3
_HEADS = {
    Kind.UNSAID: ("What the document says and this contract does not", "Nothing: all that the document says is here."),
    Kind.CHOSEN: ("What was chosen, so look at it", "Nothing."),
    Kind.TRANSLATED: ("What was put in other words with the same meaning", "Nothing."),
}


def report(found: Imported) -> str:
    """Give the README.md of an imported contract: every note with every place."""
    lines = [
        f"# {found.provider['title']}",
        "",
        f"{_headline(found)} Everything below is about that import; read it, mend the contract, and write what you found here instead.",
        "",
        *_wrapped(found),
        "",
        "Retries, time-outs and statuses are not in such a document: `policy.yaml` lists under `assumed` what it only assumes.",
    ]
    if found.made:
        lines += [
            "",
            f"Of {len(found.made)} events the document has no valid example; theirs were made from their schemas: {', '.join(found.made)}.",
        ]
    for kind, (head, none) in _HEADS.items():
        lines += ["", f"## {head}", ""]
        lines += [f"- {_shown(text)}: {', '.join(_places(notes))}" for text, notes in grouped(found.ledger.of(kind)).items()] or [none]
    return "\n".join(lines) + "\n"


def summary(found: Imported) -> str:
    """Give the report for a terminal: every note with how often and where first; nothing unsaid is left out."""
    lines = [_headline(found), *_wrapped(found)]
    if found.made:
        lines.append(f"examples made from schemas: {len(found.made)}")
    for kind, (head, _) in _HEADS.items():
        groups = grouped(found.ledger.of(kind))
        lines += ["", f"{head}: {sum(map(len, groups.values()))}"] if groups else []
        for text, notes in groups.items():
            more = f" and {len(notes) - _SHOWN} more" if len(notes) > _SHOWN else ""
            lines.append(f"  {_shown(text)}: {', '.join(_places(notes[:_SHOWN]))}{more}")
    return "\n".join(lines)


def _headline(found: Imported) -> str:
    count = len(found.events)
    whole = f"{count} of {count + len(found.left_out)}" if found.left_out else str(count)
    return f"{whole} event{'s' if whole != '1' else ''} imported from {found.source.name}, read as {found.kind}."


def _wrapped(found: Imported) -> Iterator[str]:
    envelope = found.provider["envelope"]
    if envelope["data_member"] is not None:
        bare = [stem for stem, event in found.events.items() if "bare" in event["x-hookproof"]]
        but = f", but for {len(bare)} that come without: {', '.join(bare)}" if bare else ""
        yield f"Every body names its event under `{envelope['type_member']}` and has its payload under `{envelope['data_member']}`{but}."
        return
    yield "No envelope was found: the body is the payload, and an event is known by the members that its body must have."
    if _ambiguous(found):
        yield "Some events share members, so a body alone does not tell which it is: suites know it, `hookproof validate` does not."
    unknown = [stem for stem, event in found.events.items() if "bare" not in event["x-hookproof"]]
    if unknown:
        yield f"Bodies of {len(unknown)} events must have no member, so nothing tells them: {', '.join(unknown)}."


def _ambiguous(found: Imported) -> bool:
    """Tell whether the members of one event are among those of another."""
    shapes = [set(event["x-hookproof"].get("bare", ())) for event in found.events.values()]
    return any(shape <= other for n, shape in enumerate(shapes) for m, other in enumerate(shapes) if n != m and shape)


def _places(notes: Sequence[Note]) -> list[str]:
    return [f"`{note.subject.rsplit('/', 1)[-1]}#{note.pointer}`" for note in notes]


def _shown(text: str) -> str:
    return text.replace("\n", " ")
