"""The catalog of a contract as one HTML page that needs nothing else: no script, no font, no request.

Law: no text of a contract is read as HTML, but what it quotes between backticks is shown as code; the page forbids itself to load or
run anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from hookproof.exporting.catalog import Entry, entries, judged, pieces, visible
from hookproof.exporting.deliveries import unsaid
from hookproof.exporting.document import Exported
from hookproof.exporting.fields import fields_of
from hookproof.exporting.prose import PROVENANCES, answers
from hookproof.model.contract import Contract

_STYLE = """
:root{color-scheme:light dark;--ink:light-dark(#1c2128,#e3e7ec);--dim:light-dark(#57606a,#9aa4af);--line:light-dark(#d5dae0,#3a424c);
--paper:light-dark(#fff,#15191e);--shade:light-dark(#f4f6f8,#1e242b);--mark:light-dark(#0b57a4,#7db8f5)}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif;display:grid;
grid-template-columns:minmax(14rem,19rem) minmax(0,1fr)}
nav{border-right:1px solid var(--line);padding:1rem;height:100vh;overflow:auto;position:sticky;top:0;font-size:.86rem}
nav ul{list-style:none;margin:.2rem 0 .8rem;padding:0}
nav li,p code,h4{overflow-wrap:anywhere}
main{padding:1.5rem 2rem 4rem;max-width:66rem}
a{color:var(--mark)}
h1{line-height:1.2}
h2{border-bottom:1px solid var(--line);margin-top:3rem}
h4{margin:0;font-size:1.25rem}
article{border:1px solid var(--line);border-radius:.5rem;padding:1rem 1.2rem;margin:1.2rem 0}
code,pre{font:.86em/1.45 ui-monospace,monospace}
pre{background:var(--shade);padding:.8rem;overflow:auto;border-radius:.4rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid var(--line);overflow-wrap:break-word}
th,td:first-child{white-space:nowrap}
th{color:var(--dim);font-weight:600}
.mark{border:1px solid var(--line);border-radius:1rem;padding:.05rem .55rem;font-size:.78rem;background:var(--shade);white-space:nowrap}
.dim{color:var(--dim)}
@media(max-width:52rem){body{display:block}main{padding:1rem}
nav{position:static;height:auto;max-height:40vh;border-right:0;border-bottom:1px solid var(--line)}}
@media print{nav{display:none}body{display:block}article{break-inside:avoid}}
""".strip()
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def html(contract: Contract) -> Exported:
    """Write the contract as one HTML page."""
    return Exported(text="\n".join(_lines(contract)) + "\n", unsaid=unsaid(contract))


def text(words: str) -> str:
    """Give words so that a browser shows them as they are, in elements and attributes."""
    return escape(visible(words), quote=True)


def prose(words: str) -> str:
    """Give words whose quoted code is shown as code, all else as it is."""
    return "".join(f"<code>{text(piece)}</code>" if quoted else text(piece) for quoted, piece in pieces(words))


def _lines(contract: Contract) -> Iterator[str]:
    groups = entries(contract)
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{text(contract.title)}</title>\n<style>\n{_STYLE}\n</style>\n</head>\n<body>"
    yield '<nav aria-label="Contents">\n<strong>Contents</strong>\n<ul><li><a href="#delivery">Delivery</a></li>'
    yield '<li><a href="#events">Events</a></li><li><a href="#clauses">Clauses</a></li></ul>'
    for group, listed in groups.items():
        links = "".join(f'<li><a href="#event-{entry.key}">{text(entry.event.name)}</a></li>\n' for entry in listed)
        yield f"<strong>{text(group)}</strong>\n<ul>\n{links}</ul>"
    yield f"</nav>\n<main>\n<h1>{text(contract.title)}</h1>"
    catalog = "Events of other names are legal too." if contract.open_catalog else "No other events are legal."
    yield f"<p>{len(contract.events)} events in {len(groups)} groups. {catalog}</p>"
    read = "; ".join(str(source) if source.section else source.document for source in contract.sources)
    yield f'<p class="dim">Contract <code>{text(contract.name)}</code>, revision {text(contract.revision)}. Read from: {text(read)}.<br>'
    yield f"<code>{text(contract.digest)}</code></p>"
    yield from _delivery(contract)
    yield '<h2 id="events">Events</h2>\n<p>Where payloads are known from:</p>\n<ul>'
    yield from (f"<li>{_mark(provenance.value)} {text(words)}</li>" for provenance, words in PROVENANCES.items())
    yield "</ul>"
    for group, listed in groups.items():
        yield f"<h3>{text(group)}</h3>"
        for entry in listed:
            yield from _event(entry)
    yield from _clauses(contract)
    yield "</main>\n</body>\n</html>"


def _mark(words: str) -> str:
    return f'<span class="mark">{text(words)}</span>'


def _delivery(contract: Contract) -> Iterator[str]:
    yield '<h2 id="delivery">Delivery</h2>\n<ul>'
    yield from (f"<li><code>{text(status)}</code>: {prose(words)}</li>" for status, words in answers(contract).items())
    yield "</ul>"
    fields = [field for event in list(contract.events.values())[:1] for field in fields_of(contract, event)]
    if fields:
        rows = ((_code(field.name), "yes" if field.required else "", prose(field.description)) for field in fields)
        yield from _table(("header field", "promised", "meaning"), rows)
    yield "<p>What no schema can say:</p>\n<ul>"
    yield from (f"<li>{prose(sentence)}</li>" for sentence in unsaid(contract))
    yield "</ul>"


def _event(entry: Entry) -> Iterator[str]:
    yield f'<article id="event-{entry.key}">\n<h4><code>{text(entry.event.name)}</code></h4>'
    yield f"<p>{prose(entry.event.title)} {' '.join(map(_mark, entry.marks))}</p>"
    yield f"<p>{prose(entry.event.description)}</p>\n<ul>"
    yield from (f"<li>{prose(remark)}</li>" for remark in entry.remarks)
    yield "</ul>"
    if entry.members:
        rows = ((_code(m.path), text(m.kind), "yes" if m.required else "", prose(m.meaning)) for m in entry.members)
        yield from _table(("member of the payload", "value", "required", "meaning"), rows)
    yield from (f"<pre><code>{text(sample)}</code></pre>" for sample in entry.samples)
    yield "</article>"


def _clauses(contract: Contract) -> Iterator[str]:
    yield '<h2 id="clauses">Clauses</h2>'
    rows = (
        (_code(c.id), c.level.value, f'{prose(c.promise)} <span class="dim">{prose(f"{c.source}; {judged(c)}")}</span>')
        for c in contract.clauses
    )
    yield from _table(("clause", "level", "promise"), rows)


def _code(words: str) -> str:
    return f"<code>{text(words)}</code>"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f'<div class="scroll"><table>\n<thead><tr>{"".join(f"<th>{name}</th>" for name in head)}</tr></thead>\n<tbody>'
    yield from (f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    yield "</tbody></table></div>"
