"""Catalogs for people: whole, self-contained, and deaf to what contracts say in HTML or Markdown."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from hookproof.exporting import FORMATS
from hookproof.exporting.catalog import pieces, shown_json, visible
from hookproof.exporting.html_page import prose, text
from hookproof.exporting.markdown_page import code, plain
from hookproof.exporting.prose import PROVENANCES
from hookproof.model.contract import Clause, Contract, Provenance, Role, Source
from hookproof.model.verdict import Level
from tests.exporting.corpus import NAMES, contract
from tests.exporting.odd import HOSTILE, envelope, event, odd

EACH = pytest.mark.parametrize("name", NAMES)
VOID = {"meta", "br"}
LINES = st.text().map(lambda words: visible(" ".join(words.split())))
MARKDOWN = MarkdownIt("commonmark").enable("table").enable("strikethrough")


class Page(HTMLParser):
    """What an HTML page is made of."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: Counter[str] = Counter()
        self.samples: list[str] = []
        self.words: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Count the element; remember it while it is open."""
        self.tags[tag] += 1
        self.attributes.update(name for name, _ in attrs)
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.links += [value for name, value in attrs if name == "href" and value]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "pre":
            self.samples.append("")

    def handle_endtag(self, tag: str) -> None:
        """Close the element that was opened last."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep what is shown."""
        self.words.append(data)
        if "pre" in self.open:
            self.samples[-1] += data


def hostile() -> Contract:
    """Give a contract whose every text means something elsewhere."""
    told = {"title": HOSTILE, "description": HOSTILE, "group": HOSTILE, "variants": (HOSTILE,)}
    named = {"type": "string", "pattern": "<script>|`a|b`|[*]_x_|.*", "description": HOSTILE}
    schema = {"type": "object", "properties": {HOSTILE: named, "x": {"enum": [HOSTILE]}}}
    source = Source(document=HOSTILE, section=HOSTILE)
    clause = Clause(id="odd/a/b", level=Level.MUST, roles=(Role.PLATFORM,), promise=HOSTILE, source=source, excluded=HOSTILE)
    events = [event(HOSTILE, schema, {HOSTILE: HOSTILE}, **told), event("plain", {}, {})]
    return replace(odd(events, envelope()), title=HOSTILE, revision=HOSTILE, sources=(clause.source,), clauses=(clause,))


@pytest.mark.parametrize("promised", [*map(contract, NAMES), hostile()], ids=[*NAMES, "hostile"])
def test_the_page_is_whole_and_needs_nothing(promised: Contract) -> None:
    """Every event, clause and sample is there, every link leads inside, every element is closed, and nothing is run or fetched."""
    source = FORMATS["html"](promised).text
    page = Page(source)
    assert page.open == []
    assert set(page.tags) <= {
        *("html", "head", "meta", "title", "style", "body", "nav", "main", "strong", "ul", "li", "a", "h1", "h2", "h3", "h4"),
        *("p", "br", "span", "code", "pre", "div", "table", "thead", "tbody", "tr", "th", "td", "article"),
    }
    assert set(page.attributes) <= {"lang", "charset", "http-equiv", "content", "name", "aria-label", "class", "href", "id"}
    assert len(set(page.ids)) == len(page.ids)
    assert {link.removeprefix("#") for link in page.links} == set(page.ids)
    assert page.tags["article"] == len(promised.events)
    assert "url(" not in source
    assert "@import" not in source
    shown = "".join(page.words)
    assert all(visible(each.name) in shown and visible(each.title).split("`")[0] in shown for each in promised.events.values())
    assert all(clause.id in shown for clause in promised.clauses)
    assert all(isinstance(json.loads(sample), dict) for sample in page.samples)
    assert len(page.samples) == len(promised.events)


def test_every_provenance_is_explained() -> None:
    """There is no mark without a meaning."""
    assert set(PROVENANCES) == set(Provenance)


@EACH
def test_the_markdown_page_is_whole(name: str) -> None:
    """Every event has a heading, an anchor and a sample, every clause a row, and every link an anchor."""
    promised = contract(name)
    source = FORMATS["markdown"](promised).text
    tokens = MARKDOWN.parse(source)
    inner = [child for token in tokens for child in token.children or ()]
    anchors = {child.content for child in inner if child.type == "html_inline" and child.content != "</a>"}
    links = {str(child.attrs["href"]) for child in inner if child.type == "link_open"}
    assert {f'<a id="{link.removeprefix("#")}"></a>'.removesuffix("</a>") for link in links} == anchors
    assert sum(token.type == "heading_open" and token.tag == "h4" for token in tokens) == len(promised.events)
    fences = [token.content for token in tokens if token.type == "fence"]
    assert len(fences) == len(promised.events)
    assert all(isinstance(json.loads(fence), dict) for fence in fences)
    assert all(f"| `{clause.id}` |" in source for clause in promised.clauses)
    assert not any(token.type == "html_block" for token in tokens)


def test_hostile_texts_are_shown_as_they_are_in_markdown() -> None:
    """No text of a contract opens an element, a link, a table or a list of its own."""
    tokens = MARKDOWN.parse(FORMATS["markdown"](hostile()).text)
    inner = [child for token in tokens for child in token.children or ()]
    assert not any(token.type == "html_block" for token in tokens)
    assert all(child.content.startswith(('<a id="', "</a>")) for child in inner if child.type == "html_inline")
    assert all(str(child.attrs["href"]).startswith("#") for child in inner if child.type == "link_open")
    assert not any(child.type in ("image", "em_open", "s_open") for child in inner)
    rows = [token for token in tokens if token.type == "tr_open"]
    cells = sum(token.type in ("td_open", "th_open") for token in tokens)
    assert cells == 4 * 3 + 3 * 2 + (len(rows) - 5) * 3, "a bar in a text adds no cell"


@given(LINES)
def test_plain_markdown_is_read_back(line: str) -> None:
    """A text without backticks, made plain, is one paragraph of one text: that text."""
    line = line.replace("`", "'").strip()
    tokens = MARKDOWN.parse(f"- {plain(line)}")
    inner = [child for token in tokens for child in token.children or ()]
    assert {child.type for child in inner} <= {"text", "text_special"}
    assert "".join(child.content for child in inner) == line


@given(LINES)
def test_code_is_read_back(line: str) -> None:
    """Whatever is written as code is one piece of code with that text."""
    line = line.strip()
    inner = [child for token in MARKDOWN.parse(f"a {code(line)} b") for child in token.children or ()]
    assert [child.content for child in inner if child.type == "code_inline"] == ([line] if line else [])


@given(st.text())
def test_html_shows_the_text(words: str) -> None:
    """Whatever is written into the page is shown as it is, and its code between backticks without them."""
    assert "".join(Page(f"<p>{text(words)}</p>").words) == visible(words)
    page = Page(f"<p>{prose(words)}</p>")
    assert set(page.tags) <= {"p", "code"}
    assert "".join(page.words) == visible("".join(piece for _, piece in pieces(words)))


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda part: st.lists(part) | st.dictionaries(st.text(), part)))
def test_shown_json_is_that_json(value: object) -> None:
    """JSON with invisible characters written as escapes is still the same JSON."""
    assert json.loads(shown_json(value)) == value
    assert all(letter.isprintable() or letter == "\n" for letter in shown_json(value))
